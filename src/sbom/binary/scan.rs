//! Finds the version in a program that is known by its file's name: one pass over the beginning of the file for all texts at once.

use std::io::{Read, SeekFrom};

use super::programs::{End, Form, PROGRAMS, Program};
use crate::filesystem::split;
use crate::sbom::{Content, Kind, Package, Unreadable};

/// So much of a program is read; node, the largest of the table, has some 100 MiB.
const MAX_READ: u64 = 192 << 20;
/// Read at a time.
const CHUNK: usize = 256 * 1024;
/// So much stays of what was read, so that no text is cut between two reads. The longest form with its version is shorter.
const OVERLAP: usize = 256;
/// The longest version.
const MAX_VERSION: usize = 32;

/// Recognizes a program.
///
/// # Errors
/// When the content cannot be read.
pub(super) fn read(path: &[u8], content: &mut dyn Content, found: &mut Vec<Package>) -> Result<(), Unreadable> {
    let name = split(path).1;
    let programs: Vec<&Program> = PROGRAMS
        .iter()
        .filter(|program| program.files.iter().any(|pattern| matches(pattern.as_bytes(), name)))
        .collect();
    if !programs.is_empty()
        && let Some((program, version)) = search(&programs, name, content)?
    {
        found.push(package(program, version));
    }
    Ok(())
}

fn package(program: &Program, version: String) -> Package {
    let (namespace, name) = crate::sbom::language::with_namespace(program.name);
    let cpe = |own: &&str| format!("cpe:2.3:a:{own}:{}:*:*:*:*:*:*:*", escape(&version));
    let cpes = program.cpes.iter().map(cpe).collect();
    Package { namespace, cpes, ..Package::new(Kind::Generic, name, version) }
}

/// Escapes a version for a CPE: NISTIR 7695, section 6.2.
pub(super) fn escape(version: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    version.chars().flat_map(|c| (!plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

/// Says whether a name matches a pattern in which `*` stands for any text.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.iter().position(|byte| *byte == b'*') {
        None => pattern == name,
        Some(at) => name.strip_prefix(&pattern[..at]).is_some_and(|rest| {
            let pattern = &pattern[at + 1..];
            // Names are short, and patterns have at most two stars.
            pattern.is_empty() || (0..=rest.len()).any(|skipped| matches(pattern, &rest[skipped..]))
        }),
    }
}

/// One form of one program.
type Candidate<'a> = (&'a Program, &'a Form, &'static [u8]);

fn search<'a>(
    programs: &[&'a Program],
    name: &[u8],
    content: &mut dyn Content,
) -> Result<Option<(&'a Program, String)>, Unreadable> {
    let forms = programs.iter().flat_map(|program| program.forms.iter().map(|form| (*program, form, anchor(form))));
    let candidates: Vec<Candidate<'a>> = forms.filter(|(_, _, anchor)| !anchor.is_empty()).collect();
    let mut begins = [false; 256];
    for (_, _, anchor) in &candidates {
        begins[usize::from(anchor[0])] = true;
    }
    content.seek(SeekFrom::Start(0))?;
    // What stands before the first byte is no part of a version.
    let mut window = vec![0_u8];
    let (mut start, mut left) = (0, MAX_READ);
    loop {
        let before = window.len();
        let count = (CHUNK as u64).min(left);
        let read = (&mut *content).take(count).read_to_end(&mut window)?;
        left -= read as u64;
        let is_last = (read as u64) < count || left == 0;
        if is_last {
            window.push(0);
        }
        let end = if is_last { window.len() } else { window.len().saturating_sub(OVERLAP / 2) };
        for at in start..end {
            if !begins[usize::from(window[at])] {
                continue;
            }
            for (program, form, anchor) in &candidates {
                if window[at..].starts_with(anchor)
                    && let Some(version) = version_at(form, anchor, &window, at, name)
                {
                    return Ok(Some((program, version)));
                }
            }
        }
        if is_last {
            return Ok(None);
        }
        debug_assert!(window.len() > before);
        let cut = end.saturating_sub(OVERLAP / 2);
        window.drain(..cut);
        start = end - cut;
    }
}

/// Returns the text of a form that is searched for.
fn anchor(form: &Form) -> &'static [u8] {
    match form.end {
        End::Text(text) if form.before.is_empty() => text,
        _ => form.before,
    }
}

/// Reads the version beside an anchor.
fn version_at(form: &Form, anchor: &[u8], window: &[u8], at: usize, name: &[u8]) -> Option<String> {
    let version = if form.before.is_empty() {
        let before = &window[at.saturating_sub(MAX_VERSION)..at];
        let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
        &before[before.iter().rposition(|byte| !is_part(byte)).map_or(0, |last| last + 1)..]
    } else {
        let rest = &window[at + anchor.len()..];
        let version = match form.end {
            End::RedisBuild => redis_build(rest)?,
            End::Any | End::Text(_) => &rest[..version_length(rest)],
        };
        if let End::Text(end) = form.end
            && !rest[version.len()..].starts_with(end)
        {
            return None;
        }
        version
    };
    if version.len() != version_length(version) || version.is_empty() {
        return None;
    }
    let version = std::str::from_utf8(version).ok()?;
    (!form.named || is_named(name, version)).then(|| version.to_owned())
}

/// Says whether a version begins with that in a file's name: `python3.12`, `libpython3.12.so.1.0`.
fn is_named(name: &[u8], version: &str) -> bool {
    let digits = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let start = name.iter().position(u8::is_ascii_digit).unwrap_or(name.len());
    let own: Vec<u8> = name[start..].iter().copied().take_while(digits).collect();
    let own = own.strip_suffix(b".").unwrap_or(&own);
    // `python` and `python3` are not enough: other things have versions too.
    own.contains(&b'.') && version.as_bytes().strip_prefix(own).is_some_and(|rest| rest.first() == Some(&b'.'))
}

/// Returns the length of the version that text begins with: at least two numbers, and what marks a release before or behind another.
fn version_length(text: &[u8]) -> usize {
    let digits = |at: usize| text[at.min(text.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = digits(0);
    let mut numbers = usize::from(at > 0);
    while numbers > 0 && text.get(at) == Some(&b'.') && digits(at + 1) > 0 {
        at += 1 + digits(at + 1);
        numbers += 1;
    }
    if numbers < 2 || at > MAX_VERSION {
        return 0;
    }
    const MARKS: [&[u8]; 12] =
        [b"-alpha", b"-beta", b"-rc", b"-dev", b"alpha", b"beta", b"rc", b"RC", b"-RC", b"a", b"b", b"p"];
    for mark in MARKS {
        if text[at..].starts_with(mark) {
            let dot = usize::from(text.get(at + mark.len()) == Some(&b'.'));
            let number = digits(at + mark.len() + dot);
            let after = text.get(at + mark.len() + dot + number);
            if (1..=4).contains(&number) && !after.is_some_and(u8::is_ascii_alphanumeric) {
                return at + mark.len() + dot + number;
            }
        }
    }
    // `1.1.1w` of OpenSSL.
    let letter = text.get(at).is_some_and(u8::is_ascii_lowercase);
    at + usize::from(letter && !text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric))
}

/// Reads `7.2.4HOST-1704811111000000000`: the host is a container with 12 digits, or `buildkitsandbox`.
fn redis_build(text: &[u8]) -> Option<&[u8]> {
    let dash = text.iter().take(MAX_VERSION * 2).position(|byte| *byte == b'-')?;
    let time = text.get(dash + 1..dash + 20)?;
    let host = if text[..dash].ends_with(b"buildkitsandbox") { 15 } else { 12 };
    let version = &text[..dash.checked_sub(host)?];
    let is_host = text[version.len()..dash].iter().all(u8::is_ascii_alphanumeric);
    (is_host && time.iter().all(u8::is_ascii_digit) && version_length(version) == version.len()).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::super::Binary;
    use super::*;
    use crate::sbom::language::tests::read as catalog;

    fn program(texts: &[&str]) -> Vec<u8> {
        let header = [&b"\x7fELF\x02\x01\x01"[..], &[0; 9], &[3, 0, 62, 0, 1, 0, 0, 0], &[0; 500]].concat();
        let texts: Vec<u8> = texts.iter().flat_map(|text| [b"\0", text.as_bytes(), b"\0"].concat()).collect();
        [header, texts, vec![0; 500]].concat()
    }

    #[test]
    fn programs_and_versions() {
        let table: &[(&str, &[&str], &str)] = &[
            ("node", &["node.js/v20.20.2", "v20.20.2"], "node@20.20.2"),
            ("node", &["node.js/v8.0.0"], "node@8.0.0"),
            ("python3.12", &["2.4.1", "%.80s (%.80s) %.80s", "3.12.4"], "python@3.12.4"),
            ("libpython3.13.so.1.0", &["3.13.0a1"], "python@3.13.0a1"),
            ("redis-server", &["payload %5.2f", "7.2.4f0a1b2c3d4e5-1704811111000000000"], "redis@7.2.4"),
            ("redis-server", &["7.4.1buildkitsandbox-1727900000000000000"], "redis@7.4.1"),
            ("redis-server", &["6.2.16123456789abc-1704811111000000000"], "redis@6.2.16"),
            ("httpd", &["Apache/2.4.58 (Unix)"], "httpd@2.4.58"),
            ("nginx", &["nginx version: nginx/1.25.3"], "nginx@1.25.3"),
            ("nginx", &["nginx version: openresty/1.21.4.3"], "openresty@1.21.4.3"),
            ("memcached", &["memcached 1.6.23"], "memcached@1.6.23"),
            ("haproxy", &["HAProxy version 2.8.5-aaba8d0, released 2023/12/07"], "haproxy@2.8.5"),
            ("haproxy", &["HAProxy version 2.8.5-a1ba8d0, released 2023/12/07"], "haproxy@2.8.5"),
            ("haproxy", &["HA-Proxy version 1.8.30 2021/04/12"], "haproxy@1.8.30"),
            ("haproxy", &["HAProxy version 3.0-dev2-abc, released 2024"], "haproxy@3.0-dev2"),
            ("php", &["X-Powered-By: PHP/8.3.2"], "php-cli@8.3.2"),
            ("php-fpm", &["X-Powered-By: PHP/8.4.0RC1"], "php-fpm@8.4.0RC1"),
            ("perl", &["/usr/local/lib/perl5/5.38.2/x86_64-linux-gnu"], "perl@5.38.2"),
            ("libruby.so.3.3.0", &["ruby 3.3.0 (2023-12-25 revision 5124f9ac75) [x86_64-linux]"], "ruby@3.3.0"),
            ("ruby", &["ruby 2.6.10p210 (2022-04-12) [x86_64-linux]"], "ruby@2.6.10p210"),
            ("openssl", &["OpenSSL 3.2.1 30 Jan 2024"], "openssl@3.2.1"),
            ("openssl", &["OpenSSL 1.1.1w  11 Sep 2023"], "openssl@1.1.1w"),
            ("bash", &["@(#)Bash version 5.2.21(1) release GNU"], "bash@5.2.21"),
            ("busybox", &["BusyBox v1.36.1 (2024-01-01 UTC)"], "busybox@1.36.1"),
            ("[", &["BusyBox v1.36.1 (2024-01-01 UTC)"], "busybox@1.36.1"),
            ("postgres", &["PostgreSQL 16.1 (Debian 16.1-1.pgdg120+1) on x86_64"], "postgresql@16.1"),
            ("postgres", &["PostgreSQL 17beta2 on x86_64", "PostgreSQL 9.6.24 on"], "postgresql@9.6.24"),
            ("mariadb", &["10.11.6-MariaDB"], "mariadb@10.11.6"),
            ("mysql", &["/build/mysql-8.0.36/client"], "mysql@8.0.36"),
            (
                "libstd-0123456789abcdef.so",
                &["clang LLVM (rustc version 1.76.0 (07dca489a 2024-02-04))"],
                "rust@1.76.0",
            ),
            ("erlexec", &["/usr/src/otp_src_26.2.1/erts/x"], "erlang@26.2.1"),
            ("libjulia-internal.so", &["__init__", "1.10.0\0verify"], "julia@1.10.0"),
            ("consul", &["CONSUL_VERSION: 1.17.0"], "consul@1.17.0"),
            ("curl", &["curl/8.5.0"], "curl@8.5.0"),
            ("xz", &["xz (XZ Utils) 5.4.5"], "xz@5.4.5"),
            ("sshd", &["OpenSSH_9.2p1"], "openssh@9.2p1"),
            ("ghc-9.8.1", &["GHC 9.8.1"], "haskell/ghc@9.8.1"),
            ("ghc-8.10.4", &["libHSghc-8.10.4-ghc8.10.4.so"], "haskell/ghc@8.10.4"),
            ("cabal", &["/opt/cabal/1.22/lib/cabal-install-1.22.6.0-AfxbHivcmw40"], "haskell/cabal@1.22.6.0"),
            ("stack", &["Version 2.9.3, Git revision 6cf638947a86"], "haskell/stack@2.9.3"),
            ("redis-server", &["Server started, Redis version 2.8.23"], "redis@2.8.23"),
            ("haproxy", &[" version 2.6.12-1+deb12u4, released 2026/10/17"], "haproxy@2.6.12"),
            ("openssl", &["OpenSSL 1.1.1 (compatible; AWS-LC 1.69.0)"], "aws-lc@1.69.0"),
            ("mysql", &["/src/percona-server-8.0.36-28/client"], "percona-server@8.0.36"),
            ("mysql", &["/src/Percona-XtraDB-Cluster-8.0.34/client"], "percona-xtradb-cluster@8.0.34"),
            ("mysql", &["/usr/src/mariadb-11.8.5-2-redhat-x86_64/x"], "mariadb@11.8.5"),
            ("xtrabackup", &["/build/percona-xtrabackup-8.0.35/x"], "percona-xtrabackup@8.0.35"),
            ("ndbd", &["/build/mysql-cluster-gpl-8.0.36/storage"], "mysql-cluster@8.0.36"),
            ("ndb_mgmd", &["/build/mysql-cluster-gpl-9.1.0/storage"], "mysql-cluster@9.1.0"),
            ("beam.smp", &["26.1.2\0Erlang/OTP"], "erlang@26.1.2"),
            ("libjulia-internal.so.1", &["1.12.6\0branch\0commit"], "julia@1.12.6"),
            ("libjulia-internal.so.1", &["1.8.5\0julia version %s"], "julia@1.8.5"),
            ("ffmpeg", &["%s version 7.1.1"], "ffmpeg@7.1.1"),
            ("libavutil.so.57", &["FFmpeg version 5.1.9-0+deb12u1"], "ffmpeg@5.1.9"),
            ("deno", &["Deno/2.6.3Deno/"], "deno@2.6.3"),
            ("deno", &["Deno/1.41.0cli/"], "deno@1.41.0"),
            ("bun", &["Bun v1.0.0"], "bun@1.0.0"),
            ("bun", &["bun 1.1.0"], "bun@1.1.0"),
            ("swipl", &["/usr/lib/swipl-9.3.8/bin"], "swipl@9.3.8"),
            ("arangosh", &["3.12.0-1 [linux] 64bit", "3.11.8 [linux] 64bit"], "arangodb@3.11.8"),
            ("arangosh", &["3.11.8 enterprise [linux] 64bit"], "arangodb@3.11.8"),
            ("mongod", &["6.0.27\0tcmalloc"], "mongodb@6.0.27"),
            ("mongod", &["7.0.28\0heap_size"], "mongodb@7.0.28"),
            ("mongod", &["8.0.17\0cppdefines"], "mongodb@8.0.17"),
            ("envoy", &["1.34.12\0envoy_quiche"], "envoy@1.34.12"),
            ("envoy", &["1.30.1\0TLS client"], "envoy@1.30.1"),
            ("fluent-bit", &["3.0.2\0%sFluent Bit v%s"], "fluent-bit@3.0.2"),
            ("fluent-bit", &["2.2.3\0Fluent Bit v%s"], "fluent-bit@2.2.3"),
            ("chrome", &["127.0.6533.119\0Default"], "chrome@127.0.6533.119"),
            ("libQt6Core.so.6.5.0", &["Qt 6.5.0 (x86_64-little_endian-lp64 shared)"], "qtbase@6.5.0"),
            ("libQtCore.so.4", &["QtCore library version 4.8.7"], "qtbase@4.8.7"),
            ("ldapsearch", &["@(#) $OpenLDAP: ldapsearch 2.4.45 $"], "openldap@2.4.45"),
            ("slapd", &["@(#) $OpenLDAP: slapd 2.5.13+dfsg-5"], "openldap@2.5.13"),
            ("libkrb5.so.3.3", &["KRB5_BRAND: krb5-1.20.1-final 1.20.1 20221111"], "krb5@1.20.1"),
            ("libkrb5.so.3.3", &["KRB5_BRAND: krb5-1.17-final 1.17 20190108"], "krb5@1.17"),
            ("libkrb5.so.26.0.0", &["$Version: Heimdal 7.8.0 $"], "heimdal-krb5@7.8.0"),
            ("mosquitto", &["2.0.11\0mosquitto version %s"], "mosquitto@2.0.11"),
            ("znc", &["1.8.2\0, build: cmake"], "znc@1.8.2"),
            ("irssi", &["irssi 1.4.3 (%d %04d)"], "irssi@1.4.3"),
            ("hitch", &["hitch 1.7.2"], "hitch@1.7.2"),
            ("squid", &["squid/5.7"], "squid@5.7"),
            ("unbound", &["unbound 1.17.1"], "unbound@1.17.1"),
            ("named", &["libisc-9.18.49-1~deb12u3-Debian.so"], "bind@9.18.49"),
            ("dnsmasq", &["dnsmasq-2.90"], "dnsmasq@2.90"),
            ("vsftpd", &["vsftpd: version 3.0.3\n"], "vsftpd@3.0.3"),
            ("exim-4.96-3", &["4.96\0<<eximversion>>"], "exim@4.96"),
            ("openvpn", &["OpenVPN 2.6.14 x86_64-pc-linux-gnu"], "openvpn@2.6.14"),
            ("stunnel4", &["stunnel 5.68 on x86_64-pc-linux-gnu"], "stunnel@5.68"),
            ("tini", &["tini version 0.19.0"], "tini@0.19.0"),
            ("turnserver", &["Coturn-4.6.1 'Gorst'"], "coturn@4.6.1"),
            ("dovecot", &["Dovecot v2.3.19.1 (9b53102964) starting up"], "dovecot@2.3.19.1"),
            ("postconf", &["mail_version=3.7.11"], "postfix@3.7.11"),
            ("icecast2", &["Icecast 2.4.4"], "icecast@2.4.4"),
            ("keepalived", &["Keepalived v2.2.7 (01/16,2022)"], "keepalived@2.2.7"),
            ("monit", &["<a href='http://mmonit.com/monit/'>monit 5.33.0</a>"], "monit@5.33.0"),
            ("pgbouncer", &["PgBouncer 1.18.0"], "pgbouncer@1.18.0"),
            ("privoxy", &["Privoxy version 3.0.34"], "privoxy@3.0.34"),
            ("freeradius", &["FreeRADIUS Version 3.2.1, for host"], "freeradius@3.2.1"),
        ];
        for (file, texts, wanted) in table {
            let (found, problem) = catalog(&Binary, &format!("usr/local/bin/{file}"), &program(texts));
            let names: Vec<String> = found.iter().map(crate::sbom::language::tests::name).collect();
            assert_eq!((names, problem), (vec![(*wanted).to_owned()], None), "{file} {texts:?}");
            // Under another name, and as a text, it is nothing.
            assert!(catalog(&Binary, "usr/bin/other", &program(texts)).0.is_empty(), "{file}");
            assert!(catalog(&Binary, file, texts.concat().repeat(99).as_bytes()).0.is_empty(), "{file}");
        }
    }

    #[test]
    fn texts_that_are_no_versions() {
        let table: &[(&str, &[&str])] = &[
            ("node", &["node.js/v%d.%d"]),
            ("node", &["node.js/v20"]),
            ("python3.12", &["3.11.9", "3.120.1", "x3.12.1", "3.12.1 "]),
            ("python3", &["3.12.4"]),
            ("redis-server", &["7.2.4f0a1b2c3d4e5-17048111110000000"]),
            ("mariadb", &["-MariaDB"]),
            ("postgres", &["PostgreSQL database"]),
        ];
        for (file, texts) in table {
            assert!(catalog(&Binary, file, &program(texts)).0.is_empty(), "{file} {texts:?}");
        }
    }

    #[test]
    fn no_text_is_cut_between_two_reads() {
        for before in (CHUNK - 3 * OVERLAP..CHUNK + OVERLAP).step_by(7) {
            let content = [vec![b'x'; before], b"node.js/v20.11.0".to_vec(), vec![b'x'; 9]].concat();
            let mut found = Vec::new();
            read(b"bin/node", &mut std::io::Cursor::new(content), &mut found).expect("in memory");
            assert_eq!(found.len(), 1, "{before}");
            assert_eq!(found[0].version, "20.11.0", "{before}");
        }
        let ends = [vec![b'x'; CHUNK], b"10.11.6-MariaDB".to_vec()].concat();
        let mut found = Vec::new();
        read(b"mariadbd", &mut std::io::Cursor::new(ends), &mut found).expect("in memory");
        assert_eq!(found[0].version, "10.11.6");
    }

    #[test]
    fn cpes() {
        let (found, _) = catalog(&Binary, "bin/node", &program(&["node.js/v20.20.2"]));
        assert_eq!(found[0].cpes, ["cpe:2.3:a:nodejs:node.js:20.20.2:*:*:*:*:*:*:*"]);
        assert_eq!(escape("17.0.10+7"), "17.0.10\\+7");
    }
}
