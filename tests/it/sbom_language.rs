//! Packages of language runtimes, archives and binaries in the published images, beside what independent readers say of them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use stevedore::filesystem::{DiffIds, Layers, Options, escape};
use stevedore::image::Image;
use stevedore::sbom::language::catalogers;
use stevedore::sbom::{Evidence, Facts, Kind, Package};
use stevedore::transport::{self, Location};

use crate::support::oracle::corpus;

fn kind(package: &Package) -> &'static str {
    match package.kind {
        Kind::Python => "pypi",
        Kind::Npm => "npm",
        Kind::Go => "golang",
        Kind::Java => "maven",
        Kind::Cargo => "cargo",
        Kind::Gem => "gem",
        Kind::Composer => "composer",
        Kind::Nuget => "nuget",
        other => panic!("{other:?} is no language"),
    }
}

fn line(package: &Package, path: &str) -> String {
    let separator = if package.kind == Kind::Java { ":" } else { "/" };
    let namespace = package.namespace.iter().map(|namespace| format!("{namespace}{separator}")).collect::<String>();
    let inside = package.inside.iter().map(|inside| format!("!{inside}")).collect::<String>();
    format!("{}\t{namespace}{}\t{}\t{path}{inside}", kind(package), package.name, package.version)
}

/// Reads all evidence in an image: packages, and warnings with their paths.
fn read(image: &str) -> (BTreeSet<String>, Vec<String>) {
    let location: Location = image.parse().expect("a location");
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let places = transport::Options { scratch: Some(scratch.path().to_owned()), ..transport::Options::default() };
    let source = location.place.open_source(&places).expect("opens");
    let image = Image::find(&*source, &location.at, None).expect("is there");
    let layers =
        Layers::new(&*source, &image, Options { diff_ids: DiffIds::Ignore, ..Options::default() }).expect("layers");
    let tree = layers.merge().expect("sound");
    let (mut lines, mut warnings) = (BTreeSet::new(), Vec::new());
    for (path, entry) in tree.iter() {
        for cataloger in catalogers().iter().filter(|cataloger| cataloger.wants(&path, &entry)) {
            let mut content = Vec::new();
            let found = layers.find(&[&path]).expect("is there");
            layers.copy_content(&found[0], &mut content).expect("sound");
            let mut packages = Vec::new();
            let mut evidence = Evidence {
                path: &path,
                size: entry.size,
                content: &mut Cursor::new(&content),
                facts: &mut Facts::default(),
            };
            let shown = escape(&path).to_string();
            if let Err(problem) = cataloger.read(&mut evidence, &mut packages) {
                warnings.push(format!("{shown}: {problem}"));
            }
            // Whether a program is a package of its own depends on what package managers list, which no cataloger sees alone.
            packages.retain(|package| package.kind != Kind::Generic);
            lines.extend(packages.iter().map(|package| line(package, &shown)));
        }
    }
    (lines, warnings)
}

/// Returns the rows of an expected list that are about languages, without their package URLs.
fn expected(corpus: &Path, name: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(corpus.join(format!("expected/{name}.sbom.tsv"))).expect("an expected list");
    let rows = text.lines().map(|row| row.split('\t').collect::<Vec<_>>());
    let rows = rows.filter(|row| !["#os", "deb", "apk", "rpm", "maven?"].contains(&row[0]));
    rows.map(|row| [row[0], row[1], row[2], row[4]].join("\t")).collect()
}

/// Whether a row is about an archive without Maven's files, of which every tool makes something else.
fn is_guess(corpus: &Path, name: &str, row: &str) -> bool {
    let text = fs::read_to_string(corpus.join(format!("expected/{name}.sbom.tsv"))).expect("an expected list");
    let path = row.rsplit('\t').next().unwrap_or_default();
    row.starts_with("maven\t")
        && text.lines().any(|line| line.starts_with("maven?") && line.ends_with(&format!("\t{path}")))
}

#[test]
fn published_images() {
    let Some(corpus) = corpus() else { return };
    let images = [
        ("lang", format!("oci:{}", corpus.join("images/lang").display())),
        ("snyk-3-level-jar.tar", format!("docker-archive:{}", corpus.join("images/snyk-3-level-jar.tar").display())),
        ("snyk-npm7-lock.tar", format!("docker-archive:{}", corpus.join("images/snyk-npm7-lock.tar").display())),
        ("snyk-poetry.tar", format!("docker-archive:{}", corpus.join("images/snyk-poetry.tar").display())),
    ];
    for (name, image) in images {
        let (mut found, warnings) = read(&image);
        found.retain(|row| !is_guess(&corpus, name, row));
        assert_eq!(found, expected(&corpus, name), "{name}");
        let broken: &[&str] = match name {
            "lang" => &["corrupt.jar", "broken", "notjson"],
            _ => &[],
        };
        for part in broken {
            assert!(warnings.iter().any(|warning| warning.contains(part)), "{name}: {part} of {warnings:?}");
        }
        assert_eq!(warnings.len(), broken.len(), "{name}: {warnings:?}");
    }
}
