//! Many processes that write to one place.

use std::thread;

use crate::support::command::Program;
use crate::support::fixture::{self, Fixture};
use crate::support::layout::tags;
use crate::support::oracle::oracle;
use crate::support::scene::Folder;

/// Eight processes copy eight images into one layout at once, twenty times: all eight names are there each time, and each is read by another
/// tool.
#[test]
fn eight_writers_leave_eight_names() {
    let Some(skopeo) = oracle("skopeo") else {
        return;
    };
    let folder = Folder::new();
    let images: Vec<Fixture> =
        (0..8).map(|number| fixture::big(&folder.path(&format!("image{number}")), 1, 2000 + number)).collect();
    for round in 0..20 {
        let name = format!("round{round}");
        thread::scope(|scope| {
            for (number, image) in images.iter().enumerate() {
                let to = folder.at("oci", &name, &format!(":t{number}"));
                scope.spawn(move || Program::stevedore(&["copy", &image.reference(), &to]).run().ok());
            }
        });
        let mut found: Vec<(String, String)> =
            tags(&folder.path(&name)).into_iter().map(|(tag, entry)| (tag, text(&entry["digest"]))).collect();
        found.sort();
        let wanted: Vec<(String, String)> =
            images.iter().enumerate().map(|(number, image)| (format!("t{number}"), image.digest.clone())).collect();
        assert_eq!(found, wanted, "round {round}");
    }
    for (number, image) in images.iter().enumerate() {
        let to = folder.at("dir", &format!("read{number}"), "");
        skopeo.run(&["copy", "-q", &folder.at("oci", "round19", &format!(":t{number}")), &to]);
        let manifest = std::fs::read(folder.path(&format!("read{number}/manifest.json"))).expect("skopeo wrote it");
        assert!(manifest == image.read(&image.digest));
    }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("text").to_owned()
}
