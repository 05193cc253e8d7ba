//! A sigstore's services over HTTP, on one port of 127.0.0.1: an authority of certificates (Fulcio), logs of both generations (Rekor), a
//! clock (RFC 3161), and issuers of identity tokens. Each checks what it is sent as the real one does, and can be told one fault.
//!
//! Written after: fulcio `pkg/server/grpc_server.go` and `pkg/challenges`, rekor `pkg/api/entries.go` and `pkg/types/{dsse,hashedrekord}`,
//! rekor-tiles `pkg/types/hashedrekord` and `internal/server/service.go`, RFC 3161, RFC 8628, RFC 7636.

use std::collections::HashMap;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, SignatureAlgorithm, SigningKey};
use serde_json::{Value, json};

use super::super::listener::{Bound, Listener};
use super::super::wire::{Body, Head, Reply};
use super::{
    Case, Form, ISSUER, NOW, SUBJECT, Sct, Stamp, Who, World, b64, hex, inner_hash, leaf_hash, log_id, pae, pem,
    second_id, sha, split, stamp, tlv,
};

/// The secret that a job of GitHub's has.
pub(crate) const SECRET: &str = "job-secret";
/// How a SubjectPublicKeyInfo on P-256 begins; the point follows.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3,
    0x42, 0,
];

/// The running services.
pub(crate) struct Services {
    listener: Listener,
    state: Arc<State>,
}

struct State {
    world: World,
    port: u16,
    issuer: KeyPair,
    other: KeyPair,
    clock_certificate: Vec<u8>,
    changing: Mutex<Changing>,
}

#[derive(Default)]
struct Changing {
    fault: &'static str,
    /// Which service's answers are damaged, and which of their bytes.
    damage: Option<(&'static str, usize)>,
    asked: Vec<String>,
    trees: [Vec<[u8; 32]>; 2],
    entries: HashMap<String, Value>,
    /// The challenge of who asked for a code, and how often the token was asked for.
    device: Option<(String, usize)>,
}

impl Services {
    pub(crate) fn start() -> Services {
        let bound = Bound::new();
        let world = World::new();
        let clock_certificate = world.stamping_certificate(&stamp());
        let key = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("making a key");
        // Neither log is new.
        let trees =
            [b"log one", b"log two"].map(|name| vec![leaf_hash(name), leaf_hash(b"more"), leaf_hash(b"yet more")]);
        let state = Arc::new(State {
            world,
            port: bound.port(),
            issuer: key(),
            other: key(),
            clock_certificate,
            changing: Mutex::new(Changing { trees, ..Changing::default() }),
        });
        let listener = bound.serve({
            let state = Arc::clone(&state);
            move |stream, _| serve(&state, &stream)
        });
        Services { listener, state }
    }

    /// Returns `http://HOST:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.listener.port())
    }

    /// Has one thing be wrong from now on.
    pub(crate) fn fault(&self, fault: &'static str) {
        self.state.changing().fault = fault;
    }

    /// Damages one byte of what a service answers from now on, `fulcio`, `rekor` or `clock`; the number says which byte, and how.
    pub(crate) fn damage(&self, service: &'static str, number: usize) {
        self.state.changing().damage = Some((service, number));
    }

    /// Returns what was asked since the last call: method and path.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.changing().asked)
    }

    /// Returns whom to trust, with the clock's own certificate, which not everybody asks for.
    pub(crate) fn root(&self) -> Value {
        let mut root = self.state.world.root();
        let chain = root["timestampAuthorities"][0]["certChain"]["certificates"].as_array_mut().expect("a chain");
        chain.insert(0, json!({"rawBytes": b64(&self.state.clock_certificate)}));
        root
    }

    /// Returns a signing config with logs of these versions, and a clock.
    pub(crate) fn config(&self, versions: &[u32], has_clock: bool) -> Value {
        let service = |path: &str, version: u32, operator: String| {
            json!({
                "url": format!("{}{path}", self.url()), "majorApiVersion": version, "operator": operator,
                "validFor": {"start": "2022-01-01T00:00:00Z"},
            })
        };
        let logs: Vec<Value> = versions.iter().map(|version| service("", *version, format!("{version}"))).collect();
        let clocks = if has_clock { vec![service("/api/v1/timestamp", 1, "clock".into())] } else { Vec::new() };
        json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service("", 1, "authority".into())], "oidcUrls": [service("", 1, "issuer".into())],
            "rekorTlogUrls": logs, "rekorTlogConfig": {"selector": "ANY"},
            "tsaUrls": clocks, "tsaConfig": {"selector": if has_clock { "ANY" } else { "ALL" }},
        })
    }

    /// Returns an identity token of [`SUBJECT`] by [`ISSUER`].
    pub(crate) fn token(&self) -> String {
        self.token_with(&json!({}))
    }

    /// Returns one with these claims in place of the others'.
    pub(crate) fn token_with(&self, claims: &Value) -> String {
        self.state.token(claims)
    }
}

/// Serves one connection.
fn serve(state: &State, stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    while let Ok(Some(head)) = Head::read(&mut reader) {
        let mut body = Vec::new();
        if Body::new(&mut reader, head.request_framing()).read_to_end(&mut body).is_err() {
            return;
        }
        state.changing().asked.push(format!("{} {}", head.method(), head.path().split('?').next().unwrap_or_default()));
        let mut reply = state.answer(&head, &body).unwrap_or_else(|reason| {
            let code = if head.path().contains("/api/v1/log") { json!(400) } else { json!(3) };
            Reply::json(400, &json!({"code": code, "message": reason}))
        });
        state.damage(head.path(), &mut reply.body);
        let sent = (&*stream).write_all(&[reply.head().encode(), reply.body].concat());
        if sent.is_err() || head.closes() {
            return;
        }
    }
}

type Answered = Result<Reply, String>;

/// Which service answers at a path.
fn service(path: &str) -> &'static str {
    match path {
        "/api/v2/signingCert" => "fulcio",
        "/api/v1/timestamp" => "clock",
        _ => "rekor",
    }
}

fn said<T>(found: Option<T>, what: &str) -> Result<T, String> {
    found.ok_or_else(|| format!("{what} is missing or malformed"))
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(text(value)?).ok()
}

impl State {
    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().expect("no thread panics while it holds this lock")
    }

    fn damage(&self, path: &str, body: &mut [u8]) {
        let Some((name, number)) = self.changing().damage else { return };
        if name == service(path) && !body.is_empty() {
            let at = number * 7919 % body.len();
            body[at] ^= [1, 0x20, 0x80][number % 3];
        }
    }

    fn has(&self, fault: &str) -> bool {
        self.changing().fault == fault
    }

    fn answer(&self, head: &Head, body: &[u8]) -> Answered {
        let json = || serde_json::from_slice::<Value>(body).map_err(|error| format!("no JSON: {error}"));
        let kind = head.headers.get("content-type").unwrap_or_default();
        let (path, query) = head.path().split_once('?').unwrap_or((head.path(), ""));
        if self.has("busy") {
            self.changing().fault = "";
            return Ok(Reply::new(503).header("Retry-After", "0"));
        }
        if self.has("elsewhere") {
            return Ok(Reply::new(307).header("Location", "http://localhost:1/"));
        }
        let (name, what) = self.changing().fault.split_once(": ").unwrap_or_default();
        let service = service(path);
        match what {
            "nonsense" if name == service => return Ok(Reply::json(201, &json!({"x": [1, null, {"body": "e30="}]}))),
            "large" if name == service => return Ok(Reply::new(201).body(vec![b' '; (4 << 20) + 1])),
            _ => {}
        }
        match (head.method(), path, kind) {
            ("POST", "/api/v2/signingCert", "application/json") => self.certificate(head, &json()?),
            ("POST", "/api/v1/log/entries", "application/json") => self.first(&json()?),
            ("POST", "/api/v2/log/entries", "application/json") => self.second(&json()?),
            ("GET", path, _) if path.starts_with("/api/v1/log/entries/") => {
                let found = self.changing().entries.get(path).cloned();
                Ok(found.map_or_else(|| Reply::new(404), |entry| Reply::json(200, &entry)))
            }
            ("POST", "/api/v1/timestamp", "application/timestamp-query") => self.time(body),
            ("GET", "/.well-known/openid-configuration", _) => Ok(Reply::json(200, &self.description())),
            ("POST", "/device", "application/x-www-form-urlencoded") => self.device(&form(body)),
            ("POST", "/token", "application/x-www-form-urlencoded") => self.poll(&form(body)),
            ("GET", "/job", _) => self.job(head, &form(query.as_bytes())),
            _ => Ok(Reply::new(404)),
        }
    }

    fn token(&self, claims: &Value) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let mut all = json!({"iss": ISSUER, "sub": SUBJECT, "aud": "sigstore", "iat": now, "exp": now + 600});
        for (name, value) in claims.as_object().expect("an object") {
            all[name] = value.clone();
        }
        let signed = [json!({"alg": "ES256", "typ": "JWT"}), all].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = signed.join(".");
        let signature = self.issuer.sign(signed.as_bytes()).expect("signing");
        // RFC 7518, section 3.4: two numbers, not DER.
        let signature = p256::ecdsa::Signature::from_der(&signature).expect("a signature").to_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Reads a token as Fulcio does: who signed it, for whom, until when.
    fn claims(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = p256::ecdsa::Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(self.issuer.public_key_raw()).ok()?;
        key.verify_prehash(&sha(signed.as_bytes()), &signature).ok()?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?).ok()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        let own = format!("http://127.0.0.1:{}", self.port);
        let is_known = claims["iss"] == json!(ISSUER) || claims["iss"] == json!(own);
        (is_known && claims["aud"] == json!("sigstore") && claims["exp"].as_u64()? > now).then_some(claims)
    }

    fn certificate(&self, head: &Head, request: &Value) -> Answered {
        let bearer = head.headers.get("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let token = bearer.or_else(|| text(&request["credentials"]["oidcIdentityToken"]));
        let claims = token.and_then(|token| self.claims(token));
        let claims =
            claims.filter(|_| !self.has("fulcio: token")).ok_or("There was an error processing the identity token")?;
        let asked = &request["publicKeyRequest"];
        let key = text(&asked["publicKey"]["content"]).and_then(|text| unpem(text, "PUBLIC KEY"));
        let key = said(key.filter(|key| key.len() == 91 && key.starts_with(&P256)), "the public key")?;
        let email = text(&claims["email"]).filter(|_| claims["email_verified"] == json!(true));
        let name = said(email.or_else(|| text(&claims["sub"])), "the subject")?;
        let proof = said(bytes(&asked["proofOfPossession"]), "the proof of possession")?;
        if !verifies(&key, &sha(name.as_bytes()), &proof) {
            return Err("The signature supplied in the request could not be verified".into());
        }
        let mut case = Case::new(Form::Hashed);
        let issuer =
            if self.has("fulcio: issuer") { "https://other.example" } else { said(text(&claims["iss"]), "iss")? };
        case.issuer = Some(tlv(0x0c, issuer.as_bytes()));
        case.old_issuer = Some(issuer.as_bytes().to_vec());
        let ascii = || name.try_into().expect("ASCII");
        case.names = vec![if email.is_some() { SanType::Rfc822Name(ascii()) } else { SanType::URI(ascii()) }];
        if self.has("fulcio: stranger") {
            case.issued_by = Who::Other;
        }
        if self.has("fulcio: no sct") {
            case.scts = None;
        }
        if self.has("fulcio: sct") {
            case.scts = Some(vec![Sct { key: Who::Other, ..super::SCT }]);
        }
        let key = if self.has("fulcio: key") { self.other.subject_public_key_info() } else { key };
        let leaf = pem(&self.world.leaf_for(&case, &Foreign(key)));
        let chain = [leaf, pem(&self.world.authority.between), pem(&self.world.authority.root)];
        let kind = if case.scts.is_some() { "signedCertificateEmbeddedSct" } else { "signedCertificateDetachedSct" };
        Ok(Reply::json(200, &json!({kind: {"chain": {"certificates": chain}}})))
    }

    /// Rekor 1.
    fn first(&self, proposed: &Value) -> Answered {
        if self.has("rekor: refused") {
            return Err("validation error".into());
        }
        if proposed["apiVersion"] != json!("0.0.1") {
            return Err("unknown version".into());
        }
        let spec = &proposed["spec"];
        let mut body = match proposed["kind"].as_str() {
            Some("hashedrekord") => hashed(spec)?,
            Some("dsse") => enveloped(spec)?,
            _ => return Err("unknown kind".into()),
        };
        self.change(&mut body, "signature", |body| {
            let found = [&["signature", "content"][..], &["signatures"]].into_iter();
            found.for_each(|path| change_signature(&mut body["spec"], path));
        });
        let content = body.to_string().into_bytes();
        let leaf = leaf_hash(&content);
        let path = format!("/api/v1/log/entries/108e9186e8c5677a{}", hex(&leaf));
        let is_old = self.changing().entries.contains_key(&path);
        if !is_old {
            let entry = self.entered(&content, leaf, &path);
            self.changing().entries.insert(path.clone(), entry);
        }
        if is_old || self.has("rekor: conflict") {
            let message = format!("an equivalent entry already exists in the transparency log with UUID {path}");
            return Ok(Reply::json(409, &json!({"code": 409, "message": message})).header("Location", &path));
        }
        let entry = self.changing().entries[&path].clone();
        let id = path.rsplit('/').next().unwrap_or_default();
        Ok(Reply::json(201, &entry).header("ETag", id).header("Location", &path))
    }

    fn entered(&self, content: &[u8], leaf: [u8; 32], path: &str) -> Value {
        let mut case = Case::new(Form::Hashed);
        let (index, proof, root) = self.grow(0, leaf, &mut case);
        let keys = &self.world.logs[0];
        let id = log_id(&keys.right);
        // The first generation counts over several trees.
        let (virtual_index, time) = (1000 + index, NOW + 5);
        let signed = format!(
            r#"{{"body":"{}","integratedTime":{time},"logID":"{}","logIndex":{virtual_index}}}"#,
            b64(content),
            hex(&id)
        );
        let who = if self.has("rekor: promise") { Who::Other } else { Who::Right };
        let promise = keys.of(who).sign(signed.as_bytes()).expect("signing");
        let hashes: Vec<String> = proof.iter().map(|hash| hex(hash)).collect();
        json!({path.rsplit('/').next().unwrap_or_default(): {
            "body": b64(content), "integratedTime": time, "logID": hex(&id), "logIndex": virtual_index,
            "verification": {
                "signedEntryTimestamp": b64(&promise),
                "inclusionProof": {
                    "checkpoint": self.world.checkpoint(&case, root), "hashes": hashes, "logIndex": index,
                    "rootHash": hex(&root), "treeSize": case.checkpoint_size,
                },
            },
        }})
    }

    /// Rekor 2.
    fn second(&self, request: &Value) -> Answered {
        let asked = &request["hashedRekordRequestV002"];
        let (signature, verifier) = (&asked["signature"], &asked["signature"]["verifier"]);
        let digest = said(bytes(&asked["digest"]).filter(|digest| digest.len() == 32), "digest")?;
        let leaf = said(bytes(&verifier["x509Certificate"]["rawBytes"]), "x509Certificate")?;
        if verifier["keyDetails"] != json!("PKIX_ECDSA_P256_SHA_256") {
            return Err("invalid hashedrekord request".into());
        }
        let key = said(key_in(&leaf), "the certificate's key")?;
        if !verifies(&key, &digest, &said(bytes(&signature["content"]), "content")?) || self.has("rekor2: refused") {
            return Err("invalid hashedrekord request".into());
        }
        let mut body = json!({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": {
            "data": {"algorithm": "SHA2_256", "digest": b64(&digest)}, "signature": signature,
        }}});
        self.change(&mut body, "signature", |body| {
            change_signature(&mut body["spec"]["hashedRekordV002"], &["signature", "content"]);
        });
        let content = body.to_string().into_bytes();
        let leaf = leaf_hash(&content);
        if self.has("rekor2: conflict") {
            return Ok(Reply::json(409, &json!({"code": 6, "message": "duplicate"})));
        }
        let mut case = Case::new(Form::SecondHashed);
        let (index, proof, root) = self.grow(1, leaf, &mut case);
        let hashes: Vec<String> = proof.iter().map(|hash| b64(hash)).collect();
        Ok(Reply::json(
            201,
            &json!({
                "logIndex": index.to_string(), "logId": {"keyId": b64(&second_id(&self.world.logs[1].right))},
                "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"}, "integratedTime": "0", "inclusionPromise": null,
                "inclusionProof": {
                    "logIndex": index.to_string(), "rootHash": b64(&root), "treeSize": case.checkpoint_size.to_string(),
                    "hashes": hashes, "checkpoint": {"envelope": self.world.checkpoint(&case, root)},
                },
                "canonicalizedBody": b64(&content),
            }),
        ))
    }

    /// Adds a leaf to a tree, and returns its index, the proof and the root.
    fn grow(&self, tree: usize, leaf: [u8; 32], case: &mut Case) -> (usize, Vec<[u8; 32]>, [u8; 32]) {
        let mut changing = self.changing();
        let leaves = &mut changing.trees[tree];
        leaves.push(leaf);
        let index = leaves.len() - 1;
        let (mut proof, root) = (path(index, leaves), root(leaves));
        case.checkpoint_size = leaves.len() as u64;
        match changing.fault {
            "rekor: proof" => proof[0][0] ^= 1,
            "rekor: checkpoint" => case.checkpoint = Who::Other,
            _ => {}
        }
        (index, proof, root)
    }

    fn change(&self, body: &mut Value, what: &str, change: impl FnOnce(&mut Value)) {
        if self.has("rekor: entry") && what == "signature" {
            change(body);
        }
    }

    /// RFC 3161, section 2.4.1.
    fn time(&self, request: &[u8]) -> Answered {
        if self.has("clock: refused") {
            return Err("bad request".into());
        }
        let (version, _, rest) = split(split(request).1);
        let (imprint, _, mut rest) = split(rest);
        let (algorithm, _, digest) = split(split(imprint).1);
        let sha256 = [&[6, 9][..], &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]].concat();
        let digest = split(digest).1.to_vec();
        if version != [2, 1, 1] || !split(algorithm).1.starts_with(&sha256) || digest.len() != 32 {
            return Err("bad request".into());
        }
        let mut answer = Stamp { imprint: Some(digest), embeds: false, ..stamp() };
        while !rest.is_empty() {
            let (element, _, more) = split(rest);
            match element[0] {
                2 => answer.nonce = Some(element.to_vec()),
                1 => answer.embeds = element == [1, 1, 0xff],
                _ => return Err("bad request".into()),
            }
            rest = more;
        }
        answer.certificate = Some(self.clock_certificate.clone());
        match self.changing().fault {
            "clock: digest" => answer.imprint = Some(sha(b"something else")),
            "clock: nonce" => answer.nonce = Some(tlv(2, &[1, 2, 3])),
            "clock: denied" => answer.status = 2,
            "clock: key" => answer.key = Who::Other,
            "clock: stranger" => {
                answer.authority = Who::Other;
                answer.certificate = None;
            }
            "clock: late" => answer.time = "20231115221000Z".into(),
            _ => {}
        }
        let reply = Reply::new(201).header("Content-Type", "application/timestamp-reply");
        Ok(reply.body(self.world.stamp(&answer, &[])))
    }

    fn description(&self) -> Value {
        let own = format!("http://127.0.0.1:{}", self.port);
        let issuer = if self.has("issuer: other") { ISSUER } else { &own };
        json!({
            "issuer": issuer, "authorization_endpoint": format!("{own}/auth"), "token_endpoint": format!("{own}/token"),
            "device_authorization_endpoint": format!("{own}/device"), "jwks_uri": format!("{own}/keys"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"], "code_challenge_methods_supported": ["S256", "plain"],
        })
    }

    /// RFC 8628, section 3.1.
    fn device(&self, form: &HashMap<String, String>) -> Answered {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if field("client_id") != "sigstore"
            || field("scope") != "openid email"
            || field("code_challenge_method") != "S256"
        {
            return Ok(Reply::json(400, &json!({"error": "invalid_request"})));
        }
        self.changing().device = Some((field("code_challenge").to_owned(), 0));
        let own = format!("http://127.0.0.1:{}", self.port);
        Ok(Reply::json(
            200,
            &json!({
                "device_code": "device+code", "user_code": "ABCD-\u{1b}[31mEFGH", "verification_uri": format!("{own}/confirm"),
                "expires_in": 300, "interval": 1,
            }),
        ))
    }

    /// RFC 8628, section 3.4.
    fn poll(&self, form: &HashMap<String, String>) -> Answered {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let refused = |error: &str| Ok(Reply::json(400, &json!({"error": error})));
        let is_right = field("grant_type") == "urn:ietf:params:oauth:grant-type:device_code"
            && field("client_id") == "sigstore"
            && field("device_code") == "device+code";
        let Some((challenge, polls)) = self.changing().device.clone().filter(|_| is_right) else {
            return refused("invalid_grant");
        };
        if URL_SAFE_NO_PAD.encode(sha(field("code_verifier").as_bytes())) != challenge {
            return refused("invalid_grant");
        }
        if self.has("issuer: denied") {
            return refused("access_denied");
        }
        self.changing().device = Some((challenge, polls + 1));
        if polls == 0 {
            return refused("authorization_pending");
        }
        let own = format!("http://127.0.0.1:{}", self.port);
        let token = self.token(&json!({"iss": own, "email": "me@example.com", "email_verified": true}));
        Ok(Reply::json(200, &json!({"id_token": token, "access_token": "x", "token_type": "bearer"})))
    }

    /// GitHub's: the request has the parameters of the URL, and the audience.
    fn job(&self, head: &Head, query: &HashMap<String, String>) -> Answered {
        let is_known = head
            .headers
            .get("authorization")
            .is_some_and(|value| value.eq_ignore_ascii_case(&format!("bearer {SECRET}")));
        if !is_known {
            return Ok(Reply::json(401, &json!({"message": "unauthorized"})));
        }
        if query.get("api-version").map(String::as_str) != Some("2.0") {
            return Ok(Reply::new(400));
        }
        Ok(Reply::json(200, &json!({"count": 1, "value": self.token(&json!({"aud": query.get("audience")}))})))
    }
}

/// A key of somebody else's.
struct Foreign(Vec<u8>);

impl PublicKeyData for Foreign {
    fn der_bytes(&self) -> &[u8] {
        &self.0[P256.len()..]
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

/// Reads a proposed `hashedrekord`, and returns it as the log keeps it.
fn hashed(spec: &Value) -> Result<Value, String> {
    let (hash, signature) = (&spec["data"]["hash"], &spec["signature"]);
    let digest = said(text(&hash["value"]).and_then(unhex).filter(|digest| digest.len() == 32), "hash")?;
    let certificate =
        said(bytes(&signature["publicKey"]["content"]).and_then(|pem| String::from_utf8(pem).ok()), "key")?;
    let leaf = said(unpem(&certificate, "CERTIFICATE"), "the certificate")?;
    let content = said(bytes(&signature["content"]), "the signature")?;
    if hash["algorithm"] != json!("sha256") || !verifies(&said(key_in(&leaf), "its key")?, &digest, &content) {
        return Err("verifying signature: invalid signature when validating ASN.1 encoded signature".into());
    }
    let key = json!({"content": b64(pem(&leaf).as_bytes())});
    let signature = json!({"content": b64(&content), "publicKey": key});
    let data = json!({"hash": {"algorithm": "sha256", "value": hex(&digest)}});
    Ok(json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {"data": data, "signature": signature}}))
}

/// Reads a proposed `dsse`, and returns it as the log keeps it.
fn enveloped(spec: &Value) -> Result<Value, String> {
    let proposed = &spec["proposedContent"];
    let envelope_text = said(text(&proposed["envelope"]), "the envelope")?;
    let envelope: Value = serde_json::from_str(envelope_text).map_err(|error| error.to_string())?;
    let verifier = said(bytes(&proposed["verifiers"][0]).and_then(|pem| String::from_utf8(pem).ok()), "verifiers")?;
    let leaf = said(unpem(&verifier, "CERTIFICATE"), "the certificate")?;
    let payload = said(bytes(&envelope["payload"]), "the payload")?;
    let signature = said(bytes(&envelope["signatures"][0]["sig"]), "the signature")?;
    let message = pae(said(text(&envelope["payloadType"]), "the type")?, &payload);
    if !verifies(&said(key_in(&leaf), "its key")?, &sha(&message), &signature) {
        return Err("could not verify envelope".into());
    }
    let hash = |content: &[u8]| json!({"algorithm": "sha256", "value": hex(&sha(content))});
    let signature = json!({"signature": b64(&signature), "verifier": b64(pem(&leaf).as_bytes())});
    let (whole, payload) = (hash(envelope_text.as_bytes()), hash(&payload));
    let spec = json!({"envelopeHash": whole, "payloadHash": payload, "signatures": [signature]});
    Ok(json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}))
}

/// Puts another signature where there is one.
fn change_signature(spec: &mut Value, path: &[&str]) {
    let other = json!(b64(b"another signature"));
    match path {
        ["signatures"] if spec["signatures"].is_array() => spec["signatures"][0]["signature"] = other,
        [first, second] if spec[*first].is_object() => spec[*first][*second] = other,
        _ => {}
    }
}

fn verifies(spki: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&spki[P256.len()..]);
    let signature = p256::ecdsa::Signature::from_der(signature);
    key.is_ok_and(|key| signature.is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()))
}

/// Returns the SubjectPublicKeyInfo of a certificate for a key on P-256.
fn key_in(certificate: &[u8]) -> Option<Vec<u8>> {
    let at = certificate.windows(P256.len()).position(|window| window == P256)?;
    certificate.get(at..at + 91).map(<[u8]>::to_vec)
}

fn unpem(text: &str, label: &str) -> Option<Vec<u8>> {
    let inner = text.trim().strip_prefix(&format!("-----BEGIN {label}-----"))?;
    let inner = inner.strip_suffix(&format!("-----END {label}-----"))?;
    STANDARD.decode(inner.replace('\n', "")).ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Reads `application/x-www-form-urlencoded`.
fn form(body: &[u8]) -> HashMap<String, String> {
    let text = String::from_utf8_lossy(body).replace('+', " ");
    let decode = |text: &str| {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

/// RFC 9162, section 2.1.1.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            inner_hash(&root(left), &root(right))
        }
    }
}

/// RFC 9162, section 2.1.3.1.
fn path(index: usize, leaves: &[[u8; 32]]) -> Vec<[u8; 32]> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, other) = match index < left.len() {
        true => (path(index, left), root(right)),
        false => (path(index - left.len(), right), root(left)),
    };
    path.push(other);
    path
}
