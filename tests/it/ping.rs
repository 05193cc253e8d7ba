//! `ping`: how a registry is reached and what it can do.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::answering::Answering;
use crate::support::bearer::{self, Bearer};
use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::layout::sha256;
use crate::support::registry::{Options, Registry, Tls};
use crate::support::scene::Scene;
use crate::support::wire::Reply;

/// Returns the verdict about an ability.
fn verdict<'a>(report: &'a Value, ability: &str) -> &'a str {
    let all = report["abilities"].as_array().expect("abilities");
    let one = all.iter().find(|each| each["ability"] == ability).unwrap_or_else(|| panic!("{ability} of {report}"));
    one["verdict"].as_str().expect("a verdict")
}

const GOLDEN: &str = "\
Registry  HOST/team/app
  URL                      http://HOST/v2/
  Address                  127.0.0.1
  TLS                      none
  API                      registry/2.0
  Server                   fake/1
  Asks for                 Basic
  Login                    me, from the options given
  ratelimit-limit          100;w=21600
  ratelimit-remaining      76;w=21600
  docker-ratelimit-source  192.0.2.1

  catalog                  no: status 403 DENIED: not for you
  tag pages                yes
  referrers                no: it has no such list
  ranges                   yes
  upload                   not tested: only writing shows it; see --write-test
  chunked upload           not tested: only writing shows it; see --write-test
  mount                    not tested: only writing shows it; see --write-test
  push                     not tested: only writing shows it; see --write-test
  delete tag               not tested: only writing shows it; see --write-test
  delete manifest          not tested: only writing shows it; see --write-test
  delete blob              not tested: only writing shows it; see --write-test
";

/// Answers as a registry with one image does.
fn fake() -> Answering {
    let blob =
        |kind: &str, text: &str| json!({"mediaType": kind, "digest": sha256(text.as_bytes()), "size": text.len()});
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob("application/vnd.oci.image.config.v1+json", "{}"),
        "layers": [blob("application/vnd.oci.image.layer.v1.tar", "layer")],
    });
    let manifest = manifest.to_string();
    Answering::start("127.0.0.1:1", move |request, _| {
        if request.headers.get("authorization").is_none() {
            return Some(Reply::new(401).header("WWW-Authenticate", "Basic realm=\"fake\""));
        }
        let path = request.path();
        Some(match path.split('?').next().unwrap_or_default() {
            "/v2/" => Reply::json(200, &json!({}))
                .header("Docker-Distribution-Api-Version", "registry/2.0")
                .header("Server", "fake/1"),
            "/v2/_catalog" => Reply::error(403, "DENIED", "not for you"),
            "/v2/team/app/tags/list" => Reply::json(200, &json!({"name": "team/app", "tags": ["v1"]}))
                .header("Link", "</v2/team/app/tags/list?n=1&last=v1>; rel=\"next\""),
            "/v2/team/app/manifests/v1" => Reply::new(200)
                .header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
                .header("RateLimit-Limit", "100;w=21600")
                .header("RateLimit-Remaining", "76;w=21600")
                .header("Docker-RateLimit-Source", "192.0.2.1")
                .body(manifest.as_bytes()),
            path if path.contains("/blobs/") => Reply::new(206).header("Content-Range", "bytes 0-0/2").body("{"),
            _ => Reply::error(404, "NOT_FOUND", "no such thing"),
        })
    })
}

#[test]
fn one_screen_tells_how_a_registry_is() {
    let front = fake();
    let name = format!("{}/team/app", front.host());
    let run = stevedore(&["ping", "--creds=me:hunter22", &name]).ok();
    assert_eq!(run.text(), GOLDEN.replace("HOST", &front.host()).trim_end());
    let report = stevedore(&["ping", "--json", "--creds=me:hunter22", &name]).ok().json();
    assert_eq!(report["login"], json!({"username": "me", "from": "the options given"}));
    assert_eq!((verdict(&report, "ranges"), verdict(&report, "push")), ("yes", "not_tested"));
    let log = front.log();
    let wrote: Vec<_> = log.iter().filter(|asked| !matches!(asked.method.as_str(), "GET" | "HEAD")).collect();
    assert!(!log.is_empty() && wrote.is_empty(), "{wrote:?}");
    assert_eq!(
        verdict(&stevedore(&["ping", "--json", "--creds=me:hunter22", &front.host()]).ok().json(), "ranges"),
        "not_tested"
    );
}

/// A failure that may pass is not taken for something that a registry cannot do.
#[test]
fn a_registry_that_fails_is_not_one_that_cannot() {
    let front = Answering::start("127.0.0.1:1", |request, _| {
        Some(match request.path() {
            "/v2/" => Reply::json(200, &json!({})),
            path if path.contains("/_catalog") => Reply::new(503),
            path if path.contains("/referrers/") => Reply::new(502),
            _ => Reply::error(404, "NAME_UNKNOWN", "no such repository"),
        })
    });
    let report = stevedore(&["ping", "--json", "--retry-times=0", &format!("{}/app", front.host())]).ok().json();
    assert_eq!((verdict(&report, "catalog"), verdict(&report, "referrers")), ("not_tested", "not_tested"));
}

#[test]
fn who_is_not_let_in_and_what_is_not_there_have_codes_of_their_own() {
    let free = TcpListener::bind("127.0.0.1:0").expect("binds").local_addr().expect("an address").to_string();
    stevedore(&["ping", "--retry-times=0", &free]).code(5);
    stevedore(&["ping", "https://"]).code(2);
    stevedore(&["ping", "registry.invalid/UPPER"]).code(2);
    let page = Answering::start("127.0.0.1:1", |_, _| {
        Some(Reply::new(200).header("Content-Type", "text/html").body("<html>"))
    });
    assert!(stevedore(&["ping", &page.host()]).code(5).stderr.contains("it is a web page"));
    let denied = stevedore(&["ping", &fake().host()]).code(4);
    assert!(denied.stderr.contains("stevedore login"), "{}", denied.stderr);
}

#[test]
fn tokens_are_described_without_being_shown() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let options = bearer::Options { credentials: Some(("me", "hunter22")), ..bearer::Options::default() };
    let server = Bearer::start(&scene.registry.host(), options);
    let name = format!("{}/app", server.host());
    let run = stevedore(&["ping", "--json", "--creds=me:hunter22", &name]).ok();
    let asks = &run.json()["asks"];
    assert_eq!((&asks["scheme"], &asks["expiresIn"]), (&json!("Bearer"), &json!(300)), "{asks}");
    assert!(asks["realm"].as_str().is_some_and(|realm| realm.contains("/token")), "{asks}");
    assert!(!run.text().contains("issued-") && !run.text().contains("hunter22"), "{}", run.text());
    stevedore(&["ping", "--creds=me:wrongword", &name]).code(4);
}

#[test]
fn a_test_of_writing_removes_what_it_wrote_or_says_what_is_left() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let front = Answering::start(&scene.registry.host(), |_, _| None);
    let run = stevedore(&["ping", "--json", "--write-test", "scratch", &format!("{}/app", front.host())]).ok();
    let report = run.json();
    for ability in ["upload", "chunked_upload", "push", "delete_manifest"] {
        assert_eq!(verdict(&report, ability), "yes", "{ability} of {report}");
    }
    let log = front.log();
    let put = log.iter().find(|asked| asked.method == "PUT" && asked.path.contains("/manifests/")).expect("a push");
    let tag = put.path.rsplit('/').next().expect("a tag");
    assert!(tag.starts_with("stevedore-ping-") && tag.len() == "stevedore-ping-".len() + 32, "{tag}");
    let wrote = log.iter().filter(|asked| !matches!(asked.method.as_str(), "GET" | "HEAD"));
    assert!(wrote.clone().count() > 4 && wrote.clone().all(|asked| asked.path.starts_with("/v2/scratch/")), "{log:#?}");
    scene.registry.client().get(&format!("/v2/scratch/manifests/{tag}")).expect(404);
    assert_eq!(report["left"], json!([]), "{report}");
    // Where nothing can be deleted, all of it is told.
    let stubborn = Answering::start(&scene.registry.host(), |request, _| {
        (request.method() == "DELETE").then(|| Reply::error(405, "UNSUPPORTED", "never"))
    });
    let report = stevedore(&["ping", "--json", "--write-test", "scratch", &stubborn.host()]).ok().json();
    let left: Vec<&str> = report["left"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let kinds: Vec<&str> = left.iter().filter_map(|what| what.split(' ').next()).collect();
    assert_eq!(kinds, ["manifest", "tag", "blob", "blob"], "{left:?}");
    let refused = Answering::start(&scene.registry.host(), |request, _| {
        (request.method() == "POST").then(|| Reply::error(403, "DENIED", "not for you"))
    });
    stevedore(&["ping", "--write-test", "scratch", &refused.host()]).code(4);
}

#[test]
fn certificates_and_their_authorities_are_named() {
    let options = Options { tls: Some(Tls::Anybody), ..Options::default() };
    let Some(registry) = Registry::start_with(options) else {
        return;
    };
    let authority = registry.authority().display().to_string();
    let report = stevedore(&["ping", "--json", "--tls-ca", &authority, &registry.host()]).ok().json();
    let tls = &report["tls"];
    assert_eq!((&tls["protocol"], &tls["authorityFile"]), (&json!("TLSv1.3"), &json!(authority)), "{tls}");
    assert_eq!((&tls["issuer"], &tls["trustedBy"]), (&json!("CN=stevedore test authority"), &tls["issuer"]), "{tls}");
    let blind = Program::stevedore(&["ping", "--tls-verify=false", &registry.host()]).run().ok();
    assert!(blind.text().contains("nobody: the certificate is not verified"), "{}", blind.text());
    let expired = blind.text().lines().find(|line| line.contains("Valid until")).expect("a date");
    assert!(expired.contains(", in ") || expired.contains(", expired"), "{expired}");
}
