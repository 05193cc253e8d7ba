//! How much a copy reads of manifests.

use super::*;

/// Adds images with large annotations.
fn large(shelf: &Shelf, numbers: std::ops::Range<usize>, subject: Option<&Descriptor>) -> Vec<Descriptor> {
    let config = shelf.add_blob(MediaType::new("application/vnd.oci.empty.v1+json"), b"{}");
    let made = numbers.map(|number| {
        let image = Image {
            config: config.clone(),
            layers: Vec::new(),
            subject: subject.cloned(),
            annotations: BTreeMap::from([("large".into(), format!("{number:010000}"))]),
            artifact_type: Some("application/vnd.example".into()),
        };
        shelf.add_manifest(Manifest::image(Format::Oci, &image).expect("encodes"), None)
    });
    made.collect()
}

fn index(shelf: &Shelf, manifests: Vec<Descriptor>, tag: Option<&str>) -> Descriptor {
    let index = Manifest::index(Format::Oci, &Index { manifests, ..Index::default() }).expect("encodes");
    shelf.add_manifest(index, tag)
}

/// Many manifests on one level, on the last of three, and as referrers of an image, of an index's images and of each other.
fn shelves() -> Vec<(&'static str, Shelf)> {
    let wide = Shelf::named("wide");
    index(&wide, large(&wide, 0..40, None), Some("v1"));
    let deep = Shelf::named("deep");
    let halves = [0..20, 20..40].map(|numbers| index(&deep, large(&deep, numbers, None), None));
    index(&deep, halves.to_vec(), Some("v1"));
    let referred = Shelf::with_platforms("referred", &["linux/amd64"]);
    let image = referred.manifest(&tag("v1")).expect("the index").descriptor();
    large(&referred, 0..40, Some(&image));
    let spread = Shelf::with_platforms("spread", &["linux/amd64", "linux/arm64"]);
    for (number, image) in spread.manifest(&tag("v1")).expect("the index").children().iter().enumerate() {
        let referrers = large(&spread, number * 20..number * 20 + 10, Some(image));
        large(&spread, number * 20 + 10..number * 20 + 20, Some(&referrers[0]));
    }
    vec![("wide", wide), ("deep", deep), ("referred", referred), ("spread", spread)]
}

#[test]
fn no_more_manifests_are_read_than_the_limit_allows() {
    for (name, source) in shelves() {
        let copy_within = |max_manifest_bytes: Option<u64>, jobs: usize| {
            source.read.store(0, Ordering::Relaxed);
            let destination = Shelf::named("there");
            let options = Options { referrers: true, max_manifest_bytes, ..all() };
            let (from, to) = (tag("v1"), tag("x"));
            let request =
                Request { source: &source, from: &from, destination: &destination, to: &to, options: &options };
            let result = copy(&request, NonZeroUsize::new(jobs).expect("some"), &Watch::default());
            (result, source.read.load(Ordering::Relaxed), destination.writes())
        };
        let (whole, needed, _) = copy_within(None, 3);
        whole.expect("256 MiB are enough");
        assert!(needed > 400_000, "{name}: {needed}");
        copy_within(Some(needed), 8).0.expect("exactly what it needs");
        for (limit, jobs) in [(needed - 1, 1), (needed - 1, 8), (100_000, 1), (100_000, 32), (0, 8)] {
            let (result, read, writes) = copy_within(Some(limit), jobs);
            let error = result.expect_err("refused");
            let wanted =
                format!("too many manifests: the limit is 20000 for an image and its referrers, with {limit} bytes");
            assert!(error.to_string().starts_with(&wanted), "{name}: {error}");
            assert_eq!(error.class(), Class::Failed);
            assert!(read <= limit, "{name}: {read} of {limit}");
            assert_eq!(writes, [""; 0], "{name}");
        }
    }
}

/// The same limit where manifests are read to choose by platform, and to ask a gate.
#[test]
fn manifests_read_to_choose_by_count_too() {
    #[derive(Debug)]
    struct Open;
    impl Gate for Open {
        fn admit(&self, _: &dyn Source, _: &Digest, _: &Watch) -> Result<(), Refusal> {
            Ok(())
        }
    }
    let source = Shelf::named("nested");
    let entries = |number: usize| index(&source, large(&source, number..number + 1, None), None);
    let nested = index(&source, (0..2000).map(entries).collect(), Some("v1"));
    let platform = Platforms::Only(vec!["linux/amd64".parse().expect("a platform")]);
    let gate: Option<std::sync::Arc<dyn Gate>> = Some(std::sync::Arc::new(Open));
    for options in [Options { platforms: platform, ..all() }, Options { gate, ..all() }] {
        let limit = nested.size * 2;
        let options = Options { max_manifest_bytes: Some(limit), ..options };
        source.read.store(0, Ordering::Relaxed);
        let destination = Shelf::named("there");
        let error = run(&source, &destination, &tag("x"), &options).expect_err("refused");
        assert!(error.to_string().starts_with("too many manifests"), "{error}");
        let read = source.read.load(Ordering::Relaxed);
        assert!(read > nested.size && read <= limit, "{read}");
        assert_eq!(destination.writes(), [""; 0]);
    }
}
