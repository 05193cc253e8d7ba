use std::io::Write;

use ::tar::{Builder, EntryType, Header};

use super::*;
use crate::store::contract::{self, content, key};

/// An entry: type, name, link, content.
type Entry<'a> = (EntryType, &'a str, &'a str, &'a str);

fn archive(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (kind, name, link, content) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // As an attacker would: what the crate's setters refuse.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        builder.append(&header, content.as_bytes()).expect("memory");
    }
    builder.into_inner().expect("memory")
}

fn file(content: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(content).expect("written");
    file
}

fn open(entries: &[Entry<'_>]) -> Result<Tar> {
    Tar::from_file(file(&archive(entries)))
}

const FILE: EntryType = EntryType::Regular;

#[test]
fn keeps_the_contract() {
    let entries = [
        (FILE, "a", "", "1"),
        (EntryType::Directory, "b/", "", ""),
        (FILE, "./b/c", "", "22"),
        (FILE, "b-c", "", "333"),
    ];
    let tar = open(&entries).expect("opens");
    contract::readable(&tar);
    assert!(tar.put(&key("a"), Content::Bytes(b"")).is_err());
    assert!(tar.delete(&key("a")).is_err());
    assert!(tar.stage(&key(".partial/a")).is_err());
}

#[test]
fn links_lead_to_content() {
    let tar = open(&[
        (EntryType::Symlink, "id/layer.tar", "../one.tar", ""),
        (EntryType::Symlink, "id/again", "layer.tar", ""),
        (EntryType::Link, "hard/link", "one.tar", ""),
        (EntryType::Symlink, "dangling", "nothing", ""),
        (FILE, "one.tar", "", "old"),
        (FILE, "one.tar", "", "layer"),
    ])
    .expect("opens");
    for name in ["one.tar", "id/layer.tar", "id/again", "hard/link"] {
        assert_eq!(content(&tar, name).as_deref(), Some(&b"layer"[..]), "{name}");
    }
    assert!(content(&tar, "dangling").is_none());
}

#[test]
fn refusals() {
    let table: &[(&[Entry<'_>], &str)] = &[
        (&[(FILE, "../a", "", "")], "\"../a\" leads outside of it"),
        (&[(FILE, "a/../../b", "", "")], "\"a/../../b\" leads outside of it"),
        (&[(FILE, "/etc/passwd", "", "")], "\"/etc/passwd\" leads outside of it"),
        (&[(EntryType::Symlink, "a", "/etc/passwd", "")], "\"/etc/passwd\" leads outside of it"),
        (&[(EntryType::Link, "d/a", "../a", "")], "\"../a\" leads outside of it"),
        (&[(FILE, "a\\b", "", "")], "the name \"a\\\\b\" is not usable"),
        (&[(EntryType::Symlink, "a", "b", ""), (EntryType::Symlink, "b", "a", "")], "the link \"a\" goes in circles"),
        (&[(EntryType::GNUSparse, "a", "", "")], "it has a sparse file"),
        (&[(EntryType::XHeader, "x", "", "22 GNU.sparse.major=1\n"), (FILE, "a", "", "")], "it has a sparse file"),
    ];
    for (entries, reason) in table {
        let error = open(entries).expect_err(reason);
        assert_eq!(error.to_string(), format!("the archive is malformed: {reason}"));
    }
}

#[test]
fn broken_archives() {
    let whole = archive(&[(FILE, "a", "", "content"), (FILE, "b", "", "more")]);
    for (bytes, reason) in [
        (&b""[..], "it is no tar archive"),
        (b"{}", "it is no tar archive"),
        (&[b'x'; 1024], "it is no tar archive"),
        (&whole[..515], "it ends within a file at byte 512"),
        (&whole[..1030], "it ends within a header at byte 1030"),
    ] {
        let error = Tar::from_file(file(bytes)).expect_err(reason);
        assert_eq!(error.to_string(), format!("the archive is malformed: {reason}"));
    }
    // Without the zeros at the end, and without the last padding.
    assert!(Tar::from_file(file(&whole[..1024 + 512 + 4])).is_ok());
    let mut wrong = whole;
    wrong[1024] = b'x';
    let error = Tar::from_file(file(&wrong)).expect_err("a bad header");
    assert_eq!(error.to_string(), "the archive is malformed: the checksum of a header does not match at byte 1536");
}

#[test]
fn long_names_and_sizes_of_every_dialect() {
    let long = format!("{}/{}", "d".repeat(120), "n".repeat(200));
    let mut builder = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(1);
    builder.append_data(&mut header, &long, &b"1"[..]).expect("memory");
    let path = format!("path={long}pax\n");
    let path = format!("{} {path}", path.len() + 4);
    let pax = archive(&[(EntryType::XHeader, "x", "", &path), (FILE, "short", "", "2")]);
    let mut bytes = builder.into_inner().expect("memory");
    bytes.truncate(bytes.len() - 1024);
    bytes.extend(pax);
    let tar = Tar::from_file(file(&bytes)).expect("opens");
    assert_eq!(content(&tar, &long).as_deref(), Some(&b"1"[..]));
    assert_eq!(content(&tar, &format!("{long}pax")).as_deref(), Some(&b"2"[..]));

    // The size in the extended header holds: the ustar field has room for 8 GiB.
    let bytes =
        archive(&[(EntryType::XHeader, "x", "", "9 size=3\n"), (FILE, "a", "", "abcdef"), (FILE, "b", "", "z")]);
    let tar = Tar::from_file(file(&bytes)).expect("opens");
    assert_eq!(content(&tar, "a").as_deref(), Some(&b"abc"[..]));
    assert_eq!(content(&tar, "b").as_deref(), Some(&b"z"[..]));
}

/// POSIX.1-2017, pax, "pax Header Block": the length alone tells where a record ends.
#[test]
fn any_byte_in_the_value_of_a_record() {
    let record = |keyword: &str, value: &str| {
        let body = format!(" {keyword}={value}\n");
        let digits = (1..).find(|digits| (body.len() + digits).to_string().len() == *digits).expect("a length");
        format!("{}{body}", body.len() + digits)
    };
    let values = [
        "a\nb",
        "a\n",
        "\n",
        "\n\n\n",
        "a\n15 path=../x\nb",
        "\n15 path=../x\n",
        "\n9 size=0\n",
        "\n22 GNU.sparse.major=1\n",
        "\n99999 path=x",
        "a=b\n=",
        "\0",
        "\0\n12 path=x\0\n",
        " 5 a=b",
        "",
    ];
    for keyword in ["SCHILY.xattr.user.note", "LIBARCHIVE.xattr.note", "comment", "uname"] {
        for value in values {
            let records = [record(keyword, value), record("path", "blobs/x"), record(keyword, value)].concat();
            let tar =
                open(&[(EntryType::XHeader, "x", "", &records), (FILE, "a", "", "content"), (FILE, "b", "", "z")]);
            let tar = tar.unwrap_or_else(|error| panic!("{keyword}={value:?}: {error}"));
            assert_eq!(content(&tar, "blobs/x").as_deref(), Some(&b"content"[..]), "{keyword}={value:?}");
            assert_eq!(content(&tar, "b").as_deref(), Some(&b"z"[..]), "{keyword}={value:?}");
            assert!(content(&tar, "a").is_none() && content(&tar, "x").is_none());
        }
    }
    let wrong = [
        "12 path=ab",
        "11 path=a\nb\n",
        "10 path=ab\n",
        "12 path=ab\n",
        "28 comment=a\n10 path=ab\n",
        "x path=ab\n",
        "path=ab\n",
        "8 path\n9 ",
        "99999999999999999999999 a=b\n",
        "-1 path=ab\n",
        "0 path=ab\n",
        "2 \n",
    ];
    for records in wrong {
        let error = open(&[(EntryType::XHeader, "x", "", records), (FILE, "a", "", "")]).expect_err(records);
        let reason = "a pax record does not have the length that it says";
        let wanted = format!("the archive is malformed: {reason} at byte {}", 512 + records.len());
        assert_eq!(error.to_string(), wanted, "{records:?}");
    }
}

#[test]
fn compressed_archives_are_unpacked_into_scratch() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = archive(&[(FILE, "a", "", "1")]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).expect("memory");
    let gzip = gzip.finish().expect("memory");
    let mut files = vec![("plain", plain), ("gzip", gzip.clone())];
    #[cfg(feature = "zstd")]
    files.push(("zstd", ::zstd::encode_all(&files[0].1[..], 1).expect("memory")));
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let tar = Tar::open_any(&path, Some(folder.path())).expect(name);
        assert_eq!(content(&tar, "a").as_deref(), Some(&b"1"[..]), "{name}");
        assert_eq!(Tar::open_any(&path, None).is_ok(), name == "plain");
    }
    let path = folder.path().join("cut");
    std::fs::write(&path, &gzip[..gzip.len() - 9]).expect("written");
    let error = Tar::open_any(&path, Some(folder.path())).expect_err("cut short");
    assert_eq!(error.to_string(), format!("cannot unpack {}", path.display()));
}

#[test]
fn readers_do_not_disturb_each_other() {
    let text = "0123456789".repeat(20_000);
    let tar = open(&[(FILE, "a", "", &text), (FILE, "b", "", &text)]).expect("opens");
    std::thread::scope(|scope| {
        for name in ["a", "b", "a", "b"] {
            let (tar, text) = (&tar, &text);
            scope.spawn(move || assert_eq!(content(tar, name).as_deref(), Some(text.as_bytes())));
        }
    });
}
