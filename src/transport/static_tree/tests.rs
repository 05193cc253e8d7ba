use std::fs;

use super::*;
use crate::digest::Algorithm;
use crate::manifest::Image;
use crate::media_type::Format;
use crate::transport::Place;
use crate::transport::contract::{self, put, put_blob, put_blobs, sample, tag};

fn create(root: &Path, repository: &str) -> Box<dyn Transport> {
    let place = Place::Static { root: root.into(), repository: repository.into() };
    place.open_destination(&Options::default()).expect("opens")
}

/// Makes an artifact that refers to another manifest.
fn referrer(subject: &Manifest, note: &str) -> Manifest {
    let image = Image {
        config: Descriptor::of(MediaType::OCI_EMPTY, b"{}"),
        layers: Vec::new(),
        subject: Some(subject.descriptor()),
        annotations: [("note".to_owned(), note.to_owned())].into(),
        artifact_type: None,
    };
    Manifest::image(Format::Oci, &image).expect("a manifest")
}

fn at(manifest: &Manifest) -> Selector {
    Selector::Digest(manifest.digest().clone())
}

#[test]
fn keeps_the_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    let number = std::cell::Cell::new(0);
    let make = || {
        number.set(number.get() + 1);
        create(&folder.path().join(number.get().to_string()), "lib/app")
    };
    contract::holds_many(&make, true);
}

#[test]
fn keeps_every_writers_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || create(folder.path(), "lib/app");
    contract::keeps_every_writers_names(&open, ["a", "b", "c"]);
    contract::keeps_every_update(&open, "d");
}

#[test]
fn referrers_are_listed_while_they_are_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let tree = create(folder.path(), "app");
    let image = sample("a");
    put(&*tree, &tag("v1"), &image);
    let subject = image.manifest.digest();
    assert!(tree.referrers(subject).expect("lists").is_empty());
    let mut referrers = [referrer(&image.manifest, "one"), referrer(&image.manifest, "two")];
    referrers.sort_by(|a, b| a.digest().cmp(b.digest()));
    for referrer in &referrers {
        tree.put_manifest(&at(referrer), referrer).expect("puts");
        tree.put_manifest(&at(referrer), referrer).expect("puts again");
    }
    let listed = tree.referrers(subject).expect("lists");
    assert_eq!(listed.len(), 2);
    for (descriptor, referrer) in listed.iter().zip(&referrers) {
        assert_eq!(descriptor.digest, *referrer.digest());
        assert_eq!(descriptor.artifact_type.as_deref(), Some("application/vnd.oci.empty.v1+json"));
        assert_eq!(descriptor.annotations, referrer.as_image().expect("an image").annotations);
    }
    tree.delete(&at(&referrers[0])).expect("deletes");
    assert_eq!(tree.referrers(subject).expect("lists"), listed[1..]);
    tree.delete(&at(&referrers[1])).expect("deletes");
    let index = fs::read(folder.path().join(format!("v2/app/referrers/{subject}"))).expect("an empty list");
    assert_eq!(index, fs::read(folder.path().join("_empty-referrers")).expect("is there"));
    tree.delete(&at(&image.manifest)).expect("deletes");
    assert!(!folder.path().join(format!("v2/app/referrers/{subject}")).exists());
    assert!(!folder.path().join(format!("m/app/{subject}")).exists());
}

#[test]
fn parallel_referrers_are_all_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let image = sample("a");
    put(&*create(folder.path(), "app"), &tag("v1"), &image);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let referrer = referrer(&image.manifest, &number.to_string());
            let tree = create(folder.path(), "app");
            scope.spawn(move || tree.put_manifest(&at(&referrer), &referrer).expect("puts"));
        }
    });
    assert_eq!(create(folder.path(), "app").referrers(image.manifest.digest()).expect("lists").len(), 8);
}

#[test]
fn sha512() {
    let folder = tempfile::tempdir().expect("a folder");
    let tree = create(folder.path(), "app");
    let blob = Algorithm::Sha512.digest(b"abc");
    put_blob(&*tree, &Descriptor::new(MediaType::OCTET_STREAM, blob.clone(), 3), b"abc").expect("puts");
    assert!(folder.path().join(format!("v2/app/blobs/{blob}")).is_file());
    let image = sample("a");
    put_blobs(&*tree, &image);
    let digest = Algorithm::Sha512.digest(image.manifest.raw());
    let manifest = Manifest::parse_verified(image.manifest.raw(), None, &digest).expect("a manifest");
    tree.put_manifest(&tag("v1"), &manifest).expect("puts");
    let found = tree.resolve(&tag("v1")).expect("resolves").expect("is there");
    assert_eq!(found.digest, digest);
    assert_eq!(tree.manifest(&tag("v1")).expect("reads").raw(), image.manifest.raw());
}

#[test]
fn what_cannot_be_served_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("tree");
    let tree = create(&root, "app");
    let raw = r#"{"schemaVersion":1,"name":"a","tag":"b","architecture":"amd64","fsLayers":[],"history":[]}"#;
    let schema1 = Manifest::parse(raw.as_bytes(), None).expect("a manifest");
    assert!(tree.accepts(&schema1).is_err());
    assert!(tree.put_manifest(&tag("v1"), &schema1).is_err());
    assert!(tree.put_manifest(&tag("../v1"), &sample("a").manifest).is_err());
    assert!(!root.exists());
    let place = Place::Static { root: root.clone(), repository: "../out".into() };
    assert!(place.open_destination(&Options::default()).is_err());
}

#[test]
fn an_unfinished_listing_is_made_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let tree = create(folder.path(), "app");
    put(&*tree, &tag("v1"), &sample("a"));
    // Killed before the end: the next copy must not think that nothing is to be done.
    assert!(tree.complete(&tag("v1")).expect("looks").is_none());
    tree.finish().expect("finishes");
    assert!(tree.complete(&tag("v1")).expect("looks").is_some());
    let list = fs::read_to_string(folder.path().join("v2/app/tags/list")).expect("is there");
    assert_eq!(list, r#"{"name":"app","tags":["v1"]}"#);
}

#[test]
fn what_is_left_of_a_blob_that_is_linked_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let image = sample("a");
    put(&*create(folder.path(), "one"), &tag("v1"), &image);
    let partial = folder.path().join(".partial");
    fs::create_dir_all(&partial).expect("made");
    let layer = &image.manifest.blobs()[1].digest;
    let left = partial.join(format!("sha256-{}", layer.hex()));
    fs::write(&left, "a be").expect("written");
    put(&*create(folder.path(), "two"), &tag("v1"), &image);
    assert!(!left.exists());
}
