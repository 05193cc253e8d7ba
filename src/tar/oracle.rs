//! Against the `tar` crate: what is written here it reads, what it writes is read here, and archives have its bytes.

use std::io::Read;

use tar::{Builder, EntryType};

use super::encode::encode;
use super::{Archive, Dialect, Entry, Kind, Member, Writer};

/// Names of every length around the limits: of a field, of ustar's two, of a block.
fn names() -> Vec<String> {
    let long = |length: usize| "n".repeat(length);
    let mut names: Vec<String> = [1, 99, 100, 101, 155, 256, 511, 512, 513, 5000].map(long).into();
    names.extend(
        [(4, 60), (99, 100), (155, 100), (156, 100), (100, 101)].map(|(d, n)| format!("{}/{}", long(d), long(n))),
    );
    names.push(format!("blobs/sha512/{}", "0".repeat(128)));
    names.push(format!("{}\u{e9}/{}", long(60), long(60)));
    names
}

fn header(kind: EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

#[test]
fn archives_have_the_same_bytes() {
    let mut theirs = Builder::new(Vec::new());
    let mut ours = Writer::new(Vec::new(), Dialect::Gnu);
    for name in names().iter().filter(|name| name.is_ascii()) {
        for size in [0, 1, 511, 512, 513] {
            let content = vec![b'c'; size];
            let mut head = header(EntryType::Regular, 0o644, size as u64);
            theirs.append_data(&mut head, name, &content[..]).expect("memory");
            let entry = Entry::file(0o644, size as u64);
            ours.append(name.as_bytes(), &entry, Some(&mut &content[..])).expect("memory");
        }
        let directory = format!("{name}/");
        theirs.append_data(&mut header(EntryType::Directory, 0o755, 0), &directory, std::io::empty()).expect("memory");
        ours.append(directory.as_bytes(), &Entry::directory(0o755), None).expect("memory");
    }
    assert!(theirs.into_inner().expect("memory") == ours.finish().expect("memory"));
    for size in [0o77_777_777_777, 1 << 33, 1 << 40, u64::MAX >> 1] {
        let mut head = header(EntryType::Regular, 0o644, size);
        head.set_path("a").expect("short");
        head.set_cksum();
        assert_eq!(encode(Dialect::Gnu, b"a", &Entry::file(0o644, size)).expect("encodes"), head.as_bytes());
    }
}

#[test]
fn ours_are_read_by_it() {
    for dialect in [Dialect::Pax, Dialect::Gnu] {
        let mut ours = Writer::new(Vec::new(), dialect);
        for name in names() {
            let mut entry = Entry::file(0o4711, 600);
            (entry.uid, entry.gid, entry.mtime) = (1 << 21, 1000, 1_700_000_000);
            ours.append(name.as_bytes(), &entry, Some(&mut &[b'c'; 600][..])).expect("memory");
            ours.append(b"link", &Entry::symlink(name.as_bytes()), None).expect("memory");
        }
        let bytes = ours.finish().expect("memory");
        let mut theirs = tar::Archive::new(&bytes[..]);
        let mut entries = theirs.entries().expect("entries").map(|entry| entry.expect("an entry"));
        for name in names() {
            let mut file = entries.next().expect("a file");
            assert_eq!(*file.path_bytes(), *name.as_bytes(), "{dialect:?}");
            let head = file.header();
            let facts = (head.mode().expect("a mode"), head.gid().expect("a group"), head.mtime().expect("a time"));
            assert_eq!(facts, (0o4711, 1000, 1_700_000_000));
            assert_eq!(head.uid().expect("an owner"), 1 << 21, "{dialect:?}");
            let mut content = Vec::new();
            file.read_to_end(&mut content).expect("content");
            assert!(content == [b'c'; 600]);
            let link = entries.next().expect("a link");
            assert_eq!(link.link_name_bytes().as_deref(), Some(name.as_bytes()), "{dialect:?}");
        }
        assert!(entries.next().is_none());
    }
}

#[test]
fn what_it_writes_is_read() {
    let mut theirs = Builder::new(Vec::new());
    for name in names() {
        let value = [name.as_bytes(), b"\n15 path=../x\n\0"].concat();
        theirs.append_pax_extensions([("SCHILY.xattr.user.x", &value[..])]).expect("memory");
        theirs.append_data(&mut header(EntryType::Regular, 0o640, 600), &name, &[b'c'; 600][..]).expect("memory");
        theirs.append_link(&mut header(EntryType::Symlink, 0o777, 0), "link", &name).expect("memory");
    }
    let bytes = theirs.into_inner().expect("memory");
    let mut ours = Archive::new(&bytes[..]);
    for wanted in names() {
        let Member { name, entry } = ours.next().expect("reads").expect("a file");
        assert_eq!((&*name, entry.kind, entry.mode, entry.size), (wanted.as_bytes(), Kind::File, 0o640, 600));
        assert_eq!(*entry.xattrs[0].value, *[wanted.as_bytes(), b"\n15 path=../x\n\0"].concat());
        let Member { entry, .. } = ours.next().expect("reads").expect("a link");
        assert_eq!((entry.kind, entry.link.as_deref()), (Kind::Symlink, Some(wanted.as_bytes())));
    }
    assert!(ours.next().expect("the end").is_none());
}
