//! What umoci makes of the same flags, and what other tools make of our layers.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{config, manifest, mutate, three};
use crate::build_peers::survey;
use crate::support::command::stevedore;
use crate::support::oracle::{corpus, oracle};
use crate::support::scene::{Folder, Scene};

#[test]
fn configs_are_those_of_umoci() {
    let Some(umoci) = oracle("umoci") else { return };
    let table: &[(&[&str], &[&str])] = &[
        (&["--env", "X=y", "--env", "A=2"], &["--config.env", "X=y", "--config.env", "A=2"]),
        (&["--label", "a=b", "--label", "k=w"], &["--config.label", "a=b", "--config.label", "k=w"]),
        (&["--cmd", "serve", "--cmd", "now"], &["--config.cmd", "serve", "--config.cmd", "now"]),
        (&["--user", "1000:1000"], &["--config.user", "1000:1000"]),
        (&["--workdir", "/srv"], &["--config.workingdir", "/srv"]),
        (&["--stop-signal", "SIGINT"], &["--config.stopsignal", "SIGINT"]),
        (
            &["--expose", "80/tcp", "--expose", "53/udp"],
            &["--config.exposedports", "80/tcp", "--config.exposedports", "53/udp"],
        ),
        (&["--volume", "/data", "--volume", "/more"], &["--config.volume", "/data", "--config.volume", "/more"]),
        (&["--entrypoint", "/e", "--cmd", "x"], &["--config.entrypoint", "/e"]),
        (&["--author", "somebody"], &["--author", "somebody"]),
        (&["--set-platform", "linux/arm64"], &["--architecture", "arm64", "--os", "linux"]),
        (&["--annotation", "org.example=1"], &["--manifest.annotation", "org.example=1"]),
        (&["--created", "2020-01-02T03:04:05Z"], &["--created", "2020-01-02T03:04:05Z"]),
    ];
    for (ours, theirs) in table {
        let dir = TempDir::new().expect("made");
        let from = three(dir.path());
        let layout = dir.path().display();
        mutate(&from, &format!("oci:{layout}:own"), ours);
        let image = format!("{layout}:v1");
        let fixed = ["config", "--no-history", "--image", &image, "--tag", "umoci"];
        umoci.run(&[&fixed[..], theirs].concat());
        let (own, other) = (config(dir.path(), "own"), config(dir.path(), "umoci"));
        for member in ["architecture", "os", "author", "rootfs", "history"] {
            assert_eq!(own[member], other[member], "{member} of {ours:?}");
        }
        // umoci writes the zero value of a time that is not there.
        let zero = json!("0001-01-01T00:00:00Z");
        assert_eq!(if own["created"].is_null() { &zero } else { &own["created"] }, &other["created"], "{ours:?}");
        // umoci drops members that it does not know.
        let known = |config: &Value| {
            let mut config = config["config"].clone();
            config.as_object_mut().expect("an object").remove("New");
            config
        };
        assert_eq!(known(&own), known(&other), "{ours:?}");
        let (own, other) = (manifest(dir.path(), "own"), manifest(dir.path(), "umoci"));
        assert_eq!((&own["layers"], &own["annotations"]), (&other["layers"], &other["annotations"]), "{ours:?}");
    }
}

/// Images at which peers fail when they flatten, and others.
const IMAGES: [&str; 11] = [
    "sylabs-hard-link-1",
    "sylabs-hard-link-delete-1",
    "sylabs-hard-link-delete-3",
    "sylabs-whiteout-explicit-file",
    "sylabs-whiteout-opaque",
    "fuzz/fuzz-0004",
    "fuzz/fuzz-0006",
    "fuzz/fuzz-0010",
    "edge-types:sparse-gnu",
    "edge-types:latest",
    "edge-whiteouts:latest",
];

/// What umoci unpacks of the flattened image is what it unpacks of the image; skopeo and crane take it as well.
#[test]
fn flattened_images_are_what_they_were_to_three_tools() {
    let (Some(corpus), Some(umoci), Some(skopeo), Some(crane), Some(scene)) =
        (corpus(), oracle("umoci"), oracle("skopeo"), oracle("crane"), Scene::new())
    else {
        return;
    };
    let folder = Folder::new();
    let rootless: &[&str] = if crate::support::oracle::is_root() { &[] } else { &["--rootless"] };
    let mut same = 0;
    for (number, name) in IMAGES.iter().enumerate() {
        let (image, tag) = name.find(':').map_or((*name, ""), |at| name.split_at(at));
        // Some have no tag, and umoci asks for one; some have Docker's types, which skopeo reads in no layout.
        let whole = format!("oci:{}{tag}", corpus.join("images").join(image).display());
        let named = folder.at("oci", &format!("n{number}"), ":named");
        stevedore(&["copy", "--format", "oci", &whole, &named]).ok();
        let flat = folder.at("oci", &format!("f{number}"), ":flat");
        stevedore(&["mutate", "--flatten", &named, "--to", &flat]).ok();
        skopeo.run(&["copy", &flat, &folder.at("oci", &format!("s{number}"), ":flat")]);
        let repository = format!("flat{number}:1");
        stevedore(&["copy", &flat, &scene.docker(&repository)]).ok();
        crane.run(&["validate", "--remote", &scene.name(&repository)]);
        let unpack = |image: &str, to: &str| {
            // Without the config, which some images have no system in.
            let all = [&["raw", "unpack"], rootless, &["--image", image, to]].concat();
            umoci.try_run(&all)
        };
        let (before, after) = (folder.text(&format!("before{number}")), folder.text(&format!("after{number}")));
        let run = unpack(&format!("{}:flat", folder.text(&format!("f{number}"))), &after);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        // Of some images umoci itself makes nothing.
        if unpack(&format!("{}:named", folder.text(&format!("n{number}"))), &before).code == 0 {
            // It dates a directory anew when it makes another one in it that the layer declares later.
            let rows = |root: &str| survey(std::path::Path::new(root), false);
            assert_eq!(rows(&after), rows(&before), "{name}");
            same += 1;
        }
    }
    assert!(same >= 8, "only {same} images could be compared");
}

#[test]
fn recompressed_layers_are_read_by_the_tools_of_their_compression() {
    let Some(skopeo) = oracle("skopeo-new") else { return };
    let dir = TempDir::new().expect("made");
    let from = three(dir.path());
    for compression in ["gzip", "zstd"] {
        let to = format!("oci:{}:{compression}", dir.path().display());
        mutate(&from, &to, &["--compress", compression]);
        // It checks every diff_id when it has to make dir: of a layer compressed otherwise.
        let target = format!("dir:{}", dir.path().join(format!("d-{compression}")).display());
        skopeo.run(&["copy", "--dest-decompress", &to, &target]);
        let seen = skopeo.run(&["inspect", &to]).json();
        assert_eq!(seen["Layers"].as_array().map(Vec::len), Some(3));
        assert_eq!(config(dir.path(), compression)["rootfs"], config(dir.path(), "v1")["rootfs"]);
        let listed =
            |reference: &str| stevedore(&["ls", "--json", "--digests", reference]).ok().json()["entries"].clone();
        assert_eq!(listed(&to), listed(&from), "{}", json!(compression));
    }
}
