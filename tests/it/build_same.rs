//! `build`: nothing of the machine or of who builds is in the bytes, whatever the files are like, and every reader of tar agrees about them.

use std::fs::{self, File};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::build::documents;
use crate::support::command::{Program, stevedore};
use crate::support::layout::{blob_path, sha256};
use crate::support::oracle::{is_root, oracle};
use crate::support::scene::Folder;
use crate::support::skips;

const BINARY: &str = env!("CARGO_BIN_EXE_stevedore");

/// Files with names and sizes at the limits of tar's fields.
fn odd_names(root: &Path) {
    let deep = (0..8).fold(root.to_owned(), |at, _| at.join("d".repeat(60)));
    fs::create_dir_all(&deep).expect("makes");
    let names: Vec<PathBuf> = vec![
        deep.join("n".repeat(255)),
        root.join("x".repeat(100)),
        root.join("y".repeat(101)),
        root.join("with space and 'quotes' and \\backslash"),
        root.join("line\nend"),
        root.join("ümläut"),
        root.join(std::ffi::OsString::from_vec(b"latin-\xe9".to_vec())),
        root.join(".wh-like"),
        root.join("-dash"),
    ];
    for (number, name) in names.iter().enumerate() {
        fs::write(name, vec![b'a'; number * 511]).expect("writes");
        fs::set_permissions(name, fs::Permissions::from_mode(0o644)).expect("sets");
    }
    symlink("t".repeat(300), root.join("long-target")).expect("links");
    fs::hard_link(&names[0], root.join("link-to-deep")).expect("links");
    let mut directory = deep.as_path();
    while directory != root {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).expect("sets");
        directory = directory.parent().expect("below the root");
    }
}

/// Returns the file of the first layer of a layout's tag.
fn layer(layout: &Path, tag: &str) -> PathBuf {
    let (manifest, _) = documents(layout, tag);
    blob_path(layout, manifest["layers"][0]["digest"].as_str().expect("a digest"))
}

#[test]
fn another_user_gets_the_same_digest() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    odd_names(&folder.path("root"));
    fs::set_permissions(folder.path("root"), fs::Permissions::from_mode(0o755)).expect("sets");
    fs::set_permissions(folder.path(""), fs::Permissions::from_mode(0o777)).expect("sets");
    let build = |name: &str| {
        ["build", "--dir", &folder.text("root"), "--platform", "linux/amd64", "-o", &folder.at("oci", name, ":1")]
            .map(str::to_owned)
    };
    let wanted = stevedore(&build("mine").each_ref().map(String::as_str)).ok().text().to_owned();
    // The binary may lie where nobody else gets to.
    let copy = folder.path("stevedore");
    fs::copy(BINARY, &copy).expect("copies");
    let arguments = build("theirs");
    let run =
        Program::new("setpriv", &["--reuid=65534", "--regid=65534", "--clear-groups", &copy.display().to_string()])
            .env("HOME", folder.text("nowhere"))
            .env("TMPDIR", folder.path(""))
            .current_dir(&folder.path(""))
            .arguments(&arguments.each_ref().map(String::as_str))
            .run()
            .ok();
    assert_eq!(run.text(), wanted);
    assert_eq!(fs::metadata(layer(&folder.path("theirs"), "1")).expect("is there").uid(), 65534);
    // And the files of another user.
    let theirs = folder.path("root");
    Program::new("chown", &["-R", "-h", "12345:23456", &theirs.display().to_string()]).run().ok();
    assert_eq!(stevedore(&build("chowned").each_ref().map(String::as_str)).ok().text(), wanted);
}

#[test]
fn every_reader_of_tar_lists_the_same() {
    let folder = Folder::new();
    odd_names(&folder.path("root"));
    let output = folder.at("oci", "o", ":1");
    // A time after those of the files, so that they keep their own; half a second must not matter.
    let arguments = ["build", "--dir", &folder.text("root"), "--compress", "none", "-o", &output];
    Program::stevedore(&arguments).env("SOURCE_DATE_EPOCH", "1000000000").run().ok();
    let tar = layer(&folder.path("o"), "1").display().to_string();
    let mut wanted: Vec<Vec<u8>> = Vec::new();
    names_below(&folder.path("root"), &folder.path("root"), &mut wanted);
    wanted.sort();
    let listed = stevedore(&["ls", "--null", &output]).ok().stdout;
    let ours: Vec<Vec<u8>> =
        listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect();
    assert_eq!(ours, wanted);
    let script = "import sys,tarfile\n\
        t=tarfile.open(sys.argv[1],encoding='utf-8',errors='surrogateescape')\n\
        m=t.getmembers()\n\
        n=[x.name.encode('utf-8','surrogateescape') for x in m]\n\
        assert n==sorted(n),'sorted'\n\
        assert all(x.mtime==1000000000 for x in m),[x.mtime for x in m]\n\
        assert all((x.uid,x.gid,x.uname,x.gname)==(0,0,'','') for x in m)\n\
        assert not any(k in ('atime','ctime') for x in m for k in x.pax_headers)\n\
        sys.stdout.buffer.write(b'\\0'.join(n))\n";
    if let Some(python) = oracle("python3") {
        assert_eq!(python.run(&["-c", script, &tar]).stdout, wanted.join(&0));
    }
    // These two print one name a line, escaped.
    let gnu = Program::new("tar", &["--quoting-style=escape", "-tf", &tar]).env("LC_ALL", "C").run().ok();
    assert_eq!((gnu.text().lines().count(), gnu.stderr.as_str()), (wanted.len(), ""));
    let compare = Program::new("tar", &["-C", &folder.text("root"), "-df", &tar]).env("LC_ALL", "C").run();
    let only_owners_and_times =
        |line: &str| ["Uid differs", "Gid differs", "Mod time differs"].iter().any(|end| line.ends_with(end));
    assert!(compare.text().lines().all(only_owners_and_times), "{}", compare.text());
    if let Some(bsdtar) = oracle("bsdtar") {
        let unpacked = folder.path("bsdtar");
        fs::create_dir(&unpacked).expect("makes");
        let run = bsdtar.run(&["-x", "-f", &tar, "-C", &unpacked.display().to_string()]);
        assert_eq!(run.stderr, "");
        same_tree(&folder.path("root"), &unpacked);
    }
    if let Some(umoci) = oracle("umoci") {
        umoci.run(&["unpack", "--rootless", "--image", &format!("{}:1", folder.text("o")), &folder.text("bundle")]);
        same_tree(&folder.path("root"), &folder.path("bundle/rootfs"));
    }
}

fn names_below(root: &Path, directory: &Path, names: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(directory).expect("lists") {
        let path = entry.expect("an entry").path();
        names.push(path.strip_prefix(root).expect("below").as_os_str().as_bytes().to_vec());
        if path.symlink_metadata().expect("there").is_dir() {
            names_below(root, &path, names);
        }
    }
}

/// Asserts that two trees have the same names, kinds, modes, links and contents.
#[track_caller]
fn same_tree(one: &Path, other: &Path) {
    let describe = |root: &Path| {
        let mut names = Vec::new();
        names_below(root, root, &mut names);
        names.sort();
        let row = |name: Vec<u8>| {
            let path = root.join(std::ffi::OsStr::from_bytes(&name));
            let meta = path.symlink_metadata().expect("there");
            let content = if meta.is_file() { sha256(&fs::read(&path).expect("reads")) } else { String::new() };
            let link = fs::read_link(&path).unwrap_or_default();
            (name.escape_ascii().to_string(), meta.mode(), if meta.is_dir() { 0 } else { meta.nlink() }, link, content)
        };
        names.into_iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(describe(one), describe(other));
}

#[test]
fn holes_are_zeros_for_every_reader() {
    let folder = Folder::new();
    fs::create_dir(folder.path("root")).expect("makes");
    let file = File::create(folder.path("root/holes")).expect("creates");
    file.set_len(40 << 20).expect("grows");
    file.write_all_at(b"in the middle", 20 << 20).expect("writes");
    file.write_all_at(b"end", (40 << 20) - 3).expect("writes");
    File::create(folder.path("root/nothing-but-a-hole")).expect("creates").set_len(1 << 20).expect("grows");
    let whole = fs::read(folder.path("root/holes")).expect("reads");
    let output = folder.at("oci", "o", ":1");
    stevedore(&["build", "--dir", &folder.text("root"), "--compress", "zstd", "-o", &output]).ok();
    assert!(fs::metadata(layer(&folder.path("o"), "1")).expect("is there").len() < 100_000);
    assert!(stevedore(&["cat", &output, "holes"]).ok().stdout == whole);
    // Where they were does not show: the same file without holes makes the same image.
    let digest = stevedore(&["digest", &output]).ok().text().to_owned();
    fs::write(folder.path("root/holes"), &whole).expect("writes");
    assert_eq!(
        stevedore(&["build", "--dir", &folder.text("root"), "--compress", "zstd", "-o", &output]).ok().text(),
        digest
    );
    let tar = folder.text("out.tar");
    stevedore(&["export", &output, "-o", &tar]).ok();
    let run = Program::new("tar", &["-xOf", &tar, "holes"]).run().ok();
    assert!(run.stdout == whole);
    stevedore(&["export", &output, "-o", &folder.text("out/")]).ok();
    assert!(fs::read(folder.path("out/holes")).expect("reads") == whole);
    let blocks = fs::metadata(folder.path("out/holes")).expect("is there").blocks();
    assert!(blocks * 512 < 1 << 20, "{blocks} blocks: unpacked, it has holes again");
}

/// Beyond 8 GiB a size has no room in a tar's header. Reading and compressing so much takes a minute in a debug build, and room for nothing:
/// run it with STEVEDORE_LARGE=1.
#[test]
fn a_file_of_nine_gibibytes() {
    if std::env::var_os("STEVEDORE_LARGE").is_none() {
        return skips::note("STEVEDORE_LARGE is not set");
    }
    if ["zstd", "python3"].map(oracle).iter().any(Option::is_none) {
        return;
    }
    let folder = Folder::new();
    fs::create_dir(folder.path("root")).expect("makes");
    let size = 9_u64 << 30;
    let file = File::create(folder.path("root/large")).expect("creates");
    file.set_len(size).expect("grows");
    file.write_all_at(b"end", size - 3).expect("writes");
    let output = folder.at("oci", "o", ":1");
    stevedore(&["build", "--dir", &folder.text("root"), "--compress", "zstd:1", "-o", &output]).ok();
    let listed = stevedore(&["ls", "--json", &output]).ok().json();
    assert_eq!(listed["entries"][0]["size"], size);
    let tar = layer(&folder.path("o"), "1").display().to_string();
    let run = Program::new("tar", &["--zstd", "-tvf", &tar]).run().ok();
    assert!(run.text().contains(" 9663676416 "), "{}", run.text());
    let script =
        "import sys,tarfile\nm=tarfile.open(fileobj=sys.stdin.buffer,mode='r|').next()\nassert m.size==9<<30,m.size\n";
    let line = format!("zstd -dc '{tar}' | python3 -c \"$0\"");
    Program::new("sh", &["-c", &line, script]).run().ok();
    stevedore(&["export", &output, "-o", &folder.text("out/")]).ok();
    let mut end = [0; 3];
    let out = File::open(folder.path("out/large")).expect("opens");
    out.read_exact_at(&mut end, size - 3).expect("reads");
    assert_eq!((&end, out.metadata().expect("there").len()), (b"end", size));
}
