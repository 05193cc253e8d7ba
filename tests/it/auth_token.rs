//! `auth token`: a bearer token that other programs can use.

use crate::support::bearer::{self, Bearer};
use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::http::Client;
use crate::support::scene::Scene;

#[test]
fn a_token_allows_what_was_asked_for() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let options = bearer::Options { credentials: Some(("me", "hunter22")), ..bearer::Options::default() };
    let server = Bearer::start(&scene.registry.host(), options);
    let app = format!("{}/app", server.host());
    let token = |more: &[&str]| {
        server.clear();
        let run = stevedore(&[&["auth", "token", "--creds=me:hunter22"], more].concat()).ok();
        (run, server.tokens().pop().expect("a token is asked for").scopes)
    };
    let (run, scopes) = token(&[&app]);
    assert_eq!(scopes, ["repository:app:pull"]);
    let client = Client::new(&server.host()).with("Authorization", &format!("Bearer {}", run.text()));
    assert_eq!(client.get("/v2/app/tags/list").expect(200).json()["tags"][0], "v1");
    let (run, scopes) = token(&["--push", "-H", "--mount", &format!("{}/base", server.host()), &app]);
    assert_eq!(scopes, ["repository:app:pull,push", "repository:base:pull"]);
    assert!(run.text().starts_with("Authorization: Bearer issued-") && run.stderr.is_empty(), "{}", run.text());
    let (run, scopes) = token(&["--json", &format!("docker://{app}:pull,delete")]);
    assert_eq!(
        (run.json()["scopes"].clone(), scopes[0].as_str()),
        (scopes.clone().into(), "repository:app:delete,pull")
    );
    assert_eq!(run.json()["expiresIn"], 300);
}

#[test]
fn what_gives_no_token_is_told() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let open = stevedore(&["auth", "token", &format!("{}/app", scene.registry.host())]).code(1);
    assert!(open.text().is_empty() && open.stderr.contains("asks for no bearer token"), "{}", open.stderr);
    let options = bearer::Options { credentials: Some(("me", "hunter22")), ..bearer::Options::default() };
    let server = Bearer::start(&scene.registry.host(), options);
    let refused = stevedore(&["auth", "token", "--creds=me:wrongword", &format!("{}/app", server.host())]).code(4);
    assert!(refused.text().is_empty() && !refused.stderr.contains("wrongword"), "{}", refused.stderr);
    let odd = stevedore(&["auth", "token", "registry.invalid/app:v1"]).code(2);
    assert!(odd.stderr.contains("write pull, push, delete or *"), "{}", odd.stderr);
}
