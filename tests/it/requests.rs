//! How many requests the binary makes, how many tokens it asks for, and who gets to see them.

use std::fs;

use serde_json::json;

use crate::support::bearer::{Bearer, Options};
use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::{self, PASSWORD, Registry, USER};
use crate::support::scene::{Scene, copy};
use crate::support::seed;

/// An image of two platforms goes to another repository of the same registry with twelve requests; when it is there already, two
/// requests find that out, and neither writes.
#[test]
fn a_copy_in_a_registry_takes_twelve_requests_and_a_second_one_two() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let proxy = Proxy::start(&scene.registry.host(), Mode::None);
    let at = |name: &str| format!("docker://{}/{name}", proxy.host());
    assert_eq!(copy(&["--all"], &at("app:v1"), &at("c1:v1")), image.digest);
    let log = proxy.log();
    assert!(log.len() <= 12, "{} requests: {log:#?}", log.len());
    proxy.clear();
    assert_eq!(copy(&["--all"], &at("app:v1"), &at("c1:v1")), image.digest);
    let log = proxy.log();
    assert_eq!(log.len(), 2, "{log:#?}");
    assert!(log.iter().all(|request| matches!(request.method.as_str(), "GET" | "HEAD")), "{log:#?}");
}

/// A push of three blobs takes eleven requests, and each blob goes in one piece: some registries drop all pieces but the first.
#[test]
fn a_push_takes_eleven_requests_and_no_patch() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let image = fixture::big(&scene.folder.path("big"), 2, 300_000);
    let proxy = Proxy::start(&scene.registry.host(), Mode::None);
    assert_eq!(copy(&[], &image.reference(), &format!("docker://{}/big:v1", proxy.host())), image.digest);
    let log = proxy.log();
    assert!(log.len() <= 11, "{} requests: {log:#?}", log.len());
    assert!(log.iter().all(|request| request.method != "PATCH"), "{log:#?}");
    assert_eq!(scene.digest("big", "v1"), image.digest);
}

/// A pull needs one token, and so does a copy between repositories; where blobs come from another host, that host never sees it.
#[test]
fn one_token_is_enough_and_stays_at_home() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let server = Bearer::start(&scene.registry.host(), Options { redirect: true, ..Options::default() });
    let at = |name: &str| format!("docker://{}/{name}", server.host());
    assert_eq!(copy(&["--all"], &at("app:v1"), &scene.folder.at("oci", "o", ":v1")), image.digest);
    assert_eq!(server.tokens().len(), 1, "{:?}", server.tokens());
    let cdn = server.cdn();
    assert_eq!(cdn.len(), 4, "each blob comes from there: {cdn:#?}");
    assert!(cdn.iter().all(|request| !request.authorization), "{cdn:#?}");
    server.clear();
    assert_eq!(copy(&["--all"], &at("app:v1"), &at("other:v1")), image.digest);
    assert_eq!(server.tokens().len(), 1, "{:?}", server.tokens());
    assert!(server.cdn().iter().all(|request| !request.authorization));
}

/// Token servers answer in several ways, and registries ask in several: every one of them lets the binary in, by one request for a token
/// where one can do.
#[test]
fn every_kind_of_token_server_lets_in() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let plain = Options::default;
    let secret = Some(("me", "secret"));
    let table: &[(&str, Options, usize)] = &[
        ("access_token", Options { access_token: true, ..plain() }, 1),
        ("no expires_in", Options { no_expires_in: true, ..plain() }, 1),
        ("both missing", Options { access_token: true, no_expires_in: true, ..plain() }, 1),
        ("two challenges", Options { two_challenges: true, ..plain() }, 1),
        ("a password", Options { credentials: secret, ..plain() }, 1),
        ("a password and two challenges", Options { credentials: secret, two_challenges: true, ..plain() }, 1),
        ("an identity token", Options { identity_token: Some("refresh"), ..plain() }, 1),
        // The POST that such a server does not know, and the GET.
        ("an identity token and no POST", Options { post404: true, ..plain() }, 2),
    ];
    for (name, options, tokens) in table {
        let server = Bearer::start(&scene.registry.host(), *options);
        let entry = match (options.credentials, name.starts_with("an identity token")) {
            (Some((user, password)), _) => json!({"username": user, "password": password}),
            (None, true) => json!({"identitytoken": "refresh"}),
            (None, false) => json!({}),
        };
        let authfile = scene.folder.path("auth.json");
        fs::write(&authfile, json!({"auths": {server.host(): entry}}).to_string()).expect("writing a file");
        let from = format!("docker://{}/app:v1", server.host());
        let to = scene.folder.at("oci", "o", &format!(":{}", name.replace(' ', "-")));
        let run = stevedore(&["copy", "--all", "--authfile", &authfile.display().to_string(), &from, &to]);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        assert_eq!(run.text(), image.digest, "{name}");
        assert_eq!(server.tokens().len(), *tokens, "{name}: {:?}", server.tokens());
    }
}

/// A registry with Basic alone is read with a password from the command line, from a file and from a URL's host key.
#[test]
fn basic_credentials_let_in() {
    let Some(registry) = Registry::start_with(registry::Options { htpasswd: true, ..Default::default() }) else {
        return;
    };
    let folder = tempfile::tempdir().expect("making a temporary directory");
    let image = fixture::single(&folder.path().join("single"));
    seed::push_all(&image.dir, &registry.client(), "app");
    let reference = format!("docker://{}/app:v1", registry.host());
    let creds = format!("--creds={USER}:{PASSWORD}");
    assert_eq!(stevedore(&["digest", &creds, &reference]).ok().text(), image.digest);
    let program = Program::stevedore(&["digest", &reference]);
    fs::create_dir(program.home().join(".docker")).expect("making a directory");
    let config =
        json!({"auths": {format!("https://{}/v1/", registry.host()): {"username": USER, "password": PASSWORD}}});
    fs::write(program.home().join(".docker/config.json"), config.to_string()).expect("writing a file");
    assert_eq!(program.run().ok().text(), image.digest);
    stevedore(&["digest", "--creds=user:wrong", &reference]).code(4);
}

/// A login is tried against the token server, too, and refused there.
#[test]
fn a_login_is_checked_at_the_token_server() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let server = Bearer::start(&registry.host(), Options { credentials: Some(("me", "secret")), ..Options::default() });
    let folder = tempfile::tempdir().expect("making a temporary directory");
    let file = folder.path().join("auth.json");
    let authfile = format!("--authfile={}", file.display());
    let login = |password: &[u8]| {
        Program::stevedore(&["login", &authfile, "-u", "me", "--password-stdin", &server.host()]).stdin(password).run()
    };
    login(b"wrong").code(4);
    assert!(!file.exists(), "a login that was refused is not kept");
    login(b"secret").ok();
    stevedore(&["tags", &authfile, &format!("docker://{}/nope", server.host())]).code(3);
}
