//! Entries below a link of their own layer: they go where it leads, in every view, as umoci unpacks them.

use std::fs;
use std::path::Path;

use crate::support::command::stevedore;
use crate::support::oracle::{is_root, oracle};
use crate::support::scene::Folder;
use crate::support::tarball::{Tarball, image};

/// A name, layers, and all that is there in the end: `path`, `path/`, `path -> target`, `path=content`, sorted by path.
type Case = (&'static str, Vec<Tarball>, &'static [&'static str]);

fn tar() -> Tarball {
    Tarball::new()
}

/// `usr/lib/a`, and the link `lib` to its directory.
fn merged(target: &str) -> Tarball {
    tar().directory("usr").directory("usr/lib").file("usr/lib/a", "A").symlink("lib", target)
}

fn cases() -> Vec<Case> {
    const B: &[&str] = &["lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/a=A", "usr/lib/b=B"];
    const H: &[&str] = &["h=A", "lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/a=A"];
    vec![
        ("relative", vec![merged("usr/lib").file("lib/b", "B")], B),
        (
            "absolute",
            vec![merged("/usr/lib").file("lib/b", "B")],
            &["lib -> /usr/lib", "usr/", "usr/lib/", "usr/lib/a=A", "usr/lib/b=B"],
        ),
        (
            "upward",
            vec![merged("../../usr/lib").file("lib/b", "B")],
            &["lib -> ../../usr/lib", "usr/", "usr/lib/", "usr/lib/a=A", "usr/lib/b=B"],
        ),
        (
            "chained",
            vec![merged("usr/lib").symlink("l2", "usr").symlink("l1", "l2").file("l1/lib/b", "B")],
            &["l1 -> l2", "l2 -> usr", "lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/a=A", "usr/lib/b=B"],
        ),
        (
            "a target that is not there",
            vec![tar().symlink("l", "new/er").file("l/b", "B")],
            &["l -> new/er", "new/", "new/er/", "new/er/b=B"],
        ),
        (
            "a tree",
            vec![tar().directory("u").symlink("l", "u").symlink("l/x", "y").directory("l/sub").file("l/sub/z", "Z")],
            &["l -> u", "u/", "u/sub/", "u/sub/z=Z", "u/x -> y"],
        ),
        (
            "in a later layer",
            vec![tar().directory("lib").file("lib/old", "O"), merged("usr/lib").file("lib/b", "B")],
            B,
        ),
        (
            "a link of a lower layer is replaced",
            vec![merged("usr/lib"), tar().directory("lib").file("lib/b", "B")],
            &["lib/", "lib/b=B", "usr/", "usr/lib/", "usr/lib/a=A"],
        ),
        (
            "a directory after the link replaces it",
            vec![merged("usr/lib").directory("lib").file("lib/b", "B")],
            &["lib/", "lib/b=B", "usr/", "usr/lib/", "usr/lib/a=A"],
        ),
        (
            "a whiteout below the link",
            vec![merged("usr/lib"), tar().symlink("lib", "usr/lib").file("lib/.wh.a", "").file("lib/b", "B")],
            &["lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/b=B"],
        ),
        ("a hard link through the link", vec![merged("usr/lib").link("h", "lib/a")], H),
        ("a hard link through a link of a lower layer", vec![merged("usr/lib"), tar().link("h", "lib/a")], H),
        ("a hard link in a later layer", vec![tar().file("h", "old"), merged("usr/lib").link("h", "lib/a")], H),
        (
            "a hard link through an absolute chain",
            vec![merged("usr/lib").symlink("l", "/lib").link("h", "l/a")],
            &["h=A", "l -> /lib", "lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/a=A"],
        ),
        (
            "a hard link below the link",
            vec![merged("usr/lib").link("lib/h", "lib/a")],
            &["lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/a=A", "usr/lib/h=A"],
        ),
        (
            "a directory that became a link, under a directory of a later layer",
            vec![tar().file("d/sub/f", "F").directory("e").symlink("d", "./e"), tar().directory("d").file("d/g", "G")],
            &["d/", "d/g=G", "e/"],
        ),
        (
            "a link that became a directory, under a directory of a later layer",
            vec![tar().directory("e").symlink("d", "./e").directory("d").file("d/sub/f", "F"), tar().directory("d")],
            &["d/", "d/sub/", "d/sub/f=F", "e/"],
        ),
        ("a link that became a file", vec![tar().symlink("d", "/e").file("d", "F")], &["d=F"]),
        ("a file that became a link", vec![tar().file("d", "F").symlink("d", "/e")], &["d -> /e"]),
        ("a link that became another", vec![tar().symlink("d", "/e").symlink("d", "../f")], &["d -> ../f"]),
        ("a link that came twice", vec![tar().symlink("d", "/e").symlink("d", "/e")], &["d -> /e"]),
        (
            "a directory that became a hard link into a lower layer",
            vec![tar().file("a", "A"), tar().file("d/sub/f", "F").link("d", "a")],
            &["a=A", "d=A"],
        ),
        (
            "a hard link to what its layer hides further on",
            vec![tar().file("a", "A"), tar().link("h", "a").file(".wh.a", "")],
            &["h=A"],
        ),
        (
            "a link that became a hard link",
            vec![tar().file("a", "A").symlink("d", "/e").link("d", "a")],
            &["a=A", "d=A"],
        ),
        (
            "a hard link that became a link",
            vec![tar().file("a", "A").link("d", "a").symlink("d", "/e")],
            &["a=A", "d -> /e"],
        ),
    ]
}

/// Lists a folder as the cases do.
pub(crate) fn tree(root: &Path) -> Vec<String> {
    let (mut found, mut todo) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("below the root").display().to_string();
            found.push(if path.is_symlink() {
                format!("{name} -> {}", fs::read_link(&path).expect("a link").display())
            } else if path.is_dir() {
                todo.push(path);
                format!("{name}/")
            } else {
                format!("{name}={}", fs::read_to_string(&path).expect("a file"))
            });
        }
    }
    found.sort();
    found
}

/// Unpacks a tar with GNU tar, which must have nothing to say.
#[track_caller]
pub(crate) fn untarred(tar: &Path, into: &Path) -> Vec<String> {
    fs::create_dir(into).expect("makes");
    let output = std::process::Command::new("tar").arg("-xf").arg(tar).arg("-C").arg(into).output().expect("tar runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    tree(into)
}

#[test]
fn every_view_follows_the_links_of_a_layer() {
    let umoci = oracle("umoci-new").filter(|_| is_root());
    for (name, layers, wanted) in cases() {
        let folder = Folder::new();
        let bytes: Vec<Vec<u8>> = layers.iter().map(Tarball::end).collect();
        let reference = image(&folder.path("i"), &bytes);
        let mut wanted: Vec<String> = wanted.iter().map(|&line| line.to_owned()).collect();
        wanted.sort();
        let (tar, flat) = (folder.text("out.tar"), folder.at("oci", "flat", ":x"));
        stevedore(&["export", &reference, "-o", &tar]).ok();
        assert_eq!(untarred(&folder.path("out.tar"), &folder.path("untarred")), wanted, "{name}: a tar");
        let out = format!("{}/", folder.text("folder"));
        stevedore(&["export", &reference, "-o", &out]).ok();
        assert_eq!(tree(&folder.path("folder")), wanted, "{name}: a folder");
        stevedore(&["mutate", &reference, "--flatten", "--to", &flat]).ok();
        let out = format!("{}/", folder.text("flat-folder"));
        stevedore(&["export", &flat, "-o", &out]).ok();
        assert_eq!(tree(&folder.path("flat-folder")), wanted, "{name}: flattened");
        stevedore(&["diff", &reference, &flat]).ok();
        let listed = stevedore(&["ls", &reference]).ok();
        let names: Vec<&str> = wanted.iter().map(|line| line.split(['=', ' ']).next().unwrap_or(line)).collect();
        for own in &names {
            assert!(listed.text().contains(own.trim_end_matches('/')), "{name}: {own} is not in {}", listed.text());
        }
        for file in wanted.iter().filter(|line| line.contains('=')) {
            let (path, content) = file.split_once('=').expect("it was found");
            assert_eq!(stevedore(&["cat", &reference, path]).ok().text(), content, "{name}: cat {path}");
        }
        if let Some(umoci) = &umoci {
            let bundle = folder.text("bundle");
            let layout = reference.strip_prefix("oci:").expect("a layout");
            umoci.run(&["unpack", "--image", layout, &bundle]);
            // umoci follows links of lower layers, too.
            if !name.contains("lower layer is replaced") {
                assert_eq!(tree(&folder.path("bundle/rootfs")), wanted, "{name}: umoci");
            }
        }
    }
}

#[test]
fn a_loop_of_links_ends() {
    let folder = Folder::new();
    let layer = tar().symlink("l", "m").symlink("m", "l").file("l/x", "X").end();
    let reference = image(&folder.path("i"), &[layer]);
    stevedore(&["export", &reference, "-o", &format!("{}/", folder.text("out"))]).ok();
    assert_eq!(tree(&folder.path("out")), ["l/", "l/x=X", "m -> l"]);
}

#[test]
fn an_exported_tar_has_nothing_that_its_layer_replaced() {
    let cases = [
        (
            "a link over a directory",
            tar().file("lib/b", "B").directory("usr").symlink("lib", "usr"),
            vec!["lib -> usr", "usr/"],
        ),
        ("a file over a directory", tar().directory("d").file("d/b", "B").file("d", "F"), vec!["d=F"]),
        ("a directory over a file", tar().file("d", "F").directory("d").file("d/b", "B"), vec!["d/", "d/b=B"]),
        ("a file below a file", tar().file("d", "F").file("d/b", "B"), vec!["d/", "d/b=B"]),
        ("a file twice", tar().file("d", "F").file("d", "G"), vec!["d=G"]),
        ("a file over a link", tar().symlink("d", "/e").file("d", "F"), vec!["d=F"]),
        ("a link over a file", tar().file("d", "F").symlink("d", "/e"), vec!["d -> /e"]),
    ];
    for (name, layer, wanted) in cases {
        let folder = Folder::new();
        let reference = image(&folder.path("i"), &[tar().file("z", "Z").end(), layer.end()]);
        let mut wanted = wanted;
        wanted.push("z=Z");
        stevedore(&["export", &reference, "-o", &folder.text("out.tar")]).ok();
        assert_eq!(untarred(&folder.path("out.tar"), &folder.path("untarred")), wanted, "{name}");
        stevedore(&["export", &reference, "-o", &format!("{}/", folder.text("out"))]).ok();
        assert_eq!(tree(&folder.path("out")), wanted, "{name}: a folder");
        // A pipe cannot be begun again: the tree is right, or it is refused.
        let run = stevedore(&["export", &reference]);
        let may_stream = ["a file twice", "a link over a file"].contains(&name);
        assert_eq!(run.code == 0, may_stream, "{name}: {}", run.stderr);
        assert_eq!(run.stderr.contains("-o FILE"), !may_stream, "{name}: {}", run.stderr);
    }
}

/// What the layers above replace or remove was never passed on, so a stream of the rest is right.
#[test]
fn a_contradiction_that_nobody_sees_does_not_keep_an_image_from_a_pipe() {
    let odd = || tar().file("lib/b", "B").directory("usr").symlink("lib", "usr").file("z", "Z");
    let table: [(&str, Tarball, &[&str]); 3] = [
        ("replaced", tar().file("lib", "F"), &["lib=F", "usr/", "z=Z"]),
        ("removed", tar().file(".wh.lib", ""), &["usr/", "z=Z"]),
        ("removed, and there again", tar().file(".wh.lib", "").file("lib/c", "C"), &["lib/", "lib/c=C", "usr/", "z=Z"]),
    ];
    for (name, above, wanted) in table {
        let folder = Folder::new();
        let reference = image(&folder.path("i"), &[odd().end(), above.end()]);
        let run =
            std::process::Command::new(env!("CARGO_BIN_EXE_stevedore")).args(["export", "-q", &reference]).output();
        let run = run.expect("runs");
        assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
        fs::write(folder.path("out.tar"), run.stdout).expect("writes");
        assert_eq!(untarred(&folder.path("out.tar"), &folder.path("untarred")), wanted, "{name}");
    }
}
