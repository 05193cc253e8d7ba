//! What `sync` makes of lists and filters: skopeo's YAML, lines that match nothing, and what is asked before anything is removed.

use std::fs;

use serde_json::json;

use crate::support::answering::Answering;
use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture;
use crate::support::layout::{Layout, tags};
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene};
use crate::support::seed;
use crate::support::wire::Reply;

fn sync(list: &str, flags: &[&str]) -> Run {
    Program::stevedore(&[&["sync", "-"], flags].concat()).stdin(list.as_bytes()).run()
}

/// Makes a layout whose tags are these, all of one image.
fn tagged(folder: &Folder, name: &str, names: &[&str]) {
    let image = fixture::single(&folder.path(name));
    let layout = Layout::open(&image.dir);
    let (_, descriptor) = tags(&image.dir).remove(0);
    for name in names {
        layout.tag(&descriptor, name);
    }
}

/// A line that copies nothing says so, and why; the others are copied, and it is no failure.
#[test]
fn a_line_that_matches_nothing_says_so() {
    let folder = Folder::new();
    tagged(&folder, "from", &["v2", "v3"]);
    Layout::create(&folder.path("empty"));
    let to = folder.at("oci", "to", "");
    for (line, said) in [
        (format!("{} {to} tags=v9*", folder.at("oci", "from", "")), "none of the 3 tags there is matched"),
        (format!("{} {to} tags=/^x/", folder.at("oci", "from", "")), "none of the 3 tags there is matched"),
        (format!("{} {to} exclude=*", folder.at("oci", "from", "")), "none of the 3 tags there is matched"),
        (format!("{} {to} tags=semver:>=9", folder.at("oci", "from", "")), "none of the 3 tags there is matched"),
        (format!("{} {to}", folder.at("oci", "empty", ":*")), "it lists no tags"),
    ] {
        for flags in [&[][..], &["--dry-run"]] {
            let run = sync(
                &format!("{} {}\n{line}\n", folder.at("oci", "from", ":v1"), folder.at("oci", "one", ":v1")),
                flags,
            )
            .ok();
            let note = format!("line 2: nothing is copied from {}", line.split(' ').next().unwrap_or_default());
            assert!(run.stderr.contains(&note) && run.stderr.contains(said), "{line}: {}", run.stderr);
            assert!(!run.stderr.contains("line 1: nothing"), "{line}: {}", run.stderr);
        }
    }
    let run = sync(&format!("{} {to} tags=v2\n", folder.at("oci", "from", "")), &[]).ok();
    assert!(!run.stderr.contains("nothing is copied"), "{}", run.stderr);
}

/// The same file of skopeo's gives the same tags as with skopeo: pre-releases by `-0`, and keys without a value are none.
#[test]
fn files_of_skopeo_mean_the_same() {
    let (Some(scene), Some(skopeo)) = (Scene::new(), oracle("skopeo-new")) else {
        return;
    };
    let image = fixture::single(&scene.folder.path("seed"));
    for tag in ["3.11.0", "3.12.0", "3.12.1-rc1", "v3.13", "3.14.0-rc1", "4.0.0-alpha", "latest"] {
        seed::push_as(&image.dir, "v1", &scene.registry.client(), "app", tag);
    }
    let host = scene.registry.host();
    for (number, entry) in [
        "  images-by-semver:\n    app: \">=3.12.0-0\"\n",
        "  images-by-semver:\n    app: \">=3.12.0-0, <4\"\n",
        "  images-by-semver:\n    app: \">=3.12.0\"\n",
        "  images-by-semver:\n    app: \"^3.12.0-0\"\n",
        "  images-by-semver:\n    app: \"3.12.0 || >=4.0.0-0\"\n",
        "  images:\n    app: [latest]\n  credentials:\n",
        "  images:\n    app: [latest]\n  images-by-tag-regex:\n  images-by-semver:\n",
        "  images-by-tag-regex:\n    app: ^v\n  images:\n",
        "  images:\n    app:\n",
    ]
    .into_iter()
    .enumerate()
    {
        let file = scene.folder.path(&format!("{number}.yml"));
        fs::write(&file, format!("{host}:\n  tls-verify: false\n{entry}")).expect("writing a file");
        let file = file.display().to_string();
        let (ours, theirs) = (format!("ours{number}"), scene.folder.text(&format!("theirs{number}")));
        stevedore(&["sync", &file, &scene.docker(&ours)]).ok();
        skopeo.run(&["sync", "--src", "yaml", "--dest", "dir", "--src-tls-verify=false", &file, &theirs]);
        // It makes no folder for nothing.
        let mut wanted: Vec<String> = fs::read_dir(&theirs)
            .into_iter()
            .flatten()
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter_map(|name| Some(name.rsplit_once(':')?.1.to_owned()))
            .collect();
        wanted.sort();
        let listed = stevedore(&["tags", &scene.docker(&format!("{ours}/app"))]);
        let mut got: Vec<&str> = listed.text().lines().collect();
        got.sort_unstable();
        assert_eq!(got, wanted, "{entry}");
    }
}

/// A list of the source that is short removes nothing: what would go is asked for by name, and what is really gone goes.
#[test]
fn what_would_be_pruned_is_asked_for() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let image = fixture::single(&scene.folder.path("seed"));
    for tag in ["a", "b", "c"] {
        seed::push_as(&image.dir, "v1", &scene.registry.client(), "app", tag);
    }
    let names = |name: &str| -> Vec<String> {
        let mut names: Vec<_> = tags(&scene.folder.path(name)).into_iter().map(|(tag, _)| tag).collect();
        names.sort();
        names
    };
    // What the source says of a tag that its list lacks, and whether it is then removed.
    for (number, (status, is_removed)) in
        [(200, false), (404, true), (410, true), (401, false), (403, false), (500, false), (429, false)]
            .into_iter()
            .enumerate()
    {
        let name = format!("mirror{number}");
        let list = |host: &str| format!("docker://{host}/app:* {}\n", scene.folder.at("oci", &name, ""));
        sync(&list(&scene.registry.host()), &[]).ok();
        assert_eq!(names(&name), ["a", "b", "c"]);
        let front = Answering::start(&scene.registry.host(), move |request, _| match request.path() {
            path if path.contains("/tags/list") => Some(Reply::json(200, &json!({"name": "app", "tags": ["a", "b"]}))),
            path if path.ends_with("/manifests/c") && status != 200 => Some(Reply::error(status, "X", "no")),
            _ => None,
        });
        let dry = sync(&list(&front.host()), &["--prune", "--dry-run", "--retry-times=0"]);
        assert_eq!(dry.text().contains(":c"), is_removed, "{status}: {}", dry.text());
        assert_eq!(names(&name), ["a", "b", "c"], "{status}: a dry run");
        sync(&list(&front.host()), &["--prune", "--retry-times=0"]);
        assert_eq!(names(&name).contains(&"c".to_owned()), !is_removed, "{status}");
        assert!(names(&name).contains(&"a".to_owned()), "{status}");
        assert!(front.log().iter().any(|request| request.path.ends_with("/manifests/c")), "{status}: it is asked for");
    }
}
