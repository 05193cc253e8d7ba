//! Certificates that nobody signed but their own key: trusted when they are named, and only then.

use std::fs;
use std::path::Path;

use crate::support::certificates::{RSA, SelfSigned};
use crate::support::command::{Program, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::oracle::oracle;
use crate::support::registry::{Options, Registry, Tls};
use crate::support::scene::Scene;

/// Starts a registry that shows a certificate and has what `scene` has.
fn secured(scene: &Scene, make: Option<SelfSigned<'_>>, name: &str) -> Registry {
    let pair = make.map(|make| make.create(&scene.folder.path(""), name));
    let options =
        Options { tls: Some(Tls::Anybody), pair, storage: Some(scene.registry.storage()), ..Options::default() };
    Registry::start_with(options).expect("there is one already")
}

fn certificates() -> Vec<(&'static str, Option<SelfSigned<'static>>)> {
    let plain = SelfSigned::default;
    vec![
        ("authority", Some(plain())),
        ("leaf", Some(SelfSigned { is_authority: false, ..plain() })),
        ("rsa", Some(SelfSigned { key: Some(RSA), ..plain() })),
        ("rsa-leaf", Some(SelfSigned { key: Some(RSA), is_authority: false, ..plain() })),
        // Signed by an authority that nobody names: the certificate itself is named.
        ("signed", None),
    ]
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Every way to name an authority names a certificate that is its own, alone and among others.
#[test]
fn a_certificate_that_is_named_is_trusted() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    let stranger = SelfSigned::default().create(&scene.folder.path(""), "stranger").certificate;
    for (name, make) in certificates() {
        let registry = secured(&scene, make, name);
        let reference = format!("docker://{}/app:v1", registry.host());
        let own = fs::read(registry.certificate()).expect("the certificate");
        let folder = scene.folder.path(&format!("certs-{name}"));
        fs::create_dir(&folder).expect("making a directory");
        fs::write(folder.join("ca.crt"), &own).expect("writing a file");
        let bundle = scene.folder.path(&format!("bundle-{name}.crt"));
        fs::write(&bundle, [fs::read(&stranger).expect("a certificate"), own.clone()].concat()).expect("a bundle");
        for flags in
            [["--tls-ca", &text(registry.certificate())], ["--tls-ca", &text(&bundle)], ["--cert-dir", &text(&folder)]]
        {
            let run = stevedore(&["digest", flags[0], flags[1], &reference]).ok();
            assert_eq!(run.text(), image.digest, "{name} {flags:?}");
        }
        let environment = Program::stevedore(&["digest", &reference]).env("SSL_CERT_FILE", &bundle);
        assert_eq!(environment.run().ok().text(), image.digest, "{name}");
        let program = Program::stevedore(&["digest", &reference]);
        let host = program.home().join(".config/containers/certs.d").join(registry.host());
        fs::create_dir_all(&host).expect("making a directory");
        fs::write(host.join("ca.crt"), &own).expect("writing a file");
        assert_eq!(program.run().ok().text(), image.digest, "{name}");
        verbs(&scene, &registry, &image, name);
    }
}

/// Reading, writing, mirroring and logging in all trust in the same way.
fn verbs(scene: &Scene, registry: &Registry, image: &Fixture, name: &str) {
    let certificate = text(registry.certificate());
    let at = |rest: &str| format!("docker://{}/{rest}", registry.host());
    let pulled = scene.folder.at("oci", &format!("pulled-{name}"), ":v1");
    stevedore(&["copy", "--tls-ca", &certificate, &at("app:v1"), &pulled]).ok();
    let folder = scene.folder.text(&format!("certs-{name}"));
    stevedore(&["copy", "--dest-cert-dir", &folder, &image.reference(), &at(&format!("{name}:v1"))]).ok();
    assert_eq!(scene.digest(name, "v1"), image.digest);
    let list = format!("{} {}\n", at("app:*"), at(&format!("synced-{name}")));
    let flags = ["sync", "--tls-ca", &certificate, "-"];
    Program::stevedore(&flags).stdin(list.as_bytes()).run().ok();
    assert_eq!(scene.digest(&format!("synced-{name}"), "v1"), image.digest);
    stevedore(&["tags", "--tls-ca", &certificate, &at("app")]).ok();
    let login = ["login", "--tls-ca", &certificate, "-u", "me", "--password-stdin", &registry.host()];
    Program::stevedore(&login).stdin(b"secret").run().ok();
}

/// What is named counts for that very certificate only; its name and its dates are checked, and the refusal says which of them is wrong.
#[test]
fn a_certificate_that_is_named_is_still_checked() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let Some(crane) = oracle("crane") else {
        return;
    };
    let plain = SelfSigned::default;
    let other = plain().create(&scene.folder.path(""), "other").certificate;
    let elsewhere = || SelfSigned { names: &["elsewhere.example", "10.0.0.1"], ..plain() };
    // The certificate shown, whether it is the one that is named, and what is said.
    for (number, (make, is_named, said)) in [
        (plain(), false, "its certificate is not trusted: it is an authority's own certificate"),
        (SelfSigned { is_authority: false, ..plain() }, false, "its certificate is not trusted: "),
        (SelfSigned { key: Some(RSA), ..plain() }, false, "its certificate is not trusted: "),
        (elsewhere(), true, "it is for elsewhere.example, 10.0.0.1, not for 127.0.0.1"),
        (
            SelfSigned { is_authority: false, ..elsewhere() },
            true,
            "it is for elsewhere.example, 10.0.0.1, not for 127.0.0.1",
        ),
        (SelfSigned { years: [2020, 2021], ..plain() }, true, "it has expired on 2021-01-01T00:00:00Z"),
        (SelfSigned { years: [2020, 2021], is_authority: false, ..plain() }, true, "it has expired on 2021-01-01"),
        (SelfSigned { years: [2098, 2100], ..plain() }, true, "it is not valid before 2098-01-01T00:00:00Z"),
    ]
    .into_iter()
    .enumerate()
    {
        let registry = secured(&scene, Some(make), &format!("bad{number}"));
        let named = if is_named { registry.certificate() } else { &other };
        let reference = format!("docker://{}/app:v1", registry.host());
        let run = stevedore(&["digest", "--tls-ca", &text(named), &reference]).code(5);
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
        assert_eq!(run.stderr.contains("name its authority"), !is_named, "a remedy that helps: {}", run.stderr);
        // What is written as Go's clients read it is refused by them, too.
        let mut peer = crane.command(&["digest", &reference["docker://".len()..]]);
        assert!(!peer.env("SSL_CERT_FILE", named).output().expect("running crane").status.success(), "{said}");
    }
}
