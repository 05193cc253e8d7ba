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
