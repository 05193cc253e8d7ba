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
const REDIS: &[Form] = &[Form { before: b"\0", end: End::RedisBuild, named: false }];
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
    program(&["haproxy"], "haproxy", &["haproxy:haproxy"], &[after(b"HAProxy version "), after(b"HA-Proxy version ")]),
    program(&["php"], "php-cli", &["php:php"], PHP),
    program(&["php-fpm*"], "php-fpm", &["php:php"], PHP),
    program(&["libphp*.so"], "libphp", &["php:php"], PHP),
    program(&["perl*", "libperl.so*"], "perl", &["perl:perl"], &[after(b"/lib/perl5/"), after(b"/perl5/")]),
    program(&["libruby.so*", "libruby-static.a", "ruby"], "ruby", &["ruby-lang:ruby"], RUBY),
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
        &[Form { before: b"", end: End::Text(b"-MariaDB"), named: false }],
    ),
    program(&["mysql", "mysqld"], "mysql", &["oracle:mysql"], &[after(b"/mysql-")]),
    program(&["libstd-*.so"], "rust", &["rust-lang:rust"], &[after(b"LLVM (rustc version ")]),
    program(
        &["erlexec", "beam.smp"],
        "erlang",
        &["erlang:erlang\\/otp"],
        &[between(b"/usr/src/otp_src_", b"/erts"), between(b"/usr/local/src/otp-", b"/erts")],
    ),
    program(
        &["libjulia-internal.so*"],
        "julia",
        &["julialang:julia"],
        &[between(b"__init__\0", b"\0verify"), between(b"\0", b"\0verify")],
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
    program(&["ghc*"], "haskell/ghc", &["haskell:ghc"], &[between(b"\0GHC ", b"\0")]),
    program(&["cabal"], "haskell/cabal", &["haskell:cabal"], &[between(b"\0Cabal-", b"-")]),
    program(&["stack"], "haskell/stack", &["haskell:stack"], &[between(b"\0stack-", b"-")]),
    program(&["getopt"], "util-linux", &["kernel:util-linux"], &[after(b"\0util-linux ")]),
    program(&["ffmpeg", "libavcodec.so*"], "ffmpeg", &["ffmpeg:ffmpeg"], &[after(b"FFmpeg version ")]),
    program(&["git"], "git", &["git-scm:git"], &[after(b"\0git/")]),
    program(&["sshd", "ssh"], "openssh", &["openbsd:openssh"], &[after(b"OpenSSH_")]),
    program(&["varnishd"], "varnish", &["varnish-software:varnish_cache"], &[between(b"varnish-", b" revision ")]),
    program(&["lua*"], "lua", &["lua:lua"], &[after(b"\0Lua ")]),
    program(&["dart"], "dart", &["dart:dart_software_development_kit"], &[between(b"\0", b" (stable)")]),
];
