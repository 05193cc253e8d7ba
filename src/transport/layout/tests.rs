use std::fs;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::class::Classified;
use crate::descriptor::Annotations;
use crate::manifest::{Image, Manifest};
use crate::media_type::{Format, MediaType};
use crate::store::{Content, LockKind, Memory};
use crate::transport::contract::{self, put, put_blob, put_blobs, resolved, sample, tag};
use crate::transport::{Place, referrers_tag};

fn in_memory() -> Layout {
    Layout::over(Arc::new(Memory::new()), "memory", &Options::default())
}

fn create(path: &Path) -> Layout {
    Layout::create(path, &Options::default()).expect("opens")
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(path)
        .expect("lists")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

fn write_index(layout: &Layout, text: &str) {
    layout.store.put(&key("index.json"), Content::Bytes(text.as_bytes())).expect("puts");
}

/// Makes a manifest that refers to another.
fn referrer(subject: &Manifest) -> Manifest {
    let config = Descriptor::of(MediaType::OCI_EMPTY, b"{}");
    let annotations = Annotations::from([("k".into(), "v".into())]);
    let image = Image {
        config,
        layers: Vec::new(),
        subject: Some(subject.descriptor()),
        annotations,
        artifact_type: Some("application/vnd.example".into()),
    };
    Manifest::image(Format::Oci, &image).expect("a manifest")
}

#[test]
fn keeps_the_contract() {
    contract::holds_many(&|| Box::new(in_memory()), true);
    contract::holds_one(&|| Box::new(in_memory()), &Selector::Sole);
    let folder = tempfile::tempdir().expect("a folder");
    let number = AtomicUsize::new(0);
    let make = || -> Box<dyn Transport> {
        let path = folder.path().join(number.fetch_add(1, Ordering::SeqCst).to_string());
        Place::Layout(path).open_destination(&Options::default()).expect("opens")
    };
    contract::holds_many(&make, true);
    contract::holds_one(&make, &Selector::Sole);
}

#[test]
fn the_files_are_those_of_the_specification() {
    let folder = tempfile::tempdir().expect("a folder");
    let layout = create(folder.path());
    let sample = sample("a");
    put(&layout, &tag("v1"), &sample);
    assert!(!folder.path().join("index.json").exists(), "names come last");
    layout.finish().expect("finishes");
    assert_eq!(names(folder.path()), ["blobs", "index.json", "oci-layout"]);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("reads");
    assert_eq!(read("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#);
    let (digest, size) = (sample.manifest.digest(), sample.manifest.raw().len());
    assert_eq!(
        read("index.json"),
        format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":{size},"annotations":{{"org.opencontainers.image.ref.name":"v1"}}}}]}}"#
        )
    );
    let mut digests: Vec<_> = sample.blobs.iter().map(|(blob, _)| blob.digest.hex().to_owned()).collect();
    digests.push(digest.hex().into());
    digests.sort();
    assert_eq!(names(&folder.path().join("blobs/sha256")), digests);
}

#[test]
fn nothing_is_made_before_something_landed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a/b");
    let layout = create(&path);
    let (blob, _) = &sample("a").blobs[0];
    assert!(!layout.has_blob(blob).expect("looks"));
    assert!(layout.complete(&tag("v1")).expect("looks").is_none());
    let broken = Blob::new(blob.clone(), |_| Err(io::ErrorKind::ConnectionReset.into())).expect("a blob");
    layout.put_blob(broken, None).expect_err("broken");
    layout.finish().expect("finishes");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn what_is_no_layout_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options::default();
    let path = folder.path().join("x");
    assert!(Layout::open(&path, &options).expect_err("nothing").is_not_found());
    fs::create_dir(&path).expect("made");
    Layout::create(&path, &options).expect("an empty directory can become one");
    Layout::open(&path, &options).expect_err("an empty directory is none");
    fs::write(path.join("file"), "").expect("written");
    let error = Layout::create(&path, &options).expect_err("refused");
    assert_eq!(error.to_string(), format!("writing an image is not possible in oci:{}", path.display()));
    assert_eq!(error.hint().as_deref(), Some("name an OCI layout, an empty directory or one that does not exist"));
    Layout::create(&path.join("file"), &options).expect_err("a file is none");
    fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).expect("written");
    let error = Layout::create(&path, &options).expect_err("another version");
    assert!(error.to_string().ends_with("is malformed: its layout version is 2.0.0, not 1.x"), "{error}");
}

#[test]
fn resuming() {
    for (kept, resume, outcome) in [
        (&b"sharedsh"[..], true, Outcome::Resumed(8)),
        (b"sharedsh", false, Outcome::Copied),
        (b"something else", true, Outcome::Copied),
        (&b"shared".repeat(40_000), true, Outcome::Copied),
        (&b"shared".repeat(30_000), true, Outcome::Resumed(180_000)),
    ] {
        let options = Options { resume, ..Options::default() };
        let layout = Layout::over(Arc::new(Memory::new()), "memory", &options);
        let (blob, content) = &sample("a").blobs[1];
        let at = format!(".partial/sha256-{}", blob.digest.hex()).parse().expect("a key");
        layout.store.stage(&at).expect("stages").append(0, &mut &*kept).expect("appends");
        assert_eq!(put_blob(&layout, blob, content).expect("puts"), outcome);
        layout.blob(blob).expect("is there").check().expect("is right");
    }
}

#[test]
fn many_handles_keep_every_tag() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let layout = create(path);
                put(&layout, &tag(&format!("v{number}")), &sample(&number.to_string()));
                layout.finish().expect("finishes");
            });
        }
    });
    let layout = create(&path);
    let mut tags = layout.tags(None).expect("lists").names;
    tags.sort();
    assert_eq!(tags, (0..8).map(|number| format!("v{number}")).collect::<Vec<_>>());
    for tag_name in &tags {
        assert!(layout.complete(&tag(tag_name)).expect("looks").is_some());
    }
    assert_eq!(names(&path), ["blobs", "index.json", "oci-layout"]);
}

#[test]
fn without_a_name() {
    let layout = in_memory();
    let (one, two) = (sample("1"), sample("2"));
    assert!(resolved(&layout, &Selector::Sole).is_none());
    put(&layout, &tag("v1"), &one);
    assert_eq!(resolved(&layout, &Selector::Sole).as_ref(), Some(one.manifest.digest()));
    put(&layout, &tag("v2"), &one);
    assert_eq!(resolved(&layout, &Selector::Sole).as_ref(), Some(one.manifest.digest()));
    let signature = referrer(&one.manifest);
    put_blob(&layout, &Descriptor::of(MediaType::OCI_EMPTY, b"{}"), b"{}").expect("puts");
    layout.put_manifest(&Selector::Digest(signature.digest().clone()), &signature).expect("puts");
    assert_eq!(resolved(&layout, &Selector::Sole).as_ref(), Some(one.manifest.digest()), "a signature is no image");
    put(&layout, &Selector::Sole, &two);
    let error = layout.resolve(&Selector::Sole).expect_err("two images");
    assert_eq!(error.to_string(), format!("memory holds 3 images; name one of: v1, v2, @{}", two.manifest.digest()));
    assert_eq!(resolved(&layout, &Selector::Entry(3)).as_ref(), Some(two.manifest.digest()));
    assert!(resolved(&layout, &Selector::Entry(4)).is_none());
}

#[test]
fn an_index_json_may_be_the_image() {
    let layout = in_memory();
    let children = [sample("a"), sample("b")];
    children.iter().for_each(|child| put(&layout, &Selector::Digest(child.manifest.digest().clone()), child));
    let entries = children.iter().zip(["amd64", "arm64"]).map(|(child, architecture)| {
        let it = child.manifest.descriptor();
        format!(
            r#"{{"mediaType":"{}","digest":"{}","size":{},"platform":{{"architecture":"{architecture}","os":"linux"}}}}"#,
            it.media_type.as_str(),
            it.digest,
            it.size
        )
    });
    let text = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.collect::<Vec<_>>().join(","));
    write_index(&layout, &text);
    assert_eq!(resolved(&layout, &Selector::Sole), Some(Digest::of(text.as_bytes())));
    for at in [Selector::Sole, Selector::Digest(Digest::of(text.as_bytes()))] {
        assert_eq!(layout.manifest(&at).expect("reads").raw(), text.as_bytes());
    }
}

#[test]
fn referrers_are_entries() {
    let layout = in_memory();
    let image = sample("a");
    put(&layout, &tag("v1"), &image);
    let signature = referrer(&image.manifest);
    put_blob(&layout, &Descriptor::of(MediaType::OCI_EMPTY, b"{}"), b"{}").expect("puts");
    layout.put_manifest(&signature.descriptor().into(), &signature).expect("puts");
    layout.finish().expect("finishes");
    let found = layout.referrers(image.manifest.digest()).expect("lists");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].digest, *signature.digest());
    assert_eq!(found[0].artifact_type.as_deref(), Some("application/vnd.example"));
    assert_eq!(found[0].annotations.get("k").map(String::as_str), Some("v"));
    assert_eq!(layout.tags(None).expect("lists").names, ["v1"]);
    assert!(layout.referrers(signature.digest()).expect("lists").is_empty());

    // What tools without an own list write.
    let other = in_memory();
    put(&other, &tag("v1"), &image);
    let manifests = vec![signature.descriptor()];
    let list = Manifest::index(Format::Oci, &crate::manifest::Index { manifests, ..Default::default() }).expect("made");
    other.put_manifest(&tag(&referrers_tag(image.manifest.digest())), &list).expect("puts");
    other.store.put(&blob_key(signature.digest()), Content::Bytes(signature.raw())).expect("puts");
    assert_eq!(other.referrers(image.manifest.digest()).expect("lists").len(), 1);
    assert_eq!(resolved(&other, &Selector::Sole).as_ref(), Some(image.manifest.digest()));
}

#[test]
fn a_sweep_frees_what_nothing_needs() {
    let layout = in_memory();
    let (kept, gone) = (sample("kept"), sample("gone"));
    put(&layout, &tag("v1"), &kept);
    put(&layout, &tag("v2"), &gone);
    layout.finish().expect("finishes");
    assert_eq!(layout.sweep(true).expect("looks"), Swept::default());
    put_blobs(&layout, &sample("loose"));
    let loose = sample("loose");
    let expected = Swept { blobs: 2, bytes: loose.blobs[0].0.size + loose.blobs[2].0.size };
    assert_eq!(layout.sweep(true).expect("looks"), expected);
    assert_eq!(layout.sweep(false).expect("sweeps"), expected);
    assert_eq!(layout.sweep(false).expect("sweeps"), Swept::default());

    layout.delete(&tag("v2")).expect("deletes");
    let is_there = |(blob, _): &(Descriptor, Vec<u8>)| layout.has_blob(blob).expect("looks");
    assert_eq!(gone.blobs.iter().map(is_there).collect::<Vec<_>>(), [false, true, false], "the shared layer stays");
    assert!(layout.complete(&tag("v1")).expect("looks").is_some());

    // A manifest that cannot be read may need anything.
    layout.store.put(&blob_key(kept.manifest.digest()), Content::Bytes(b"{}")).expect("puts");
    layout.sweep(false).expect_err("unknown needs");
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
    assert_eq!(layout.sweep(false).expect("sweeps"), Swept::default());
    assert!(layout.complete(&tag("inner")).expect("looks").is_some());
}

#[test]
fn a_layout_in_use_is_not_swept() {
    let folder = tempfile::tempdir().expect("a folder");
    let notes = Arc::new(Mutex::new(Vec::new()));
    let heard = notes.clone();
    let watch = Watch::new(move |event| {
        if let crate::watch::Event::Note { text } = event {
            heard.lock().expect("sound").push((*text).to_owned());
        }
    });
    let layout = Layout::create(folder.path(), &Options { watch, ..Options::default() }).expect("opens");
    put(&layout, &tag("v1"), &sample("a"));
    layout.finish().expect("finishes");
    let writer = create(folder.path());
    let loose = sample("b");
    put_blobs(&writer, &loose);
    layout.delete(&tag("v1")).expect("deletes");
    assert!(writer.has_blob(&loose.blobs[0].0).expect("looks"));
    let place = folder.path().display();
    assert_eq!(
        *notes.lock().expect("sound"),
        [format!("oci:{place} is in use: blobs that nothing needs any more stay there for now")]
    );
    writer.put_manifest(&tag("v2"), &loose.manifest).expect("puts");
    writer.finish().expect("finishes");
    drop(writer);
    assert_eq!(layout.sweep(false).expect("sweeps").blobs, 3);
    assert!(layout.complete(&tag("v2")).expect("looks").is_some());
}

#[test]
fn a_writer_waits_for_a_sweep() {
    let folder = tempfile::tempdir().expect("a folder");
    let layout = create(folder.path());
    put(&layout, &tag("v1"), &sample("a"));
    layout.finish().expect("finishes");
    drop(layout);
    let sweep = Local::new(folder.path()).lock(&key("oci-layout"), LockKind::Exclusive).expect("locks");
    let released = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            create(folder.path()).has_blob(&sample("a").blobs[0].0).expect("looks");
            assert_eq!(released.load(Ordering::SeqCst), 1);
        });
        released.store(1, Ordering::SeqCst);
        drop(sweep);
    });
}

#[test]
fn a_broken_manifest_does_not_hide_the_others() {
    let layout = in_memory();
    let image = sample("a");
    put(&layout, &tag("v1"), &image);
    let broken = br#"{"layers":[{"digest":"md5:0"}]}"#;
    let entry = Descriptor::of(MediaType::OCI_MANIFEST, broken);
    layout.store.put(&blob_key(&entry.digest), Content::Bytes(broken)).expect("puts");
    layout.edit(Edit::Tag("hostile".into(), entry)).expect("edits");
    assert!(layout.referrers(image.manifest.digest()).expect("lists").is_empty());
    assert!(matches!(layout.resolve(&Selector::Sole), Err(Error::Ambiguous { .. })));
    layout.manifest(&tag("hostile")).expect_err("refused");
    layout.sweep(false).expect_err("unknown needs");
}

#[test]
fn schema_1_has_no_place() {
    let raw = br#"{"schemaVersion":1,"name":"a","tag":"b","architecture":"amd64","fsLayers":[],"history":[]}"#;
    let manifest = Manifest::parse(&raw[..], Some(&MediaType::DOCKER_SCHEMA1)).expect("parses");
    let layout = in_memory();
    assert!(layout.accepts(&manifest).expect_err("refused").hint().is_some());
    layout.put_manifest(&tag("v1"), &manifest).expect_err("refused");
}

#[test]
fn keeps_every_writers_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || -> Box<dyn Transport> { Box::new(create(folder.path())) };
    contract::keeps_every_writers_names(&open, ["a", "b", "c"]);
    contract::keeps_every_update(&open, "d");
}
