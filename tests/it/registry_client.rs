//! The registry client against a real registry, proxies that misbehave, token servers, and registries that page.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stevedore::blob::{Blob, Fault};
use stevedore::class::{Class, Classified};
use stevedore::descriptor::Descriptor;
use stevedore::digest::Digest;
use stevedore::manifest::Manifest;
use stevedore::media_type::MediaType;
use stevedore::registry::{
    Client, Credentials, Host, Identity, Login, LookupError, Options, PlainHttp, Proxy as Proxies,
};
use stevedore::transport::{self, Location, Origin, Selector, Source, Transport};
use stevedore::watch::{Event, Outcome, Watch};

use crate::support::bearer::{self, Bearer};
use crate::support::finally::Finally;
use crate::support::fixture::{self, Fixture};
use crate::support::layout::sha256;
use crate::support::pages::{Fake, Link, paged_tags, tag_names};
use crate::support::proxy::{Mode, Proxy, Request};
use crate::support::registry::{self, PASSWORD, Registry, Tls, USER};
use crate::support::seed;
use crate::support::wire::Reply;

fn options(client: Options) -> transport::Options {
    transport::Options { client: Client::new(client).into(), ..transport::Options::default() }
}

fn source(host: &str, repository: &str, options: &transport::Options) -> Box<dyn Source> {
    let location: Location = format!("docker://{host}/{repository}").parse().expect("location");
    location.place.open_source(options).expect("opens")
}

fn destination(host: &str, repository: &str, options: &transport::Options) -> Box<dyn Transport> {
    let location: Location = format!("docker://{host}/{repository}").parse().expect("location");
    location.place.open_destination(options).expect("opens")
}

fn tag(name: &str) -> Selector {
    Selector::Tag(name.into())
}

fn digest(text: &str) -> Digest {
    text.parse().expect("digest")
}

/// Copies all of an image; returns how the blobs got there.
fn copy(from: &dyn Source, to: &dyn Transport, at: &Selector, new: &Selector) -> transport::Result<Vec<Outcome>> {
    let manifest = from.manifest(at)?;
    let mut outcomes = Vec::new();
    for blob in manifest.blobs() {
        let blob = from.blob(blob)?;
        outcomes.push(to.put_blob(blob, from.origin())?);
    }
    for child in manifest.children() {
        let at = Selector::from(child.clone());
        outcomes.extend(copy(from, to, &at, &Selector::Digest(child.digest.clone()))?);
    }
    to.put_manifest(new, &manifest)?;
    Ok(outcomes)
}

/// Starts a registry with an image of two large layers as `big:v1`.
fn with_big() -> Option<(Registry, Fixture, tempfile::TempDir)> {
    let registry = Registry::start()?;
    let dir = tempfile::tempdir().expect("directory");
    let big = fixture::big(dir.path(), 2, 2_500_000);
    seed::push(dir.path(), "v1", &registry.client(), "big");
    Some((registry, big, dir))
}

fn check_blobs(from: &dyn Source) -> transport::Result<Manifest> {
    let manifest = from.manifest(&tag("v1"))?;
    for blob in manifest.blobs() {
        from.blob(blob)?.check().map_err(|error| transport::Error::Content(Fault::take(error).expect("a fault")))?;
    }
    Ok(manifest)
}

fn count(log: &[Request], method: &str) -> usize {
    log.iter().filter(|request| request.method == method).count()
}

#[test]
fn pulls_with_as_few_requests_as_there_are() {
    let Some((registry, big, _dir)) = with_big() else { return };
    let proxy = Proxy::start(&registry.host(), Mode::None);
    let options = options(Options::default());
    let from = source(&proxy.host(), "big", &options);
    let found = from.resolve(&tag("v1")).expect("answers").expect("is there");
    assert_eq!(found.digest.to_string(), big.digest);
    let log = proxy.log();
    assert_eq!((log.len(), log[0].method.as_str()), (1, "HEAD"));
    proxy.clear();
    let manifest = check_blobs(&*from).expect("pulls");
    assert_eq!(manifest.descriptor(), found);
    assert_eq!(proxy.log().len(), 4);
    assert!(proxy.log().iter().all(|request| request.headers.get("accept-encoding") == Some("identity")));
    assert!(proxy.log()[0].headers.get("user-agent").expect("sent").starts_with("stevedore/"));

    assert!(from.resolve(&tag("none")).expect("answers").is_none());
    let error = from.manifest(&tag("none")).expect_err("missing");
    assert!(error.is_not_found());
    assert_eq!(error.to_string(), format!("tag none not found in docker://{}/big", proxy.host()));
    let missing = Descriptor::of(MediaType::OCTET_STREAM, b"missing");
    let error = from.blob(&missing).expect("lazy").check().expect_err("missing");
    assert!(transport::Error::Content(Fault::take(error).expect("fault")).is_not_found());
    // A schema 1 manifest does not say how large its layers are.
    let mut unsized_layer = manifest.blobs()[1].clone();
    let size = std::mem::take(&mut unsized_layer.size);
    let blob = from.blob(&unsized_layer).expect("asked for");
    assert_eq!(blob.size(), size);
    blob.check().expect("right");
    // A parent's word on the size holds.
    let mut wrong = found;
    wrong.size += 1;
    assert_eq!(from.manifest(&wrong.into()).expect_err("wrong size").class(), Class::Verification);
}

#[test]
fn pushes_in_one_put_and_mounts() {
    let Some((registry, big, _dir)) = with_big() else { return };
    let proxy = Proxy::start(&registry.host(), Mode::None);
    let other = options(Options::default());
    let options = options(Options::default());
    let from = source(&registry.host(), "big", &other);
    let to = destination(&proxy.host(), "copied", &options);
    assert!(to.complete(&tag("v1")).expect("answers").is_none());
    let outcomes = copy(&*from, &*to, &tag("v1"), &tag("v1")).expect("copies");
    assert_eq!(outcomes, [Outcome::Copied; 3]);
    let log = proxy.log();
    assert_eq!((log.len(), count(&log, "PATCH")), (11, 0));
    for put in log.iter().filter(|request| request.method == "PUT") {
        assert!(put.headers.get("transfer-encoding").is_none());
        assert_eq!(put.headers.get("content-length"), Some(put.request_bytes.to_string().as_str()));
    }
    assert_eq!(to.resolve(&tag("v1")).expect("answers").expect("there").digest.to_string(), big.digest);
    proxy.clear();
    assert_eq!(copy(&*from, &*to, &tag("v1"), &tag("v2")).expect("copies"), [Outcome::Existed; 3]);
    assert_eq!(count(&proxy.log(), "POST"), 0);
    proxy.clear();
    let mounted = destination(&proxy.host(), "mounted", &options);
    let from = source(&proxy.host(), "big", &options);
    assert_eq!(copy(&*from, &*mounted, &tag("v1"), &tag("v1")).expect("copies"), [Outcome::Mounted; 3]);
    // One GET of the manifest, three mounts, one PUT.
    assert_eq!(proxy.log().len(), 5);

    let manifest = from.manifest(&tag("v1")).expect("there");
    let other = Selector::Digest(Digest::of(b"other"));
    let error = mounted.put_manifest(&other, &manifest).expect_err("another digest");
    assert_eq!(error.class(), Class::Verification);
}

#[test]
fn survives_what_passes() {
    let Some((registry, big, _dir)) = with_big() else { return };
    std::thread::scope(|scope| {
        for mode in [
            Mode::TooMany,
            Mode::Unavailable,
            Mode::FailPatch,
            Mode::NoMount,
            Mode::NoHead,
            Mode::NoReferrers,
            Mode::CutAfter(1_500_000),
            Mode::Stall(1_000_000),
        ] {
            let (registry, big) = (&registry, &big);
            scope.spawn(move || survives(mode, registry, big));
        }
    });
}

fn survives(mode: Mode, registry: &Registry, big: &Fixture) {
    let proxy = Proxy::start(&registry.host(), mode);
    let told = Arc::new(Mutex::new(0));
    let watch = {
        let told = Arc::clone(&told);
        Watch::new(move |event| {
            if let Event::Retrying { .. } = event {
                *told.lock().expect("lock") += 1;
            }
        })
    };
    let client = Client::new(Options { read_timeout: Duration::from_secs(3), ..Options::default() });
    let options = transport::Options { client: client.into(), watch, ..transport::Options::default() };
    let from = source(&proxy.host(), "big", &options);
    let name = format!("{mode:?}").to_lowercase().replace(['(', ')', '_'], "-");
    let to = destination(&proxy.host(), name.trim_matches('-'), &options);
    let start = Instant::now();
    let found = from.resolve(&tag("v1")).unwrap_or_else(|error| panic!("{mode:?}: {error:?}")).expect("there");
    assert_eq!(found.digest.to_string(), big.digest, "{mode:?}");
    check_blobs(&*from).unwrap_or_else(|error| panic!("{mode:?}: {error:?}"));
    // Once with mounts, and once from what is another registry to this one.
    copy(&*from, &*to, &tag("v1"), &tag("v1")).unwrap_or_else(|error| panic!("{mode:?}: {error:?}"));
    // Two of them take a pause for every URL, and have shown that they pass.
    if !matches!(mode, Mode::TooMany | Mode::Unavailable) {
        let (direct, name) = (
            source(&registry.host(), "big", &options),
            format!("{}-sent", to.origin().expect("a registry").repository),
        );
        let to = destination(&proxy.host(), &name, &options);
        copy(&*direct, &*to, &tag("v1"), &tag("v1")).unwrap_or_else(|error| panic!("{mode:?}: {error:?}"));
    }
    let retries = *told.lock().expect("lock");
    let is_quiet = matches!(mode, Mode::NoMount | Mode::NoHead | Mode::NoReferrers);
    assert_eq!(retries == 0, is_quiet, "{mode:?}: {retries}");
    if mode == Mode::TooMany {
        assert!(start.elapsed() >= Duration::from_secs(1), "Retry-After is honoured");
    }
    if matches!(mode, Mode::CutAfter(_) | Mode::Stall(_)) {
        assert!(proxy.log().iter().any(|request| request.range.is_some()), "{mode:?}");
    }
}

#[test]
fn refused_connections_end_soon_and_say_where() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("binds").local_addr().expect("address").port();
    let host = format!("127.0.0.1:{port}");
    let start = Instant::now();
    let error = source(&host, "a", &options(Options::default())).resolve(&tag("v1")).expect_err("refused");
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(error.class(), Class::Network);
    assert_eq!(error.to_string(), format!("HEAD http://{host}/v2/a/manifests/v1 failed"));
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.contains("refused"), "{cause}");
}

#[test]
fn cancellation_ends_waits() {
    let fake = Fake::start(|_| Reply::new(503).header("Retry-After", "60"));
    let watch = Watch::default();
    let options = transport::Options { watch: watch.clone(), ..transport::Options::default() };
    let from = source(&fake.host(), "a", &options);
    std::thread::scope(|scope| {
        let _end = Finally(|| watch.cancel());
        let waiting = scope.spawn(|| from.resolve(&tag("v1")));
        while fake.log().is_empty() && !waiting.is_finished() {
            std::thread::yield_now();
        }
        watch.cancel();
        assert_eq!(waiting.join().expect("no panic").expect_err("cancelled").class(), Class::Interrupted);
    });
}

#[test]
fn tokens_are_asked_for_once() {
    let Some((registry, _, _dir)) = with_big() else { return };
    let plain = bearer::Options::default;
    for (options_of_server, login, requests) in [
        (plain(), None, 1),
        (bearer::Options { access_token: true, ..plain() }, None, 1),
        (bearer::Options { no_expires_in: true, ..plain() }, None, 1),
        (bearer::Options { two_challenges: true, ..plain() }, None, 1),
        (bearer::Options { redirect: true, ..plain() }, None, 1),
        (bearer::Options { credentials: Some(("me", "secret")), ..plain() }, Some(Login::password("me", "secret")), 1),
        (
            bearer::Options { identity_token: Some("refresh"), ..plain() },
            Some(Login::IdentityToken { token: "refresh".into() }),
            1,
        ),
        (bearer::Options { post404: true, ..plain() }, Some(Login::IdentityToken { token: "refresh".into() }), 2),
    ] {
        let server = Bearer::start(&registry.host(), options_of_server);
        let options = options(Options { login, ..Options::default() });
        let to = destination(&server.host(), "copied", &options);
        let from = source(&server.host(), "big", &options);
        copy(&*from, &*to, &tag("v1"), &tag("v1")).unwrap_or_else(|error| panic!("{options_of_server:?}: {error:?}"));
        check_blobs(&*from).unwrap_or_else(|error| panic!("{options_of_server:?}: {error:?}"));
        let tokens = server.tokens();
        assert_eq!(tokens.len(), requests, "{options_of_server:?}: {tokens:?}");
        assert_eq!(tokens[0].scopes, ["repository:copied:pull,push", "repository:big:pull"], "{options_of_server:?}");
        assert_eq!(server.denied().len(), 1, "{options_of_server:?}");
        assert_eq!(server.cdn().is_empty(), !options_of_server.redirect);
        assert!(server.cdn().iter().all(|request| !request.authorization));
    }
    // A server that grants one scope at a time takes one more request.
    let server = Bearer::start(&registry.host(), bearer::Options { first_scope_only: true, ..plain() });
    let options = options(Options::default());
    let (to, from) = (destination(&server.host(), "first", &options), source(&server.host(), "big", &options));
    copy(&*from, &*to, &tag("v1"), &tag("v1")).expect("copies");
}

struct Files;

impl Credentials for Files {
    fn lookup(&self, _host: &str, _repository: &str) -> Result<Option<Login>, LookupError> {
        Ok(None)
    }

    fn places(&self) -> Vec<String> {
        vec!["/home/me/.docker/config.json".into(), "/run/containers/auth.json".into()]
    }
}

#[test]
fn denials_say_where_credentials_were_looked_for() {
    let Some(registry) = Registry::start_with(registry::Options { htpasswd: true, ..Default::default() }) else {
        return;
    };
    let dir = tempfile::tempdir().expect("directory");
    let single = fixture::single(dir.path());
    seed::push(dir.path(), "v1", &registry.client(), "app");
    let host = registry.host();
    let error = source(&host, "app", &options(Options { credentials: Arc::new(Files), ..Options::default() }))
        .manifest(&tag("v1"))
        .expect_err("denied");
    assert_eq!(error.class(), Class::Denied);
    assert_eq!(
        error.to_string(),
        format!(
            "GET http://{host}/v2/app/manifests/v1: status 401 UNAUTHORIZED: authentication required; \
             no credentials in /home/me/.docker/config.json, /run/containers/auth.json"
        )
    );
    assert_eq!(error.hint(), Some(format!("stevedore login {host}").into()));
    let client = |password| Options { login: Some(Login::password(USER, password)), ..Options::default() };
    let good = options(client(PASSWORD));
    assert_eq!(source(&host, "app", &good).manifest(&tag("v1")).expect("let in").digest().to_string(), single.digest);
    good.client.get().expect("a client").check_login(&host, &Watch::default()).expect("good");
    let bad = Client::new(client("wrong")).check_login(&host, &Watch::default()).expect_err("bad");
    assert_eq!(bad.class(), Class::Denied);
    assert!(bad.to_string().ends_with("; the credentials were not accepted"), "{bad}");
    assert_eq!(bad.hint(), Some(format!("check the credentials given for {host}").into()));
    Client::default().ping(&host, &Watch::default()).expect("is there");
    // Uploads are authenticated, too.
    let to = destination(&host, "copied", &good);
    copy(&*source(&host, "app", &good), &*to, &tag("v1"), &tag("v1")).expect("copies");
}

#[test]
fn certificates() {
    let plain = Registry::start();
    let Some(plain) = plain else { return };
    let dir = tempfile::tempdir().expect("directory");
    let single = fixture::single(dir.path());
    seed::push(dir.path(), "v1", &plain.client(), "app");
    let start = |tls| {
        let options = registry::Options { tls: Some(tls), storage: Some(plain.storage()), ..Default::default() };
        Registry::start_with(options).expect("it ran a moment ago")
    };
    let ask = |registry: &Registry, host: Host| {
        let options = options(Options { host, retries: 0, ..Options::default() });
        source(&registry.host(), "app", &options).resolve(&tag("v1"))
    };
    let right = |found: transport::Result<Option<Descriptor>>| {
        assert_eq!(found.expect("answers").expect("there").digest.to_string(), single.digest);
    };
    let open = start(Tls::Anybody);
    let trusting = Host { authorities: vec![open.authority().into()], ..Host::default() };
    right(ask(&open, trusting));
    right(ask(&open, Host { skip_verify: true, ..Host::default() }));
    // Without a word about it, a loopback registry that wants TLS is asked by TLS.
    let error = ask(&open, Host::default()).expect_err("unknown authority");
    assert_eq!(error.class(), Class::Network);
    assert!(error.to_string().ends_with(" failed: its certificate is not trusted"), "{error}");
    let hint = error.hint().expect("a hint");
    assert!(hint.starts_with("name its authority, or the certificate itself, with --tls-ca or --cert-dir"), "{hint}");

    let closed = start(Tls::ClientCertificate);
    let pair = closed.client_pair();
    let identity = Identity { certificate: pair.certificate.clone(), key: pair.key.clone() };
    let trusting = Host { authorities: vec![closed.authority().into()], ..Host::default() };
    assert!(ask(&closed, trusting.clone()).is_err());
    right(ask(&closed, Host { identity: Some(identity), ..trusting }));

    // Certificates by folder, in the manner of certs.d.
    let certs = tempfile::tempdir().expect("directory");
    let folder = certs.path().join(closed.host());
    std::fs::create_dir(&folder).expect("folder");
    for (from, to) in [(closed.authority(), "ca.crt"), (&pair.certificate, "client.cert"), (&pair.key, "client.key")] {
        std::fs::copy(from, folder.join(to)).expect("copied");
    }
    let options = options(Options { certs_dirs: vec![certs.path().into()], ..Options::default() });
    right(source(&closed.host(), "app", &options).resolve(&tag("v1")));

    // A server that speaks no TLS where TLS is meant.
    let strict = Host { authorities: vec![open.authority().into()], ..Host::default() };
    let error = ask(&plain, strict.clone()).expect_err("no TLS there");
    assert!(error.to_string().ends_with(" failed: the server speaks plain http"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.starts_with("use --tls-verify=false")), "{:?}", error.hint());
    right(ask(&plain, Host { plain_http: PlainHttp::Allowed, ..strict }));
}

#[test]
fn a_tag_goes_alone() {
    let Some((registry, big, _dir)) = with_big() else { return };
    let proxies = [Proxy::start(&registry.host(), Mode::None), Proxy::start(&registry.host(), Mode::NoTagDelete)];
    for proxy in &proxies {
        let options = options(Options::default());
        let to = destination(&proxy.host(), "tags", &options);
        let from = source(&proxy.host(), "big", &options);
        for name in ["t1", "t2", "t3"] {
            copy(&*from, &*to, &tag("v1"), &tag(name)).expect("copies");
        }
        to.delete(&tag("t1")).expect("deletes");
        let mut names = to.tags(None).expect("lists").names;
        names.sort();
        assert_eq!(names, ["t2", "t3"]);
        assert!(to.resolve(&Selector::Digest(digest(&big.digest))).expect("answers").is_some());
        assert!(to.delete(&tag("t1")).expect_err("gone").is_not_found());
        to.delete(&Selector::Digest(digest(&big.digest))).expect("deletes");
        assert!(to.resolve(&tag("t2")).expect("answers").is_none());
        assert!(to.delete(&Selector::Digest(digest(&big.digest))).expect_err("gone").is_not_found());
    }
    let untouched = source(&registry.host(), "big", &options(Options::default()));
    assert!(untouched.resolve(&tag("v1")).expect("answers").is_some());
}

#[test]
fn lists_page_by_page() {
    for link in [Link::Relative, Link::Absolute] {
        let fake = paged_tags(2_500, 100, link);
        let from = source(&fake.host(), "many", &options(Options::default()));
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let page = from.tags(after.as_deref()).expect("lists");
            names.extend(page.names);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(names, tag_names(2_500));
        assert_eq!(fake.log().len(), 25);
        assert_eq!(from.tags(Some("v02498")).expect("lists").names, ["v02499"]);
        let empty = source(&fake.host(), "none", &options(Options::default()));
        assert!(empty.tags(None).expect("lists").names.is_empty());
        let missing = source(&fake.host(), "missing", &options(Options::default()));
        assert!(missing.tags(None).expect_err("missing").is_not_found());
    }
}

#[test]
fn a_large_refusal_leads_to_pieces() {
    let stored = Arc::new(Mutex::new(Vec::new()));
    let fake = {
        let stored = Arc::clone(&stored);
        Fake::start(move |asked| match (asked.method.as_str(), asked.path()) {
            ("HEAD", _) => Reply::new(404),
            ("POST", _) => Reply::new(202).header("Location", "/v2/a/blobs/uploads/1?_state=0"),
            ("PUT" | "PATCH", _) if asked.body.len() > 600_000 => Reply::new(413),
            ("PATCH", _) => {
                let mut stored = stored.lock().expect("lock");
                let range = asked.headers.get("content-range").expect("sent");
                assert_eq!(range, format!("{}-{}", stored.len(), stored.len() + asked.body.len() - 1));
                stored.extend(&asked.body);
                let end = stored.len() - 1;
                Reply::new(202)
                    .header("Location", &format!("/v2/a/blobs/uploads/1?_state={end}"))
                    .header("Range", &format!("0-{end}"))
            }
            ("PUT", _) => {
                let wanted = asked.parameter("digest").expect("sent");
                if sha256(&stored.lock().expect("lock")) == wanted {
                    Reply::new(201)
                } else {
                    Reply::error(400, "DIGEST_INVALID", "no")
                }
            }
            _ => Reply::new(500),
        })
    };
    let content: Vec<u8> = (0..2_000_000_u32).map(|number| (number % 251) as u8).collect();
    let descriptor = Descriptor::of(MediaType::OCTET_STREAM, &content);
    let to = destination(&fake.host(), "a", &options(Options::default()));
    let blob = Blob::from_bytes(descriptor, &content).expect("right");
    assert_eq!(to.put_blob(blob, None).expect("sends"), Outcome::Copied);
    assert_eq!(*stored.lock().expect("lock"), content);
}

#[test]
fn pieces_go_on_where_the_session_stands() {
    // What the session has, and how often a piece has been broken off.
    let state = Arc::new(Mutex::new((Vec::new(), 0)));
    let fake = {
        let state = Arc::clone(&state);
        Fake::start(move |asked| {
            let mut state = state.lock().expect("lock");
            let session = |held: &[u8]| {
                let end = held.len().saturating_sub(1);
                let location = format!("/v2/a/blobs/uploads/1?_state={end}");
                Reply::new(202).header("Location", &location).header("Range", &format!("0-{end}"))
            };
            match asked.method.as_str() {
                "HEAD" => Reply::new(404),
                "POST" => {
                    state.0.clear();
                    Reply::new(202).header("Location", "/v2/a/blobs/uploads/1?_state=0")
                }
                "GET" => Reply { status: 204, ..session(&state.0) },
                "PUT" if !asked.body.is_empty() => Reply::new(413),
                "PUT" if sha256(&state.0) == asked.parameter("digest").expect("sent") => Reply::new(201),
                "PATCH" => {
                    let start = asked.headers.get("content-range").and_then(|range| range.split('-').next());
                    assert_eq!(start, Some(state.0.len().to_string().as_str()));
                    // The second piece arrives by half, the third not at all.
                    let held = match (state.0.len(), state.1) {
                        (1_000_000, 0) => 300_000,
                        (1_300_000, 1) => 0,
                        _ => asked.body.len(),
                    };
                    state.0.extend(&asked.body[..held]);
                    if held == asked.body.len() {
                        return session(&state.0);
                    }
                    state.1 += 1;
                    Reply::new(500)
                }
                _ => Reply::new(400),
            }
        })
    };
    let content: Vec<u8> = (0..2_000_000_u32).map(|number| (number % 251) as u8).collect();
    let to = destination(&fake.host(), "a", &options(Options::default()));
    let blob = Blob::from_bytes(Descriptor::of(MediaType::OCTET_STREAM, &content), &content).expect("right");
    assert_eq!(to.put_blob(blob, None).expect("sends"), Outcome::Copied);
    assert_eq!(state.lock().expect("lock").0, content);
    let methods: Vec<String> = fake.log().into_iter().map(|asked| asked.method).collect();
    assert_eq!(methods, ["HEAD", "POST", "PUT", "POST", "PATCH", "PATCH", "GET", "PATCH", "GET", "PATCH", "PUT"]);
}

#[test]
fn a_later_process_goes_on_with_a_living_session() {
    let content: Vec<u8> = (0..2_000_000_u32).map(|number| (number % 251) as u8).collect();
    let state = tempfile::tempdir().expect("a folder");
    let notes = state.path().join("uploads");
    let noted = || std::fs::read_dir(&notes).map_or(0, |entries| entries.count());
    for (is_alive, resume, outcome) in
        [(true, true, Outcome::Resumed(1_500_000)), (false, true, Outcome::Copied), (true, false, Outcome::Copied)]
    {
        let stored = Arc::new(Mutex::new(Vec::<u8>::new()));
        let fake = {
            let stored = Arc::clone(&stored);
            Fake::start(move |asked| {
                let mut stored = stored.lock().expect("lock");
                match asked.method.as_str() {
                    "POST" => {
                        stored.clear();
                        Reply::new(202).header("Location", "/v2/a/blobs/uploads/1")
                    }
                    "GET" if is_alive => Reply::new(204).header("Range", &format!("0-{}", stored.len().max(1) - 1)),
                    // The first upload breaks off.
                    "PUT" if stored.is_empty() => {
                        stored.extend(&asked.body[..1_500_000]);
                        Reply::new(503)
                    }
                    "PUT" if asked.body.len() == 500_000 => {
                        assert_eq!(asked.headers.get("content-range"), Some("1500000-1999999"));
                        stored.extend(&asked.body);
                        Reply::new(201)
                    }
                    _ => Reply::new(404),
                }
            })
        };
        let put = |host: &str, resume| {
            let client = Client::new(Options { retries: 0, ..Options::default() });
            let state = Some(state.path().to_owned());
            let options = transport::Options { client: client.into(), state, resume, ..transport::Options::default() };
            let blob = Blob::from_bytes(Descriptor::of(MediaType::OCTET_STREAM, &content), &content).expect("right");
            destination(host, "a", &options).put_blob(blob, None)
        };
        assert_eq!(put(&fake.host(), true).expect_err("broken off").class(), Class::Network);
        assert_eq!(noted(), 1);
        let result = put(&fake.host(), resume);
        if outcome == Outcome::Copied {
            // A new session, which breaks off again: nothing of the old one was used.
            assert_eq!(result.expect_err("broken off").class(), Class::Network);
            assert_eq!(fake.log().iter().filter(|asked| asked.method == "POST").count(), 2);
            std::fs::remove_dir_all(&notes).expect("removed");
        } else {
            assert_eq!(result.expect("goes on"), outcome);
            assert!(*stored.lock().expect("lock") == content);
            assert_eq!(noted(), 0);
        }
    }
}

#[test]
fn whose_fault_it_is() {
    let Some(registry) = Registry::start() else { return };
    let to = destination(&registry.host(), "a", &options(Options::default()));
    let wanted = Descriptor::of(MediaType::OCTET_STREAM, b"abc");
    let lie = Blob::from_bytes(wanted.clone(), b"abd").expect("made");
    let error = to.put_blob(lie, None).expect_err("wrong content");
    assert!(error.fault().is_some_and(Fault::is_mismatch), "{error:?}");
    let broken = Blob::new(wanted.clone(), |_| Err(std::io::ErrorKind::ConnectionReset.into())).expect("made");
    let error = to.put_blob(broken, None).expect_err("broken source");
    assert!(matches!(error.fault(), Some(Fault::Source(_))), "{error:?}");
    assert!(!to.has_blob(&wanted).expect("answers"));
    // From another registry nothing is mounted.
    let elsewhere = Origin { registry: "r.example".into(), repository: "b".into() };
    let good = Blob::from_bytes(wanted.clone(), b"abc").expect("made");
    assert_eq!(to.put_blob(good, Some(&elsewhere)).expect("sends"), Outcome::Copied);
    assert!(to.has_blob(&wanted).expect("answers"));
}

#[test]
fn warnings_come_once_and_lies_are_found() {
    let manifest = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    let fake = Fake::start(move |asked| {
        let reply = Reply::new(200)
            .header("Content-Type", "application/vnd.oci.image.index.v1+json")
            .header("Warning", "299 - \"old \\\"thing\\\"\"")
            .body(manifest);
        match asked.path() {
            "/v2/a/manifests/liar" => reply.header("Docker-Content-Digest", &Digest::of(b"lie").to_string()),
            "/v2/a/manifests/evil" => Reply::new(307).header("Location", "http://169.254.169.254/latest/"),
            "/v2/a/manifests/ring" => Reply::new(307).header("Location", "/v2/a/manifests/ring"),
            _ => reply,
        }
    });
    let notes = Arc::new(Mutex::new(Vec::new()));
    let watch = {
        let notes = Arc::clone(&notes);
        Watch::new(move |event| {
            if let Event::Note { text } = event {
                notes.lock().expect("lock").push((*text).to_owned());
            }
        })
    };
    let options = transport::Options { watch, ..transport::Options::default() };
    let from = source(&fake.host(), "a", &options);
    let found = from.resolve(&tag("v1")).expect("answers").expect("there");
    assert_eq!(found.digest, Digest::of(manifest.as_bytes()));
    from.manifest(&tag("v1")).expect("there");
    assert_eq!(*notes.lock().expect("lock"), [format!("{} warns: old \"thing\"", fake.host())]);
    assert_eq!(from.manifest(&tag("liar")).expect_err("lie").class(), Class::Verification);
    assert_eq!(from.manifest(&Selector::Digest(Digest::of(b"x"))).expect_err("lie").class(), Class::Verification);
    let error = from.manifest(&tag("ring")).expect_err("ring");
    assert!(error.to_string().contains("redirects again and again"), "{error}");
}

/// A registry behind Basic whose uploads go on at another host, which must not hear the password.
#[test]
fn credentials_stay_with_the_registry() {
    let storage = Arc::new(Fake::start(|asked| {
        assert!(asked.headers.get("authorization").is_none(), "{asked:?}");
        Reply::new(if asked.method == "PUT" { 201 } else { 200 }).body(b"abc".to_vec())
    }));
    let port = storage.host().rsplit_once(':').expect("a port").1.to_owned();
    let fake = Fake::start(move |asked| {
        let elsewhere = format!("http://localhost:{port}/elsewhere");
        match (asked.headers.get("authorization"), asked.method.as_str()) {
            (None, _) => Reply::new(401).header("WWW-Authenticate", "Basic realm=\"r\""),
            (_, "HEAD") => Reply::new(404),
            (_, "POST") => Reply::new(202).header("Location", &elsewhere),
            _ => Reply::new(307).header("Location", &elsewhere),
        }
    });
    let options = options(Options { login: Some(Login::password("me", "secret")), ..Options::default() });
    let to = destination(&fake.host(), "a", &options);
    let wanted = Descriptor::of(MediaType::OCTET_STREAM, b"abc");
    let blob = Blob::from_bytes(wanted.clone(), b"abc").expect("right");
    assert_eq!(to.put_blob(blob, None).expect("sends"), Outcome::Copied);
    to.blob(&wanted).expect("lazy").check().expect("right");
    assert_eq!(storage.log().len(), 2);
}

/// A registry that deletes nothing: the tag that was to go names again what it named.
#[test]
fn a_tag_that_cannot_go_stays() {
    let Some((registry, big, _dir)) = with_big() else { return };
    let options = options(Options::default());
    let writable = destination(&registry.host(), "big", &options);
    let storage = Arc::new(Mutex::new(writable.manifest(&tag("v1")).expect("there").raw().to_vec()));
    let fake = {
        let storage = Arc::clone(&storage);
        Fake::start(move |asked| {
            let mut storage = storage.lock().expect("lock");
            match asked.method.as_str() {
                "DELETE" => Reply::error(405, "UNSUPPORTED", "the operation is unsupported"),
                "PUT" if asked.path().contains("/manifests/") => {
                    storage.clone_from(&asked.body);
                    Reply::new(201)
                }
                "PUT" => Reply::new(201),
                "POST" => Reply::new(202).header("Location", "/v2/a/blobs/uploads/1"),
                "HEAD" => Reply::new(404),
                _ => Reply::new(200).body(storage.clone()),
            }
        })
    };
    let to = destination(&fake.host(), "a", &options);
    let error = to.delete(&tag("v1")).expect_err("refused");
    assert!(
        error.to_string().ends_with("/v2/a/manifests/v1: status 405 UNSUPPORTED: the operation is unsupported"),
        "{error}"
    );
    assert_eq!(sha256(&storage.lock().expect("lock")), big.digest);
    let deleted: Vec<_> =
        fake.log().into_iter().filter(|asked| asked.method == "DELETE").map(|asked| asked.url).collect();
    assert_eq!(deleted.len(), 2);
    assert!(!deleted[1].ends_with(&big.digest));
}

#[test]
fn a_token_that_no_longer_does_is_replaced() {
    let used = Mutex::new((0, true));
    let fake = Fake::start(move |asked| {
        let (number, is_used) = &mut *used.lock().expect("lock");
        if asked.path() == "/token" {
            (*number, *is_used) = (*number + 1, false);
            return Reply::json(200, &serde_json::json!({"token": format!("t{number}"), "expires_in": 3600}));
        }
        let good = format!("Bearer t{number}");
        if *is_used || asked.headers.get("authorization") != Some(good.as_str()) {
            let host = asked.headers.get("host").expect("sent");
            let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"s\",error=\"invalid_token\"");
            return Reply::new(401).header("WWW-Authenticate", &challenge);
        }
        *is_used = true;
        Reply::new(404)
    });
    let from = source(&fake.host(), "a", &options(Options::default()));
    for _ in 0..3 {
        assert!(from.resolve(&tag("v1")).expect("let in").is_none());
    }
    let tokens: Vec<_> =
        fake.log().into_iter().filter(|asked| asked.path() == "/token").map(|asked| asked.url).collect();
    // One for HEAD, and one for the GET without which nothing is called absent.
    assert_eq!(tokens, ["/token?service=s&scope=repository:a:pull"; 6]);
}

/// Tunnels the first connection to `target` and returns what it was asked for.
fn tunnel(listener: &TcpListener, target: &str) -> String {
    let (mut client, _) = listener.accept().expect("a connection");
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).expect("a head");
        head.push(byte[0]);
    }
    let mut server = TcpStream::connect(target).expect("the registry");
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("answers");
    let (mut up, mut down) = (client.try_clone().expect("clone"), server.try_clone().expect("clone"));
    std::thread::spawn(move || std::io::copy(&mut up, &mut server));
    std::thread::spawn(move || std::io::copy(&mut down, &mut client));
    String::from_utf8(head).expect("text").lines().next().expect("a line").to_owned()
}

#[test]
fn proxies() {
    let Some(registry) = Registry::start() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let proxy = format!("http://{}", listener.local_addr().expect("address"));
    let client = Options {
        proxy: Some(Proxies { http: Some(proxy), https: None, except: Vec::new() }),
        host: Host { plain_http: PlainHttp::Always, ..Host::default() },
        retries: 0,
        ..Options::default()
    };
    let options = options(client);
    std::thread::scope(|scope| {
        // Without a connection the thread would wait for one.
        let _end = Finally(|| drop(TcpStream::connect(listener.local_addr().expect("address"))));
        let asked = scope.spawn(|| tunnel(&listener, &registry.host()));
        let through = source("registry.example:8080", "none", &options);
        assert!(through.resolve(&tag("v1")).expect("answers").is_none());
        assert_eq!(asked.join().expect("no panic"), "CONNECT registry.example:8080 HTTP/1.1");
    });
    // This machine is reached without.
    assert!(source(&registry.host(), "none", &options).resolve(&tag("v1")).expect("answers").is_none());
}

#[test]
fn a_host_has_no_more_requests_than_it_should() {
    // How many are being answered, and the most there ever were.
    let seen = Arc::new(Mutex::new((0_usize, 0_usize)));
    let fake = Fake::start({
        let seen = seen.clone();
        move |_| {
            {
                let mut seen = seen.lock().expect("nobody panics with it");
                seen.0 += 1;
                seen.1 = seen.1.max(seen.0);
            }
            // Not to wait for anything, but to be slow enough for others to come meanwhile.
            std::thread::sleep(Duration::from_millis(5));
            seen.lock().expect("nobody panics with it").0 -= 1;
            Reply::new(404)
        }
    });
    let client = Client::new(Options {
        requests_per_host: Some(2),
        host: Host { plain_http: PlainHttp::Always, ..Host::default() },
        ..Options::default()
    });
    let digest = digest(&sha256(b"missing"));
    std::thread::scope(|scope| {
        for number in 0..8 {
            // Clones and repositories share what the host has.
            let (client, digest, host) = (client.clone(), digest.clone(), fake.host());
            scope.spawn(move || {
                let repository = format!("{host}/r{number}").parse().expect("a repository");
                let remote = client.pull(&repository, &Watch::default());
                for _ in 0..4 {
                    assert!(!remote.has_blob(&digest, 7).expect("answers"));
                }
            });
        }
    });
    assert_eq!(fake.log().len(), 32);
    assert_eq!(seen.lock().expect("nobody panics with it").1, 2);
}
