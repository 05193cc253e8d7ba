//! `sbom --attached`: documents that travel with an image.

use std::fs;

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::layout::{blob_path, sha256};
use crate::support::listing::image;
use crate::support::oracle::corpus;
use crate::support::registry::Registry;

const SPDX: &str = r#"{"spdxVersion":"SPDX-2.3", "name":"as it is"}"#;
const CYCLONE_DX: &str = r#"{"bomFormat":"CycloneDX"}"#;

fn statement(image: &str, predicate: &str) -> String {
    let hex = image.trim_start_matches("sha256:");
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v0.1","subject":[{{"name":"x","digest":{{"sha256":"{hex}"}}}}],"predicate":{predicate}}}"#
    )
}

fn both(image: &str) -> Vec<(&'static str, String)> {
    vec![
        ("https://slsa.dev/provenance/v0.2", statement(image, "{}")),
        ("https://spdx.dev/Document", statement(image, SPDX)),
        ("https://cyclonedx.org/bom/v1.4", statement(image, CYCLONE_DX)),
    ]
}

#[test]
fn of_an_attestation() {
    let Some(registry) = Registry::start() else { return };
    let room = tempfile::tempdir().expect("a temporary directory");
    let image = fixture::attested_with(room.path(), both);
    let remote = format!("docker://{}/attested:v1", registry.host());
    stevedore(&["copy", "--all", &image.reference(), &remote]).ok();
    for reference in [&image.reference(), &remote] {
        let run = |flags: &[&str]| {
            let all: Vec<&str> = ["sbom", "--attached", "--platform=linux/amd64"]
                .iter()
                .chain(flags)
                .copied()
                .chain([reference.as_str()])
                .collect();
            stevedore(&all)
        };
        assert_eq!(run(&[]).ok().text(), SPDX);
        assert_eq!(run(&["--format=spdx-json"]).ok().text(), SPDX);
        assert_eq!(run(&["--format=cyclonedx-json"]).ok().text(), CYCLONE_DX);
        run(&["--format=table"]).code(2);
    }
}

#[test]
fn of_a_referrer() {
    let layout = image("edge-index");
    let reference = format!("oci:{}:multi", layout.display());
    let arguments = |format: &'static str| ["sbom", "--attached", "--platform=linux/amd64", "--format", format];
    for (format, digest) in [
        ("spdx-json", "sha256:d4f269605ffe72fbe7a3021d68284798ec364111376ee2eace17688bb52a9e1d"),
        ("cyclonedx-json", "sha256:2e01b8740d2b1c7ff47487ab94ff0f7f4d2853f3d985cd6d7e381c4aa5ef9afa"),
    ] {
        let all: Vec<&str> = arguments(format).into_iter().chain([reference.as_str()]).collect();
        assert_eq!(sha256(&stevedore(&all).ok().stdout), digest, "{format}");
    }
    // Another platform's image has none.
    let run = stevedore(&["sbom", "--attached", "--platform=linux/386", &reference]).code(3);
    assert!(run.stdout.is_empty() && run.stderr.contains("no list of packages travels with sha256:"), "{}", run.stderr);
}

/// What `attach`, or anybody, attached to the index counts for its images, after what is attached to the image itself.
#[test]
fn of_the_index_that_has_the_image() {
    let Some(registry) = Registry::start() else { return };
    let room = tempfile::tempdir().expect("a temporary directory");
    let local = fixture::attested_with(room.path(), |_| Vec::new());
    let remote = format!("docker://{}/app:v1", registry.host());
    stevedore(&["copy", "--all", &local.reference(), &remote]).ok();
    let file = room.path().join("app.spdx.json");
    fs::write(&file, SPDX).expect("written");
    let file = file.to_str().expect("text");
    let attached = |flags: &[&str]| {
        let all = [&["sbom", "--attached", "--platform=linux/amd64"], flags, &[&remote]].concat();
        stevedore(&all)
    };
    attached(&[]).code(3);
    // The type of the artifact says nothing; that of its layer does.
    let named = format!("{file}:application/spdx+json");
    stevedore(&["attach", "--artifact-type", "application/vnd.example.list", &remote, &named]).ok();
    assert_eq!(attached(&[]).ok().text(), SPDX);
    attached(&["--format=cyclonedx-json"]).code(3);
}

#[test]
fn what_is_about_something_else_or_was_changed_is_refused() {
    let room = tempfile::tempdir().expect("a temporary directory");
    let other = |_: &str| vec![("https://spdx.dev/Document", statement("sha256:00", SPDX))];
    let image = fixture::attested_with(room.path(), other);
    let run = stevedore(&["sbom", "--attached", "--platform=linux/amd64", &image.reference()]).code(6);
    assert!(run.stdout.is_empty() && run.stderr.contains("is not about sha256:"), "{}", run.stderr);

    let room = tempfile::tempdir().expect("a temporary directory");
    let image = fixture::attested_with(room.path(), both);
    let path = blob_path(&image.dir, &image.part("unknown/unknown").layers[1]);
    let text = fs::read_to_string(&path).expect("the statement");
    fs::write(&path, text.replace("as it is", "as it be")).expect("written");
    let run = stevedore(&["sbom", "--attached", "--platform=linux/amd64", &image.reference()]).code(6);
    assert!(run.stdout.is_empty(), "{run:?}");

    let room = tempfile::tempdir().expect("a temporary directory");
    let image = fixture::attested_with(room.path(), |_| vec![("https://spdx.dev/Document", "{}".to_owned())]);
    let run = stevedore(&["sbom", "--attached", "--platform=linux/amd64", &image.reference()]).code(1);
    assert!(run.stdout.is_empty() && run.stderr.contains("is no in-toto statement"), "{}", run.stderr);
}

/// A real image of BuildKit, whose attestation says where it comes from and not what is in it.
#[test]
fn provenance_is_no_list_of_packages() {
    let Some(corpus) = corpus() else { return };
    let reference = format!("oci-archive:{}", corpus.join("images/busybox-attestation.tar").display());
    let run = stevedore(&["sbom", "--attached", "--platform=linux/arm64", &reference]).code(3);
    assert!(run.stdout.is_empty() && run.stderr.contains("no list of packages travels with"), "{}", run.stderr);
}
