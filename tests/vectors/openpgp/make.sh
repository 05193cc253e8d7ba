#!/usr/bin/env bash
# Makes the keys and messages of this folder with GnuPG. Run once; the files are committed, for the tests must give the same answers next
# year and without GnuPG. The private keys are worth nothing.
#
# Usage: make.sh DIR
set -euo pipefail
out=$(realpath "$1")
home=$(mktemp -d)
export GNUPGHOME=$home
trap 'gpgconf --kill all; rm -rf "$home"' EXIT
cd "$home"
gpg() { command gpg --batch --quiet --yes --no-tty --pinentry-mode loopback --passphrase '' --no-auto-check-trustdb --trust-model always "$@"; }
new() { gpg --faked-system-time 20250101T000000! --quick-gen-key "$1 <$1@company.example>" "$2" "$3" "${4:-never}"; }
fingerprint() { command gpg --batch --with-colons -k "=$1 <$1@company.example>" | awk -F: '/^fpr/ {print $10; exit}'; }
public() { gpg --export --export-options export-minimal "$(fingerprint "$1")" >"$out/$1.gpg"; }
private() { gpg --export-secret-keys "$(fingerprint "$1")" >"$out/$1.secret"; }

new rsa rsa2048 cert,sign
new stranger rsa2048 cert,sign
new p256 nistp256 cert,sign
new p384 nistp384 cert,sign
new p521 nistp521 cert,sign
new ed25519 ed25519 cert,sign
new secp256k1 secp256k1 cert,sign
new weak rsa1024 cert,sign
new dsa dsa2048 cert,sign
new certify rsa2048 cert
new expired rsa2048 cert,sign 30d
new revoked rsa2048 cert,sign
new subkeys ed25519 cert
new encrypting rsa2048 cert,sign
gpg --faked-system-time 20250101T000000! --quick-add-key "$(fingerprint encrypting)" rsa2048 encr never
gpg --faked-system-time 20250101T000000! --quick-add-key "$(fingerprint subkeys)" ed25519 sign never
gpg --faked-system-time 20250101T000000! --quick-add-key "$(fingerprint subkeys)" ed25519 sign 30d
gpg --faked-system-time 20250101T000000! --quick-add-key "$(fingerprint subkeys)" ed25519 sign never
mapfile -t subkeys < <(command gpg --batch --with-colons -k "$(fingerprint subkeys)" | awk -F: '/^fpr/ {print $10}')

# A private key signs as it was before what follows is said of it.
for key in rsa stranger p256 p384 p521 ed25519 secp256k1 weak dsa certify expired revoked subkeys encrypting; do
  private "$key"
done

printf '{"critical":{"identity":{"docker-reference":"registry.test/app:v1"},"image":{"docker-manifest-digest":"sha256:%064d"},"type":"atomic container signature"},"optional":{"creator":"test","timestamp":1750000000}}' 7 >payload
cp payload "$out/payload.json"
sign() { # NAME KEY FLAGS…
  local name=$1 key=$2
  shift 2
  gpg --faked-system-time 20250601T000000! --local-user "$key" "$@" --output "$out/$name.sig" payload
}
for key in rsa stranger p256 p384 p521 ed25519 secp256k1 weak dsa revoked encrypting; do
  sign "$key" "$(fingerprint "$key")!" --sign
done
gpg --faked-system-time 20250115T000000! --local-user "$(fingerprint expired)!" --output "$out/expired.sig" --sign payload
sign subkey "${subkeys[1]}!" --sign
gpg --faked-system-time 20250115T000000! --local-user "${subkeys[2]}!" --output "$out/subkey-expired.sig" --sign payload
sign subkey-revoked "${subkeys[3]}!" --sign
rsa=$(fingerprint rsa)!
sign plain "$rsa" --compress-algo none --sign
sign zlib "$rsa" --compress-algo zlib --sign
sign bzip2 "$rsa" --compress-algo bzip2 --sign
sign sha1 "$rsa" --digest-algo sha1 --sign
sign sha256 "$rsa" --digest-algo sha256 --sign
sign sha384 "$rsa" --digest-algo sha384 --sign
sign sha224 "$rsa" --digest-algo sha224 --sign
sign ripemd160 "$rsa" --digest-algo ripemd160 --sign
sign md5 "$rsa" --allow-weak-digest-algos --digest-algo md5 --sign || echo "no MD5 here"
sign text "$rsa" --textmode --sign
sign armored "$rsa" --armor --sign
sign clear "$rsa" --clearsign
sign detached "$rsa" --detach-sign
sign encrypted "$rsa" --recipient "$(fingerprint encrypting)" --encrypt --sign
sign only-encrypted "$rsa" --recipient "$(fingerprint encrypting)" --encrypt
sign two "$rsa" --local-user "$(fingerprint p256)!" --sign
sign notation "$rsa" --sig-notation 'note@company.example=x' --sign
sign notation-critical "$rsa" --sig-notation '!note@company.example=x' --sign
sign policy-url "$rsa" --sig-policy-url https://company.example/ --sign
sign lasting "$rsa" --default-sig-expire 20y --sign
sign over "$rsa" --default-sig-expire 30d --sign
gpg --faked-system-time 20990101T000000! --local-user "$rsa" --output "$out/future.sig" --sign payload
gpg --faked-system-time 20240101T000000! --ignore-time-conflict --local-user "$rsa" --output "$out/early.sig" --sign payload || echo "no signature before the key"
gpg --store --output "$out/unsigned.sig" payload

# What is said of keys later on.
for key in rsa stranger p256 p384 p521 ed25519 secp256k1 weak dsa certify expired encrypting; do public "$key"; done
gpg --export --export-options export-minimal "$(fingerprint revoked)" >"$out/not-yet-revoked.gpg"
gpg --import <(sed 's/^:---/---/' "$home/openpgp-revocs.d/$(fingerprint revoked).rev")
public revoked
sed 's/^:---/---/' "$home/openpgp-revocs.d/$(fingerprint revoked).rev" >"$out/revocation.asc"
public subkeys
cp "$out/subkeys.gpg" "$out/subkeys-before.gpg"
printf 'key %s\nrevkey\ny\n0\n\ny\nsave\n' "${subkeys[3]}" | command gpg --no-tty --quiet --pinentry-mode loopback --passphrase '' --command-fd 0 --edit-key "$(fingerprint subkeys)" >/dev/null
public subkeys
# The armor of several keys in one file, with text around it, as distributions have it.
{ echo "The keys of this company."; for key in stranger rsa; do echo; gpg --armor --export --export-options export-minimal "$(fingerprint "$key")"; done; } >"$out/armored.asc"
# An expiry that was put off.
cp "$out/expired.gpg" "$out/expired-before.gpg"
gpg --faked-system-time 20250120T000000! --quick-set-expire "$(fingerprint expired)" 0
gpg --export --export-options export-minimal "$(fingerprint expired)" >"$out/put-off.gpg"
mv "$out/expired-before.gpg" "$out/expired.gpg"
ls "$out"
