//! The guard: every route and method against every kind of bad credentials, and what good ones get.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::*;
use crate::http::{Content, Method, Response};

const HOUR: Duration = Duration::from_secs(3600);

/// All that a registry can be asked for: method, path, and what that wishes.
const ROUTES: [(&str, &str, Action); 17] = [
    ("GET", "/v2/", Action::Ping),
    ("GET", "/v2/_catalog", Action::Catalog),
    ("GET", "/v2/team/app/tags/list", Action::Pull),
    ("GET", "/v2/team/app/manifests/v1", Action::Pull),
    ("HEAD", "/v2/team/app/manifests/v1", Action::Pull),
    ("PUT", "/v2/team/app/manifests/v1", Action::Push),
    ("DELETE", "/v2/team/app/manifests/v1", Action::Delete),
    ("GET", "/v2/team/app/blobs/sha256:0", Action::Pull),
    ("HEAD", "/v2/team/app/blobs/sha256:0", Action::Pull),
    ("DELETE", "/v2/team/app/blobs/sha256:0", Action::Delete),
    ("GET", "/v2/team/app/referrers/sha256:0", Action::Pull),
    ("POST", "/v2/team/app/blobs/uploads/", Action::Push),
    ("POST", "/v2/team/app/blobs/uploads/?mount=sha256:0&from=other", Action::Push),
    ("GET", "/v2/team/app/blobs/uploads/1", Action::Push),
    ("PATCH", "/v2/team/app/blobs/uploads/1", Action::Push),
    ("PUT", "/v2/team/app/blobs/uploads/1", Action::Push),
    ("DELETE", "/v2/team/app/blobs/uploads/1", Action::Push),
];

/// Nothing without a login; alice may do everything to team/, bob may read it.
const POLICY: &str = r#"
[[rule]]
who = ["alice"]
may = ["pull", "push", "delete", "catalog"]
repositories = ["team/**"]

[[rule]]
who = ["bob"]
may = ["pull"]
repositories = ["team/**"]
"#;

struct Scene {
    _dir: tempfile::TempDir,
    root: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path().to_path_buf();
        let line = |(user, password)| format!("{user}:{}\n", bcrypt::hash(password, 4).expect("hashes"));
        fs::write(root.join("users"), [("alice", "secret"), ("bob", "other")].map(line).concat()).expect("written");
        fs::write(root.join("policy"), POLICY).expect("written");
        Self { _dir: dir, root }
    }

    fn passwords(&self) -> Option<Passwords> {
        Some(Passwords::open(&self.root.join("users"), notes()).expect("opens"))
    }

    fn rules(&self) -> Rules {
        Rules::File(PolicyFile::open(&self.root.join("policy"), notes()).expect("opens"))
    }

    fn issuer(&self, service: &str) -> Issuer {
        Issuer::open(&self.root.join("key"), service, HOUR).expect("opens")
    }

    fn own(&self) -> Guard {
        let tokens = Tokens::Own(self.issuer("here"));
        guard(self.passwords(), tokens, self.rules())
    }
}

fn notes() -> Notes {
    Arc::new(|note: &str| panic!("{note}"))
}

fn guard(passwords: Option<Passwords>, tokens: Tokens, rules: Rules) -> Guard {
    let notes: Notes = Arc::new(|_| {});
    Guard::new(GuardOptions { passwords, tokens, rules, outside: Outside::default(), notes })
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn decide(guard: &Guard, method: &str, path: &str, action: Action, fields: &[&str]) -> Decision {
    let mut request = Request::new(Method::from(method), path);
    request.headers.add("Host", "h");
    for field in fields {
        request.headers.add("Authorization", *field);
    }
    let repository = (!matches!(action, Action::Ping | Action::Catalog)).then_some("team/app");
    guard.authorize(&request, &Wish { action, repository })
}

fn grants(scopes: &[&str]) -> Vec<token::Grant> {
    scopes.iter().map(|scope| token::Grant::of_scope(scope).expect("a scope")).collect()
}

const EVERYTHING: [&str; 2] = ["repository:team/app:*", "registry:catalog:*"];

#[test]
fn bad_credentials_open_no_route() {
    let scene = Scene::new();
    let guard = scene.own();
    let now = token::now();
    let bearer = |token: String| format!("Bearer {token}");
    let issue = |service: &str, user, at| bearer(scene.issuer(service).issue(user, grants(&EVERYTHING), at));
    let good = issue("here", Some("alice"), now);
    let [_, claims, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let header = |alg: &str| URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"{alg}\",\"typ\":\"JWT\"}}"));
    let other_key = Issuer::fresh("here", HOUR).expect("a key").issue(Some("alice"), grants(&EVERYTHING), now);
    let (right, wrong) = (basic("alice", "secret"), basic("alice", "wrong"));
    let bad: Vec<(&str, Vec<String>)> = vec![
        ("nothing", vec![]),
        ("a wrong password", vec![wrong.clone()]),
        ("an empty password", vec![basic("alice", "")]),
        ("a user who is not there", vec![basic("mallory", "secret")]),
        ("an expired token", vec![issue("here", Some("alice"), now - 7200)]),
        ("a token of the future", vec![issue("here", Some("alice"), now + 7200)]),
        ("a token of another service", vec![issue("there", Some("alice"), now)]),
        ("a token of another key", vec![bearer(other_key)]),
        ("a token of a user who has gone", vec![issue("here", Some("mallory"), now)]),
        ("alg none", vec![bearer(format!("{}.{claims}.", header("none")))]),
        ("alg none with a signature", vec![bearer(format!("{}.{claims}.{signature}", header("none")))]),
        ("another alg", vec![bearer(format!("{}.{claims}.{signature}", header("HS512")))]),
        ("no signature", vec![bearer(format!("{}.{claims}.", header("HS256")))]),
        ("a login as a token", vec![right.replace("Basic", "Bearer")]),
        ("a token as a login", vec![good.replace("Bearer", "Basic")]),
        ("garbage", vec!["Basic %%%".into()]),
        ("another scheme", vec![right.replace("Basic", "Digest")]),
        ("two headers, the right one first", vec![right.clone(), wrong.clone()]),
        ("two headers, the right one last", vec![wrong.clone(), right.clone()]),
        ("two right headers", vec![right.clone(), right.clone()]),
        ("lower case and wrong", vec![wrong.replace("Basic", "basic")]),
    ];
    for (what, fields) in &bad {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        for (method, path, action) in ROUTES {
            match decide(&guard, method, path, action, &fields) {
                Decision::Challenge { challenge, .. } => {
                    assert!(challenge.starts_with("Bearer realm=\"http://h/token\",service=\"here\""), "{challenge}");
                }
                // Guesses at alice's password were counted.
                Decision::Wait { .. } if fields.iter().any(|field| field.to_lowercase().starts_with("basic")) => {}
                decision => panic!("{what}: {method} {path}: {decision:?}"),
            }
        }
    }
}

#[test]
fn the_right_user_has_the_rights_of_the_policy_only() {
    let scene = Scene::new();
    let guard = scene.own();
    let now = token::now();
    let token = |user, scopes: &[&str]| format!("bearer {}", scene.issuer("here").issue(user, grants(scopes), now));
    let reads = |action| matches!(action, Action::Ping | Action::Pull);
    let (alice, bob) = (basic("alice", "secret"), basic("bob", "other"));
    for (method, path, action) in ROUTES {
        let decide = |field: &str| decide(&guard, method, path, action, &[field]);
        for field in [&alice, &alice.replace("Basic", "basic"), &token(Some("alice"), &EVERYTHING)] {
            assert_eq!(decide(field), Decision::Allow, "{method} {path}");
        }
        // The policy has the last word on a token that was issued under another one.
        for field in [&bob, &token(Some("bob"), &EVERYTHING)] {
            match decide(field) {
                Decision::Allow => assert!(reads(action), "{method} {path}"),
                Decision::Forbid { message } => assert!(!reads(action) && message.starts_with("bob may not")),
                decision => panic!("{method} {path}: {decision:?}"),
            }
        }
        for scopes in [&["repository:team/app:pull"][..], &["repository:team/other:*"], &[]] {
            match decide(&token(Some("alice"), scopes)) {
                Decision::Allow => assert!(action == Action::Ping || action == Action::Pull && scopes.len() == 1),
                Decision::Challenge { challenge, .. } => assert!(challenge.ends_with("error=\"insufficient_scope\"")),
                decision => panic!("{method} {path}: {decision:?}"),
            }
        }
        match decide(&token(None, &EVERYTHING)) {
            Decision::Allow => assert_eq!(action, Action::Ping),
            Decision::Challenge { .. } => assert_ne!(action, Action::Ping),
            decision => panic!("{method} {path}: {decision:?}"),
        }
    }
}

#[test]
fn without_flags_reading_is_free_and_the_answer_says_how_to_write() {
    for (rules, writes) in [(Rules::Plain, false), (Rules::AnonymousPush, true)] {
        let guard = guard(None, Tokens::None, rules);
        for (method, path, action) in ROUTES {
            for fields in [&[][..], &[basic("any", "one").as_str()], &["Bearer x"]] {
                let decision = decide(&guard, method, path, action, fields);
                if writes || !matches!(action, Action::Push | Action::Delete) {
                    assert_eq!(decision, Decision::Allow);
                    continue;
                }
                let Decision::Forbid { message } = decision else { panic!("{method} {path}") };
                let verb = if action == Action::Push { "push to" } else { "delete from" };
                let hint = "start the server with --anonymous-push or --htpasswd FILE";
                assert_eq!(message, format!("nobody may {verb} team/app: {hint}"));
            }
            let unclear = decide(&guard, method, path, action, &["Basic %"]);
            assert!(matches!(unclear, Decision::Challenge { .. }), "{method} {path}");
        }
    }
}

#[test]
fn a_token_takes_nothing_away_and_a_mount_is_told_both_scopes() {
    let scene = Scene::new();
    let open = guard(scene.passwords(), Tokens::Own(scene.issuer("here")), Rules::Plain);
    let issue =
        |scopes: &[&str]| format!("Bearer {}", scene.issuer("here").issue(Some("bob"), grants(scopes), token::now()));
    let elsewhere = issue(&["repository:other:pull,push"]);
    let pull = |guard: &Guard| decide(guard, "GET", "/v2/team/app/tags/list", Action::Pull, &[&elsewhere]);
    assert_eq!(pull(&open), Decision::Allow, "everyone may");
    assert!(matches!(pull(&scene.own()), Decision::Challenge { .. }), "the policy lets only some");
    let push = decide(&open, "PUT", "/v2/team/app/manifests/v1", Action::Push, &[&elsewhere]);
    assert!(matches!(push, Decision::Challenge { .. }));
    for (query, scope) in [
        ("mount=sha256:0&from=team/base", "repository:team/app:pull,push repository:team/base:pull"),
        ("mount=sha256:0", "repository:team/app:pull,push"),
        ("from=team/base", "repository:team/app:pull,push"),
        ("mount=sha256:0&from=a%22,realm=%22b", "repository:team/app:pull,push"),
    ] {
        let target = format!("/v2/team/app/blobs/uploads/?{query}");
        let decision = decide(&scene.own(), "POST", &target, Action::Push, &[]);
        let Decision::Challenge { challenge, .. } = decision else { panic!("{query}: {decision:?}") };
        assert!(challenge.ends_with(&format!(",scope=\"{scope}\"")), "{challenge}");
    }
}

#[test]
fn passwords_alone_are_asked_for_as_such() {
    let scene = Scene::new();
    let guard = guard(scene.passwords(), Tokens::None, Rules::Plain);
    let ping = |fields: &[&str]| decide(&guard, "GET", "/v2/", Action::Ping, fields);
    assert!(matches!(ping(&[]), Decision::Challenge { challenge, .. } if challenge.starts_with("Basic ")));
    assert_eq!(ping(&[&basic("bob", "other")]), Decision::Allow);
    assert!(matches!(ping(&["Bearer a.b.c"]), Decision::Challenge { .. }));
    let push = |fields: &[&str]| decide(&guard, "PUT", "/v2/team/app/manifests/v1", Action::Push, fields);
    assert_eq!(push(&[&basic("bob", "other")]), Decision::Allow, "who is logged in may write");
    // What skopeo sends without a login.
    let pull = decide(&guard, "GET", "/v2/team/app/manifests/v1", Action::Pull, &[&basic("", "")]);
    assert_eq!(pull, Decision::Allow);
    assert!(matches!(push(&[&basic("", "")]), Decision::Challenge { .. }));
}

fn ask(guard: &Guard, method: &str, target: &str, field: Option<&str>, body: &str) -> (Response, serde_json::Value) {
    let mut request = Request::new(Method::from(method), target).with_body(body.as_bytes(), Some(body.len() as u64));
    if let Some(field) = field {
        request.headers.add("Authorization", field);
    }
    let mut response = guard.token(&mut request).expect("tokens are made here");
    let Content::Bytes(body) = std::mem::replace(&mut response.content, Content::Empty) else { panic!("no JSON") };
    (response, serde_json::from_slice(&body).expect("JSON"))
}

#[test]
fn the_endpoint_gives_what_the_policy_allows() {
    let scene = Scene::new();
    let guard = scene.own();
    let wanted = "/token?service=here&scope=repository:team/app:pull,push&scope=repository:x:pull+registry:catalog:*";
    let granted = |field: Option<&str>| {
        let (response, body) = ask(&guard, "GET", wanted, field, "");
        assert_eq!((response.status.0, response.headers.first("cache-control")), (200, Some("no-store")));
        assert_eq!((&body["token"], &body["expires_in"]), (&body["access_token"], &3600.into()));
        let token = body["token"].as_str().expect("a token").to_owned();
        let claims = scene.issuer("here").check(&token, token::now()).expect("holds");
        let access = claims.access.iter().map(|grant| format!("{}:{}", grant.name, grant.actions.join(",")));
        (claims.subject.clone().unwrap_or_default(), access.collect::<Vec<_>>())
    };
    let alice = basic("alice", "secret");
    assert_eq!(granted(Some(&alice)), ("alice".into(), vec!["team/app:pull,push".into(), "catalog:*".into()]));
    assert_eq!(granted(Some(&basic("bob", "other"))), ("bob".into(), vec!["team/app:pull".into()]));
    assert_eq!(granted(None), (String::new(), vec![]));
    for field in [basic("alice", "wrong"), "Bearer x".into(), "Basic %".into()] {
        let (response, body) = ask(&guard, "GET", wanted, Some(&field), "");
        assert_eq!(response.status.0, 401, "{field}");
        assert_eq!(response.headers.first("www-authenticate"), Some("Basic realm=\"stevedore\""));
        assert_eq!(body["errors"][0]["code"], "UNAUTHORIZED");
    }
    assert_eq!(ask(&guard, "GET", "/token?service=there", Some(&alice), "").0.status.0, 400);
    assert_eq!(ask(&guard, "DELETE", "/token", Some(&alice), "").0.status.0, 405);
    let form = "grant_type=password&service=here&username=alice&password=secret&scope=repository%3Ateam%2Fapp%3Apush";
    assert_eq!(ask(&guard, "POST", "/token", None, form).0.status.0, 200);
    assert_eq!(ask(&guard, "POST", "/token", None, &form.replace("secret", "x")).0.status.0, 401);
    assert_eq!(ask(&guard, "POST", "/token", None, "grant_type=refresh_token").0.status.0, 400);
    assert_eq!(ask(&guard, "POST", "/token", None, &"x".repeat(20_000)).0.status.0, 400);
}

/// Signs claims as an issuer of its own does.
fn sign(header: &serde_json::Value, claims: &serde_json::Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(sign(signed.as_bytes())))
}

#[test]
fn foreign_tokens_are_checked_by_their_keys() {
    let scene = Scene::new();
    let random = SystemRandom::new();
    let ec = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
    let ed = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
    let ec_pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &ec.serialize_der(), &random).expect("ok");
    let ed_pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&ed.serialize_der()).expect("ok");
    let by_ec = |bytes: &[u8]| ec_pair.sign(&random, bytes).expect("signs").as_ref().to_vec();
    let by_ed = |bytes: &[u8]| ed_pair.sign(bytes).as_ref().to_vec();
    let by_secret = |bytes: &[u8]| {
        // The attack: the public key, which everyone has, taken for a secret.
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, ec.public_key_pem().as_bytes());
        ring::hmac::sign(&key, bytes).as_ref().to_vec()
    };
    let point = ec_pair.public_key().as_ref();
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let set = serde_json::json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "x": text(&point[1..33]), "y": text(&point[33..]) },
        { "kty": "OKP", "crv": "Ed25519", "kid": "two", "x": text(ed_pair.public_key().as_ref()) },
        { "kty": "oct", "k": "c2VjcmV0" }
    ]});
    let claims = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut claims = serde_json::json!({
            "iss": "them", "aud": "us", "sub": "bob", "exp": token::now() + 60, "nbf": token::now() - 60,
            "access": [{ "type": "repository", "name": "team/app", "actions": ["pull", "push"] }],
        });
        change(&mut claims);
        claims
    };
    let keep = |_: &mut serde_json::Value| {};
    let head = |alg: &str, kid: &str| serde_json::json!({ "alg": alg, "kid": kid });
    for keys in [set.to_string(), format!("{}\n{}", ec.public_key_pem(), ed.public_key_pem())] {
        fs::write(scene.root.join("keys"), &keys).expect("written");
        let trust = || Tokens::Foreign(Trust::open(&scene.root.join("keys"), "them", "us", notes()).expect("opens"));
        let guard_of = |rules| {
            let outside = Outside { token_url: Some("https://them/".into()), ..Outside::default() };
            Guard::new(GuardOptions { passwords: None, tokens: trust(), rules, outside, notes: Arc::new(|_| {}) })
        };
        let plain = guard_of(Rules::Plain);
        let push =
            |guard: &Guard, token: &str| decide(guard, "PUT", "/v2/team/app/manifests/v", Action::Push, &[token]);
        let good =
            [sign(&head("ES256", "one"), &claims(&keep), by_ec), sign(&head("EdDSA", "two"), &claims(&keep), by_ed)];
        for token in &good {
            assert_eq!(push(&plain, token), Decision::Allow);
            let forbidden = push(&guard_of(scene.rules()), token);
            assert_eq!(forbidden, Decision::Forbid { message: "bob may not push to team/app".into() });
            let delete = decide(&plain, "DELETE", "/v2/team/app/manifests/v", Action::Delete, &[token]);
            assert!(matches!(delete, Decision::Challenge { .. }), "{delete:?}");
            let pull = |fields: &[&str]| decide(&plain, "GET", "/v2/team/app/manifests/v", Action::Pull, fields);
            assert_eq!(pull(&[token]), Decision::Allow);
            // Without a policy the token alone decides: none, or one for something else, opens nothing.
            let other = claims(&|c| c["access"][0]["name"] = "team/other".into());
            let other = sign(&head("ES256", "one"), &other, by_ec);
            for fields in [&[][..], &[other.as_str()]] {
                let refused = pull(fields);
                assert!(matches!(refused, Decision::Challenge { .. }), "{refused:?}");
            }
        }
        let nobody = sign(&head("ES256", "one"), &claims(&|c| c["sub"] = "".into()), by_ec);
        assert_eq!(push(&plain, &nobody), Decision::Allow, "a token of nobody in particular counts by what it grants");
        let empty = sign(&head("ES256", "one"), &claims(&|c| c["access"] = serde_json::json!([])), by_ec);
        assert!(matches!(push(&plain, &empty), Decision::Challenge { .. }));
        let catalog = decide(&plain, "GET", "/v2/_catalog", Action::Catalog, &[]);
        assert!(matches!(catalog, Decision::Challenge { .. }), "{catalog:?}");
        let bad = [
            ("alg none", sign(&head("none", "one"), &claims(&keep), |_| Vec::new())),
            ("public key as secret", sign(&head("HS256", "one"), &claims(&keep), by_secret)),
            ("another algorithm", sign(&head("EdDSA", "one"), &claims(&keep), by_ec)),
            ("RS256 with that key", sign(&head("RS256", "one"), &claims(&keep), by_ec)),
            ("expired", sign(&head("ES256", "one"), &claims(&|c| c["exp"] = (token::now() - 60).into()), by_ec)),
            ("not yet", sign(&head("ES256", "one"), &claims(&|c| c["nbf"] = (token::now() + 600).into()), by_ec)),
            ("audience", sign(&head("ES256", "one"), &claims(&|c| c["aud"] = "them".into()), by_ec)),
            ("issuer", sign(&head("ES256", "one"), &claims(&|c| c["iss"] = "us".into()), by_ec)),
            ("no issuer", sign(&head("ES256", "one"), &claims(&|c| c["iss"] = serde_json::Value::Null), by_ec)),
        ];
        for (what, token) in bad {
            let Decision::Challenge { challenge, .. } = push(&plain, &token) else { panic!("{what}") };
            let expected = "Bearer realm=\"https://them/\",service=\"us\",scope=\"repository:team/app:pull,push\"";
            assert_eq!(challenge, format!("{expected},error=\"invalid_token\""), "{what}");
        }
    }
    // The signature itself is sound: ring agrees.
    let signature = by_ec(b"x");
    assert!(UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, point).verify(b"x", &signature).is_ok());
}

#[test]
fn keys_that_are_none_are_refused() {
    let scene = Scene::new();
    let path = scene.root.join("keys");
    let private = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    let modulus = URL_SAFE_NO_PAD.encode([&[0x80][..], &[1; 127]].concat());
    let short = format!(r#"{{"keys":[{{"kty":"RSA","n":"{modulus}","e":"AQAB"}}]}}"#);
    fs::write(&path, &short).expect("written");
    let error = Trust::open(&path, "them", "us", notes()).map(drop).expect_err("too short").to_string();
    assert!(error.contains("1024 bits") && error.contains("at least 2048"), "{error}");
    for text in ["", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}", "hello", &private] {
        fs::write(&path, text).expect("written");
        assert!(Trust::open(&path, "them", "us", notes()).is_err(), "{text}");
    }
}

/// Made by openssl, with a key that was thrown away.
const RSA_KEY: &str = "\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3k5OyukN1zwcnzzl6JC6
nbU16h00+bMKzBY3xYEq82vVwn5CfSHWai+tx0om4vbYHjpe//osradgVK883Lti
sfqBbFCs4bwjGRdkwe+4DPZrfVNdZy1GVsf9ri+816uUJSAzK75omnmCqlcCiI6O
hegtd/AflvOaV6erv1944pJQubOBCuBm1eU+YJFk/zu3IMkKBqRRdOpqrJ1sElIc
FWwkrMdfyaKtqzBZbWfndzReK5f7RJKVZR3p/cjMcY+Y7XWWt8vYofmHn1U5EXTn
9frWj1FLbxu6ZKafQLMzmbKm7LRaFgoB43Lws4bFUD9Qs7d7f1qdQ3wUlxhYmsAG
UwIDAQAB
-----END PUBLIC KEY-----
";
const RSA_TOKEN: [&str; 3] = [
    "eyJhbGciOiJSUzI1NiJ9",
    "eyJpc3MiOiJ0aGVtIiwiYXVkIjpbInVzIl0sInN1YiI6ImNhcm9sIiwiZXhwIjo0MTAyNDQ0ODAwLCJhY2Nlc3MiOlt7InR5cGUiOiJyZXBvc2l0b3J5IiwibmFtZSI6InRlYW0vYXBwIiwiYWN0aW9ucyI6WyJwdXNoIl19XX0",
    "urSJcnXhFgFIqOWpnb4RnxrssgUfpFfJ-A6iuw7Xa-yKqexEWQEYnV_2Zdvf3W-E0DYZx3dH1K2ZXKz6lUPVJYJoGgsnAFtmO3TBLZsEXulUH2cFYYauaivZNk6eJuXSL5HTJ7wff03Hj0rDgedDRUPsugrVe44PsgdAO9v9I2VRNro8XND6sEhoVkTcoqLSd9VGJHkCRKj3GvGGwZKjbLgEYFINLE2cS2RBsRuQ4p7EvucUOPHkJIKRLe7yHkb3RXCJTab-CXAIGc6iGv7t-8RQ-fyr9Xq7_9p5ZZJlZVu0SwKPdzlKSoajHi3oPn6qsEWUCC2cg7mcniusrEkvZw",
];

#[test]
fn rsa_tokens_of_another_maker_are_taken() {
    let scene = Scene::new();
    fs::write(scene.root.join("keys"), RSA_KEY).expect("written");
    let trust = Trust::open(&scene.root.join("keys"), "them", "us", notes()).expect("opens");
    let token = RSA_TOKEN.join(".");
    assert_eq!(trust.check(&token, 4_102_444_799).expect("holds").subject.as_deref(), Some("carol"));
    assert_eq!(trust.check(&token, 4_102_448_400).map(drop), Err(token::Refusal::Expired));
    let changed = token.replacen(&RSA_TOKEN[2][..4], "AAAA", 1);
    assert_eq!(trust.check(&changed, 4_102_444_799).map(drop), Err(token::Refusal::Signature));
}
