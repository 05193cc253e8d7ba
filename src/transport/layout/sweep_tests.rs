//! What a sweep removes, and when it removes nothing.

use super::*;
use crate::descriptor::Annotations;
use crate::manifest::{Image, Index as ManifestIndex};
use crate::media_type::{Format, MediaType};
use crate::store::{Content, Memory};
use crate::transport::contract::{Sample, put, put_blobs, sample, tag};

const DRY: Sweep = Sweep { dry_run: true, allow_missing: false, allow_empty: false };

fn in_memory() -> Layout {
    Layout::over(Arc::new(Memory::new()), "memory", &Options::default())
}

fn blobs(layout: &Layout) -> Vec<Key> {
    layout.store.list(&key("blobs"), None, Depth::All).expect("lists").keys
}

/// Makes a layout of the images `a` and `c`, of an index of `a` and `b`, and of a blob that nothing needs.
fn filled() -> (Layout, [Sample; 3], Manifest) {
    let layout = in_memory();
    let [a, b, c] = ["a", "b", "c"].map(sample);
    for (name, image) in [("a", &a), ("c", &c)] {
        put(&layout, &tag(name), image);
    }
    put_blobs(&layout, &b);
    let child = b.manifest.descriptor();
    layout.put_manifest(&child.clone().into(), &b.manifest).expect("puts");
    let manifests = vec![a.manifest.descriptor(), child];
    let index = Manifest::index(Format::Oci, &ManifestIndex { manifests, ..Default::default() }).expect("made");
    layout.put_manifest(&tag("index"), &index).expect("puts");
    layout.finish().expect("finishes");
    layout.store.put(&blob_key(&Digest::of(b"loose")), Content::Bytes(b"loose")).expect("puts");
    (layout, [a, b, c], index)
}

/// Damage of every kind: nothing goes, with and without a dry run, and the error names it.
#[test]
fn a_damaged_layout_keeps_everything() {
    type Damage = fn(&Layout, &[Sample; 3], &Manifest) -> String;
    let cases: [(&str, Damage); 9] = [
        ("no index.json", |layout, _, _| {
            layout.store.delete(&key("index.json")).expect("deletes");
            "it has no index.json".into()
        }),
        ("an empty object", |layout, _, _| with_index(layout, "{}")),
        ("a version alone", |layout, _, _| with_index(layout, r#"{"schemaVersion":2}"#)),
        ("a misspelt member", |layout, _, _| with_index(layout, r#"{"schemaVersion":2,"manifest":[]}"#)),
        ("null", |layout, _, _| with_index(layout, r#"{"schemaVersion":2,"manifests":null}"#)),
        ("a missing image", |layout, images, _| missing(layout, &images[2].manifest)),
        ("a missing child", |layout, images, _| missing(layout, &images[1].manifest)),
        ("a missing index", |layout, _, index| missing(layout, index)),
        ("a torn image", |layout, images, _| {
            let raw = images[2].manifest.raw();
            layout.store.put(&blob_key(images[2].manifest.digest()), Content::Bytes(&raw[..20])).expect("puts");
            images[2].manifest.digest().to_string()
        }),
    ];
    for (what, damage) in cases {
        let (layout, images, index) = filled();
        let named = damage(&layout, &images, &index);
        let before = blobs(&layout);
        for options in [DRY, Sweep::default()] {
            let error = crate::error_chain::with_causes(&layout.sweep(&options).expect_err(what));
            assert!(error.contains(&named), "{what}: {error}");
            assert_eq!(blobs(&layout), before, "{what}");
        }
    }
    let (layout, ..) = filled();
    assert_eq!(layout.sweep(&Sweep::default()).expect("sweeps").blobs, [(Digest::of(b"loose"), 5)]);
}

fn with_index(layout: &Layout, text: &str) -> String {
    layout.store.put(&key("index.json"), Content::Bytes(text.as_bytes())).expect("puts");
    "its index.json has no list".into()
}

fn missing(layout: &Layout, manifest: &Manifest) -> String {
    assert!(layout.store.delete(&blob_key(manifest.digest())).expect("deletes"));
    format!("{} is missing", manifest.digest())
}

/// What is left out or missing on purpose is said to be so.
#[test]
fn what_is_missing_may_be_meant_to_be() {
    let (layout, images, _) = filled();
    missing(&layout, &images[1].manifest);
    let options = Sweep { allow_missing: true, ..Sweep::default() };
    let gone = layout.sweep(&options).expect("sweeps").blobs;
    assert!(gone.contains(&(Digest::of(b"loose"), 5)), "{gone:?}");
    assert!(layout.complete(&tag("a")).expect("looks").is_some());

    let (layout, ..) = filled();
    layout.store.delete(&key("index.json")).expect("deletes");
    let options = Sweep { allow_empty: true, ..Sweep::default() };
    assert!(!layout.sweep(&options).expect("sweeps").blobs.is_empty());
    assert!(blobs(&layout).is_empty());
}

/// The tag goes, for that was asked for; the blobs stay, and a note says so.
#[test]
fn a_tag_of_a_damaged_layout_can_be_deleted() {
    let (mut layout, images, _) = filled();
    missing(&layout, &images[1].manifest);
    let before = blobs(&layout);
    let notes = Arc::new(Mutex::new(Vec::new()));
    let heard = notes.clone();
    layout.watch = Watch::new(move |event| {
        if let crate::watch::Event::Note { text } = event {
            heard.lock().expect("sound").push((*text).to_owned());
        }
    });
    layout.delete(&tag("c")).expect("deletes");
    assert_eq!(layout.tags(None).expect("lists").names, ["a", "index"]);
    assert_eq!(blobs(&layout), before);
    let notes = notes.lock().expect("sound").concat();
    assert!(
        notes.starts_with("the blobs of memory stay: ") && notes.contains(&images[1].manifest.digest().to_string()),
        "{notes}"
    );

    let (layout, ..) = filled();
    layout.store.delete(&key("index.json")).expect("deletes");
    layout.delete(&tag("a")).expect_err("nothing tells what is there");
    assert!(layout.store.get(&key("index.json")).expect("looks").is_none(), "no empty one takes its place");
    layout.sweep(&Sweep::default()).expect_err("still nothing tells");
}

/// Content of a type that is not known keeps all that it seems to name, and what that names.
#[test]
fn what_is_not_understood_keeps_what_it_names() {
    let layout = in_memory();
    let [blob, other] = [&b"blob"[..], b"other"].map(|content| {
        layout.store.put(&blob_key(&Digest::of(content)), Content::Bytes(content)).expect("puts");
        Digest::of(content)
    });
    let inner = format!(r#"{{"odd":[{{"digest":"{blob}"}}]}}"#).into_bytes();
    let outer = format!(r#"{{"parts":{{"{}":"{other}"}}}}"#, Digest::of(&inner)).into_bytes();
    for raw in [&inner, &outer] {
        layout.store.put(&blob_key(&Digest::of(raw)), Content::Bytes(raw)).expect("puts");
    }
    let mut entry = Descriptor::of(MediaType::new("application/vnd.example.unknown"), &outer);
    entry.annotations = Annotations::from([(index::REF_NAME.into(), "v1".into())]);
    let entries = serde_json::json!({"schemaVersion": 2, "manifests": [entry]}).to_string();
    with_index(&layout, &entries);
    assert_eq!(layout.sweep(&Sweep::default()).expect("sweeps"), Swept::default());
    layout.store.delete(&blob_key(&entry.digest)).expect("deletes");
    layout.sweep(&Sweep::default()).expect_err("it may have needed anything");
    layout.store.put(&blob_key(&entry.digest), Content::Bytes(b"torn")).expect("puts");
    layout.sweep(&Sweep::default()).expect_err("it may have needed anything");
}

#[test]
fn a_sweep_frees_what_nothing_needs() {
    let layout = in_memory();
    let (kept, gone) = (sample("kept"), sample("gone"));
    put(&layout, &tag("v1"), &kept);
    put(&layout, &tag("v2"), &gone);
    layout.finish().expect("finishes");
    assert_eq!(layout.sweep(&DRY).expect("looks"), Swept::default());
    put_blobs(&layout, &sample("loose"));
    let loose = sample("loose");
    let mut blobs = [0, 2].map(|nth| &loose.blobs[nth].0).map(|blob| (blob.digest.clone(), blob.size)).to_vec();
    blobs.sort();
    let expected = Swept { bytes: blobs.iter().map(|(_, size)| size).sum(), blobs };
    assert_eq!(layout.sweep(&DRY).expect("looks"), expected);
    assert_eq!(layout.sweep(&Sweep::default()).expect("sweeps"), expected);
    assert_eq!(layout.sweep(&Sweep::default()).expect("sweeps"), Swept::default());

    layout.delete(&tag("v2")).expect("deletes");
    let is_there = |(blob, _): &(Descriptor, Vec<u8>)| layout.has_blob(blob).expect("looks");
    assert_eq!(gone.blobs.iter().map(is_there).collect::<Vec<_>>(), [false, true, false], "the shared layer stays");
    assert!(layout.complete(&tag("v1")).expect("looks").is_some());

    // A manifest that cannot be read may need anything.
    layout.store.put(&blob_key(kept.manifest.digest()), Content::Bytes(b"{}")).expect("puts");
    layout.sweep(&Sweep::default()).expect_err("unknown needs");
    assert!(kept.blobs.iter().all(is_there));
}

/// An artifact may carry the bytes of a manifest as its content; that manifest still needs what it needs.
#[test]
fn a_sweep_keeps_the_needs_of_a_manifest_that_is_also_a_blob() {
    let layout = in_memory();
    let inner = sample("inner");
    let image = Image {
        config: Descriptor::of(MediaType::OCI_EMPTY, b"{}"),
        layers: vec![Descriptor { media_type: MediaType::OCTET_STREAM, ..inner.manifest.descriptor() }],
        subject: None,
        annotations: Annotations::new(),
        artifact_type: Some("application/vnd.example".into()),
    };
    let artifact = Manifest::image(Format::Oci, &image).expect("a manifest");
    layout.put_manifest(&tag("artifact"), &artifact).expect("puts");
    put(&layout, &tag("inner"), &inner);
    layout.finish().expect("finishes");
    assert_eq!(layout.sweep(&Sweep::default()).expect("sweeps"), Swept::default());
    assert!(layout.complete(&tag("inner")).expect("looks").is_some());
}
