-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

{"critical":{"identity":{"docker-reference":"registry.test/app:v1"},"image":{"docker-manifest-digest":"sha256:0000000000000000000000000000000000000000000000000000000000000007"},"type":"atomic container signature"},"optional":{"creator":"test","timestamp":1750000000}}
-----BEGIN PGP SIGNATURE-----

iQEzBAEBCgAdFiEE+SK+mFe7aHoAScPDcDobwJ8z9GQFAmg7mAAACgkQcDobwJ8z
9GSH1gf/a9Aw+iHl5l4yW/GJIcSxdH9J+8Fn2VSDt/W8EZvfjHVy6sxV1EAB4iz4
UjOmltARHoihp/dTJfL/a8MOb4fCtasMr4gccH6rUBxDjUknB8nj1TrCxoEn1qgK
NJb4mjidIMpIFeF8y8Ypi76rfcfqzIr2JVz95mutFUSBHhIpibY4YS84nJ16rB3L
7KbPJfepkEK3TrLCAhVeJQ07PIY6x+0IX6nAAAK4X8Zy3w5bIvNt4yAksL4SNJJP
mqCqBeAng1RTOhy4D6gtKzSmBBqwVnsUdF72/9w6xrABzOGMAqQ2z83x08LEB5iI
AfXcsrQrahIxaCrFke5Bk7aylfCBzQ==
=/Fsu
-----END PGP SIGNATURE-----
