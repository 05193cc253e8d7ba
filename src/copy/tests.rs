use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::in_flight::{InFlight, State};
use super::*;
use crate::blob::Blob;
use crate::class::{Class, Classified};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{Image, Index, Manifest};
use crate::media_type::{Format, MediaType};
use crate::platform::Platform;
use crate::transport::{self, Origin, Selector, Source, Transport};
use crate::watch::{Event, Outcome};

mod limits;

/// A place in memory that notes every write, and can be told to fail.
#[derive(Default)]
struct Shelf {
    name: &'static str,
    blobs: Mutex<BTreeMap<Digest, Vec<u8>>>,
    manifests: Mutex<BTreeMap<Digest, Manifest>>,
    tags: Mutex<BTreeMap<String, Digest>>,
    writes: Mutex<Vec<String>>,
    broken: Option<Digest>,
    /// Bytes of manifests that were read.
    read: AtomicU64,
    /// Listed as referrers of every manifest that has some, and none of them.
    stale: Vec<Descriptor>,
}

impl fmt::Display for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Shelf {
    fn named(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    fn digest(&self, at: &Selector) -> Option<Digest> {
        match at {
            Selector::Tag(tag) => self.tags.lock().expect("tags").get(tag).cloned(),
            other => other.digest().cloned(),
        }
    }

    fn add_blob(&self, media_type: MediaType, content: &[u8]) -> Descriptor {
        let descriptor = Descriptor::of(media_type, content);
        self.blobs.lock().expect("blobs").insert(descriptor.digest.clone(), content.to_vec());
        descriptor
    }

    fn add_manifest(&self, manifest: Manifest, tag: Option<&str>) -> Descriptor {
        let descriptor = manifest.descriptor();
        self.manifests.lock().expect("manifests").insert(descriptor.digest.clone(), manifest);
        if let Some(tag) = tag {
            self.tags.lock().expect("tags").insert(tag.into(), descriptor.digest.clone());
        }
        descriptor
    }

    fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.writes.lock().expect("writes"))
    }

    /// An index of images for these platforms under the tag v1; each with a layer of its own and one they share.
    fn with_platforms(name: &'static str, platforms: &[&str]) -> Self {
        let shelf = Self::named(name);
        let shared = shelf.add_blob(MediaType::OCI_LAYER_GZIP, b"shared");
        let entry = |text: &&str| {
            let platform: Platform = text.parse().expect("a platform");
            let config = format!(r#"{{"os":"{}","architecture":"{}"}}"#, platform.os, platform.architecture);
            let image = Image {
                config: shelf.add_blob(MediaType::OCI_CONFIG, config.as_bytes()),
                layers: vec![shared.clone(), shelf.add_blob(MediaType::OCI_LAYER_GZIP, text.as_bytes())],
                subject: None,
                annotations: BTreeMap::new(),
                artifact_type: None,
            };
            let manifest = Manifest::image(Format::Oci, &image).expect("encodes");
            Descriptor { platform: Some(platform), ..shelf.add_manifest(manifest, None) }
        };
        let manifests = platforms.iter().map(entry).collect();
        let index = Manifest::index(Format::Oci, &Index { manifests, ..Index::default() }).expect("encodes");
        shelf.add_manifest(index, Some("v1"));
        shelf
    }
}

impl Source for Shelf {
    fn resolve(&self, at: &Selector) -> transport::Result<Option<Descriptor>> {
        let manifests = self.manifests.lock().expect("manifests");
        Ok(self.digest(at).and_then(|digest| manifests.get(&digest).map(Manifest::descriptor)))
    }

    fn manifest(&self, at: &Selector) -> transport::Result<Manifest> {
        let digest = self.digest(at).ok_or_else(|| transport::Error::not_found(at, self))?;
        let manifests = self.manifests.lock().expect("manifests");
        let manifest = manifests.get(&digest).cloned().ok_or_else(|| transport::Error::not_found(at, self))?;
        self.read.fetch_add(manifest.raw().len() as u64, Ordering::Relaxed);
        Ok(manifest)
    }

    fn blob(&self, blob: &Descriptor) -> transport::Result<Blob<'_>> {
        let content = self.blobs.lock().expect("blobs").get(&blob.digest).cloned();
        let content = content.ok_or_else(|| transport::Error::not_found(&blob.digest, self))?;
        let is_broken = self.broken.as_ref() == Some(&blob.digest);
        Ok(Blob::new(blob.clone(), move |at| {
            if is_broken {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            Ok(Box::new(io::Cursor::new(content[usize::try_from(at).expect("small")..].to_vec())))
        })?)
    }

    fn referrers(&self, subject: &Digest) -> transport::Result<Vec<Descriptor>> {
        let manifests = self.manifests.lock().expect("manifests");
        let refers = |each: &&Manifest| each.subject().is_some_and(|own| own.digest == *subject);
        let mut found: Vec<Descriptor> = manifests.values().filter(refers).map(Manifest::as_referrer).collect();
        if !found.is_empty() {
            found.extend(self.stale.iter().cloned());
        }
        Ok(found)
    }

    fn origin(&self) -> Option<&Origin> {
        None
    }
}

impl Transport for Shelf {
    fn has_blob(&self, blob: &Descriptor) -> transport::Result<bool> {
        Ok(self.blobs.lock().expect("blobs").contains_key(&blob.digest))
    }

    fn put_blob(&self, blob: Blob<'_>, _: Option<&Origin>) -> transport::Result<Outcome> {
        if self.has_blob(blob.descriptor())? {
            return Ok(Outcome::Existed);
        }
        let digest = blob.descriptor().digest.clone();
        if self.broken.as_ref() == Some(&digest) {
            return Err(transport::Error::io("write", "/full")(io::ErrorKind::StorageFull.into()));
        }
        let content = blob.read_all(1 << 20).map_err(transport::Error::from_read)?;
        self.writes.lock().expect("writes").push(format!("blob {}", digest.short()));
        self.blobs.lock().expect("blobs").insert(digest, content);
        Ok(Outcome::Copied)
    }

    fn put_manifest(&self, at: &Selector, manifest: &Manifest) -> transport::Result<()> {
        for child in manifest.children() {
            assert!(self.manifests.lock().expect("manifests").contains_key(&child.digest), "children come first");
        }
        for blob in manifest.blobs() {
            assert!(self.has_blob(blob)? || blob.media_type.is_nondistributable(), "blobs come first");
        }
        self.writes.lock().expect("writes").push(at.to_string());
        self.add_manifest(manifest.clone(), at.tag());
        Ok(())
    }
}

fn run(source: &Shelf, destination: &Shelf, to: &Selector, options: &Options) -> Result<Report> {
    let from = Selector::Tag("v1".into());
    let request = Request { source, from: &from, destination, to, options };
    let jobs = NonZeroUsize::new(3).expect("three");
    copy(&request, jobs, &Watch::default())
}

fn tag(name: &str) -> Selector {
    Selector::Tag(name.into())
}

fn all() -> Options {
    Options { platforms: Platforms::All, ..Options::default() }
}

fn named(shelf: &Shelf, name: &str) -> Digest {
    shelf.tags.lock().expect("tags")[name].clone()
}

#[test]
fn a_whole_index_arrives_children_first_and_named_last() {
    let source = Shelf::with_platforms("here", &["linux/amd64", "linux/arm64/v8"]);
    let destination = Shelf::named("there");
    let report = run(&source, &destination, &tag("x"), &all()).expect("copies");
    assert_eq!(report.manifest.digest, named(&source, "v1"));
    assert_eq!(named(&destination, "x"), named(&source, "v1"));
    assert_eq!((report.images, report.totals.sent, report.totals.existed), (2, 5, 0));
    let writes = destination.writes();
    assert_eq!(writes.len(), 8);
    assert_eq!(writes[7], "tag x");
    let again = run(&source, &destination, &tag("x"), &all()).expect("again");
    assert!(again.up_to_date);
    assert_eq!(destination.writes(), [""; 0]);
    let names = Options { additional_tags: vec!["x".into(), "y".into()], ..all() };
    run(&source, &destination, &tag("x"), &names).expect("one more name");
    assert_eq!(destination.writes(), ["tag y"]);
}

#[test]
fn platforms() {
    let source = Shelf::with_platforms("here", &["linux/amd64", "linux/arm64/v8", "linux/s390x", "windows/amd64"]);
    let destination = Shelf::named("there");
    let only = |texts: &[&str]| Options {
        platforms: Platforms::Only(texts.iter().map(|text| text.parse().expect("a platform")).collect()),
        ..Options::default()
    };
    let report = run(&source, &destination, &tag("arm"), &only(&["linux/arm64"])).expect("one");
    let choice = report.choice.expect("a choice");
    assert_eq!((choice.platforms, choice.of), (vec!["linux/arm64/v8".to_owned()], 4));
    assert_eq!(report.images, 1);
    let report = run(&source, &destination, &tag("two"), &only(&["linux/s390x", "linux/amd64"])).expect("two");
    let index = destination.manifest(&tag("two")).expect("an index");
    assert_eq!(index.children().len(), 2);
    assert_eq!(report.manifest.digest, *index.digest());
    destination.writes();
    let error = run(&source, &destination, &tag("no"), &only(&["linux/riscv64"])).expect_err("none");
    assert_eq!(error.class(), Class::NotFound);
    assert_eq!(
        error.to_string(),
        "here, tag v1 has no image for linux/riscv64; it has linux/amd64, linux/arm64/v8, linux/s390x, windows/amd64"
    );
    let kept = Options { preserve_digests: true, ..only(&["linux/s390x", "linux/amd64"]) };
    assert!(matches!(run(&source, &destination, &tag("no"), &kept), Err(Error::Preserve { .. })));
    assert_eq!(destination.writes(), [""; 0]);
}

#[test]
fn formats() {
    let source = Shelf::with_platforms("here", &["linux/amd64", "linux/arm64"]);
    let destination = Shelf::named("there");
    let docker = Options { format: Some(Format::Docker), ..all() };
    let report = run(&source, &destination, &tag("d"), &docker).expect("converts");
    assert_eq!(report.manifest.media_type, MediaType::DOCKER_LIST);
    let list = destination.manifest(&tag("d")).expect("a list");
    let child = destination.manifest(&Selector::from(list.children()[0].clone())).expect("a child");
    assert_eq!(*child.media_type(), MediaType::DOCKER_MANIFEST);
    assert_eq!(child.blobs()[1].media_type, MediaType::DOCKER_LAYER_GZIP);
    // And back: the very bytes that were made from the same parts.
    let back = Shelf::named("back");
    let from = tag("d");
    let oci = Options { format: Some(Format::Oci), ..all() };
    let request = Request { source: &destination, from: &from, destination: &back, to: &tag("o"), options: &oci };
    copy(&request, NonZeroUsize::MIN, &Watch::default()).expect("converts back");
    assert_eq!(named(&back, "o"), named(&source, "v1"));
    let kept = Options { preserve_digests: true, ..docker };
    let error = run(&source, &Shelf::named("new"), &tag("d"), &kept).expect_err("would change");
    assert!(matches!(error, Error::Preserve { .. }));
    let same = Options { format: Some(Format::Oci), preserve_digests: true, ..all() };
    run(&source, &Shelf::named("new"), &tag("d"), &same).expect("changes nothing");
}

#[test]
fn promises_and_dry_runs_write_nothing() {
    let source = Shelf::with_platforms("here", &["linux/amd64"]);
    let destination = Shelf::named("there");
    let other = Selector::Digest(Digest::of(b"other"));
    let error = run(&source, &destination, &other, &all()).expect_err("another digest");
    assert_eq!(error.class(), Class::Verification);
    let docker = Options { format: Some(Format::Docker), ..all() };
    let unconverted = Selector::Digest(named(&source, "v1"));
    assert_eq!(run(&source, &destination, &unconverted, &docker).expect_err("converted").class(), Class::Verification);
    let dry = Options { dry_run: true, ..all() };
    let report = run(&source, &destination, &tag("x"), &dry).expect("plans");
    assert_eq!(report.plan.len(), 5);
    assert!(matches!(&report.plan[4], Step::Manifest { name: Some(name), .. } if name == "x"));
    assert_eq!((report.totals.sent, report.totals.sent_bytes > 0), (3, true));
    let wrong = Options { check_tag: Some("nope".parse().expect("a tag")), ..all() };
    assert_eq!(run(&source, &destination, &tag("x"), &wrong).expect_err("no such tag").class(), Class::NotFound);
    assert_eq!(destination.writes(), [""; 0]);
}

#[test]
fn sizes_that_nothing_can_have_are_found_out() {
    let source = Shelf::named("here");
    let claims = |content: &[u8]| Descriptor { size: u64::MAX, ..source.add_blob(MediaType::OCI_LAYER_GZIP, content) };
    let image = Image {
        config: source.add_blob(MediaType::OCI_CONFIG, b"{}"),
        layers: vec![claims(b"one"), claims(b"other")],
        subject: None,
        annotations: BTreeMap::new(),
        artifact_type: None,
    };
    source.add_manifest(Manifest::image(Format::Oci, &image).expect("encodes"), Some("v1"));
    let destination = Shelf::named("there");
    let dry = Options { dry_run: true, ..all() };
    assert_eq!(run(&source, &destination, &tag("x"), &dry).expect("plans").totals.sent_bytes, u64::MAX);
    run(&source, &destination, &tag("x"), &all()).expect_err("nothing is that large");
    assert!(!destination.writes().iter().any(|write| write.contains(" x")), "the name is not written");
}

/// Each index stands twenty times in the one above it: who follows every entry never ends.
#[test]
fn an_index_that_stands_many_times_is_read_once() {
    let source = Shelf::with_platforms("here", &["linux/other"]);
    let mut below = source.manifests.lock().expect("manifests")[&named(&source, "v1")].descriptor();
    for _ in 1..transport::MAX_DEPTH {
        let index = Index { manifests: vec![below; 20], ..Index::default() };
        below = source.add_manifest(Manifest::index(Format::Oci, &index).expect("encodes"), Some("v1"));
    }
    let only = Options { platforms: Platforms::Only(vec!["linux/none".parse().expect("a platform")]), ..all() };
    let destination = Shelf::named("there");
    assert_eq!(run(&source, &destination, &tag("x"), &only).expect_err("not there").class(), Class::NotFound);
    run(&source, &destination, &tag("x"), &all()).expect("copies");
    assert!(run(&source, &destination, &tag("x"), &all()).expect("looks").up_to_date);
}

#[test]
fn the_failing_side_is_named_and_the_name_not_written() {
    let mut source = Shelf::with_platforms("here", &["linux/amd64"]);
    source.broken = Some(Digest::of(b"linux/amd64"));
    let destination = Shelf::named("there");
    let error = run(&source, &destination, &tag("x"), &all()).expect_err("a broken blob");
    assert!(matches!(&error, Error::Place { side: Side::Source, place, .. } if place == "here"), "{error:?}");
    source.broken = None;
    let full = Shelf { broken: Some(Digest::of(b"linux/amd64")), ..Shelf::named("full") };
    let error = run(&source, &full, &tag("x"), &all()).expect_err("a full disk");
    assert!(matches!(&error, Error::Place { side: Side::Destination, place, .. } if place == "full"), "{error:?}");
    for shelf in [&destination, &full] {
        assert!(shelf.tags.lock().expect("tags").is_empty());
        assert!(shelf.manifests.lock().expect("manifests").is_empty());
    }
    source.blobs.lock().expect("blobs").remove(&Digest::of(b"shared"));
    let error = run(&source, &destination, &tag("x"), &all()).expect_err("a missing blob");
    assert_eq!(error.class(), Class::NotFound);
    let nothing = run(&Shelf::named("empty"), &destination, &tag("x"), &all()).expect_err("nothing there");
    assert_eq!(nothing.class(), Class::NotFound);
}

#[test]
fn what_must_not_be_distributed_stays_unless_asked_for() {
    let source = Shelf::named("here");
    let image = Image {
        config: source.add_blob(MediaType::DOCKER_CONFIG, b"{}"),
        layers: vec![source.add_blob(MediaType::DOCKER_FOREIGN_GZIP, b"foreign")],
        subject: None,
        annotations: BTreeMap::new(),
        artifact_type: None,
    };
    source.add_manifest(Manifest::image(Format::Docker, &image).expect("encodes"), Some("v1"));
    let destination = Shelf::named("there");
    let report = run(&source, &destination, &tag("x"), &all()).expect("copies");
    assert_eq!((report.totals.sent, report.totals.skipped), (1, 1));
    let external = Options { include_external: true, ..all() };
    let report = run(&source, &Shelf::named("new"), &tag("x"), &external).expect("copies");
    assert_eq!((report.totals.sent, report.totals.skipped), (2, 0));
}

#[test]
fn a_child_that_stands_at_two_depths_is_written_before_both_parents() {
    let source = Shelf::with_platforms("here", &["linux/amd64"]);
    let inner = source.manifest(&tag("v1")).expect("the index");
    let entry = inner.children()[0].clone();
    let manifests = vec![entry, inner.descriptor()];
    let outer = Manifest::index(Format::Oci, &Index { manifests, ..Index::default() }).expect("encodes");
    source.add_manifest(outer.clone(), Some("v1"));
    let destination = Shelf::named("there");
    let report = run(&source, &destination, &tag("x"), &all()).expect("copies");
    assert_eq!((report.manifest.digest, report.images), (outer.digest().clone(), 1));
    let docker = Options { format: Some(Format::Docker), ..all() };
    run(&source, &Shelf::named("new"), &tag("x"), &docker).expect("converts nested");
}

#[test]
fn a_stopped_copy_says_so() {
    let source = Shelf::with_platforms("here", &["linux/amd64"]);
    let destination = Shelf::named("there");
    let stop = std::sync::Arc::new(Mutex::new(None::<Watch>));
    let held = stop.clone();
    let watch = Watch::new(move |event| {
        if let (Event::Planned { .. }, Some(watch)) = (event, &*held.lock().expect("held")) {
            watch.cancel();
        }
    });
    *stop.lock().expect("stop") = Some(watch.clone());
    let (from, to, options) = (tag("v1"), tag("x"), all());
    let request = Request { source: &source, from: &from, destination: &destination, to: &to, options: &options };
    let error = copy(&request, NonZeroUsize::MIN, &watch).expect_err("stopped");
    assert_eq!(error.class(), Class::Interrupted);
    assert!(destination.tags.lock().expect("tags").is_empty());
}

#[test]
fn copies_of_one_session_send_a_blob_once() {
    let (here, there) =
        (Shelf::with_platforms("here", &["linux/amd64"]), Shelf::with_platforms("there", &["linux/arm64"]));
    let destination = Shelf::named("destination");
    let session = Session::new(NonZeroUsize::MIN, Watch::default());
    let (from, options) = (tag("v1"), all());
    let copy = |source: &Shelf, to: &str| {
        let to = tag(to);
        session.copy(&Request { source, from: &from, destination: &destination, to: &to, options: &options })
    };
    assert_eq!(copy(&here, "a").expect("copies").totals.sent, 3);
    // It is not asked for again.
    there.blobs.lock().expect("blobs").remove(&Digest::of(b"shared"));
    let totals = copy(&there, "b").expect("copies").totals;
    assert_eq!((totals.sent, totals.existed), (2, 1));
}

#[test]
fn a_blob_that_one_copy_fails_to_bring_is_left_to_the_next() {
    let source = Shelf::with_platforms("here", &["linux/amd64"]);
    let broken = Shelf { broken: Some(Digest::of(b"shared")), ..Shelf::with_platforms("here", &["linux/amd64"]) };
    let destination = Shelf::named("there");
    let session = Session::new(NonZeroUsize::MIN, Watch::default());
    let (from, to, options) = (tag("v1"), tag("x"), all());
    let request = |source| Request { source, from: &from, destination: &destination, to: &to, options: &options };
    session.copy(&request(&broken)).expect_err("a broken blob");
    session.copy(&request(&source)).expect("copies");
}

#[test]
fn who_waits_for_a_blob_takes_over() {
    let (destination, all, watch) = (Shelf::named("there"), InFlight::default(), Watch::default());
    let digest = Digest::of(b"another");
    let begin = || all.begin(&destination, &digest);
    let State::Permit(first) = begin() else { panic!("nobody else uploads it") };
    assert!(matches!(begin(), State::InFlight));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            all.wait(&destination, &digest, &watch).expect("waits");
            match begin() {
                State::Permit(permit) => permit.complete(),
                _ => panic!("it was never completed"),
            }
        });
        drop(first);
        waiting.join().expect("takes over");
    });
    assert!(matches!(begin(), State::Complete));
    let other = Digest::of(b"more");
    let _permit = all.begin(&destination, &other);
    watch.cancel();
    assert!(matches!(all.wait(&destination, &other, &watch), Err(Error::Cancelled(_))));
}

/// Adds an artifact that refers to `subject`; one with a tag refers by that only, as cosign's do.
fn add_referrer(shelf: &Shelf, subject: &Descriptor, content: &str, tag: Option<&str>) -> Descriptor {
    let config = shelf.add_blob(MediaType::new("application/vnd.oci.empty.v1+json"), b"{}");
    let image = Image {
        config,
        layers: vec![shelf.add_blob(MediaType::new("text/plain"), content.as_bytes())],
        subject: tag.is_none().then(|| subject.clone()),
        annotations: BTreeMap::new(),
        artifact_type: Some("application/vnd.example".into()),
    };
    shelf.add_manifest(Manifest::image(Format::Oci, &image).expect("encodes"), tag)
}

fn with_referrers() -> Options {
    Options { referrers: true, ..all() }
}

#[test]
fn referrers_come_before_the_name() {
    let source = Shelf::with_platforms("here", &["linux/amd64"]);
    let index = source.manifest(&tag("v1")).expect("the index");
    let sbom = add_referrer(&source, &index.children()[0], "sbom", None);
    let signature = add_referrer(&source, &sbom, "signature", None);
    let sig = format!("sha256-{}.sig", index.digest().hex());
    add_referrer(&source, &index.descriptor(), "classic", Some(&sig));
    let destination = Shelf::named("there");
    run(&source, &destination, &tag("without"), &all()).expect("copies");
    assert!(destination.referrers(&sbom.digest).expect("looks").is_empty());
    destination.writes();
    let report = run(&source, &destination, &tag("x"), &Options { dry_run: true, ..with_referrers() }).expect("plans");
    assert_eq!((report.referrers, destination.writes()), (3, vec![]));
    let report = run(&source, &destination, &tag("x"), &with_referrers()).expect("copies");
    assert_eq!(report.referrers, 3);
    let mut writes = destination.writes();
    writes.retain(|write| !write.starts_with("blob"));
    let root = format!("manifest {}", index.digest());
    let at = |wanted: &str| writes.iter().position(|write| write == wanted).expect("is written");
    assert_eq!(writes.len(), 6, "{writes:?}");
    assert!(at(&root) < at(&format!("manifest {}", sbom.digest)));
    assert!(at(&format!("manifest {}", sbom.digest)) < at(&format!("manifest {}", signature.digest)));
    assert_eq!((at("tag x"), at(&format!("tag {sig}")) < 5), (5, true));
    let again = run(&source, &destination, &tag("x"), &with_referrers()).expect("again");
    assert!(again.up_to_date);
    assert_eq!(destination.writes(), [""; 0]);
    add_referrer(&source, &sbom, "another signature", None);
    let more = run(&source, &destination, &tag("x"), &with_referrers()).expect("more");
    assert_eq!((more.referrers, more.images, more.up_to_date, destination.writes().len()), (1, 0, false, 2));
}

#[test]
fn referrers_cannot_follow_another_digest() {
    let source = Shelf::with_platforms("here", &["linux/amd64", "linux/arm64", "linux/s390x"]);
    let destination = Shelf::named("there");
    let docker = Options { format: Some(Format::Docker), ..with_referrers() };
    run(&source, &destination, &tag("d"), &docker).expect("nothing refers");
    destination.writes();
    let index = source.manifest(&tag("v1")).expect("the index");
    add_referrer(&source, &index.descriptor(), "signature", None);
    let two = ["linux/amd64", "linux/arm64"].map(|text| text.parse().expect("a platform"));
    let less = Options { platforms: Platforms::Only(two.to_vec()), ..with_referrers() };
    for (options, what) in [(&docker, "converting it"), (&less, "leaving platforms out")] {
        let error = run(&source, &destination, &tag("d"), options).expect_err("refused");
        let wanted = format!("{what} changes the digest {}, and 1 referrer cannot follow", index.digest());
        assert_eq!(error.to_string(), wanted);
    }
    assert_eq!(destination.writes(), [""; 0]);
    let same = Options { format: Some(Format::Oci), ..with_referrers() };
    assert_eq!(run(&source, &destination, &tag("o"), &same).expect("changes nothing").referrers, 1);
}

#[test]
fn what_a_stale_list_names_is_passed_over() {
    let mut source = Shelf::with_platforms("here", &["linux/amd64"]);
    let index = source.manifest(&tag("v1")).expect("the index").descriptor();
    add_referrer(&source, &index, "signature", None);
    let stranger = add_referrer(&source, &index.clone(), "stranger", Some("stranger"));
    source.stale = vec![stranger, Descriptor::of(MediaType::OCI_MANIFEST, b"gone")];
    let report = run(&source, &Shelf::named("there"), &tag("x"), &with_referrers()).expect("copies");
    assert_eq!(report.referrers, 1);
}

#[test]
fn endless_chains_are_refused() {
    let source = Shelf::with_platforms("here", &["linux/amd64"]);
    let mut last = source.manifest(&tag("v1")).expect("the index").descriptor();
    for number in 0..30 {
        last = add_referrer(&source, &last, &number.to_string(), None);
    }
    let destination = Shelf::named("there");
    let error = run(&source, &destination, &tag("x"), &with_referrers()).expect_err("refused");
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    assert_eq!(destination.writes(), [""; 0]);
}

#[test]
fn an_artifact_is_not_called_converted() {
    let source = Shelf::with_platforms("here", &["linux/amd64"]);
    let index = source.manifest(&tag("v1")).expect("the index");
    let artifact = add_referrer(&source, &index.descriptor(), "sbom", None);
    let destination = Shelf::named("there");
    let (from, to) = (Selector::Digest(artifact.digest.clone()), tag("x"));
    let copy_as = |format| {
        let options = Options { format: Some(format), ..all() };
        let request = Request { source: &source, from: &from, destination: &destination, to: &to, options: &options };
        copy(&request, NonZeroUsize::MIN, &Watch::default())
    };
    let error = copy_as(Format::Docker).expect_err("no form");
    assert_eq!(
        error.to_string(),
        format!("{} is an artifact, which has no form in the format docker", artifact.digest)
    );
    assert_eq!(destination.writes(), [""; 0]);
    copy_as(Format::Oci).expect("it has that form");
}

#[test]
fn a_size_of_nothing_is_not_believed() {
    let source = Shelf::with_platforms("here", &["linux/amd64"]);
    let mut layer = source.add_blob(MediaType::OCI_LAYER_GZIP, b"something");
    layer.size = 0;
    let config = source.add_blob(MediaType::OCI_CONFIG, b"{}");
    let image = Image { config, layers: vec![layer], subject: None, annotations: BTreeMap::new(), artifact_type: None };
    source.add_manifest(Manifest::image(Format::Oci, &image).expect("encodes"), Some("v1"));
    let destination = Shelf::named("there");
    let error = run(&source, &destination, &tag("x"), &all()).expect_err("a lie");
    assert_eq!(error.class(), Class::Verification);
    assert_eq!(destination.writes(), [""; 0]);
}
