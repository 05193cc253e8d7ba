//! Drafts from nothing, of an image, and upon one.

use std::collections::BTreeMap;
use std::io::Write;

use super::*;
use crate::config::{Config, History};
use crate::descriptor::Descriptor;
use crate::image::Image;
use crate::manifest::{self, Manifest};
use crate::media_type::{Format, MediaType};
use crate::platform::Platform;
use crate::transport::{Selector, Source};

fn made(content: &[u8]) -> Layer {
    let scratch = tempfile::tempdir().expect("made");
    let mut writer = LayerWriter::new(scratch.path(), Packing::default()).expect("begins");
    writer.write_all(content).expect("writes");
    Layer::Made(writer.finish().expect("ends"))
}

fn step(by: &str) -> History {
    History { created_by: by.into(), ..History::default() }
}

fn one_layer() -> Draft {
    let mut draft = Draft::new(&Platform::new("linux", "arm64"));
    draft.config.env = vec![("A".into(), Some("1".into())), ("B".into(), Some("2".into()))];
    draft.config.labels = BTreeMap::from([("x".into(), Some("y".into()))]);
    draft.config.cmd = Some(vec!["run".into()]);
    draft.push(made(b"one"), Some(&step("one")));
    draft
}

/// An image whose documents have odd spacing and members that nobody knows.
fn strange() -> (Drafts<'static>, Image) {
    let raw = r#"{ "os":"linux","architecture":"amd64","later":{"n":1.50},"config":{"Env":["A=1"],"Cmd":["x"],"New":[ 1 ]},
        "rootfs":{"type":"layers","diff_ids":[]},"history":[{"created_by":"nothing","empty_layer":true,"more":1.0}]}"#;
    let config = Config::parse(raw.as_bytes()).expect("parses");
    let descriptor = Descriptor::of(MediaType::OCI_CONFIG, raw.as_bytes());
    let text = serde_json::to_string(&descriptor).expect("writes");
    let raw = format!(
        r#"{{"schemaVersion":2, "mediaType":"{}","config":{text},"layers":[],"later":[ 1.0 ],"annotations":{{"k":"v"}}}}"#,
        MediaType::OCI_MANIFEST
    );
    let manifest = Manifest::parse(raw.into_bytes(), None).expect("parses");
    let mut drafts = Drafts::default();
    drafts.keep(&config, manifest);
    let image = Image::find(&drafts, &Selector::Sole, None).expect("finds");
    (drafts, image)
}

#[test]
fn from_nothing() {
    let finished = one_layer().finish().expect("finishes");
    let diff_id = crate::digest::Digest::of(b"one");
    assert_eq!(
        String::from_utf8_lossy(finished.config.raw()),
        format!(
            r#"{{"architecture":"arm64","os":"linux","config":{{"Cmd":["run"],"Env":["A=1","B=2"],"Labels":{{"x":"y"}}}},"rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}},"history":[{{"created_by":"one"}}]}}"#
        )
    );
    assert_eq!(finished.descriptor().platform, Some(Platform::new("linux", "arm64")));
    let again = one_layer().finish().expect("finishes");
    assert_eq!(again.manifest.digest(), finished.manifest.digest());
}

#[test]
fn without_a_change_nothing_changes() {
    let (_, image) = strange();
    let finished = Draft::of(&image).expect("an image").finish().expect("finishes");
    assert_eq!(finished.manifest.digest(), image.manifest().digest());
    let mut draft = Draft::of(&image).expect("an image");
    draft.config.env = vec![("A".into(), Some("1".into())), ("Z".into(), None)];
    draft.config.labels = BTreeMap::from([("none".into(), None)]);
    draft.config.platform = Some(Platform::new("linux", "amd64"));
    draft.annotations = BTreeMap::from([("k".into(), Some("v".into()))]);
    assert_eq!(draft.finish().expect("finishes").manifest.digest(), image.manifest().digest());
}

#[test]
fn what_is_not_edited_keeps_its_text() {
    let (_, image) = strange();
    let mut draft = Draft::of(&image).expect("an image");
    draft.config.entrypoint = Some(vec!["/e".into()]);
    draft.annotations = BTreeMap::from([("k".into(), None)]);
    draft.push(made(b"one"), Some(&step("one")));
    let finished = draft.finish().expect("finishes");
    let config = String::from_utf8_lossy(finished.config.raw()).into_owned();
    let diff_id = crate::digest::Digest::of(b"one");
    assert_eq!(
        config,
        format!(
            r#"{{"os":"linux","architecture":"amd64","later":{{"n":1.50}},"config":{{"Env":["A=1"],"New":[ 1 ],"Entrypoint":["/e"]}},"rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}},"history":[{{"created_by":"nothing","empty_layer":true,"more":1.0}},{{"created_by":"one"}}]}}"#
        )
    );
    let manifest = String::from_utf8_lossy(finished.manifest.raw()).into_owned();
    assert!(manifest.contains(r#""later":[ 1.0 ]"#) && !manifest.contains("annotations"), "{manifest}");
    draft.remove(0);
    let back = draft.finish().expect("finishes");
    assert_eq!(back.config.body().history.len(), 1);
    assert!(back.config.body().rootfs.diff_ids.is_empty());
}

#[test]
fn upon_another_image() {
    let (drafts, image) = strange();
    let mut draft = Draft::upon(&image).expect("an image");
    draft.push(made(b"one"), Some(&step("one")));
    let finished = draft.finish().expect("finishes");
    let new = finished.manifest.as_image().expect("an image");
    assert!(new.annotations.is_empty() && new.layers.len() == 1);
    let mut all = Drafts::default();
    let first = all.add(&draft, Some(&drafts)).expect("adds");
    let index = manifest::Index { manifests: vec![first, image.manifest().descriptor()], ..Default::default() };
    let index = Manifest::index(Format::Oci, &index).expect("writes");
    let root = all.add_manifest(index, Some(&drafts));
    assert_eq!(all.resolve(&Selector::Sole).expect("resolves"), Some(root));
    let kept = all.manifest(&image.manifest().descriptor().into()).expect("from the base");
    assert_eq!(kept.digest(), image.manifest().digest());
    for blob in kept.blobs().into_iter().chain(finished.manifest.blobs()) {
        all.blob(blob).expect("found").check().expect("whole");
    }
}

#[test]
fn in_dockers_words() {
    let mut draft = one_layer();
    draft.format = Some(Format::Docker);
    draft.annotations = BTreeMap::from([("k".into(), Some("v".into()))]);
    let finished = draft.finish().expect("finishes");
    let image = finished.manifest.as_image().expect("an image");
    assert_eq!(image.layers[0].media_type, MediaType::DOCKER_LAYER_GZIP);
    assert_eq!(image.config.media_type, MediaType::DOCKER_CONFIG);
    assert!(image.annotations.is_empty());
}
