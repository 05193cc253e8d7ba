//! `sbom` as SPDX and CycloneDX: valid by the validators of each, and the same bytes each time.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::ls::published;
use crate::support::command::{Program, stevedore};
use crate::support::content::{Member, tar};
use crate::support::fixture;
use crate::support::listing::{image, read};
use crate::support::oracle::{corpus, oracle};

const FORMATS: [(&str, &str); 2] = [("spdx", "spdx-json"), ("cdx", "cyclonedx-json")];

/// Every image of the corpus in both formats passes the validators of both.
#[test]
fn documents_are_valid() {
    let (Some(validate), Some(corpus)) = (oracle("validate-sbom"), corpus()) else { return };
    let mut files = [Vec::new(), Vec::new()];
    let mut images: Vec<Vec<String>> = published(&corpus).into_iter().map(|(image, _)| image).collect();
    // Hostile images that are confined rather than refused have documents, too.
    let hostile = read(&image("../golden/filesystem/hostile.tsv"));
    let rows = hostile.iter().skip(1).map(|row| row.split('\t').collect::<Vec<_>>());
    let tags = rows.filter(|row| row[1] != "refuse").map(|row| row[0].to_owned());
    images.extend(tags.map(|tag| vec![format!("oci:{}:{tag}", image("hostile").display())]));
    for (number, image) in images.iter().enumerate() {
        for ((kind, format), files) in FORMATS.iter().zip(&mut files) {
            let file = validate.home().join(format!("{number}.{kind}.json"));
            let file = file.to_str().expect("text").to_owned();
            let mut all = vec!["sbom", "--quiet", "--format", format, "--output", &file];
            all.extend(image.iter().map(String::as_str));
            assert!(stevedore(&all).ok().stdout.is_empty());
            files.push(file);
        }
    }
    assert!(files[0].len() >= 140, "{}", files[0].len());
    for ((kind, _), files) in FORMATS.iter().zip(&files) {
        let arguments: Vec<&str> = std::iter::once(*kind).chain(files.iter().map(String::as_str)).collect();
        let run = validate.run(&arguments);
        assert_eq!(run.text().lines().filter(|line| line.ends_with("is valid")).count(), files.len());
    }
}

/// Licenses of every kind, odd names and no version pass the validators; a wrong document does not.
#[test]
fn odd_packages_are_valid() {
    let Some(validate) = oracle("validate-sbom") else { return };
    let mut database = String::new();
    let licenses = [
        "MIT",
        "mit",
        "MIT AND GPL-2.0-or-later",
        "GPL2 BSD-4",
        "custom:XYZ <weird> \u{e4}",
        "Public-Domain",
        "(MIT OR Apache-2.0) AND ISC",
        "GPL-2.0-or-later WITH GCC-exception-3.1",
        "LicenseRef-own",
        "NONE",
        "LGPL-2.1+",
        "GPL-2.0+",
        "Apache-2.0+",
    ];
    for (number, license) in licenses.iter().enumerate() {
        database.push_str(&format!("P:name-{number}_x+y\nV:1:2~3+{number} \u{e4}\nA:x86_64\nL:{license}\n\n"));
    }
    let package = br#"{"name":"@sc/a b\u0001","version":"1.0.0 beta","license":"SEE LICENSE IN x","licenses":["MIT"]}"#;
    let layer = tar(&[
        Member::File("lib/apk/db/installed", database.as_bytes()),
        Member::File("app/package.json", package),
        Member::File("etc/os-release", b"ID=\"we ird\"\nVERSION_ID='1 2'\n"),
    ]);
    let room = tempfile::tempdir().expect("a temporary directory");
    let image = fixture::of_tars(room.path(), &[layer]);
    for (kind, format) in FORMATS {
        let file = validate.home().join(format!("odd.{kind}.json"));
        let file = file.to_str().expect("text");
        stevedore(&["sbom", "--format", format, "-o", file, &image.reference()]).ok();
        assert!(validate.run(&[kind, file]).text().ends_with("is valid"));
        let text = fs::read_to_string(file).expect("written");
        let bad = text.replace("\"GPL-2.0-or-later WITH", "\"GPL-7.0 WITH").replace("\"id\":\"MIT\"", "\"id\":\"NIT\"");
        assert_ne!(bad, text);
        fs::write(file, bad).expect("written");
        validate.try_run(&[kind, file]).code(1);
    }
}

/// Neither the folder, the time zone, the language, nor how the archive is packed changes a byte.
#[test]
fn the_same_image_gives_the_same_bytes() {
    let Some(corpus) = corpus() else { return };
    let packed = corpus.join("images/trivy-alpine-310.tar.gz");
    let room = tempfile::tempdir().expect("a temporary directory");
    let (a, b) = (room.path().join("a"), room.path().join("b"));
    fs::create_dir_all(&b).expect("a folder");
    let mut plain = Vec::new();
    std::io::copy(&mut flate2::read::MultiGzDecoder::new(fs::File::open(&packed).expect("there")), &mut plain)
        .expect("gzip");
    fs::write(&a, &plain).expect("written");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&plain).expect("memory");
    fs::write(b.join("x.tar.gz"), encoder.finish().expect("memory")).expect("written");
    for format in ["table", "json", "spdx-json", "cyclonedx-json"] {
        let run = |path: &std::path::Path, zone: &str, language: &str| {
            let program =
                Program::stevedore(&["sbom", "--format", format, &format!("docker-archive:{}", path.display())]);
            program.env("TZ", zone).env("LC_ALL", language).run().ok().stdout
        };
        let first = run(&a, "UTC", "C");
        assert!(first.len() > 500);
        for (path, zone, language) in
            [(&a, "Asia/Tokyo", "de_DE.UTF-8"), (&b.join("x.tar.gz"), "UTC", "C"), (&packed, "UTC", "C")]
        {
            assert!(run(path, zone, language) == first, "{format} {}", path.display());
        }
    }
}

#[test]
fn when_a_document_was_made() {
    let room = tempfile::tempdir().expect("a temporary directory");
    let image = fixture::single(room.path());
    let made = |format: &str, epoch: Option<&str>| -> Value {
        let reference = image.reference();
        let program = Program::stevedore(&["sbom", "--format", format, &reference]);
        match epoch {
            Some(epoch) => program.env("SOURCE_DATE_EPOCH", epoch),
            None => program,
        }
        .run()
        .ok()
        .json()
    };
    for (epoch, wanted) in [
        (None, "2024-01-02T03:04:05Z"),
        (Some("0"), "1970-01-01T00:00:00Z"),
        (Some("1700000000"), "2023-11-14T22:13:20Z"),
    ] {
        assert_eq!(made("spdx-json", epoch)["creationInfo"]["created"], wanted);
        assert_eq!(made("cyclonedx-json", epoch)["metadata"]["timestamp"], wanted);
    }
    let (a, b) = (made("spdx-json", None), made("spdx-json", Some("5")));
    assert_ne!(a["documentNamespace"], b["documentNamespace"], "two documents are not one");
    let serial = made("cyclonedx-json", None)["serialNumber"].as_str().expect("text").to_owned();
    assert_eq!(serial.len(), 45);
    assert!(serial.starts_with("urn:uuid:") && serial.as_bytes()[23] == b'8', "{serial}");
    let program = Program::stevedore(&["sbom", "--format", "spdx-json", &image.reference()]);
    let run = program.env("SOURCE_DATE_EPOCH", "yesterday").run().code(2);
    assert!(run.stdout.is_empty() && run.stderr.contains("SOURCE_DATE_EPOCH"), "{}", run.stderr);
}
