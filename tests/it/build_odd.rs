//! `build` from what is no plain file, from what changes, and from much.

use std::fs;
use std::os::unix::net::UnixListener;

use crate::build::documents;
use crate::support::command::{Program, stevedore};
use crate::support::layout::{blob_path, sha256};
use crate::support::oracle::{is_root, oracle};
use crate::support::scene::{Folder, Scene};
use crate::support::skips;

#[test]
fn a_layer_that_can_be_read_only_once_is_refused() {
    let folder = Folder::new();
    fs::write(folder.path("f"), "f").expect("writes");
    let script = "cd \"$1\"; exec \"$0\" build --layer <(tar c f) -o oci:o:1";
    let run = Program::new("bash", &["-c", script, env!("CARGO_BIN_EXE_stevedore"), &folder.text("")]).run().code(1);
    assert!(run.stderr.starts_with("stevedore: cannot read /dev/fd/"), "{}", run.stderr);
    assert!(run.stderr.trim().ends_with(": it is a pipe, which can be read only once"), "{}", run.stderr);
}

#[test]
fn a_full_scratch_folder_is_named() {
    let folder = Folder::new();
    for name in ["scratch", "t"] {
        fs::create_dir(folder.path(name)).expect("makes");
    }
    // What does not compress.
    let mut state = 1_u32;
    let noise = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).expect("a byte")
    };
    fs::write(folder.path("t/f"), (0..400_000).map(noise).collect::<Vec<u8>>()).expect("writes");
    let (from, to) = (folder.at("oci", "o", ":1"), folder.at("oci", "o", ":2"));
    stevedore(&["build", "--dir", &folder.text("t"), "-o", &from]).ok();
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\"";
    let (tree, scratch) = (folder.text("t"), folder.text("scratch"));
    for arguments in [
        vec!["build", "--dir", &tree, "-o", &to],
        vec!["mutate", &from, "--set-time", "5", "--to", &to],
        vec!["mutate", &from, "--compress", "none", "--to", &to],
    ] {
        let all = [&["-c", script, env!("CARGO_BIN_EXE_stevedore")], &arguments[..], &["--scratch", &scratch]].concat();
        let run = Program::new("bash", &all).run().code(1);
        let wanted = format!("stevedore: cannot write a temporary file in {scratch}: File too large (os error 27)");
        assert_eq!(run.stderr.trim(), wanted, "{arguments:?}");
    }
}

#[test]
fn devices_pipes_and_attributes() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    fs::create_dir(folder.path("t")).expect("makes");
    let Some(python) = oracle("python3") else { return };
    let script = "cd \"$1\"; mknod null c 1 3; mknod disk b 8 1; mkfifo pipe; echo x > cap; chown 5:6 cap; chmod 640 null disk pipe cap; \
        python3 -c 'import os; os.setxattr(\"cap\",\"user.b\",b\"2\\x00\"); os.setxattr(\"cap\",\"user.a\",b\"1\"); \
        os.setxattr(\"cap\",\"security.capability\",bytes.fromhex(\"0100000200040000000000000000000000000000\"))'";
    let made = Program::new("sh", &["-c", script, "sh", &folder.text("t")]).run();
    assert_eq!(made.code, 0, "{}", made.stderr);
    let _socket = UnixListener::bind(folder.path("t/socket")).expect("binds");
    let output = folder.at("oci", "o", ":1");
    let run = stevedore(&["build", "--dir", &folder.text("t"), "--keep-owner", "-o", &output]).ok();
    let note = format!("left out {}/socket: a layer cannot have a socket", folder.text("t"));
    assert!(run.stderr.contains(&note), "{}", run.stderr);
    let listing = stevedore(&["ls", "--json", "--xattrs", "--digests", &output]).ok().json();
    let rows = crate::support::listing::rows(&listing);
    let hash = sha256(b"x\n");
    let hash = hash.trim_start_matches("sha256:");
    assert_eq!(
        rows,
        [
            format!("0640\tf\t5\t6\t2\tcap\t\t{hash}"),
            "0640\tb\t0\t0\t0\tdisk\t8,1\t".into(),
            "0640\tc\t0\t0\t0\tnull\t1,3\t".into(),
            "0640\tp\t0\t0\t0\tpipe\t\t".into(),
        ]
    );
    let script = "import sys,tarfile\nm=tarfile.open(sys.argv[1]).getmember('cap')\n\
        names=[k for k in m.pax_headers if k.startswith('SCHILY.xattr.')]\n\
        assert names==['SCHILY.xattr.security.capability','SCHILY.xattr.user.a','SCHILY.xattr.user.b'],names\n";
    let (manifest, _) = documents(&folder.path("o"), "1");
    let blob = blob_path(&folder.path("o"), manifest["layers"][0]["digest"].as_str().expect("a digest"));
    python.run(&["-c", script, &blob.display().to_string()]);
}

#[test]
fn memory_stays_small() {
    let folder = Folder::new();
    let root = folder.path("t");
    for directory in 0..20 {
        let directory = root.join(directory.to_string());
        fs::create_dir_all(&directory).expect("makes");
        for file in 0..200 {
            fs::write(directory.join(file.to_string()), vec![b'x'; 20_000]).expect("writes");
        }
    }
    let large = fs::File::create(root.join("large")).expect("creates");
    large.set_len(300 << 20).expect("grows");
    let output = folder.at("oci", "o", ":1");
    let (run, peak) =
        Program::stevedore(&["build", "--dir", &folder.text("t"), "--compress", "gzip:1", "-o", &output]).peak_rss();
    run.ok();
    assert!(peak < 64 << 20, "{peak} bytes");
}

#[test]
fn buildah_mounts_what_was_built() {
    let (Some(buildah), Some(scene)) = (oracle("buildah"), Scene::new()) else { return };
    let folder = &scene.folder;
    fs::create_dir_all(folder.path("base/opt/old/deep")).expect("makes");
    fs::write(folder.path("base/opt/old/deep/a"), "a").expect("writes");
    fs::write(folder.path("base/gone"), "gone").expect("writes");
    fs::write(folder.path("file"), "file").expect("writes");
    let (base, output) = (folder.at("oci", "o", ":base"), format!("docker://{}/built:1", scene.registry.host()));
    stevedore(&["build", "--dir", &folder.text("base"), "-o", &base]).ok();
    let add = format!("{}:/opt/old", folder.text("file"));
    // A file takes the place of a directory only where that is removed.
    let removed = ["--remove", "gone", "--remove", "opt/old"];
    let build = [&["build", "--from", &base, "--add", &add, "--user", "7", "-o", &output], &removed[..]].concat();
    stevedore(&build).ok();
    for driver in ["vfs", "overlay"] {
        // Not every machine has overlay filesystems, or not here.
        let run = |arguments: &[&str]| {
            let (root, run) = (folder.text(&format!("storage-{driver}")), folder.text(&format!("run-{driver}")));
            let fixed = ["--root", &root, "--runroot", &run, "--storage-driver", driver];
            buildah.try_run(&[&fixed[..], arguments].concat())
        };
        if driver == "overlay" && run(&["from", "scratch"]).code != 0 {
            skips::note("no overlay filesystem can be mounted");
            continue;
        }
        let from = run(&["from", "--tls-verify=false", &output]).ok();
        let container = from.text().trim().lines().last().expect("a name").to_owned();
        let mounted = run(&["mount", &container]).ok();
        let at = std::path::PathBuf::from(mounted.text().trim());
        assert_eq!(fs::read(at.join("opt/old")).expect("a file"), b"file", "{driver}");
        assert!(!at.join("gone").exists(), "{driver}");
        let names = |at: &std::path::Path| fs::read_dir(at).expect("lists").count();
        assert_eq!((names(&at), names(&at.join("opt"))), (1, 1), "{driver}");
        let config = run(&["inspect", &container]).ok().json();
        assert_eq!(config["OCIv1"]["config"]["User"], "7");
        run(&["rm", &container]).ok();
        // Nothing stays mounted below the folder that is removed.
        run(&["rm", "--all"]).ok();
    }
}
