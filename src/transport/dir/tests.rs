use std::path::PathBuf;

use super::*;
use crate::class::Classified;
use crate::media_type::Format;
use crate::transport::Place;
use crate::transport::contract::{self, put, put_blob, put_blobs, resolved, sample};

fn create(path: impl Into<PathBuf>) -> Box<dyn Transport> {
    Place::Dir(path.into()).open_destination(&Options::default()).expect("opens")
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(path)
        .expect("lists")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

#[test]
fn keeps_the_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    let number = std::cell::Cell::new(0);
    let make = || {
        number.set(number.get() + 1);
        create(folder.path().join(number.get().to_string()))
    };
    contract::holds_one(&make, &Selector::Sole);
}

#[test]
fn other_digests_stand_with_their_algorithm() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x");
    let dir = create(&path);
    let digest = Algorithm::Sha512.digest(b"abc");
    let descriptor = Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), 3);
    assert_eq!(put_blob(&*dir, &descriptor, b"abc").expect("puts"), Outcome::Copied);
    assert_eq!(names(&path), [".partial".to_owned(), format!("sha512-{}", digest.hex()), "version".to_owned()]);
    assert_eq!(fs::read_to_string(path.join("version")).expect("is there"), "Directory Transport Version: 1.2\n");
    // skopeo names it by its digits alone.
    fs::rename(path.join(format!("sha512-{}", digest.hex())), path.join(digest.hex())).expect("renamed");
    assert!(dir.has_blob(&descriptor).expect("looks"));
    dir.blob(&descriptor).expect("is there").check().expect("is whole");
    // With the blob goes the version.
    put(&*dir, &Selector::Sole, &sample("a"));
    dir.finish().expect("finishes");
    assert_eq!(names(&path).len(), 5);
    assert_eq!(fs::read_to_string(path.join("version")).expect("is there"), "Directory Transport Version: 1.1\n");
}

#[test]
fn the_last_of_two_writers_sweeps() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (create(folder.path()), create(folder.path()));
    let (first, second) = (sample("first"), sample("second"));
    put_blobs(&*one, &first);
    // It counts on the blob that is there.
    assert!(other.has_blob(&first.blobs[1].0).expect("looks"));
    one.put_manifest(&Selector::Sole, &first.manifest).expect("puts");
    one.finish().expect("finishes");
    put(&*other, &Selector::Sole, &second);
    other.finish().expect("finishes");
    let at = Selector::Sole;
    assert_eq!(other.complete(&at).expect("looks").map(|found| found.digest), Some(second.manifest.digest().clone()));
    assert!(!other.has_blob(&first.blobs[0].0).expect("looks"));
}

#[test]
fn referrers_stay_beside_the_image() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = create(folder.path().join("x"));
    let image = sample("a");
    let mut referrer = image.manifest.as_image().expect("an image").clone();
    referrer.subject = Some(image.manifest.descriptor());
    let referrer = Manifest::image(Format::Oci, &referrer).expect("a manifest");
    put(&*dir, &Selector::Sole, &image);
    dir.put_manifest(&Selector::Digest(referrer.digest().clone()), &referrer).expect("puts");
    dir.finish().expect("finishes");
    assert_eq!(dir.referrers(image.manifest.digest()).expect("lists"), [referrer.descriptor()]);
    assert!(dir.referrers(referrer.digest()).expect("lists").is_empty());
}

#[test]
fn there_are_no_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = create(folder.path().join("x"));
    let error = dir.put_manifest(&contract::tag("v1"), &sample("a").manifest).expect_err("refused");
    assert_eq!(error.hint().as_deref(), Some("a dir: holds one image without a name; leave the name out"));
    assert!(dir.delete(&Selector::Sole).expect_err("refused").hint().is_some());
    assert!(resolved(&*dir, &Selector::Sole).is_none());
    assert!(!folder.path().join("x").exists());
}
