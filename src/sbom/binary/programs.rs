//! Programs that are known by a text in them, for images whose programs no package manager has installed.
//!
//! The names, package URLs and CPEs are those of syft (<https://github.com/anchore/syft>, `pkg/cataloger/binary`), so that scanners find the
//! same vulnerabilities for both. One program is one line.

/// What a version stands before.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// Anything that is no part of a version.
    Any,
    /// Exactly this.
    Text(&'static [u8]),
    /// The name of the host that built redis, 12 or 15 letters and digits, a dash, and the time in 19 digits.
    RedisBuild,
}

/// How a version stands in a program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// What stands before it; where this is empty, [`End::Text`] is searched for, and the version stands before that.
    pub(super) before: &'static [u8],
    /// What stands behind it.
    pub(super) end: End,
    /// Whether the file's name has the beginning of the version, as `python3.12` has.
    pub(super) named: bool,
}

/// A program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program {
    /// Names of files, in which `*` stands for any text.
    pub(super) files: &'static [&'static str],
    /// The name.
    pub(super) name: &'static str,
    /// `VENDOR:PRODUCT` of its CPEs.
    pub(super) cpes: &'static [&'static str],
    /// How its version stands in it.
    pub(super) forms: &'static [Form],
}

const fn after(before: &'static [u8]) -> Form {
    Form { before, end: End::Any, named: false }
}

const fn between(before: &'static [u8], end: &'static [u8]) -> Form {
    Form { before, end: End::Text(end), named: false }
}

const fn before(text: &'static [u8]) -> Form {
    Form { before: b"", end: End::Text(text), named: false }
}

const fn program(
    files: &'static [&'static str],
    name: &'static str,
    cpes: &'static [&'static str],
    forms: &'static [Form],
) -> Program {
    Program { files, name, cpes, forms }
}

const PYTHON: &[Form] = &[Form { before: b"\0", end: End::Text(b"\0"), named: true }];
const PYTHON_CPES: &[&str] = &["python_software_foundation:python", "python:python"];
const REDIS: &[Form] =
    &[Form { before: b"\0", end: End::RedisBuild, named: false }, after(b"Server started, Redis version ")];
const PHP: &[Form] = &[after(b"X-Powered-By: PHP/")];
const RUBY: &[Form] = &[between(b"ruby ", b" (")];

/// All programs. Of several that match a file, the first counts.
pub(super) const PROGRAMS: &[Program] = &[
    program(&["node"], "node", &["nodejs:node.js"], &[after(b"node.js/v")]),
    program(&["libpython*.so*", "python*"], "python", PYTHON_CPES, PYTHON),
    program(&["libpypy*.so*"], "pypy", &[], &[after(b"[PyPy ")]),
    program(&["redis-server"], "redis", &["redislabs:redis", "redis:redis"], REDIS),
    program(&["valkey-server"], "valkey", &["lfprojects:valkey"], REDIS),
    program(&["httpd"], "httpd", &["apache:http_server"], &[after(b"Apache/")]),
    program(&["nginx"], "nginx", &["f5:nginx", "nginx:nginx"], &[after(b"nginx version: nginx/")]),
    program(&["nginx", "openresty"], "openresty", &["openresty:openresty"], &[after(b"nginx version: openresty/")]),
    program(&["memcached"], "memcached", &["memcached:memcached"], &[after(b"memcached ")]),
    program(
        &["haproxy"],
        "haproxy",
        &["haproxy:haproxy"],
        &[after(b"HAProxy version "), after(b"HA-Proxy version "), after(b"\0 version ")],
    ),
    program(&["php"], "php-cli", &["php:php"], PHP),
    program(&["php-fpm*"], "php-fpm", &["php:php"], PHP),
    program(&["libphp*.so"], "libphp", &["php:php"], PHP),
    program(&["perl*", "libperl.so*"], "perl", &["perl:perl"], &[after(b"/lib/perl5/"), after(b"/perl5/")]),
    program(&["libruby.so*", "libruby-static.a", "ruby"], "ruby", &["ruby-lang:ruby"], RUBY),
    // It tells of OpenSSL too, with which it is compatible.
    program(
        &["openssl", "libcrypto.so*"],
        "aws-lc",
        &["amazon:aws_libcrypto"],
        &[between(b"\0OpenSSL 1.1.1 (compatible; AWS-LC ", b")")],
    ),
    program(&["openssl", "libcrypto.so*"], "openssl", &["openssl:openssl"], &[after(b"\0OpenSSL ")]),
    program(&["bash"], "bash", &["gnu:bash"], &[between(b"@(#)Bash version ", b"(")]),
    // Images from scratch have its commands as hard links, of which the first has the content.
    program(&["busybox", "[", "[["], "busybox", &["busybox:busybox"], &[after(b"BusyBox v")]),
    program(
        &["postgres"],
        "postgresql",
        &["postgresql:postgresql"],
        &[after(b"\0PostgreSQL "), after(b"?PostgreSQL ")],
    ),
    program(
        &["mariadb", "mariadbd", "mysql", "mysqld"],
        "mariadb",
        &["mariadb:mariadb"],
        &[before(b"-MariaDB"), between(b"/mariadb-", b"-")],
    ),
    program(&["mysql"], "percona-server", &["oracle:mysql", "percona:percona_server"], &[after(b"/percona-server-")]),
    program(
        &["mysql"],
        "percona-xtradb-cluster",
        &["oracle:mysql", "percona:percona_server", "percona:xtradb_cluster"],
        &[after(b"/Percona-XtraDB-Cluster-")],
    ),
    program(&["xtrabackup"], "percona-xtrabackup", &["percona:xtrabackup"], &[after(b"/percona-xtrabackup-")]),
    program(
        &["ndbd", "ndbmtd", "ndb_mgmd"],
        "mysql-cluster",
        &["oracle:mysql_cluster"],
        &[between(b"/mysql-cluster-gpl-", b"/")],
    ),
    program(&["mysql", "mysqld"], "mysql", &["oracle:mysql"], &[after(b"/mysql-")]),
    program(&["libstd-*.so"], "rust", &["rust-lang:rust"], &[after(b"LLVM (rustc version ")]),
    program(
        &["erlexec", "beam.smp"],
        "erlang",
        &["erlang:erlang\\/otp"],
        &[
            between(b"/usr/src/otp_src_", b"/erts"),
            between(b"/usr/local/src/otp-", b"/erts"),
            between(b"\0", b"\0Erlang/OTP"),
        ],
    ),
    program(
        &["libjulia-internal.so*"],
        "julia",
        &["julialang:julia"],
        &[between(b"\0", b"\0verify"), between(b"\0", b"\0branch"), between(b"\0", b"\0julia version")],
    ),
    program(&["consul"], "consul", &["hashicorp:consul"], &[after(b"CONSUL_VERSION: ")]),
    program(&["gcc"], "gcc", &["gnu:gcc"], &[after(b"GCC: (GNU) ")]),
    program(&["curl", "libcurl.so*"], "curl", &["haxx:curl"], &[after(b"curl/")]),
    program(&["lighttpd"], "lighttpd", &["lighttpd:lighttpd"], &[after(b"\0lighttpd/")]),
    program(&["proftpd"], "proftpd", &["proftpd:proftpd"], &[after(b"\0ProFTPD Version ")]),
    program(&["zstd"], "zstd", &["facebook:zstandard"], &[between(b"\0v", b"\0")]),
    program(&["xz"], "xz", &["tukaani:xz"], &[after(b"\0xz (XZ Utils) ")]),
    program(&["gzip"], "gzip", &["gnu:gzip"], &[between(b"\0", b"\0")]),
    program(&["jq"], "jq", &["jqlang:jq"], &[between(b"\0jq-", b"\0"), between(b"\0", b"\0")]),
    program(&["ghc*"], "haskell/ghc", &["haskell:ghc"], &[between(b"\0GHC ", b"\0"), between(b"\0libHSghc-", b"-ghc")]),
    program(
        &["cabal"],
        "haskell/cabal",
        &["haskell:cabal"],
        &[between(b"\0Cabal-", b"-"), between(b"cabal-install-", b"-")],
    ),
    program(
        &["stack"],
        "haskell/stack",
        &["haskell:stack"],
        &[between(b"\0stack-", b"-"), between(b"Version ", b", Git")],
    ),
    program(&["getopt"], "util-linux", &["kernel:util-linux"], &[after(b"\0util-linux ")]),
    program(
        &["ffmpeg", "libav*.so*", "libswresample.so*"],
        "ffmpeg",
        &["ffmpeg:ffmpeg"],
        &[after(b"FFmpeg version "), after(b"\0%s version ")],
    ),
    program(&["git"], "git", &["git-scm:git"], &[after(b"\0git/")]),
    program(&["sshd", "ssh"], "openssh", &["openbsd:openssh"], &[after(b"OpenSSH_")]),
    program(&["varnishd"], "varnish", &["varnish-software:varnish_cache"], &[between(b"varnish-", b" revision ")]),
    program(&["lua*"], "lua", &["lua:lua"], &[after(b"\0Lua ")]),
    program(&["dart"], "dart", &["dart:dart_software_development_kit"], &[between(b"\0", b" (stable)")]),
    program(&["deno"], "deno", &["deno:deno"], &[after(b"Deno/")]),
    program(&["bun"], "bun", &["oven-sh:bun"], &[after(b"Bun v"), after(b"bun-"), after(b"bun ")]),
    program(&["swipl"], "swipl", &[], &[between(b"swipl-", b"/")]),
    program(&["arangosh"], "arangodb", &["arangodb:arangodb"], &[before(b" [linux]"), before(b" enterprise [linux]")]),
    program(
        &["mongod"],
        "mongodb",
        &["mongodb:mongodb"],
        &[before(b"\0tcmalloc"), before(b"\0heap_size"), before(b"\0cppdefines")],
    ),
    program(
        &["envoy"],
        "envoy",
        &["envoyproxy:envoy"],
        &[between(b"\0", b"\0envoy"), between(b"\0", b"\0TLS "), between(b"\0", b"\0RELEASE")],
    ),
    program(
        &["fluent-bit"],
        "fluent-bit",
        &["treasuredata:fluent_bit"],
        &[
            between(b"\0", b"\0Fluent"),
            between(b"\0", b"\0%sFluent"),
            between(b"\0", b"\0\0Fluent"),
            between(b"\0", b"\0\0\0Fluent"),
        ],
    ),
    program(&["chrome"], "chrome", &["google:chrome"], &[between(b"\0", b"\0Default")]),
    program(
        &["libQt*Core.so*"],
        "qtbase",
        &["qt:qt", "qt:qtbase"],
        &[between(b"\0Qt ", b" ("), after(b"QtCore library version ")],
    ),
    program(&["ldapsearch"], "openldap", &["openldap:openldap"], &[after(b"$OpenLDAP: ldapsearch ")]),
    program(&["slapd"], "openldap", &["openldap:openldap"], &[after(b"$OpenLDAP: slapd ")]),
    program(&["libkrb5.so*"], "krb5", &["mit:kerberos_5"], &[after(b"\0KRB5_BRAND: krb5-")]),
    program(&["libkrb5.so*"], "heimdal-krb5", &["heimdal_project:heimdal"], &[after(b"$Version: Heimdal ")]),
    // From here on syft has no such program; the texts are those of Debian's builds.
    program(&["mosquitto"], "mosquitto", &["eclipse:mosquitto"], &[between(b"\0", b"\0mosquitto version ")]),
    program(&["znc"], "znc", &["znc:znc"], &[between(b"\0", b"\0, build: ")]),
    program(&["irssi"], "irssi", &["irssi:irssi"], &[after(b"\0irssi ")]),
    program(&["hitch"], "hitch", &[], &[between(b"\0hitch ", b"\0")]),
    program(&["squid"], "squid", &["squid-cache:squid"], &[after(b"\0squid/")]),
    program(&["unbound"], "unbound", &["nlnetlabs:unbound"], &[between(b"\0unbound ", b"\0")]),
    program(&["named"], "bind", &["isc:bind"], &[after(b"\0libisc-")]),
    program(&["dnsmasq"], "dnsmasq", &["thekelleys:dnsmasq"], &[between(b"\0dnsmasq-", b"\0")]),
    program(&["vsftpd"], "vsftpd", &["vsftpd_project:vsftpd"], &[after(b"\0vsftpd: version ")]),
    program(&["exim", "exim4", "exim-*"], "exim", &["exim:exim"], &[between(b"\0", b"\0<<eximversion>>")]),
    program(&["openvpn"], "openvpn", &["openvpn:openvpn"], &[after(b"\0OpenVPN ")]),
    program(&["stunnel", "stunnel4"], "stunnel", &["stunnel:stunnel"], &[after(b"\0stunnel ")]),
    program(&["tini", "tini-static"], "tini", &[], &[after(b"\0tini version ")]),
    program(&["turnserver"], "coturn", &["coturn_project:coturn"], &[between(b"\0Coturn-", b" '")]),
    program(&["dovecot"], "dovecot", &["dovecot:dovecot"], &[after(b"\0Dovecot v")]),
    program(&["postconf"], "postfix", &["postfix:postfix"], &[after(b"\0mail_version=")]),
    program(&["icecast", "icecast2"], "icecast", &["xiph:icecast"], &[between(b"\0Icecast ", b"\0")]),
    program(&["keepalived"], "keepalived", &["keepalived:keepalived"], &[between(b"\0Keepalived v", b" (")]),
    program(&["monit"], "monit", &["tildeslash:monit"], &[between(b"/monit/'>monit ", b"</a>")]),
    program(&["pgbouncer"], "pgbouncer", &["pgbouncer:pgbouncer"], &[between(b"\0PgBouncer ", b"\0")]),
    program(&["privoxy"], "privoxy", &["privoxy:privoxy"], &[after(b"\0Privoxy version ")]),
    program(&["freeradius", "radiusd"], "freeradius", &["freeradius:freeradius"], &[after(b"\0FreeRADIUS Version ")]),
];
