//! What every place promises, a function for each promise; the tests of each kind of place run them all.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{Error, Result, Selector, Transport};
use crate::blob::{Blob, Fault};
use crate::descriptor::{Annotations, Descriptor};
use crate::digest::Digest;
use crate::manifest::{Image, Index, Manifest};
use crate::media_type::{Format, MediaType};
use crate::watch::Outcome;

/// Makes a handle on a new, empty place.
pub(super) type Make<'a> = &'a dyn Fn() -> Box<dyn Transport>;

/// Runs the cases for a place that holds at least one image, which is named by `at`.
pub(super) fn holds_one(make: Make<'_>, at: &Selector) {
    let cases: &[fn(&dyn Transport, &Selector)] = &[
        an_empty_place_has_nothing,
        an_image_comes_back_as_it_was,
        blobs_are_put_once,
        wrong_blobs_are_refused,
        broken_blobs_are_not_visible_and_can_be_put_again,
        a_manifest_must_have_its_digest,
        complete_means_with_every_blob,
        many_threads_put_blobs,
    ];
    for case in cases {
        case(&*make(), at);
    }
}

/// Runs the cases for a place that holds images by name, and can delete them if `deletes`.
pub(super) fn holds_many(make: Make<'_>, deletes: bool) {
    holds_one(make, &tag("v1"));
    let cases: &[fn(&dyn Transport)] =
        &[tags_are_replaced, one_image_may_have_two_names, children_are_no_images, a_missing_tag_is_none];
    for case in cases {
        case(&*make());
    }
    if deletes {
        deleting_a_tag_keeps_its_siblings(&*make());
        deleting_a_digest_takes_its_tags(&*make());
    }
}

/// Runs the cases for a place that several handles write; `open` opens the same place each time.
pub(super) fn keeps_every_writers_names(open: Make<'_>, names: [&str; 3]) {
    let sample = sample("shared");
    let put_finished = |place: &dyn Transport, name: &str| {
        put(place, &tag(name), &sample);
        place.finish().expect("finishes");
    };
    put_finished(&*open(), names[0]);
    // Both see the first name and none sees the other's; nothing but the name is new.
    let (second, third) = (open(), open());
    for place in [&second, &third] {
        assert_eq!(resolved(&**place, &tag(names[0])), Some(sample.manifest.digest().clone()));
    }
    put_finished(&*second, names[1]);
    put_finished(&*third, names[2]);
    let last = open();
    for name in names {
        assert_eq!(resolved(&*last, &tag(name)), Some(sample.manifest.digest().clone()), "{name}");
    }
}

/// Runs the cases for a place whose tags several handles change; `open` opens the same place each time.
pub(super) fn keeps_every_update(open: Make<'_>, tag: &str) {
    let (first, second) = (open(), open());
    let at = Selector::Tag(tag.into());
    // Both have looked, and neither sees what the other is about to do.
    for place in [&first, &second] {
        assert_eq!(resolved(&**place, &at), None);
    }
    for (place, seed) in [(&first, "one"), (&second, "two")] {
        let sample = sample(seed);
        put_blobs(&**place, &sample);
        let updated = place.update(tag, &|there| {
            let mut image = sample.manifest.as_image().expect("an image").clone();
            let before = there.and_then(Manifest::as_image).map(|image| image.annotations.clone());
            image.annotations = before.unwrap_or_default();
            if image.annotations.insert(seed.into(), "there".into()).is_some() {
                return Ok(None);
            }
            Ok(Some(Manifest::image(Format::Oci, &image).expect("a manifest")))
        });
        updated.expect("updates").expect("something is there");
        place.finish().expect("finishes");
    }
    let last = open();
    let manifest = last.manifest(&at).expect("there");
    let annotations = &manifest.as_image().expect("an image").annotations;
    assert_eq!(annotations.keys().collect::<Vec<_>>(), ["one", "two"]);
    // Nothing to change is nothing to write.
    let same = last.update(tag, &|there| Ok(there.filter(|_| false).cloned())).expect("looks").expect("there");
    assert_eq!(same.digest(), manifest.digest());
    last.finish().expect("finishes");
}

/// A small image with its blobs.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) blobs: Vec<(Descriptor, Vec<u8>)>,
    pub(super) manifest: Manifest,
}

impl Sample {
    /// Returns what a copy of it puts.
    pub(super) fn contents(&self) -> Vec<Descriptor> {
        self.blobs.iter().map(|(blob, _)| blob.clone()).chain([self.manifest.descriptor()]).collect()
    }
}

/// Makes an image that differs with `seed`; all share their first layer.
pub(super) fn sample(seed: &str) -> Sample {
    let config = format!(r#"{{"architecture":"amd64","os":"linux","config":{{"Labels":{{"seed":"{seed}"}}}}}}"#);
    let part = |media_type, content: Vec<u8>| (Descriptor::of(media_type, &content), content);
    let blobs = vec![
        part(MediaType::OCI_CONFIG, config.into_bytes()),
        part(MediaType::OCI_LAYER_GZIP, b"shared".repeat(30_000)),
        part(MediaType::OCI_LAYER_GZIP, seed.repeat(100).into_bytes()),
    ];
    let image = Image {
        config: blobs[0].0.clone(),
        layers: blobs[1..].iter().map(|(descriptor, _)| descriptor.clone()).collect(),
        subject: None,
        annotations: Annotations::new(),
        artifact_type: None,
    };
    Sample { blobs, manifest: Manifest::image(Format::Oci, &image).expect("a manifest") }
}

pub(super) fn tag(name: &str) -> Selector {
    Selector::Tag(name.into())
}

pub(super) fn put_blob(place: &dyn Transport, descriptor: &Descriptor, content: &[u8]) -> Result<Outcome> {
    place.put_blob(Blob::from_bytes(descriptor.clone(), content).expect("a blob"), None)
}

pub(super) fn put_blobs(place: &dyn Transport, sample: &Sample) {
    for (descriptor, content) in &sample.blobs {
        put_blob(place, descriptor, content).expect("puts");
    }
}

pub(super) fn put(place: &dyn Transport, at: &Selector, sample: &Sample) {
    put_blobs(place, sample);
    place.put_manifest(at, &sample.manifest).expect("puts");
}

pub(super) fn resolved(place: &dyn Transport, at: &Selector) -> Option<Digest> {
    place.resolve(at).expect("resolves").map(|found| found.digest)
}

fn an_empty_place_has_nothing(place: &dyn Transport, at: &Selector) {
    let sample = sample("a");
    assert!(resolved(place, at).is_none());
    assert!(place.complete(at).expect("looks").is_none());
    assert!(place.manifest(at).expect_err("nothing").is_not_found());
    assert!(!place.has_blob(&sample.blobs[0].0).expect("looks"));
    let error = match place.blob(&sample.blobs[0].0) {
        Ok(blob) => blob.check().map_err(|error| Error::Content(Fault::take(error).expect("a fault"))),
        Err(error) => Err(error),
    };
    assert!(error.expect_err("nothing").is_not_found());
}

fn an_image_comes_back_as_it_was(place: &dyn Transport, at: &Selector) {
    let sample = sample("a");
    put(place, at, &sample);
    place.finish().expect("finishes");
    let found = place.resolve(at).expect("resolves").expect("is there");
    assert_eq!(found, sample.manifest.descriptor());
    for at in [at.clone(), Selector::Digest(found.digest.clone()), found.into()] {
        assert_eq!(place.manifest(&at).expect("reads").raw(), sample.manifest.raw(), "{at}");
    }
    for (descriptor, content) in &sample.blobs {
        let mut back = Vec::new();
        place.blob(descriptor).expect("is there").read_to_end(&mut back).expect("reads");
        assert!(back == *content, "{descriptor:?}");
        let mut blob = place.blob(descriptor).expect("is there");
        assert_eq!(blob.resume(&content[..3]).expect("resumes"), 3);
        blob.check().expect("opens at an offset");
    }
}

fn blobs_are_put_once(place: &dyn Transport, _: &Selector) {
    let (descriptor, content) = &sample("a").blobs[0];
    assert!(!place.has_blob(descriptor).expect("looks"));
    assert_eq!(put_blob(place, descriptor, content).expect("puts"), Outcome::Copied);
    assert!(place.has_blob(descriptor).expect("looks"));
    assert_eq!(put_blob(place, descriptor, content).expect("puts"), Outcome::Existed);
    let mut larger = descriptor.clone();
    larger.size += 1;
    assert!(!place.has_blob(&larger).expect("looks"), "the size is part of what is asked for");
}

fn wrong_blobs_are_refused(place: &dyn Transport, _: &Selector) {
    let (descriptor, content) = &sample("a").blobs[0];
    let mut wrong = content.clone();
    wrong[0] ^= 1;
    let error = put_blob(place, descriptor, &wrong).expect_err("refused");
    assert!(error.fault().is_some_and(Fault::is_mismatch), "{error:?}");
    assert!(!place.has_blob(descriptor).expect("looks"));
    put_blob(place, descriptor, content).expect("the right one is taken nevertheless");
    assert!(place.has_blob(descriptor).expect("looks"));
}

fn broken_blobs_are_not_visible_and_can_be_put_again(place: &dyn Transport, _: &Selector) {
    let (descriptor, content) = &sample("a").blobs[1];
    let half = &content[..content.len() / 2];
    let error = put_blob(place, descriptor, half).expect_err("cut short");
    assert!(matches!(error.fault(), Some(Fault::Short { .. })), "{error:?}");
    assert!(!place.has_blob(descriptor).expect("looks"));
    let outcome = put_blob(place, descriptor, content).expect("puts");
    assert!(matches!(outcome, Outcome::Copied | Outcome::Resumed(_)), "{outcome:?}");
    place.blob(descriptor).expect("is there").check().expect("is whole");
}

fn a_manifest_must_have_its_digest(place: &dyn Transport, _: &Selector) {
    let (sample, other) = (sample("a"), sample("b"));
    put_blobs(place, &sample);
    let at = Selector::Digest(other.manifest.digest().clone());
    let error = place.put_manifest(&at, &sample.manifest).expect_err("refused");
    assert!(error.fault().is_some_and(Fault::is_mismatch), "{error:?}");
    assert!(resolved(place, &at).is_none());
}

fn complete_means_with_every_blob(place: &dyn Transport, at: &Selector) {
    let sample = sample("a");
    put(place, at, &sample);
    place.finish().expect("finishes");
    let found = place.complete(at).expect("looks").expect("is whole");
    assert_eq!(found.digest, *sample.manifest.digest());
}

fn many_threads_put_blobs(place: &dyn Transport, at: &Selector) {
    let samples: Vec<_> = (0..4).map(|seed| sample(&seed.to_string())).collect();
    let copied = AtomicUsize::new(0);
    thread::scope(|scope| {
        for sample in samples.iter().chain(&samples) {
            scope.spawn(|| {
                for (descriptor, content) in &sample.blobs {
                    let outcome = put_blob(place, descriptor, content).expect("puts");
                    copied.fetch_add(usize::from(outcome == Outcome::Copied), Ordering::SeqCst);
                }
            });
        }
    });
    assert!(copied.load(Ordering::SeqCst) >= 9, "each blob at least once");
    place.put_manifest(at, &samples[0].manifest).expect("puts");
    place.finish().expect("finishes");
    assert!(place.complete(at).expect("looks").is_some());
}

fn tags_are_replaced(place: &dyn Transport) {
    let (old, new) = (sample("old"), sample("new"));
    put(place, &tag("v1"), &old);
    put(place, &tag("v2"), &old);
    place.finish().expect("finishes");
    put(place, &tag("v1"), &new);
    place.finish().expect("finishes");
    assert_eq!(resolved(place, &tag("v1")).as_ref(), Some(new.manifest.digest()));
    assert_eq!(resolved(place, &tag("v2")).as_ref(), Some(old.manifest.digest()));
    let mut names = place.tags(None).expect("lists").names;
    names.sort();
    assert_eq!(names, ["v1", "v2"]);
}

fn one_image_may_have_two_names(place: &dyn Transport) {
    let sample = sample("a");
    put(place, &tag("v1"), &sample);
    put(place, &tag("v2"), &sample);
    place.finish().expect("finishes");
    let listed = place.tags(None).expect("lists");
    assert_eq!((listed.names, listed.next), (vec!["v1".into(), "v2".into()], None));
    assert_eq!(place.tags(Some("v1")).expect("lists").names, ["v2"]);
}

fn children_are_no_images(place: &dyn Transport) {
    let children = [sample("a"), sample("b")];
    let manifests = children.iter().map(|child| child.manifest.descriptor()).collect();
    let index = Manifest::index(Format::Oci, &Index { manifests, ..Index::default() }).expect("an index");
    for child in &children {
        put(place, &Selector::Digest(child.manifest.digest().clone()), child);
    }
    place.put_manifest(&tag("v1"), &index).expect("puts");
    place.finish().expect("finishes");
    assert_eq!(place.tags(None).expect("lists").names, ["v1"]);
    assert_eq!(resolved(place, &tag("v1")).as_ref(), Some(index.digest()));
    for child in &children {
        let at = Selector::Digest(child.manifest.digest().clone());
        assert_eq!(place.resolve(&at).expect("resolves"), Some(child.manifest.descriptor()));
        assert_eq!(place.manifest(&child.manifest.descriptor().into()).expect("reads").raw(), child.manifest.raw());
    }
    assert!(place.complete(&tag("v1")).expect("looks").is_some());
}

fn a_missing_tag_is_none(place: &dyn Transport) {
    put(place, &tag("v1"), &sample("a"));
    place.finish().expect("finishes");
    assert!(resolved(place, &tag("v")).is_none());
    assert!(resolved(place, &Selector::Digest(Digest::of(b"other"))).is_none());
    assert!(place.manifest(&tag("v")).expect_err("nothing").is_not_found());
}

fn deleting_a_tag_keeps_its_siblings(place: &dyn Transport) {
    let sample = sample("a");
    for name in ["v1", "v2", "v3"] {
        put(place, &tag(name), &sample);
    }
    place.finish().expect("finishes");
    place.delete(&tag("v1")).expect("deletes");
    assert!(resolved(place, &tag("v1")).is_none());
    assert_eq!(place.tags(None).expect("lists").names, ["v2", "v3"]);
    assert!(place.complete(&tag("v2")).expect("looks").is_some());
    assert!(place.delete(&tag("v1")).expect_err("is gone").is_not_found());
}

fn deleting_a_digest_takes_its_tags(place: &dyn Transport) {
    let (gone, kept) = (sample("gone"), sample("kept"));
    put(place, &tag("v1"), &gone);
    put(place, &tag("v2"), &gone);
    put(place, &tag("v3"), &kept);
    place.finish().expect("finishes");
    let at = Selector::Digest(gone.manifest.digest().clone());
    place.delete(&at).expect("deletes");
    assert_eq!(place.tags(None).expect("lists").names, ["v3"]);
    assert!(resolved(place, &at).is_none());
    assert!(place.complete(&tag("v3")).expect("looks").is_some());
    assert!(place.delete(&at).expect_err("is gone").is_not_found());
}
