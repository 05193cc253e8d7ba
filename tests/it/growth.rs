//! Growth: work over what a stranger can make long is linear in its length. Work is counted, not timed: calls of the store and bytes read from
//! it, at n and at 4n. `tests/growth.sh` counts the instructions of the whole program likewise.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use stevedore::descriptor::Descriptor;
use stevedore::manifest::{Image, Manifest};
use stevedore::media_type::{Format, MediaType};
use stevedore::store::{self, Content, Depth, Key, Keys, Lock, LockKind, Memory, Object, Stage, Store, Tar};
use stevedore::transport::{Layout, Options, Selector, Source, Transport};

/// A store that counts what is asked of it.
struct Counting<S> {
    inner: S,
    work: Arc<AtomicU64>,
}

/// What a call weighs in bytes read.
const CALL: u64 = 256;

impl<S> Counting<S> {
    fn called(&self) -> &S {
        self.work.fetch_add(CALL, Ordering::Relaxed);
        &self.inner
    }
}

impl<S: Store> Store for Counting<S> {
    fn get(&self, key: &Key) -> store::Result<Option<Object>> {
        let Some(object) = self.called().get(key)? else {
            return Ok(None);
        };
        let (size, modified, etag, work) = (object.size, object.modified, object.etag.clone(), self.work.clone());
        let mut counted = Object::new(size, move |at| {
            work.fetch_add(CALL + size.saturating_sub(at), Ordering::Relaxed);
            object.open(at)
        });
        (counted.modified, counted.etag) = (modified, etag);
        Ok(Some(counted))
    }

    fn put(&self, key: &Key, content: Content<'_>) -> store::Result<()> {
        self.called().put(key, content)
    }

    fn stage(&self, key: &Key) -> store::Result<Box<dyn Stage>> {
        self.called().stage(key)
    }

    fn delete(&self, key: &Key) -> store::Result<bool> {
        self.called().delete(key)
    }

    fn list(&self, prefix: &Key, after: Option<&Key>, depth: Depth) -> store::Result<Keys> {
        let page = self.called().list(prefix, after, depth)?;
        self.work.fetch_add(page.keys.len() as u64, Ordering::Relaxed);
        Ok(page)
    }

    fn lock(&self, key: &Key, kind: LockKind) -> store::Result<Lock> {
        self.called().lock(key, kind)
    }

    fn tidy(&self, idle: Duration) -> store::Result<u64> {
        self.called().tidy(idle)
    }
}

/// A layout in memory of n images named `t0` …, each with one referrer, and the counter of its store.
struct Scene {
    store: Memory,
    images: Vec<Manifest>,
}

/// What is done with an opened layout.
type Deed = fn(&Scene, &Layout);

fn image(number: usize, subject: Option<&Manifest>) -> Manifest {
    let config = Descriptor::of(MediaType::OCI_EMPTY, b"{}");
    let annotations = BTreeMap::from([("number".to_owned(), number.to_string())]);
    let subject = subject.map(Manifest::descriptor);
    let artifact_type = subject.is_some().then(|| "application/vnd.example".to_owned());
    Manifest::image(Format::Oci, &Image { config, layers: Vec::new(), subject, annotations, artifact_type })
        .expect("an image")
}

fn tag(number: usize) -> Selector {
    Selector::Tag(format!("t{number}"))
}

impl Scene {
    fn new(count: usize) -> Self {
        let scene = Self { store: Memory::new(), images: (0..count).map(|number| image(number, None)).collect() };
        let layout = Layout::over(Arc::new(scene.store.clone()), "a layout", &Options::default());
        for (number, image) in scene.images.iter().enumerate() {
            layout.put_manifest(&tag(number), image).expect("puts");
            let referrer = self::image(number, Some(image));
            layout.put_manifest(&Selector::Digest(referrer.digest().clone()), &referrer).expect("puts");
        }
        layout.finish().expect("finishes");
        scene
    }

    /// Counts the work of a deed over this layout.
    fn work(&self, deed: Deed) -> u64 {
        self.work_over(self.store.clone(), deed)
    }

    /// Counts the work of a deed over an archive of this layout.
    fn work_in_archive(&self, deed: Deed) -> u64 {
        let mut builder = tar::Builder::new(tempfile::tempfile().expect("a file"));
        let mut after = None;
        loop {
            let page = self.store.list(&Key::root(), after.as_ref(), Depth::All).expect("lists");
            for key in &page.keys {
                let content =
                    self.store.get(key).expect("looks").expect("was listed").read_all(1 << 30).expect("reads");
                let mut header = tar::Header::new_gnu();
                header.set_size(content.len() as u64);
                header.set_mode(0o644);
                builder.append_data(&mut header, key.as_str(), &*content).expect("writes");
            }
            after = page.keys.last().cloned();
            if !page.more {
                break;
            }
        }
        let mut file: File = builder.into_inner().expect("ends");
        file.flush().expect("writes");
        self.work_over(Tar::from_file(file).expect("an archive"), deed)
    }

    fn work_over(&self, store: impl Store + 'static, deed: Deed) -> u64 {
        let work = Arc::new(AtomicU64::new(0));
        let store = Counting { inner: store, work: work.clone() };
        deed(self, &Layout::over(Arc::new(store), "a layout", &Options::default()));
        work.load(Ordering::Relaxed)
    }
}

/// Says whether work grows with its input: at most fivefold for four times as much, where less than half is the same for any input.
#[track_caller]
fn assert_linear(what: &str, work: impl Fn(usize) -> u64) {
    const N: usize = 60;
    let (fixed, small, large) = (work(1), work(N), work(4 * N));
    assert!(2 * fixed < small, "{what}: {fixed} for 1, {small} for {N}: too much of it is fixed to see growth");
    assert!(large <= 5 * small, "{what}: {small} for {N}, {large} for {}", 4 * N);
}

fn tags_resolved(scene: &Scene, layout: &Layout) {
    for (number, image) in scene.images.iter().enumerate() {
        let found = layout.resolve(&tag(number)).expect("resolves").expect("is there");
        assert_eq!(found.digest, *image.digest());
    }
}

fn manifests_read(scene: &Scene, layout: &Layout) {
    for image in &scene.images {
        let at = Selector::Digest(image.digest().clone());
        assert_eq!(layout.manifest(&at).expect("reads").raw(), image.raw());
    }
}

fn absent_looked_for(scene: &Scene, layout: &Layout) {
    for number in 0..scene.images.len() {
        let absent = image(number, Some(&image(number, None)));
        let absent = Descriptor::of(MediaType::OCI_MANIFEST, &[absent.raw(), b" "].concat());
        assert!(layout.resolve(&Selector::Digest(absent.digest)).expect("looks").is_none());
        assert!(layout.resolve(&Selector::Tag(format!("absent{number}"))).expect("looks").is_none());
    }
}

fn referrers_listed(scene: &Scene, layout: &Layout) {
    for (number, subject) in scene.images.iter().enumerate() {
        let found = layout.referrers(subject.digest()).expect("lists");
        let wanted = image(number, Some(subject));
        assert_eq!(found.iter().map(|each| &each.digest).collect::<Vec<_>>(), [wanted.digest()]);
    }
}

fn unlisted_listed(scene: &Scene, layout: &Layout) {
    for subject in &scene.images {
        assert!(layout.unlisted_referrers(subject.digest()).expect("lists").is_empty(), "an entry leads to each");
    }
}

fn tags_listed(scene: &Scene, layout: &Layout) {
    let tags = layout.tags(None).expect("lists");
    assert_eq!((tags.names.len(), tags.next), (scene.images.len(), None));
    tags_resolved(scene, layout);
}

/// New referrers are seen at once, and looking for them does not begin anew with each.
fn referrers_put(scene: &Scene, layout: &Layout) {
    let count = scene.images.len();
    for (number, subject) in scene.images.iter().enumerate() {
        let new = image(count + number, Some(subject));
        layout.put_manifest(&Selector::Digest(new.digest().clone()), &new).expect("puts");
        assert_eq!(layout.referrers(subject.digest()).expect("lists").len(), 2);
    }
    layout.finish().expect("finishes");
}

/// Every name goes to another image.
fn tags_moved(scene: &Scene, layout: &Layout) {
    let count = scene.images.len();
    for number in 0..count {
        let new = image(2 * count + number, None);
        layout.put_manifest(&tag(number), &new).expect("puts");
        assert_eq!(layout.resolve(&tag(number)).expect("resolves").expect("is there").digest, *new.digest());
    }
    layout.finish().expect("finishes");
}

#[test]
fn layouts_are_read_in_linear_time() {
    let deeds: [(&str, Deed); 8] = [
        ("tags resolved", tags_resolved),
        ("tags listed and resolved", tags_listed),
        ("manifests read by their digests", manifests_read),
        ("absent names and digests", absent_looked_for),
        ("referrers", referrers_listed),
        ("unlisted referrers", unlisted_listed),
        ("referrers put", referrers_put),
        ("tags moved", tags_moved),
    ];
    for (what, deed) in deeds {
        assert_linear(what, |count| Scene::new(count).work(deed));
    }
}

#[test]
fn archives_are_read_in_linear_time() {
    let deeds: [(&str, Deed); 5] = [
        ("tags resolved", tags_resolved),
        ("manifests read by their digests", manifests_read),
        ("absent names and digests", absent_looked_for),
        ("referrers", referrers_listed),
        ("unlisted referrers", unlisted_listed),
    ];
    for (what, deed) in deeds {
        assert_linear(what, |count| Scene::new(count).work_in_archive(deed));
    }
}

/// Entries whose manifests are missing, as a sparse layout has them: what may be the index of an image itself is looked at once.
#[test]
fn missing_manifests_are_looked_for_in_linear_time() {
    let work = |count: usize| {
        let scene = Scene::new(count);
        for image in &scene.images {
            let digest = image.digest();
            let key = format!("blobs/{}/{}", digest.algorithm(), digest.hex()).parse().expect("a key");
            assert!(scene.store.delete(&key).expect("deletes"));
        }
        scene.work(|scene, layout| {
            for subject in &scene.images {
                assert_eq!(layout.referrers(subject.digest()).expect("lists").len(), 1);
                let at = Selector::Digest(subject.digest().clone());
                assert!(layout.manifest(&at).expect_err("is missing").is_not_found());
            }
        })
    };
    assert_linear("missing manifests", work);
}
