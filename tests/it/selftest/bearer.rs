//! The bearer flow by hand.

use serde_json::Value;

use crate::support::bearer::{Bearer, Options, TokenRequest};
use crate::support::http::Client;
use crate::support::pages::Fake;
use crate::support::wire::Reply;

const BLOB: &str = "/v2/app/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000";
const PULL: &str = "/token?service=test.svc&scope=repository:app:pull";

fn start(options: Options) -> (Fake, Bearer, Client) {
    let target = Fake::start(|asked| match asked.headers.get("authorization") {
        Some(_) => Reply::new(500).body("the front passed a token on"),
        None => Reply::new(200).body("hello"),
    });
    let bearer = Bearer::start(&target.host(), options);
    let client = Client::new(&bearer.host());
    (target, bearer, client)
}

fn token(client: &Client, path: &str) -> Value {
    client.get(path).expect(200).json()
}

fn with_token(client: &Client, token: &Value) -> Client {
    client.clone().with("Authorization", &format!("Bearer {}", token.as_str().expect("a token is text")))
}

fn challenge(client: &Client, method: &str, path: &str) -> String {
    let response = client.send(method, path, &[]).expect(401);
    response.header("www-authenticate").expect("a challenge").to_owned()
}

#[test]
fn a_token_opens_what_it_was_asked_for() {
    let (_target, bearer, client) = start(Options::default());
    let realm = format!(r#"Bearer realm="http://{}/token",service="test.svc""#, bearer.host());
    assert_eq!(challenge(&client, "GET", "/v2/"), realm);
    assert_eq!(challenge(&client, "GET", BLOB), format!(r#"{realm},scope="repository:app:pull""#));
    let answer = token(&client.clone().basic("user", "pass"), PULL);
    assert_eq!(answer["expires_in"], 300);
    let holder = with_token(&client, &answer["token"]);
    assert_eq!(holder.get(BLOB).expect(200).text(), "hello");
    holder.get("/v2/").expect(200);
    assert_eq!(
        challenge(&holder, "PUT", "/v2/app/manifests/v1"),
        format!(r#"{realm},scope="repository:app:pull,push",error="insufficient_scope""#)
    );
    challenge(&holder, "GET", "/v2/other/tags/list");
    assert_eq!(
        bearer.tokens(),
        [TokenRequest {
            method: "GET".to_owned(),
            scopes: vec!["repository:app:pull".to_owned()],
            scope_parameters: 1,
            service: Some("test.svc".to_owned()),
            user: Some("user".to_owned()),
            status: 200,
        }]
    );
    let denied: Vec<_> = bearer.denied().into_iter().map(|request| (request.method, request.authorization)).collect();
    let expected = [("GET", false), ("GET", false), ("PUT", true), ("GET", true)];
    assert_eq!(denied, expected.map(|(method, authorized)| (method.to_owned(), authorized)));
    assert_eq!(bearer.log().len(), 7);
    bearer.clear();
    assert!(bearer.log().is_empty() && bearer.tokens().is_empty());
    holder.get(BLOB).expect(200);
}

#[test]
fn a_mount_needs_both_repositories() {
    let (_target, bearer, client) = start(Options::default());
    let mount = "/v2/new/blobs/uploads/?mount=sha256:0&from=team%2Fapp";
    let wanted = challenge(&client, "POST", mount);
    assert!(wanted.ends_with(r#",scope="repository:new:pull,push repository:team/app:pull""#), "{wanted}");
    let both = token(&client, "/token?scope=repository:new:pull,push&scope=repository%3Ateam/app%3Apull");
    with_token(&client, &both["token"]).post(mount, &[]).expect(200);
    let one = token(&client, "/token?scope=repository:new:pull,push");
    with_token(&client, &one["token"]).post(mount, &[]).expect(401);
    let counts: Vec<_> =
        bearer.tokens().iter().map(|request| (request.scope_parameters, request.scopes.len())).collect();
    assert_eq!(counts, [(2, 2), (1, 1)]);
}

#[test]
fn odd_token_servers() {
    let options =
        Options { access_token: true, no_expires_in: true, post404: true, two_challenges: true, ..Options::default() };
    let (_target, _bearer, client) = start(options);
    assert!(challenge(&client, "GET", BLOB).starts_with(r#"Basic realm="a \"quoted\", name", Bearer realm="http://"#));
    client.post("/token", b"grant_type=refresh_token").expect(404);
    let answer = token(&client, PULL);
    assert!(answer["token"].is_null() && answer["expires_in"].is_null(), "{answer}");
    with_token(&client, &answer["access_token"]).get(BLOB).expect(200);
}

#[test]
fn only_the_first_scope_is_granted() {
    let (_target, _bearer, client) = start(Options { first_scope_only: true, ..Options::default() });
    let answer = token(&client, "/token?scope=repository:new:pull,push+repository:app:pull");
    let holder = with_token(&client, &answer["token"]);
    holder.get("/v2/new/tags/list").expect(200);
    assert!(challenge(&holder, "GET", BLOB).ends_with(r#",error="insufficient_scope""#));
}

#[test]
fn credentials_can_be_wanted() {
    let options = Options { credentials: Some(("user", "pass")), identity_token: Some("secret"), ..Options::default() };
    let (_target, bearer, client) = start(options);
    client.get(PULL).expect(401);
    client.clone().basic("user", "wrong").get(PULL).expect(401);
    client.clone().basic("user", "pass").get(PULL).expect(200);
    client.post("/token", b"grant_type=refresh_token&refresh_token=other").expect(401);
    client.post("/token", b"grant_type=refresh_token&refresh_token=secret&scope=repository:app:pull").expect(200);
    let seen: Vec<_> = bearer.tokens().into_iter().map(|request| (request.status, request.user)).collect();
    let user = Some("user".to_owned());
    assert_eq!(seen, [(401, None), (401, user.clone()), (200, user), (401, None), (200, None)]);
    assert!(bearer.denied().is_empty());
}

#[test]
fn blobs_come_from_another_host() {
    let (_target, bearer, client) = start(Options { redirect: true, ..Options::default() });
    let holder = with_token(&client, &token(&client, PULL)["token"]);
    let response = holder.get(BLOB).expect(307);
    let location = response.header("location").expect("a redirect has one");
    let (host, path) = location.trim_start_matches("http://").split_once('/').expect("an absolute URL");
    assert!(host.starts_with("localhost:"), "{host}");
    assert_ne!(host, bearer.host().replace("127.0.0.1", "localhost"));
    let cdn = Client::new(host);
    assert_eq!(cdn.get(&format!("/{path}")).expect(200).text(), "hello");
    // A token given away is seen, and does no harm here.
    cdn.with("Authorization", "Bearer t0").get(&format!("/{path}")).expect(200);
    holder.get("/v2/app/manifests/v1").expect(200);
    assert_eq!(bearer.cdn().iter().map(|request| request.authorization).collect::<Vec<_>>(), [false, true]);
}
