//! Images on other bases.

use serde_json::json;

use super::{by_digest, config, manifest, mutate};
use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene};
use crate::support::tarball::{Tarball, image_with};

/// Two bases with a history, and an application upon the first one.
fn images(folder: &Folder) -> [String; 3] {
    let history = |steps: &[&str]| {
        let steps: Vec<_> = steps.iter().map(|step| json!({"created_by": step})).collect();
        json!({"config": {"Env": ["A=1"]}, "history": steps})
    };
    let (old, new) = (Tarball::new().file("base", "old").end(), Tarball::new().file("base", "new").end());
    let (extra, app) = (Tarball::new().file("extra", "").end(), Tarball::new().file("app", "").end());
    [
        image_with(&folder.path("old"), std::slice::from_ref(&old), &history(&["old"])),
        image_with(&folder.path("new"), &[new, extra], &history(&["new", "extra"])),
        image_with(&folder.path("app"), &[old, app], &history(&["old", "app"])),
    ]
}

#[test]
fn layers_and_history_are_exchanged() {
    let folder = Folder::new();
    let [old, new, app] = images(&folder);
    stevedore(&["mutate", &app, "--rebase", &old, &new]).ok();
    let dir = folder.path("app");
    let steps = config(&dir, "v1")["history"].clone();
    assert_eq!(steps, json!([{"created_by": "new"}, {"created_by": "extra"}, {"created_by": "app"}]));
    let listed = stevedore(&["ls", &app]).ok();
    assert_eq!(listed.text(), "app\nbase\nextra");
    assert_eq!(stevedore(&["cat", &app, "base"]).ok().text(), "new");
    let digest = stevedore(&["digest", &new]).ok().text().to_owned();
    assert_eq!(manifest(&dir, "v1")["annotations"], json!({"org.opencontainers.image.base.digest": digest}));
}

#[test]
fn a_history_fits_the_layers_or_there_is_none() {
    let folder = Folder::new();
    let [old, new, _] = images(&folder);
    let layers = [Tarball::new().file("base", "old").end(), Tarball::new().file("app", "").end()];
    let (made, empty) =
        (|by: &str| json!({"created_by": by}), |by: &str| json!({"created_by": by, "empty_layer": true}));
    let table = [
        // The base's steps are other ones, in other words: what made the layers counts.
        (
            json!([empty("x"), made("y"), empty("z"), made("app")]),
            json!([made("new"), made("extra"), empty("z"), made("app")]),
        ),
        (json!([made("old"), empty("z"), made("app")]), json!([made("new"), made("extra"), empty("z"), made("app")])),
        (json!([made("only")]), json!([])),
        (json!([]), json!(null)),
    ];
    for (number, (history, wanted)) in table.into_iter().enumerate() {
        let dir = folder.path(&format!("app{number}"));
        let app = image_with(&dir, &layers, &json!({"history": history}));
        stevedore(&["mutate", &app, "--rebase", &old, &new]).ok();
        let config = config(&dir, "v1");
        assert_eq!(config["rootfs"]["diff_ids"].as_array().map(Vec::len), Some(3));
        assert!(
            config["history"] == wanted || wanted.is_null() && config["history"] == json!([]),
            "{history}: {config}"
        );
    }
}

#[test]
fn another_base_is_refused() {
    let folder = Folder::new();
    let [old, new, app] = images(&folder);
    let run = stevedore(&["mutate", &app, "--rebase", &new, &old]).code(1);
    assert!(run.stderr.contains("does not start with the layers of sha256:"), "{}", run.stderr);
    assert!(run.stderr.contains(": layer 0 differs"), "{}", run.stderr);
    let run = stevedore(&["mutate", &old, "--rebase", &app, &new]).code(1);
    assert!(run.stderr.contains(": layer 1 differs"), "{}", run.stderr);
    let run = stevedore(&["mutate", &app, "--rebase", &new]).code(2);
    let wanted = format!("cannot tell the base of {app}: the image does not say what it stands upon");
    assert!(run.stderr.contains(&wanted), "{}", run.stderr);
    assert!(run.stderr.contains("hint: name it: --rebase OLD NEW"), "{}", run.stderr);
    // The image may come last, as crane has it.
    let run = stevedore(&["mutate", "--rebase", &new, &app]).code(2);
    assert!(run.stderr.contains(&wanted), "{}", run.stderr);
}

#[test]
fn the_layers_are_those_of_crane_and_the_base_is_found_by_annotations() {
    let (Some((scene, _)), Some(crane)) = (Scene::with("unused", fixture::single), oracle("crane")) else { return };
    let folder = Folder::new();
    for (reference, name) in images(&folder).iter().zip(["old", "new", "app"]) {
        stevedore(&["copy", reference, &scene.docker(&format!("{name}:v1"))]).ok();
    }
    let name = |name: &str| scene.name(&format!("{name}:v1"));
    crane.run(&[
        "rebase",
        &name("app"),
        "--old_base",
        &name("old"),
        "--new_base",
        &name("new"),
        "-t",
        &scene.name("app:crane"),
    ]);
    let (old, new) = (scene.docker("old:v1"), scene.docker("new:v1"));
    mutate(&scene.docker("app:v1"), &scene.docker("app:own"), &["--rebase", &old, &new]);
    let manifests = ["app:own", "app:crane"].map(|name| crane.run(&["manifest", &scene.name(name)]).json());
    assert_eq!(manifests[0]["layers"], manifests[1]["layers"]);
    assert_eq!(manifests[0]["annotations"], manifests[1]["annotations"]);
    // Now it says what it stands upon, and can go back.
    stevedore(&["mutate", &scene.docker("app:own"), "--rebase", &old]).ok();
    let back = crane.run(&["manifest", &scene.name("app:own")]).json();
    assert_eq!(back["layers"], crane.run(&["manifest", &name("app")]).json()["layers"]);
}

#[test]
fn each_platform_gets_its_own_base() {
    let folder = Folder::new();
    let (old, new) = (fixture::app(&folder.path("old")), fixture::app(&folder.path("new")));
    stevedore(&["mutate", &new.reference(), "--append", &tar(&folder, "n.tar", "new")]).ok();
    let to = format!("oci:{}:app", folder.text("app"));
    mutate(&old.reference(), &to, &["--append", &tar(&folder, "a.tar", "app")]);
    stevedore(&["mutate", &to, "--rebase", &old.reference(), &new.reference()]).ok();
    let dir = folder.path("app");
    let index = manifest(&dir, "app");
    for entry in index["manifests"].as_array().expect("entries") {
        assert_eq!(by_digest(&dir, entry)["layers"].as_array().map(Vec::len), Some(3));
    }
}

fn tar(folder: &Folder, name: &str, content: &str) -> String {
    std::fs::write(folder.path(name), Tarball::new().file(content, content).end()).expect("written");
    folder.text(name)
}
