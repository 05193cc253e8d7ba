//! Names that would make a terminal do something: whatever an image says, what is printed is text of one line.

use std::fs;

use serde_json::json;
use tar::{EntryType, Header};
use tempfile::TempDir;

use crate::support::command::stevedore;
use crate::support::fixture::{OCI_CONFIG, OCI_MANIFEST, TAG};
use crate::support::layout::{Layout, sha256};

/// Colors, a title, a bell, a C1 control, a line end, text that runs backwards, and a byte that is no text.
const EVIL: &[&[u8]] = &[
    b"\x1b[31mred",
    b"\x1b]0;title\x07",
    b"one\ntwo\rthree",
    "csi\u{9b}2J".as_bytes(),
    "gpj\u{202e}gnp.exe".as_bytes(),
    b"byte\xff\xfe",
    b"back\\slash\\x41",
    b"\x7f\t\x08",
];

struct Archive(Vec<u8>);

impl Archive {
    fn add(&mut self, kind: EntryType, path: &[u8], link: &[u8], content: &[u8]) {
        let mut header = Header::new_ustar();
        let fields = header.as_old_mut();
        fields.name[..path.len()].copy_from_slice(path);
        fields.linkname[..link.len()].copy_from_slice(link);
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
    }

    /// Adds extended attributes to the entry that follows.
    fn xattr(&mut self, name: &[u8], value: &[u8]) {
        let mut record = [b" SCHILY.xattr.", name, b"=", value, b"\n"].concat();
        let length =
            (record.len()..).find(|length| length.to_string().len() + record.len() == *length).expect("one does");
        record.splice(0..0, length.to_string().bytes());
        self.add(EntryType::XHeader, b"pax", b"", &record);
    }
}

/// An image all of whose names are evil; `more` is different in another one.
fn evil(room: &TempDir, name: &str, more: &[u8]) -> String {
    let mut tar = Archive(Vec::new());
    let (mut status, mut apk) = (Vec::new(), Vec::new());
    for evil in EVIL {
        let inside = |folder: &str| [folder.as_bytes(), b"/", evil].concat();
        tar.xattr(
            &[b"user.".as_slice(), evil]
                .concat()
                .iter()
                .map(|byte| if *byte == b'\n' { b' ' } else { *byte })
                .collect::<Vec<_>>(),
            evil,
        );
        tar.add(EntryType::Regular, &inside("files"), b"", more);
        tar.add(EntryType::Symlink, &inside("links"), evil, b"");
        tar.add(EntryType::Regular, &[&inside("folders")[..], b"/package.json"].concat(), b"", b"{broken");
        let package = format!(r#"{{"name":{0},"version":{0},"license":{0}}}"#, json!(String::from_utf8_lossy(evil)));
        tar.add(EntryType::Regular, &[&inside("good")[..], b"/package.json"].concat(), b"", package.as_bytes());
        status.extend(
            [
                b"Package: p",
                *evil,
                b"\nVersion: 1",
                evil,
                b"\nStatus: install ok installed\nArchitecture: ",
                evil,
                b"\n\n",
            ]
            .concat(),
        );
        apk.extend([b"P:", *evil, b"\nV:", evil, b"\nL:", evil, b"\n\n"].concat());
        tar.add(EntryType::Regular, &[b"gone/.wh.".as_slice(), evil].concat(), b"", b"");
        tar.add(EntryType::Regular, &[b"../".as_slice(), evil].concat(), b"", b"");
        tar.add(EntryType::Link, &inside("hard"), &inside("none"), b"");
    }
    tar.add(EntryType::Regular, b"var/lib/dpkg/status", b"", &status);
    tar.add(EntryType::Regular, b"lib/apk/db/installed", b"", &apk);
    tar.add(
        EntryType::Regular,
        b"etc/os-release",
        b"",
        b"ID='\x1b[31m'\nVERSION_ID='\x07'\nPRETTY_NAME='\x1b]0;x\x07'\n",
    );
    tar.0.extend([0; 1024]);
    let folder = room.path().join(name);
    let layout = Layout::create(&folder);
    let layer = layout.blob("application/vnd.oci.image.layer.v1.tar", &tar.0);
    let text: Vec<String> = EVIL.iter().map(|evil| String::from_utf8_lossy(evil).into_owned()).collect();
    let config = layout.json(
        OCI_CONFIG,
        &json!({
            "os": "linux", "architecture": "amd64", "created": "2024-01-01T00:00:00Z", "author": text[0],
            "config": {"Env": text, "Labels": {text[1].clone(): format!("{}{}", text[2], String::from_utf8_lossy(more))}, "User": text[4]},
            "history": [{"created_by": text.join(" "), "comment": text[0]}],
            "rootfs": {"type": "layers", "diff_ids": [sha256(&tar.0)]},
        }),
    );
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer],
        "annotations": {text[0].clone(): text[1].clone() + &String::from_utf8_lossy(more)}});
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), TAG);
    format!("oci:{}:{TAG}", folder.display())
}

/// Says what in some text a terminal would act on, or would show in another order than it stands.
fn acted_on(text: &str) -> Option<char> {
    text.chars().find(|each| {
        each.is_control() && *each != '\n'
            || ('\u{202a}'..='\u{202e}').contains(each)
            || ('\u{2066}'..='\u{2069}').contains(each)
    })
}

#[test]
fn nothing_that_an_image_says_reaches_the_terminal() {
    let room = tempfile::tempdir().expect("a temporary directory");
    let (one, other) = (evil(&room, "one", b"1"), evil(&room, "other", b"22"));
    let list = room.path().join("list.spdx.json").display().to_string();
    let bad = String::from_utf8_lossy(EVIL[0]).into_owned();
    let lines: &[(&[&str], i32, usize)] = &[
        (&["ls", &one], 0, 60),
        (&["ls", "-l", "--xattrs", "--digests", &one], 0, 59),
        (&["ls", "--tree", &one], 0, 40),
        (&["ls", "--layers", &one], 0, 2),
        (&["ls", "-l", "--layer=0", &one], 0, 59),
        (&["ls", &one, &bad], 3, 0),
        (&["cat", &one, &bad], 3, 0),
        (&["cat", &one, &format!("links/{bad}")], 1, 0),
        (&["sbom", &one], 0, 10),
        (&["sbom", "--first-layer", &one], 0, 10),
        (&["sbom", "--format=spdx-json", "-o", &list, &one], 0, 0),
        (&["diff", "--packages", "--config", &one, &other], 1, 10),
        (&["diff", "--strict", &one, &other], 1, 10),
        (&["inspect", &one], 0, 5),
    ];
    for (line, code, least) in lines {
        let run = stevedore(line).code(*code);
        let text = String::from_utf8(run.stdout.clone()).expect("text is UTF-8");
        for text in [&text, &run.stderr] {
            assert_eq!(acted_on(text), None, "{line:?}\n{text}");
        }
        assert!(text.lines().count() >= *least, "{line:?}: {} lines\n{text}", text.lines().count());
    }
    // JSON escapes what it must, and says all the same.
    let document = fs::read_to_string(&list).expect("the document");
    assert_eq!(document.chars().find(|each| *each < ' ' && *each != '\n'), None);
    assert!(document.contains("\\u001b"), "{document}");
}

#[test]
fn every_byte_comes_back() {
    let room = tempfile::tempdir().expect("a temporary directory");
    let one = evil(&room, "one", b"1");
    let raw = stevedore(&["ls", "--null", &one, "files"]).ok().stdout;
    let json = stevedore(&["ls", "--json", &one, "files"]).ok().json();
    let mut wanted: Vec<Vec<u8>> = EVIL.iter().map(|evil| [b"files/", *evil].concat()).collect();
    wanted.sort();
    let mut names: Vec<&[u8]> = raw.strip_suffix(b"\0").expect("a NUL behind each").split(|byte| *byte == 0).collect();
    assert_eq!(names.remove(0), b"files");
    assert_eq!(names, wanted);
    let bytes = |entry| crate::support::listing::bytes(entry, "path", "rawPath").expect("a path");
    let names: Vec<Vec<u8>> = json["entries"].as_array().expect("entries").iter().map(bytes).collect();
    assert_eq!(names[1..], wanted);
    let byte =
        json["entries"].as_array().expect("entries").iter().find(|entry| bytes(entry) == [b"files/", EVIL[5]].concat());
    let pairs = byte.expect("is listed")["rawXattrs"].clone();
    assert_eq!(pairs, json!([["dXNlci5ieXRl//4=", "Ynl0Zf/+"]]));
    // What ls says is what cat takes, and what sbom calls its evidence.
    for name in &wanted {
        use std::os::unix::ffi::OsStrExt;
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stevedore"));
        let output = command.args(["cat", &one]).arg(std::ffi::OsStr::from_bytes(name)).output().expect("runs");
        assert_eq!(output.stdout, b"1", "{}", String::from_utf8_lossy(&output.stderr));
    }
    let list = stevedore(&["sbom", "--json", &one]).ok().json();
    for field in ["packages", "warnings"] {
        let entries = list[field].as_array().expect("a list");
        let folder = if field == "packages" { "good" } else { "folders" };
        for evil in EVIL {
            let path = [folder.as_bytes(), b"/", evil, b"/package.json"].concat();
            assert!(entries.iter().any(|entry| bytes(entry) == path), "{field} {}", String::from_utf8_lossy(&path));
        }
    }
}
