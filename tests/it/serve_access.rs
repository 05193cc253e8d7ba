//! Who gets in, asked over the wire: each route and method with every kind of credentials that must not open it, and mounts.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::http::Client;
use crate::support::layout::sha256;
use crate::support::served::Served;

/// `user` with `pass`, and `other` with `word`; made by `htpasswd -Bbn`, with a cost of 5.
const USERS: &str = "user:$2y$05$Ug4vvz.Z.ClL5ntQ0rSX8eNJeF1j5abnzUSd5YRFMeyvcDnrLCRRe\n\
    other:$2y$05$WN2ZT6iHdk3M2pNlhzK34O.uUsdR5PuLRKRIIj7q9F5Oyd3v12PNu\n";

/// `user` may do everything, `other` everything but in `secret`, and nobody in particular nothing.
const POLICY: &str = r#"
[[rule]]
who = ["user"]
may = ["pull", "push", "delete", "catalog"]
repositories = ["**"]

[[rule]]
who = ["other"]
may = ["pull", "push", "delete"]
repositories = ["team/**"]
"#;

fn serve(room: &Path, flags: &[&str]) -> Served {
    let path = |name: &str| room.join(name).display().to_string();
    fs::write(path("users"), USERS).expect("written");
    fs::write(path("policy"), POLICY).expect("written");
    let (store, users, policy) = (path("store"), path("users"), path("policy"));
    Served::start(&[&["--store", &store, "--htpasswd", &users, "--policy", &policy], flags].concat())
}

/// Every route with every method that it knows.
fn routes() -> Vec<(&'static str, String)> {
    let digest = sha256(b"{}");
    let upload = "/v2/team/app/blobs/uploads/01234567-89ab-4def-8123-456789abcdef";
    let mut routes = Vec::new();
    for method in ["GET", "HEAD"] {
        for path in ["tags/list", "manifests/v1"] {
            routes.push((method, format!("/v2/team/app/{path}")));
        }
        for path in ["manifests", "blobs", "referrers"] {
            routes.push((method, format!("/v2/team/app/{path}/{digest}")));
        }
        routes.extend([(method, "/v2/".into()), (method, "/v2/_catalog".into()), (method, upload.into())]);
    }
    for (method, path) in [
        ("PUT", "/v2/team/app/manifests/v1".to_owned()),
        ("PUT", format!("/v2/team/app/manifests/{digest}?tag=a")),
        ("DELETE", "/v2/team/app/manifests/v1".into()),
        ("DELETE", format!("/v2/team/app/manifests/{digest}")),
        ("DELETE", format!("/v2/team/app/blobs/{digest}")),
        ("POST", "/v2/team/app/blobs/uploads/".into()),
        ("POST", format!("/v2/team/app/blobs/uploads/?digest={digest}")),
        ("POST", format!("/v2/team/app/blobs/uploads/?mount={digest}&from=team/base")),
        ("PATCH", upload.into()),
        ("PUT", format!("{upload}?digest={digest}")),
        ("DELETE", upload.into()),
    ] {
        routes.push((method, path));
    }
    routes
}

/// Makes a token as the server does, with its key.
fn token(key: &[u8], header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    let signature = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// Everything that opens nothing, as the Authorization fields of a request.
fn bad_credentials(room: &Path) -> Vec<(&'static str, Vec<String>)> {
    let text = fs::read_to_string(room.join("store/token.key")).expect("the key of the tokens");
    let key = URL_SAFE_NO_PAD.decode(text.trim()).expect("base64");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock behind 1970").as_secs();
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let claims = |more: &[(&str, Value)]| {
        let access = json!([{"type": "repository", "name": "team/app", "actions": ["pull", "push", "delete"]},
            {"type": "registry", "name": "catalog", "actions": ["*"]}]);
        let mut claims = json!({"iss": "stevedore", "sub": "user", "aud": "stevedore", "nbf": now - 100, "iat": now - 100,
            "exp": now + 300, "access": access});
        for (name, value) in more {
            claims[*name] = value.clone();
        }
        claims
    };
    let bearer = |more: &[(&str, Value)]| vec![format!("Bearer {}", token(&key, &header, &claims(more)))];
    let good = bearer(&[]).remove(0);
    let [_, middle, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let (right, wrong) = (basic("user", "pass"), basic("nobody", "pass"));
    vec![
        // The first shows that the others are refused for what is wrong with them.
        ("good", vec![good.clone()]),
        ("nothing", vec![]),
        ("a wrong password", vec![wrong.clone()]),
        ("an expired token", bearer(&[("exp", json!(now - 60))])),
        ("a token of the future", bearer(&[("nbf", json!(now + 100))])),
        ("another service", bearer(&[("aud", json!("elsewhere"))])),
        ("another issuer", bearer(&[("iss", json!("elsewhere"))])),
        ("a user who is not there", bearer(&[("sub", json!("mallory"))])),
        ("another key", vec![format!("Bearer {}", token(b"0123456789abcdef0123456789abcdef", &header, &claims(&[])))]),
        ("alg none", vec![format!("Bearer {none}.{middle}.")]),
        ("alg none, signed", vec![format!("Bearer {none}.{middle}.{signature}")]),
        ("lower case and wrong", vec![wrong.replace("Basic", "basic")]),
        ("two fields, the right one first", vec![right.clone(), wrong.clone()]),
        ("two fields, the right one last", vec![wrong.clone(), right.clone()]),
        ("the right one twice", vec![right.clone(), right]),
        ("a token for another repository", bearer(&[("access", json!([]))])),
    ]
}

#[test]
fn bad_credentials_open_nothing() {
    let room = TempDir::new().expect("a temporary directory");
    let served = serve(room.path(), &["--access-log", "none"]);
    served.client().basic("user", "pass").get("/v2/").expect(200);
    for (what, fields) in bad_credentials(room.path()) {
        let client = fields.iter().fold(served.client(), |client, field| client.with("Authorization", field));
        for (method, path) in routes() {
            let response = client.send(method, &path, if method == "PUT" { b"{}" } else { b"" });
            let status = response.status;
            match what {
                "good" => {
                    assert!(![401, 403, 429].contains(&status), "{method} {path}: {status}");
                }
                // It names its bearer, and needs no scope to be greeted.
                "a token for another repository" if path == "/v2/" => assert_eq!(status, 200),
                _ => {
                    assert!([401, 429].contains(&status), "{what}: {method} {path}: {status}");
                    let challenge = response.header("www-authenticate").unwrap_or_default();
                    assert!(status == 429 || challenge.starts_with("Bearer realm=\""), "{what}: {challenge}");
                }
            }
        }
    }
    assert!(!room.path().join("store/docker/registry/v2/repositories/team/base").exists());
}

#[test]
fn a_scheme_has_no_case() {
    let room = TempDir::new().expect("a temporary directory");
    let served = serve(room.path(), &[]);
    for scheme in ["Basic", "basic", "BASIC"] {
        let field = basic("user", "pass").replace("Basic", scheme);
        served.client().with("Authorization", &field).get("/v2/_catalog").expect(200);
    }
}

/// Asks for a token with the scopes that a challenge names.
fn fetch(client: &Client, challenge: &str) -> String {
    let scope = challenge.split("scope=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a scope");
    let target = format!("/token?service=stevedore&scope={}", scope.replace(' ', "%20"));
    client.get(&target).expect(200).json()["token"].as_str().expect("a token").to_owned()
}

#[test]
fn a_mount_gives_nothing_away() {
    let room = TempDir::new().expect("a temporary directory");
    for flags in [&[][..], &["--no-tokens"]] {
        let served = serve(room.path(), flags);
        let digest = sha256(b"secret");
        let admin = served.client().basic("user", "pass");
        for name in ["secret/app", "team/base"] {
            let content: &[u8] = if name == "secret/app" { b"secret" } else { b"shared" };
            admin.post(&format!("/v2/{name}/blobs/uploads/?digest={}", sha256(content)), content).expect(201);
        }
        let mount = |client: &Client, query: &str| client.post(&format!("/v2/team/app/blobs/uploads/?{query}"), b"");
        let other = served.client().basic("other", "word");
        // By a token: what the first challenge asks for, as far as the user may have it.
        let with_token = |query: &str| {
            let challenge =
                mount(&served.client(), query).expect(401).header("www-authenticate").expect("one").to_owned();
            if challenge.starts_with("Basic") {
                return other.clone();
            }
            served.client().with("Authorization", &format!("Bearer {}", fetch(&other, &challenge)))
        };
        for query in [format!("mount={digest}&from=secret/app"), format!("mount={digest}")] {
            for client in [other.clone(), with_token(&query)] {
                let location = mount(&client, &query).expect(202).header("location").expect("a location").to_owned();
                assert!(location.starts_with("/v2/team/app/blobs/uploads/"), "{location}");
                client.get(&format!("/v2/team/app/blobs/{digest}")).expect(404);
            }
        }
        let shared = format!("mount={}&from=team/base", sha256(b"shared"));
        for client in [other.clone(), with_token(&shared)] {
            mount(&client, &shared).expect(201);
            let target = format!("/v2/team/app/blobs/{}", sha256(b"shared"));
            assert_eq!(other.get(&target).expect(200).text(), "shared");
            other.delete(&target).expect(202);
        }
    }
}
