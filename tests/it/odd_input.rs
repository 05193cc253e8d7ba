//! What people type, and what old tools wrote: leniency about what is not needed, precision about what is wrong.

use std::fs;

use serde_json::{Value, json};

use crate::support::command::{Program, stevedore};
use crate::support::layout::sha256;
use crate::support::scene::Folder;

/// Writes a layout with one image of this config and no layer, and returns its reference.
fn layout(folder: &Folder, name: &str, config: &[u8]) -> String {
    let blobs = folder.path(name).join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("making a directory");
    let put = |bytes: &[u8]| {
        fs::write(blobs.join(&sha256(bytes)[7..]), bytes).expect("writing a blob");
        json!({"digest": sha256(bytes), "size": bytes.len()})
    };
    let typed = |mut descriptor: Value, kind: &str| {
        descriptor["mediaType"] = kind.into();
        descriptor
    };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": typed(put(config), "application/vnd.oci.image.config.v1+json"),
        "layers": [],
    });
    let entry = typed(put(manifest.to_string().as_bytes()), "application/vnd.oci.image.manifest.v1+json");
    let index = json!({"schemaVersion": 2, "manifests": [entry]});
    fs::write(folder.path(name).join("index.json"), index.to_string()).expect("writing the index");
    fs::write(folder.path(name).join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("writing a file");
    folder.at("oci", name, "")
}

/// A config of which only a runtime needs what cannot be read: everything that needs the layers goes on, and `inspect` says what is wrong.
#[test]
fn configs_of_old_tools() {
    let folder = Folder::new();
    for (number, (config, fault)) in [
        (json!({"Cmd": "/x"}), None),
        (json!({"Entrypoint": "/x", "Cmd": null}), None),
        (json!({"Labels": {"a": 1}, "User": "u"}), Some("config.Labels")),
        (json!({"ExposedPorts": []}), Some("config.ExposedPorts")),
        (json!("none"), Some("config: ")),
    ]
    .into_iter()
    .enumerate()
    {
        let config = json!({"os": "linux", "architecture": "amd64", "config": config, "rootfs": {"type": "layers", "diff_ids": []}});
        let reference = layout(&folder, &format!("l{number}"), config.to_string().as_bytes());
        let run = stevedore(&["inspect", "--json", &reference]).ok();
        let image = &run.json()["image"];
        assert_eq!(image["platform"], "linux/amd64", "{config}");
        assert!(config["config"]["User"].is_null() || image["User"] == "u", "{config}");
        assert_eq!(run.json()["faults"].as_array().map(Vec::len), fault.map(|_| 1), "{config}");
        assert_eq!(fault.is_some(), run.stderr.contains("the config cannot be read in full"), "{}", run.stderr);
        assert!(run.stderr.contains(fault.unwrap_or_default()), "{}", run.stderr);
        for verb in ["ls", "digest"] {
            stevedore(&[verb, &reference]).ok();
        }
        let copied = folder.at("oci", &format!("c{number}"), ":v1");
        stevedore(&["copy", &reference, &copied]).ok();
        if config["config"].is_string() {
            // Nothing can be put into it.
            continue;
        }
        let changed = folder.at("oci", &format!("m{number}"), ":v1");
        stevedore(&["mutate", &reference, "--annotation", "a=b", "--to", &changed]).ok();
        assert_eq!(stevedore(&["inspect", "--config", &changed]).ok().text(), config.to_string(), "nothing is lost");
    }
    for config in ["hello", "[]", r#"{"rootfs":{"diff_ids":["x"]}}"#] {
        let reference = layout(&folder, &format!("bad{}", config.len()), config.as_bytes());
        let run = stevedore(&["inspect", &reference]).ok();
        assert!(run.text().contains("Media type"), "{}", run.text());
        assert!(run.stderr.contains("the config cannot be read in full"), "{}", run.stderr);
        assert_eq!(stevedore(&["inspect", "--config", &reference]).ok().text(), config);
        stevedore(&["ls", &reference]).code(1);
    }
}

/// What is no UTF-8 is read as Go reads it, and stays as it is.
#[test]
fn a_config_in_latin_1() {
    let folder = Folder::new();
    let text = r#"{"author":"J?rg","os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}"#;
    let config: Vec<u8> = text.bytes().map(|byte| if byte == b'?' { 0xf6 } else { byte }).collect();
    let reference = layout(&folder, "l", &config);
    let run = stevedore(&["inspect", "--json", &reference]).ok();
    assert_eq!(run.json()["image"]["author"], "J\u{fffd}rg");
    assert_eq!(run.json()["faults"], json!(["it is not all UTF-8"]));
    for verb in ["ls", "digest", "sbom"] {
        stevedore(&[verb, &reference]).ok();
    }
    assert_eq!(stevedore(&["inspect", "--config", &reference]).ok().stdout, config);
}

/// References that lack what they need are usage errors at once, with what to write instead.
#[test]
fn references_that_lack_something() {
    let folder = Folder::new();
    let to = folder.at("oci", "o", ":v1");
    for (arguments, said) in [
        (&["digest", "docker://localhost:99999/x:v1"][..], "a port up to 65535"),
        (&["tags", "docker://localhost:65536/x"], "a port up to 65535"),
        (&["copy", "docker://[::1]:70000/x", &to], "a port up to 65535"),
        (&["copy", &to, "docker://ex.com:70000/x"], "a port up to 65535"),
        (&["digest", "oci://ghcr.io/x/y:1"], "write docker://ghcr.io/x/y:1"),
        (&["copy", "oci://localhost:5000/charts/x:1.2.3", &to], "write docker://localhost:5000/charts/x:1.2.3"),
        (&["copy", &to, "oci://ex.com/x"], "write docker://ex.com/x"),
        (&["tags", "docker://127.0.0.1:5000"], "write docker://127.0.0.1:5000/REPOSITORY"),
        (&["tags", "localhost:5000"], "write docker://localhost:5000/REPOSITORY"),
        (&["digest", "docker://ghcr.io"], "write docker://ghcr.io/REPOSITORY"),
        (&["copy", &to, "docker://registry.example.com:5000"], "write docker://registry.example.com:5000/REPOSITORY"),
    ] {
        let run = stevedore(arguments).code(2);
        assert!(run.stderr.contains(said), "{arguments:?}: {}", run.stderr);
        assert!(!run.stderr.contains("library/"), "{arguments:?}: {}", run.stderr);
    }
    let list = format!("oci://ghcr.io/x/y:1 {to}\n");
    let run = Program::stevedore(&["sync", "-"]).stdin(list.as_bytes()).run().code(2);
    assert!(run.stderr.contains("write docker://ghcr.io/x/y:1"), "{}", run.stderr);
    for host in ["localhost:99999", "ex.com:", "a b", "https://ex.com:70000/v2/"] {
        let run = Program::stevedore(&["login", "-u", "me", "--password-stdin", host]).stdin(b"x").run().code(2);
        assert!(run.stderr.contains("is no registry's host"), "{host}: {}", run.stderr);
    }
}
