//! Layers that try to write outside the folder that they are unpacked into.
//!
//! Each is harmless or refused: no crash, and beside the folder everything is as it was.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tempfile::TempDir;

use crate::support::command::Program;
use crate::support::tarball::{Tarball, image};

/// A hostile image, and how its export ends.
struct Case {
    name: &'static str,
    layers: Vec<Tarball>,
    code: i32,
}

fn case(name: &'static str, code: i32, layers: impl IntoIterator<Item = Tarball>) -> Case {
    Case { name, layers: layers.into_iter().collect(), code }
}

fn tar() -> Tarball {
    Tarball::new()
}

/// Names that lead out, with no link involved.
fn names(outside: &str) -> Vec<Case> {
    let secret = format!("{outside}/secret");
    vec![
        case("dots", 0, [tar().file("../outside/secret", "x")]),
        case("dots inside", 0, [tar().file("a/../../outside/secret", "x")]),
        case("dots at the end", 0, [tar().directory("a/..")]),
        case("only dots", 0, [tar().directory("..")]),
        case("many dots", 0, [tar().file("../../../../../../../../../../tmp/stevedore-canary", "x")]),
        case("an absolute file", 0, [tar().file(&secret, "x")]),
        case("an absolute directory", 0, [tar().directory(outside)]),
        case("slashes", 0, [tar().file("///etc//passwd", "x")]),
        case("dots in a pax record", 0, [tar().pax(&[("path", b"../outside/secret")]).file("a", "x")]),
        case("an absolute path in a pax record", 0, [tar().pax(&[("path", secret.as_bytes())]).file("a", "x")]),
        case("dots in a long name", 0, [tar().entry(b"@", b'L', b"", b"../outside/secret\0").file("a", "x")]),
        case(
            "dots in a sparse name",
            0,
            [tar()
                .pax(&[
                    ("GNU.sparse.name", b"../outside/secret"),
                    ("GNU.sparse.size", b"1"),
                    ("GNU.sparse.map", b"0,1"),
                ])
                .file("a", "x")],
        ),
        case("a NUL in a pax path", 1, [tar().pax(&[("path", b"a\0b")]).file("a", "x")]),
        case("a backslash", 0, [tar().file("..\\outside\\secret", "x")]),
        case("the root as a file", 0, [tar().file("./", "x")]),
        case("the root as a link", 0, [tar().symlink("./", outside), tar().file("secret", "x")]),
        case(
            "whiteouts of parents",
            0,
            [tar().file(".wh...", ""), tar().file("a/.wh...", ""), tar().file(".wh..", "")],
        ),
        case("a whiteout with dots", 0, [tar().file("../outside/.wh.secret", "")]),
        case("an opaque parent", 0, [tar().file("../outside/.wh..wh..opq", "")]),
        case("a name that is too long", 1, [tar().pax(&[("path", &[b'n'; 300])]).file("a", "x")]),
    ]
}

/// Symbolic links out, and what would go through them.
fn symlinks(outside: &str) -> Vec<Case> {
    let secret = format!("{outside}/secret");
    let link = || tar().symlink("l", outside);
    vec![
        case("below a link of the same layer", 0, [link().file("l/secret", "x")]),
        case("below a link of a lower layer", 0, [link(), tar().file("l/secret", "x")]),
        case("below a relative link", 0, [tar().symlink("l", "../outside").file("l/secret", "x")]),
        case("through a chain of links", 0, [tar().symlink("a", "b").symlink("b", outside).file("a/secret", "x")]),
        case(
            "through a link in the middle",
            0,
            [tar().directory("d").symlink("d/l", outside).file("d/l/sub/new", "x")],
        ),
        case("a file over a link to a file", 0, [tar().symlink("l", &secret).file("l", "x")]),
        case("a file over a link of a lower layer", 0, [tar().symlink("l", &secret), tar().file("l", "x")]),
        case("a directory over a link", 0, [link().directory("l").file("l/new", "x")]),
        case(
            "a directory that becomes a link",
            0,
            [tar().directory("d").file("d/a", "1").symlink("d", outside).file("d/secret", "x")],
        ),
        case("a link, a directory and a link", 0, [link().directory("l").symlink("l", outside).file("l/secret", "x")]),
        case("a whiteout below a link", 0, [link(), tar().file("l/.wh.secret", "")]),
        case("an opaque marker below a link", 0, [link(), tar().file("l/.wh..wh..opq", "")]),
        case("a mode for a link's target", 0, [link().directory("l/")]),
        case(
            "extended attributes through a link",
            0,
            [tar().pax(&[("SCHILY.xattr.user.x", b"y")]).symlink("l", &secret)],
        ),
        case("a link to a device of the host", 0, [tar().symlink("null", "/dev/null").file("null", "x")]),
        case("a link to itself", 0, [tar().symlink("l", "l").file("l/a", "x")]),
    ]
}

/// Hard links out, and damaged or oversized archives.
fn others(outside: &str) -> Vec<Case> {
    let secret = format!("{outside}/secret");
    let deep = "d/".repeat(2000);
    let records = |key: &str, value: &[u8]| tar().pax(&[(key, value)]).file("a", "x");
    vec![
        case("a hard link out", 0, [tar().link("h", &secret)]),
        case("a hard link with dots", 0, [tar().link("h", "../outside/secret").file("h", "x")]),
        case("a hard link through a link", 0, [tar().symlink("l", outside).link("h", "l/secret").file("h", "x")]),
        case("a hard link to a link, written to", 0, [tar().symlink("l", &secret).link("h", "l").file("h", "x")]),
        case("a hard link to itself", 0, [tar().link("h", "h")]),
        case("a hard link to a directory", 0, [tar().directory("d").link("h", "d").file("h/a", "x")]),
        case("a hard link to nothing", 0, [tar().link("h", "")]),
        case("a hard link over its target's directory", 0, [tar().file("d/f", "x").link("d", "d/f")]),
        case("a directory over a file with children", 0, [tar().file("f", "x").file("f/a", "y").directory("f")]),
        case("a device", 0, [tar().entry(b"null", b'3', b"", b"")]),
        case("a pipe that is written to", 0, [tar().entry(b"p", b'6', b"", b"").file("p", "x")]),
        case("a type that nobody knows", 0, [tar().entry(b"../outside/secret", b'Z', b"", b"x")]),
        case("a huge pax header", 1, [tar().raw(&huge(b'x', 0o77_777_777_777))]),
        case("a huge long name", 1, [tar().raw(&huge(b'L', 1 << 30))]),
        case("a file that is not there", 1, [tar().raw(&huge(b'0', 1 << 33))]),
        case(
            "half a sparse header",
            0,
            [records("GNU.sparse.size", b"9223372036854775807"), records("GNU.sparse.map", b"0,1")],
        ),
        case(
            "a sparse bomb",
            1,
            [tar().pax(&[("GNU.sparse.size", b"9000000000000000000"), ("GNU.sparse.map", b"0,1")]).file("a", "x")],
        ),
        case("a size in a pax record", 1, [records("size", b"99999999999")]),
        case("a time before the world", 0, [records("mtime", b"-9223372036854775807")]),
        case(
            "owners beyond any system",
            0,
            [tar().pax(&[("uid", b"18446744073709551615"), ("gid", b"4294967295")]).file("a", "x")],
        ),
        case("a depth of 2000", 0, [tar().pax(&[("path", deep.as_bytes())]).directory("a")]),
        case("no tar at all", 1, [tar().raw(&[b'x'; 700])]),
    ]
}

/// A header that promises more than there is.
fn huge(flag: u8, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..4].copy_from_slice(b"huge");
    header.as_mut_bytes()[156] = flag;
    header.set_mode(0o644);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// All that is below a folder: names, inodes, modes, times, links, contents.
fn snapshot(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("an entry").path();
            let meta = path.symlink_metadata().expect("there");
            let content = if meta.is_file() { fs::read(&path).expect("readable") } else { Vec::new() };
            found.push(format!(
                "{} {} {:o} {} {}.{} {} {content:?}",
                path.display(),
                meta.ino(),
                meta.mode(),
                meta.uid(),
                meta.mtime(),
                meta.mtime_nsec(),
                meta.nlink()
            ));
            if meta.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_is_written_outside() {
    let dir = TempDir::new().expect("made");
    let outside = dir.path().join("outside");
    fs::create_dir_all(outside.join("sub")).expect("made");
    fs::write(outside.join("secret"), "canary").expect("written");
    let text = outside.to_str().expect("text");
    let cases: Vec<Case> = names(text).into_iter().chain(symlinks(text)).chain(others(text)).collect();
    assert!(cases.len() >= 50, "{}", cases.len());
    for Case { name, layers, code } in cases {
        let images = TempDir::new().expect("made");
        let layers: Vec<Vec<u8>> = layers.iter().map(Tarball::end).collect();
        let reference = image(images.path(), &layers);
        let before = snapshot(dir.path());
        let run = Program::stevedore(&["export", &reference, "-o", "inside/"]).current_dir(dir.path()).run();
        assert_eq!(run.code, code, "{name}: {}", run.stderr);
        let inside = dir.path().join("inside");
        assert_eq!(inside.exists(), code == 0, "{name}");
        if inside.exists() {
            // Beyond what a path may be long, only what goes by parts gets rid of it.
            let removed = std::process::Command::new("rm").arg("-rf").arg(&inside).status().expect("runs");
            assert!(removed.success(), "{name}");
        }
        assert_eq!(snapshot(dir.path()), before, "{name}");
        assert!(!Path::new("/tmp/stevedore-canary").exists(), "{name}");
        // As a tar it can do no harm, and ends the same way, but for what only a filesystem refuses.
        let run = Program::stevedore(&["export", &reference, "-o", "out.tar"]).current_dir(images.path()).run();
        assert!(run.code == code || (run.code == 0 && name == "a name that is too long"), "{name}: {}", run.stderr);
    }
}

/// A tenth of a million where nobody asks for more: all of it takes a minute in a debug build.
#[test]
fn a_million_entries_stay_in_bounds() {
    let count = if std::env::var_os("STEVEDORE_LARGE").is_some() { 1_000_000_u32 } else { 100_000 };
    let images = TempDir::new().expect("made");
    let mut layer = Vec::new();
    let empty = Tarball::new().file("n0000000", "").end();
    for number in 0..count {
        let mut header = tar::Header::from_byte_slice(&empty[..512]).clone();
        header.as_mut_bytes()[1..8].copy_from_slice(format!("{number:07}").as_bytes());
        header.set_cksum();
        layer.extend_from_slice(header.as_bytes());
    }
    layer.extend_from_slice(&[0; 1024]);
    let reference = image(images.path(), &[layer]);
    let output = images.path().join("out.tar");
    // What is held of an entry, and what is held in any case: for a million entries together less than 128 MiB.
    const LIMIT: (u64, u64) = (102, 28 * 1024 * 1024);
    for arguments in [&["ls"][..], &["ls", "-l"], &["export", "-o", output.to_str().expect("text")]] {
        let (run, peak) = Program::stevedore(&[arguments, &[&reference]].concat()).peak_rss();
        run.ok();
        assert!(peak < u64::from(count) * LIMIT.0 + LIMIT.1, "{arguments:?}: {peak}");
    }
    assert_eq!(output.metadata().expect("written").len(), 512 * u64::from(count) + 1024);
}
