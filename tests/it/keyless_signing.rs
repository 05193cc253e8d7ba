//! `sign`, `attest`, `sign-blob` and `attest-blob` with an identity: what the services are asked, what of their answers is refused, and that
//! cosign 3 verifies what is signed here, and the other way round.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::answering::Answering;
use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture;
use crate::support::oracle::{Tool, oracle};
use crate::support::scene::{Folder, Scene};
use crate::support::sigstore::services::{SECRET, Services};
use crate::support::sigstore::{ISSUER, SUBJECT};
use crate::support::wire::Reply;

const FULCIO: &str = "POST /api/v2/signingCert";
const REKOR: &str = "POST /api/v1/log/entries";
const REKOR2: &str = "POST /api/v2/log/entries";
const CLOCK: &str = "POST /api/v1/timestamp";

/// The services, and files that name and trust them.
struct Room {
    services: Services,
    folder: Folder,
    root: String,
    file: String,
}

impl Room {
    fn new() -> Room {
        let (services, folder) = (Services::start(), Folder::new());
        let room = Room { root: folder.text("root.json"), file: folder.text("app.tar"), services, folder };
        room.write("root.json", room.services.root().to_string().as_bytes());
        room.write("app.tar", b"what is signed");
        room.write("predicate.json", br#"{"tested":true}"#);
        room
    }

    fn write(&self, name: &str, content: &[u8]) -> String {
        fs::write(self.folder.path(name), content).expect("writing a file");
        self.folder.text(name)
    }

    /// Writes a signing config, and returns the flags that name it.
    fn config(&self, versions: &[u32], has_clock: bool) -> Vec<String> {
        let config = self.services.config(versions, has_clock).to_string();
        let file = self.write(&format!("config-{versions:?}-{has_clock}.json"), config.as_bytes());
        vec!["--signing-config".into(), file]
    }

    /// Returns the flags that name the services one by one.
    fn urls(&self) -> Vec<String> {
        let url = self.services.url();
        ["--fulcio-url", &url, "--rekor-url", &url].map(str::to_owned).to_vec()
    }

    /// Returns them with a time stamp authority.
    fn urls_with_clock(&self) -> Vec<String> {
        let clock = format!("{}/api/v1/timestamp", self.services.url());
        [self.urls(), vec!["--timestamp-server-url".into(), clock]].concat()
    }

    /// Makes a run with a token in the environment.
    fn program(&self, verb: &str, services: &[String], rest: &[&str]) -> Program {
        let services: Vec<&str> = services.iter().map(String::as_str).collect();
        let program = Program::stevedore(&[&[verb, "--trusted-root", &self.root], &services[..], rest].concat());
        program.env("SIGSTORE_ID_TOKEN", self.services.token())
    }

    fn sign(&self, verb: &str, services: &[String], rest: &[&str]) -> Run {
        self.program(verb, services, rest).run()
    }

    fn verify_blob(&self, bundle: &str, rest: &[&str]) -> Run {
        let fixed = ["verify-blob", "--bundle", bundle, "--trusted-root", &self.root];
        let identity = ["--certificate-identity", SUBJECT, "--certificate-oidc-issuer", ISSUER];
        stevedore(&[&fixed[..], &identity, rest, &[&self.file]].concat())
    }
}

/// Returns all tags of the image's repository, those that list what refers to it among them.
fn tags(scene: &Scene) -> Vec<String> {
    let list = scene.registry.client().get("/v2/app/tags/list").expect(200).json();
    let mut tags: Vec<String> = serde_json::from_value(list["tags"].clone()).expect("a list");
    tags.sort();
    tags
}

fn strings(flags: &[&str]) -> Vec<String> {
    flags.iter().map(ToString::to_string).collect()
}

fn cosign_verifies(cosign: &Tool, verb: &str, room: &Room, has_clock: bool, rest: &[&str]) -> Run {
    let mut fixed = vec![verb, "--trusted-root", &room.root, "--certificate-identity", SUBJECT];
    fixed.extend(["--certificate-oidc-issuer", ISSUER]);
    if has_clock {
        fixed.push("--use-signed-timestamps");
    }
    cosign.try_run(&[&fixed[..], rest].concat())
}

/// What each kind of services is asked, in its order; and the bundle verifies, here and with cosign.
#[test]
fn files() {
    let room = Room::new();
    let cosign = oracle("cosign");
    let bundle = room.folder.text("bundle.json");
    for (services, has_clock, asked) in [
        (room.urls(), false, vec![FULCIO, REKOR]),
        (room.urls_with_clock(), true, vec![FULCIO, CLOCK, REKOR]),
        (room.config(&[1], false), false, vec![FULCIO, REKOR]),
        (room.config(&[1], true), true, vec![FULCIO, CLOCK, REKOR]),
        (room.config(&[2], true), true, vec![FULCIO, CLOCK, REKOR2]),
        (room.config(&[1, 2], true), true, vec![FULCIO, CLOCK, REKOR2]),
    ] {
        let made = room.sign("sign-blob", &services, &["--bundle", &bundle, "--json", &room.file]).ok();
        assert_eq!(room.services.asked(), asked, "{services:?}");
        let report = made.json();
        assert_eq!(report["signer"]["certificate"]["identity"], json!(SUBJECT));
        assert_eq!(report["entries"][0]["log"], json!(room.services.url()));
        assert!(
            report["entries"][0]["index"].is_u64() && made.stderr.contains("has the signature as entry"),
            "{report}"
        );
        let written: Value = serde_json::from_slice(&fs::read(&bundle).expect("a bundle")).expect("JSON");
        assert_eq!(written["mediaType"], json!("application/vnd.dev.sigstore.bundle.v0.3+json"));
        let material = &written["verificationMaterial"];
        assert_eq!(material["tlogEntries"].as_array().map(Vec::len), Some(1));
        let stamps = &material["timestampVerificationData"]["rfc3161Timestamps"];
        assert_eq!(stamps.as_array().map(Vec::len), has_clock.then_some(1));
        room.verify_blob(&bundle, &[]).ok();
        room.verify_blob(&bundle, &["--type", "custom"]).code(12);
        let attested = room.folder.text("attested.json");
        let predicate = room.folder.text("predicate.json");
        let flags =
            ["--bundle", &attested, "--type", "https://example.com/tested", "--predicate", &predicate, &room.file];
        room.sign("attest-blob", &services, &flags).ok();
        assert_eq!(room.services.asked(), asked, "{services:?}");
        room.verify_blob(&attested, &["--type", "https://example.com/tested"]).ok();
        room.verify_blob(&attested, &["--type", "custom"]).code(12);
        let Some(cosign) = &cosign else { continue };
        cosign_verifies(cosign, "verify-blob", &room, has_clock, &["--bundle", &bundle, &room.file]).ok();
        let rest = ["--bundle", &attested, "--type", "https://example.com/tested", &room.file];
        cosign_verifies(cosign, "verify-blob-attestation", &room, has_clock, &rest).ok();
    }
}

/// Images get a bundle alone, each of its own; one certificate does for all of an index.
#[test]
fn images() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else { return };
    let room = Room::new();
    let (name, cosign) = (scene.docker("app:v1"), oracle("cosign"));
    let verify = |verb: &str, rest: &[&str]| {
        let fixed = [verb, "--trusted-root", &room.root, "--certificate-identity", SUBJECT];
        stevedore(&[&fixed[..], &["--certificate-oidc-issuer", ISSUER], rest, &[&name]].concat())
    };
    for (services, has_clock) in [(room.urls(), false), (room.config(&[2], true), true)] {
        room.services.asked();
        let report = room.sign("sign", &services, &["--json", &name]).ok().json();
        let made = &report["images"][0];
        assert_eq!((&made["digest"], &made["classic"]), (&json!(image.digest), &Value::Null));
        assert_eq!(made["signer"]["certificate"]["identity"], json!(SUBJECT));
        assert!(made["entries"][0]["index"].is_u64() && made["bundle"]["isNew"] == json!(true), "{report}");
        assert_eq!(room.services.asked().len(), if has_clock { 3 } else { 2 });
        verify("verify", &[]).ok();
        let predicate = room.folder.text("predicate.json");
        let attest = ["--type", "https://example.com/tested", "--predicate", &predicate, &name];
        room.sign("attest", &services, &attest).ok();
        verify("verify-attestation", &["--type", "https://example.com/tested"]).ok();
        let Some(cosign) = &cosign else { continue };
        cosign_verifies(cosign, "verify", &room, has_clock, &[&scene.name("app:v1")]).ok();
        let rest = ["--type", "https://example.com/tested", &scene.name("app:v1")];
        cosign_verifies(cosign, "verify-attestation", &room, has_clock, &rest).ok();
    }
    assert!(!tags(&scene).iter().any(|tag| tag.ends_with(".sig") || tag.ends_with(".att")), "{:?}", tags(&scene));
}

#[test]
fn an_index_and_its_images() {
    let Some((scene, _)) = Scene::with("app", fixture::four_platforms) else { return };
    let room = Room::new();
    let name = scene.docker("app:v1");
    let report = room.sign("sign", &room.urls(), &["-r", "--json", &name]).ok().json();
    let images = report["images"].as_array().expect("a list").len();
    assert!(images > 2, "{report}");
    let asked = room.services.asked();
    assert_eq!(asked.iter().filter(|asked| *asked == FULCIO).count(), 1, "{asked:?}");
    assert_eq!(asked.iter().filter(|asked| *asked == REKOR).count(), images, "{asked:?}");
    let fixed = ["verify", "-r", "--trusted-root", &room.root, "--certificate-identity", SUBJECT];
    stevedore(&[&fixed[..], &["--certificate-oidc-issuer", ISSUER, &name]].concat()).ok();
}

/// Who answers something wrong is named with what is wrong, and nothing is written anywhere.
#[test]
fn what_is_refused() {
    let Some((scene, _)) = Scene::with("app", fixture::app) else { return };
    let room = Room::new();
    let name = scene.docker("app:v1");
    let before = tags(&scene);
    let (first, second) = (room.config(&[1], true), room.config(&[2], true));
    for (fault, services, code, said) in [
        (
            "fulcio: token",
            &first,
            5,
            "did not issue a certificate: POST {}/api/v2/signingCert: status 400 There was an error",
        ),
        (
            "fulcio: key",
            &first,
            6,
            "what the certificate authority {} answered is not acceptable: its certificate is for another key",
        ),
        ("fulcio: stranger", &first, 6, "no trusted authority has issued its certificate"),
        ("fulcio: no sct", &first, 6, "its certificate has no timestamp of a log of certificates"),
        ("fulcio: sct", &first, 6, "the timestamp in its certificate is not signed by the log for this certificate"),
        (
            "fulcio: issuer",
            &first,
            6,
            "\"https://other.example\" vouches for the identity, not \"https://accounts.example\"",
        ),
        (
            "rekor: refused",
            &first,
            5,
            "the transparency log {} did not record the signature: POST {}/api/v1/log/entries: status 400",
        ),
        (
            "rekor: entry",
            &first,
            6,
            "what the transparency log {} answered is not acceptable: the log's entry has another signature",
        ),
        ("rekor: promise", &first, 6, "the log's promise is not signed by the log for this entry"),
        ("rekor: proof", &first, 6, "the proof does not lead from the entry to the tree's root"),
        ("rekor: checkpoint", &first, 6, "the checkpoint is not signed by the log"),
        (
            "rekor: entry",
            &second,
            6,
            "what the transparency log {} answered is not acceptable: the log's entry has another signature",
        ),
        ("rekor: proof", &second, 6, "the proof does not lead from the entry to the tree's root"),
        ("rekor: checkpoint", &second, 6, "the checkpoint is not signed by the log"),
        ("rekor2: refused", &second, 5, "did not record the signature: POST {}/api/v2/log/entries: status 400"),
        ("rekor2: conflict", &second, 5, "it has the entry, and does not show it; sign again"),
        ("clock: refused", &first, 5, "the time stamp authority {}/api/v1/timestamp did not stamp the signature"),
        (
            "clock: digest",
            &first,
            6,
            "what the time stamp authority {}/api/v1/timestamp answered is not acceptable: its time stamp is about another signature",
        ),
        ("clock: nonce", &first, 6, "its time stamp does not have the number that was sent"),
        ("clock: denied", &first, 6, "its time stamp was not granted"),
        ("clock: key", &first, 6, "its time stamp is not signed by the authority that it names"),
        ("clock: stranger", &first, 6, "no trusted authority has made its time stamp"),
        (
            "clock: late",
            &first,
            6,
            "the bundle that was made does not verify: its certificate was not valid at 2023-11-15T22:10:00Z",
        ),
        (
            "fulcio: nonsense",
            &first,
            5,
            "the answer of the certificate authority {} makes no sense: it holds no certificate",
        ),
        (
            "rekor: nonsense",
            &first,
            5,
            "the answer of the transparency log {} makes no sense: it is not one entry of a log",
        ),
        (
            "rekor: nonsense",
            &second,
            5,
            "the answer of the transparency log {} makes no sense: it is not an entry of a log",
        ),
        ("clock: nonsense", &first, 6, "the time stamp is malformed"),
        ("rekor: large", &first, 5, "makes no sense: it has more than 4194304 bytes"),
        ("elsewhere", &first, 5, "did not issue a certificate: POST {}/api/v2/signingCert: status 307"),
    ] {
        room.services.fault(fault);
        let said = said.replace("{}", &room.services.url());
        let run = room.sign("sign", services, &["--retry-times", "0", &name]).code(code);
        assert!(run.stderr.contains(&said), "{fault}: {}\n{said}", run.stderr);
        assert_eq!(tags(&scene), before, "{fault}");
        let bundle = room.folder.text("no-bundle.json");
        let run = room.sign("sign-blob", services, &["--retry-times", "0", "--bundle", &bundle, &room.file]).code(code);
        assert!(run.stderr.contains(&said), "{fault}: {}", run.stderr);
        assert!(!room.folder.path("no-bundle.json").exists(), "{fault}");
    }
}

/// Damage in what a service answers is found, or changes nothing that counts: what is written verifies.
#[test]
fn damaged_answers() {
    let room = Room::new();
    let bundle = room.folder.text("bundle.json");
    let (first, second) = (room.config(&[1], true), room.config(&[2], true));
    let mut codes = BTreeMap::new();
    for number in 0..40 {
        for (service, services) in [("fulcio", &first), ("clock", &first), ("rekor", &first), ("rekor", &second)] {
            room.services.damage(service, number);
            let run = room.sign("sign-blob", services, &["--retry-times", "0", "--bundle", &bundle, &room.file]);
            assert!([0, 5, 6].contains(&run.code), "{service} {number}: {} {}", run.code, run.stderr);
            assert_eq!(room.folder.path("bundle.json").exists(), run.code == 0, "{service} {number}");
            if run.code == 0 {
                room.verify_blob(&bundle, &[]).ok();
                fs::remove_file(&bundle).expect("removing a file");
            }
            *codes.entry(run.code).or_insert(0) += 1;
        }
    }
    assert!(codes[&5] > 20 && codes[&6] > 20, "{codes:?}");
}

/// What a log has stays there when the registry fails after it, and that is told.
#[test]
fn a_registry_that_takes_nothing() {
    let Some((scene, _)) = Scene::with("app", fixture::app) else { return };
    let room = Room::new();
    let front = Answering::start(&scene.registry.host(), |request, _| {
        let is_write = request.method() == "PUT" && request.path().contains("/manifests/");
        is_write.then(|| Reply::error(403, "DENIED", "read only"))
    });
    let failed = room.sign("sign", &room.urls(), &["--retry-times", "0", &front.docker("app:v1")]).code(4);
    let told = format!("the transparency log {} has the signature as entry 1003", room.services.url());
    assert!(failed.stderr.contains(&told) && failed.stderr.contains("read only"), "{}", failed.stderr);
}

/// What passes is asked again, and an entry that is there is as good as a new one.
#[test]
fn asked_again() {
    let room = Room::new();
    let bundle = room.folder.text("bundle.json");
    room.services.fault("busy");
    room.sign("sign-blob", &room.urls(), &["--bundle", &bundle, &room.file]).ok();
    assert_eq!(room.services.asked(), [FULCIO, FULCIO, REKOR]);
    room.services.fault("rekor: conflict");
    room.sign("sign-blob", &room.urls(), &["--bundle", &bundle, &room.file]).ok();
    let asked = room.services.asked();
    assert_eq!(asked[..2], [FULCIO, REKOR]);
    assert!(asked[2].starts_with("GET /api/v1/log/entries/") && asked.len() == 3, "{asked:?}");
    room.verify_blob(&bundle, &[]).ok();
}

/// Where the token comes from, and which are refused before anybody is asked.
#[test]
fn tokens() {
    let room = Room::new();
    let bundle = room.folder.text("bundle.json");
    let urls = room.urls();
    let run = |token: &[&str]| {
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        let fixed = ["sign-blob", "--trusted-root", &room.root, "--bundle", &bundle, &room.file];
        Program::stevedore(&[&fixed[..], &urls, token].concat())
    };
    let file = room.write("token", format!("{}\n", room.services.token()).as_bytes());
    run(&["--identity-token", &file]).run().ok();
    run(&["--identity-token", &room.services.token()]).run().ok();
    let verified = room.verify_blob(&bundle, &[]).ok();
    assert!(verified.text().contains(SUBJECT), "{}", verified.text());
    // A person's address goes into the certificate, and is what the key is proven with.
    let person = json!({"email": "me@example.com", "email_verified": true});
    run(&[]).env("SIGSTORE_ID_TOKEN", room.services.token_with(&person)).run().ok();
    let fixed = ["verify-blob", "--bundle", &bundle, "--trusted-root", &room.root];
    let identity = ["--certificate-identity", "me@example.com", "--certificate-oidc-issuer", ISSUER];
    stevedore(&[&fixed[..], &identity, &[&room.file]].concat()).ok();
    room.services.asked();
    for (token, code, said) in [
        (room.services.token_with(&json!({"exp": 1_000_000_000})), 4, "expired at 2001-09-09T01:46:40Z"),
        (room.services.token_with(&json!({"email": "me@example.com"})), 4, "its issuer has not verified the address"),
        ("nonsense".to_owned(), 4, "it is no JSON Web Token"),
    ] {
        let failed = run(&[]).env("SIGSTORE_ID_TOKEN", &token).run().code(code);
        assert!(failed.stderr.contains(said) && !failed.stderr.contains(&token), "{}", failed.stderr);
    }
    let failed = run(&[]).run().code(2);
    assert!(failed.stderr.contains("no identity token was given"), "{}", failed.stderr);
    assert_eq!(room.services.asked(), [""; 0]);
    // Only the authority can tell.
    let failed = run(&[]).env("SIGSTORE_ID_TOKEN", room.services.token_with(&json!({"aud": "other"}))).run().code(5);
    assert!(failed.stderr.contains("There was an error processing the identity token"), "{}", failed.stderr);
}

#[test]
fn a_job_of_github() {
    let room = Room::new();
    let bundle = room.folder.text("bundle.json");
    let run = |secret: &str| {
        let urls = room.urls();
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        let fixed = ["sign-blob", "--trusted-root", &room.root, "--bundle", &bundle, &room.file];
        Program::stevedore(&[&fixed[..], &urls].concat())
            .env("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{}/job?api-version=2.0", room.services.url()))
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", secret)
            .run()
    };
    run(SECRET).ok();
    assert_eq!(room.services.asked(), ["GET /job", FULCIO, REKOR]);
    room.verify_blob(&bundle, &[]).ok();
    let failed = run("wrong-secret").code(4);
    assert!(failed.stderr.contains("did not give an identity token"), "{}", failed.stderr);
    assert!(!failed.stderr.contains("wrong-secret"), "{}", failed.stderr);
    assert_eq!(room.services.asked(), ["GET /job"]);
}

/// A person is told where to go and with which code, and gets the certificate after that.
#[test]
fn a_person_with_a_browser() {
    let room = Room::new();
    let bundle = room.folder.text("bundle.json");
    let services = [room.config(&[1], false), strings(&["--fulcio-auth-flow", "device", "--bundle", &bundle])].concat();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let sign = || {
        let fixed = ["sign-blob", "--quiet", "--trusted-root", &room.root, &room.file];
        Program::stevedore(&[&fixed[..], &services].concat()).run()
    };
    let run = sign().ok();
    let wanted = format!("To sign, open {}/confirm and confirm the code ABCD- [31mEFGH\n", room.services.url());
    assert!(run.stderr.contains(&wanted) && !run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
    let asked = room.services.asked();
    let discovery = "GET /.well-known/openid-configuration";
    assert_eq!(asked, [discovery, "POST /device", "POST /token", "POST /token", FULCIO, REKOR]);
    let (fixed, url) = (["verify-blob", "--bundle", &bundle, "--trusted-root", &room.root], room.services.url());
    let identity = ["--certificate-identity", "me@example.com", "--certificate-oidc-issuer", &url];
    stevedore(&[&fixed[..], &identity, &[&room.file]].concat()).ok();
    for (fault, code, said) in [
        ("issuer: denied", 4, "gave no identity token: it was denied"),
        ("issuer: other", 5, "it says that it is \"https://accounts.example\""),
    ] {
        room.services.fault(fault);
        let failed = sign().code(code);
        assert!(failed.stderr.contains(said), "{}", failed.stderr);
    }
}

/// What cannot work is refused before anything is asked.
#[test]
fn what_makes_no_sense() {
    let room = Room::new();
    let bundle = room.folder.text("bundle.json");
    let url = room.services.url();
    let root = ["--trusted-root", &room.root];
    let plain = ["--fulcio-url", "http://fulcio.example", "--rekor-url", &url];
    let odd = ["--fulcio-url", "fulcio.example", "--rekor-url", &url];
    let both = room.config(&[1], false);
    let (second, bad) = (room.config(&[2], false), room.write("bad.json", b"{}"));
    for (flags, code, said) in [
        (vec![], 2, "nobody is named who signs"),
        (vec!["--fulcio-url", &url], 2, "--trusted-root trusted_root.json"),
        (root.to_vec(), 2, "it is not said which services to ask"),
        ([&root[..], &["--fulcio-url", &url]].concat(), 2, "there is no transparency log"),
        ([&root[..], &plain].concat(), 2, "would go there in plain http"),
        ([&root[..], &odd].concat(), 2, "it is no http or https URL"),
        ([&root[..], &["--key", "x"]].concat(), 2, "a key and an identity cannot both sign"),
        ([&root[..], &[&both[0], &both[1], "--rekor-url", &url]].concat(), 2, "cannot be used with"),
        (
            [&root[..], &[&second[0], &second[1]]].concat(),
            2,
            "a log of the second generation needs a time stamp authority",
        ),
        ([&root[..], &["--signing-config", &bad]].concat(), 1, "it is no signing config that can be used"),
    ] {
        let fixed = ["sign-blob", "--bundle", &bundle, &room.file];
        let program = Program::stevedore(&[&fixed[..], &flags].concat());
        let failed = program.env("SIGSTORE_ID_TOKEN", room.services.token()).run().code(code);
        assert!(failed.stderr.contains(said), "{flags:?}: {}", failed.stderr);
    }
    let classic = ["--signature-format", "classic", "oci:x"];
    let failed = room.sign("sign", &room.urls(), &classic).code(2);
    assert!(failed.stderr.contains("an identity signs bundles alone"), "{}", failed.stderr);
    let failed = room.sign("sign", &room.urls(), &["oci:does-not-exist"]).code(3);
    assert!(failed.stderr.contains("does-not-exist"), "{}", failed.stderr);
    assert_eq!(room.services.asked(), [""; 0]);
}

/// The same verbs with a key, which asks nobody.
#[test]
fn files_with_a_key() {
    let room = Room::new();
    let (key, public) = crate::sign::keygen(&room.folder.text("ours"), "");
    let (bundle, predicate) = (room.folder.text("bundle.json"), room.folder.text("predicate.json"));
    let run = |arguments: &[&str]| Program::stevedore(arguments).env("COSIGN_PASSWORD", "").run();
    run(&["sign-blob", "--key", &key, "--bundle", &bundle, &room.file]).ok();
    let verify = ["verify-blob", "--key", &public, "--bundle", &bundle];
    run(&[&verify[..], &[&room.file]].concat()).ok();
    run(&[&verify[..], &[&predicate]].concat()).code(12);
    let attested = room.folder.text("attested.json");
    let attest = ["attest-blob", "--key", &key, "--predicate", &predicate, "--type", "https://example.com/tested"];
    run(&[&attest[..], &["--bundle", &attested, &room.file]].concat()).ok();
    let verify_attested =
        ["verify-blob", "--key", &public, "--bundle", &attested, "--type", "https://example.com/tested"];
    run(&[&verify_attested[..], &[&room.file]].concat()).ok();
    let printed = run(&["sign-blob", "--key", &key, "--bundle", "-", &room.file]).ok();
    assert_eq!(printed.json()["mediaType"], json!("application/vnd.dev.sigstore.bundle.v0.3+json"));
    let Some(cosign) = oracle("cosign") else { return };
    let offline = ["--key", &public, "--insecure-ignore-tlog"];
    cosign.try_run(&[&["verify-blob", "--bundle", &bundle], &offline[..], &[&room.file]].concat()).ok();
    let kind = ["--type", "https://example.com/tested"];
    let verb = ["verify-blob-attestation", "--bundle", &attested];
    cosign.try_run(&[&verb[..], &offline, &kind, &[&room.file]].concat()).ok();
}

/// cosign 3 signs with the same services, and it verifies here.
#[test]
fn what_cosign_signs() {
    let Some((scene, _)) = Scene::with("app", fixture::app) else { return };
    let Some(cosign) = oracle("cosign") else { return };
    let room = Room::new();
    // On the command line it takes no other tokens than RS256's.
    let (bundle, token) = (room.folder.text("bundle.json"), room.write("token", room.services.token().as_bytes()));
    for (versions, has_clock) in [(&[1][..], false), (&[1], true), (&[2], true)] {
        let config = room.config(versions, has_clock);
        let by = ["-y", "--identity-token", &token, "--trusted-root", &room.root, &config[0], &config[1]];
        let file = ["--bundle", &bundle, &room.file];
        cosign.try_run(&[&["sign-blob"], &by[..], &file].concat()).ok();
        room.verify_blob(&bundle, &[]).ok();
        let name = "app:v1";
        cosign.try_run(&[&["sign"], &by[..], &[&scene.name(name)]].concat()).ok();
        let fixed = ["verify", "--trusted-root", &room.root, "--certificate-identity", SUBJECT];
        stevedore(&[&fixed[..], &["--certificate-oidc-issuer", ISSUER, &scene.docker(name)]].concat()).ok();
    }
}
