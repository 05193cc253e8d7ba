//! `verify` against registries that fail, lie and overwhelm: never "unsigned" when nobody can tell, never more bytes than needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::sign_vectors::{Repository, cases, vectors};
use crate::support::command::{Program, Run};
use crate::support::layout::{INDEX, sha256};
use crate::support::pages::{Asked, Fake};
use crate::support::wire::Reply;

fn repository(case: &str) -> Repository {
    let set = cases();
    let file = set["cases"][case]["file"].as_str().expect("a file");
    Repository::open(&vectors().join(file), set["cases"][case]["referrers"] == "api")
}

/// Serves a case's repository as `app`, with some answers of `twist`'s.
fn serve(repository: Repository, twist: impl Fn(&Asked, &str) -> Option<Reply> + Send + Sync + 'static) -> Fake {
    Fake::start(move |asked| match asked.path().strip_prefix("/v2/app/") {
        Some(rest) => twist(asked, rest).unwrap_or_else(|| repository.answer(asked, rest)),
        None => Reply::json(200, &json!({})),
    })
}

fn verify(registry: &Fake) -> Run {
    let key = vectors().join("keys/alice.pub").display().to_string();
    let image = format!("docker://{}/app:v1", registry.host());
    Program::stevedore(&["verify", "--key", &key, "--retry-times", "0", &image]).run()
}

#[test]
fn a_failing_list_is_not_unsigned() {
    for status in [500, 503, 429, 403, 401] {
        let registry = serve(repository("unsigned"), move |_, rest| {
            rest.starts_with("referrers/").then(|| Reply::error(status, "UNAVAILABLE", "not now"))
        });
        let run = verify(&registry).code(1);
        assert!(run.stderr.contains(&status.to_string()), "{}", run.stderr);
    }
    let html = serve(repository("unsigned"), |_, rest| {
        let page = || Reply::new(200).header("Content-Type", "text/html").body("<html>hello</html>");
        rest.starts_with("referrers/").then(page)
    });
    let run = verify(&html).code(1);
    assert!(run.stderr.contains("makes no sense"), "{}", run.stderr);
    // The same for the tags.
    for (case, end) in [("unsigned", ".sig"), ("bundle-fallback", "")] {
        let registry = serve(repository(case), move |_, rest| {
            let is_it = rest.starts_with("manifests/sha256-") && (end.is_empty() || rest.ends_with(end));
            is_it.then(|| Reply::error(500, "UNKNOWN", "broken"))
        });
        let run = verify(&registry).code(1);
        assert!(run.stderr.contains("500"), "{}", run.stderr);
    }
}

/// The same for attestations.
#[test]
fn a_failing_list_is_not_unattested() {
    let key = vectors().join("keys/alice.pub").display().to_string();
    let check = |registry: &Fake| {
        let image = format!("docker://{}/app:v1", registry.host());
        Program::stevedore(&["verify-attestation", "--key", &key, "--retry-times", "0", &image]).run().code(1)
    };
    for status in [500, 429, 403, 401] {
        for place in ["referrers/", "manifests/sha256-"] {
            let registry = serve(repository("unsigned"), move |_, rest| {
                rest.starts_with(place).then(|| Reply::error(status, "UNAVAILABLE", "not now"))
            });
            let run = check(&registry);
            assert!(run.stderr.contains(&status.to_string()), "{place}: {}", run.stderr);
        }
    }
}

/// A good signature elsewhere is enough.
#[test]
fn a_failing_list_beside_a_signature() {
    let registry = serve(repository("classic-v3"), |_, rest| {
        rest.starts_with("referrers/").then(|| Reply::error(500, "UNKNOWN", "broken"))
    });
    let run = verify(&registry).ok();
    assert!(run.stderr.contains("not every place could be looked at"), "{}", run.stderr);
}

#[test]
fn a_manifest_of_another_digest() {
    let registry = serve(repository("classic-v3"), |asked, rest| {
        let other = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"layers":[]}"#;
        (rest.starts_with("manifests/sha256:") && asked.method == "GET").then(|| {
            Reply::new(200).header("Content-Type", "application/vnd.oci.image.manifest.v1+json").body(&other[..])
        })
    });
    let digest = repository("classic-v3").manifest("v1").expect("there").0.to_owned();
    let key = vectors().join("keys/alice.pub").display().to_string();
    let image = format!("docker://{}/app@{digest}", registry.host());
    Program::stevedore(&["verify", "--key", &key, &image]).run().code(1);
}

/// On the third page, behind two of something else.
#[test]
fn every_page_of_the_list_is_read() {
    let repository = repository("bundle-api");
    let registry = serve(repository, |asked, rest| {
        let page: usize = asked.parameter("page").map_or(1, |page| page.parse().expect("a number"));
        if !rest.starts_with("referrers/") || page == 3 {
            return None;
        }
        let other = json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 3,
            "digest": sha256(&[u8::try_from(page).expect("small")]), "artifactType": "application/spdx+json",
        });
        let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [other]}).to_string();
        let next = format!("<{}?page={}>; rel=\"next\"", asked.path(), page + 1);
        Some(Reply::new(200).header("Content-Type", INDEX).header("Link", &next).body(list))
    });
    verify(&registry).ok();
}

/// A list that never ends is given up.
#[test]
fn an_endless_list_ends() {
    let registry = serve(repository("bundle-api"), |asked, rest| {
        let page: usize = asked.parameter("page").map_or(1, |page| page.parse().expect("a number"));
        let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
        let next = format!("<{}?page={}>; rel=\"next\"", asked.path(), page + 1);
        let reply = || Reply::new(200).header("Content-Type", INDEX).header("Link", &next).body(list.clone());
        rest.starts_with("referrers/").then(reply)
    });
    let run = verify(&registry).code(1);
    assert!(run.stderr.contains("does not end"), "{}", run.stderr);
}

/// Edits the one layer of the manifest under the tag of signatures.
fn with_layer(case: &str, edit: impl Fn(&mut Value)) -> (Repository, String) {
    let mut repository = repository(case);
    let tag = repository.tag_ending(".sig").expect("signed").to_owned();
    let (_, media_type, bytes) = repository.manifest(&tag).expect("there");
    let (media_type, mut manifest) = (media_type.to_owned(), serde_json::from_slice::<Value>(bytes).expect("JSON"));
    let blob = manifest["layers"][0]["digest"].as_str().expect("a digest").to_owned();
    edit(&mut manifest["layers"][0]);
    let bytes = manifest.to_string().into_bytes();
    repository.retag(&tag, &sha256(&bytes), &media_type, bytes);
    (repository, blob)
}

/// What is too large by its own word is not asked for.
#[test]
fn what_is_too_large_is_not_fetched() {
    for size in [json!(200_u64 << 20), json!(0), json!(-1), json!(u64::MAX)] {
        let (repository, _) = with_layer("classic-v3", |layer| layer["size"] = size.clone());
        let registry = serve(repository, |_, _| None);
        verify(&registry).code(12);
        assert!(registry.log().iter().all(|asked| !asked.url.contains("/blobs/")), "{size}");
    }
}

/// An endless answer is cut where it should end.
#[test]
fn endless_content_is_cut() {
    let asked_for = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked_for);
    let registry = serve(repository("classic-v3"), move |_, rest| {
        rest.starts_with("blobs/").then(|| {
            counter.fetch_add(1, Ordering::SeqCst);
            // Longer than any buffer between the two.
            Reply::new(200).body(vec![b' '; 64 << 20])
        })
    });
    let key = vectors().join("keys/alice.pub").display().to_string();
    let image = format!("docker://{}/app:v1", registry.host());
    let program = Program::stevedore(&["verify", "--key", &key, "--retry-times", "0", &image]);
    let (run, peak) = program.peak_rss();
    assert!(matches!(run.code, 1 | 12), "{}", run.stderr);
    assert!(asked_for.load(Ordering::SeqCst) >= 1 && peak < 40 << 20, "{peak}");
}

/// A page of something that stands between is no answer, and no signature that is not acceptable either.
#[test]
fn a_page_under_the_tag_is_no_answer() {
    let registry = serve(repository("unsigned"), |_, rest| {
        let is_it = rest.starts_with("manifests/sha256-") && rest.ends_with(".sig");
        is_it.then(|| Reply::new(200).header("Content-Type", "text/html").body("<html>log in first</html>"))
    });
    let run = verify(&registry).code(1);
    assert!(run.stderr.contains("cannot be told"), "{}", run.stderr);
    assert!(run.stderr.contains("it is text/html, not a manifest"), "{}", run.stderr);
}

/// A tag of referrers that names something else is passed over, and that is said.
#[test]
fn a_taken_tag_of_referrers_is_told() {
    let file = cases()["cases"]["unsigned"]["file"].as_str().expect("a file").to_owned();
    // A registry without a list of its own.
    let mut repository = Repository::open(&vectors().join(file), false);
    let (digest, media_type, bytes) = repository.manifest("v1").expect("there");
    let (digest, media_type, bytes) = (digest.to_owned(), media_type.to_owned(), bytes.to_vec());
    repository.retag(&digest.replace(':', "-"), &digest, &media_type, bytes);
    let registry = serve(repository, |_, _| None);
    let run = verify(&registry).code(10);
    assert!(run.stderr.contains("names the image itself; it is passed over"), "{}", run.stderr);
}
