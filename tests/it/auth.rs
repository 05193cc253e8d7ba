//! Logins from everywhere, by the program: each source lets a copy in, and `auth explain` says which it was.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine;
use serde_json::{Value, json};

use crate::support::command::Program;
use crate::support::fixture;
use crate::support::registry::{self, PASSWORD, Registry, USER};
use crate::support::seed;

fn basic() -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"))
}

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, content).expect("written");
}

/// Writes a credential helper, `docker-credential-test`, into `bin` of the home folder.
fn helper(home: &Path) {
    let path = home.join("bin/docker-credential-test");
    let answer = json!({"ServerURL": "", "Username": USER, "Secret": PASSWORD});
    write(&path, &format!("#!/bin/sh\ncat >/dev/null\ncat <<'EOF'\n{answer}\nEOF\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
}

struct Case {
    name: &'static str,
    /// Below the home folder, with its content.
    file: Option<(&'static str, Value)>,
    /// Variables; `HOME` in a value stands for the home folder.
    variables: Vec<(&'static str, String)>,
    /// What `auth explain` says of the place, and the key or helper.
    finding: (&'static str, String),
}

/// The thirteenth source, a broken file, is a test of its own.
fn cases(host: &str) -> Vec<Case> {
    const DOCKER: &str = ".docker/config.json";
    let auth = json!({"auth": basic()});
    let auths = |key: String, entry: &Value| json!({"auths": {key: entry}});
    let case = |name, file: &'static str, content, finding: (&'static str, &str)| Case {
        name,
        file: Some((file, content)),
        variables: Vec::new(),
        finding: (finding.0, finding.1.to_owned()),
    };
    let with = |case: Case, name, value: &str| Case { variables: vec![(name, value.to_owned())], ..case };
    let entry = ("entry", host);
    let helper = ("helper", "docker-credential-test");
    let (scheme, old, repository) = (format!("http://{host}"), format!("https://{host}/v1/"), format!("{host}/app"));
    let plain = auths(host.to_owned(), &auth);
    vec![
        case("auth", DOCKER, plain.clone(), entry),
        case(
            "username and password",
            DOCKER,
            auths(host.to_owned(), &json!({"username": USER, "password": PASSWORD})),
            entry,
        ),
        case("a key with a scheme", DOCKER, auths(scheme.clone(), &auth), ("entry", &scheme)),
        case("a key with a scheme and a path", DOCKER, auths(old.clone(), &auth), ("entry", &old)),
        case("a key for a repository", DOCKER, auths(repository.clone(), &auth), ("entry", &repository)),
        case("credsStore", DOCKER, json!({"credsStore": "test"}), helper),
        case("credHelpers", DOCKER, json!({"credHelpers": {host: "test"}}), helper),
        case("an empty entry and credsStore", DOCKER, json!({"auths": {host: {}}, "credsStore": "test"}), helper),
        with(case("DOCKER_CONFIG", "elsewhere/config.json", plain.clone(), entry), "DOCKER_CONFIG", "HOME/elsewhere"),
        with(case("XDG_RUNTIME_DIR", "run/containers/auth.json", plain.clone(), entry), "XDG_RUNTIME_DIR", "HOME/run"),
        case("~/.config", ".config/containers/auth.json", plain.clone(), entry),
        with(case("REGISTRY_AUTH_FILE", "some.json", plain.clone(), entry), "REGISTRY_AUTH_FILE", "HOME/some.json"),
        Case {
            name: "DOCKER_AUTH_CONFIG",
            file: None,
            variables: vec![("DOCKER_AUTH_CONFIG", plain.to_string())],
            finding: ("entry", host.to_owned()),
        },
    ]
}

impl Case {
    fn program(&self, arguments: &[&str]) -> Program {
        let mut program = Program::stevedore(arguments);
        let home = program.home().to_owned();
        helper(&home);
        if let Some((path, content)) = &self.file {
            write(&home.join(path), &content.to_string());
        }
        let path = format!("{}:{}", home.join("bin").display(), std::env::var("PATH").unwrap_or_default());
        program = program.env("PATH", path);
        for (name, value) in &self.variables {
            program = program.env(name, value.replace("HOME", &home.display().to_string()));
        }
        program
    }
}

fn private() -> Option<(Registry, tempfile::TempDir)> {
    let registry = Registry::start_with(registry::Options { htpasswd: true, ..Default::default() })?;
    let dir = tempfile::tempdir().expect("a folder");
    let single = fixture::single(&dir.path().join("single"));
    seed::push(&single.dir, "v1", &registry.client(), "app");
    Some((registry, dir))
}

#[test]
fn every_source_of_logins_lets_in() {
    let Some((registry, _dir)) = private() else { return };
    let host = registry.host();
    for case in cases(&host) {
        let name = case.name;
        let run = case.program(&["digest", &format!("docker://{host}/app:v1")]).run();
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        let run = case.program(&["auth", "explain", "--json", &format!("{host}/app")]).run().ok();
        let report = run.json();
        assert_eq!(
            (&report["login"]["kind"], &report["login"]["username"]),
            (&json!("password"), &json!(USER)),
            "{name}"
        );
        let found = |place: &&Value| place["finding"] == case.finding.0 && place["detail"] == case.finding.1.as_str();
        let places = report["places"].as_array().expect("places");
        assert!(places.iter().any(|place| found(&place)), "{name}: {report}");
        let run = case.program(&["auth", "explain", &format!("{host}/app")]).run().ok();
        assert!(run.text().contains(&format!("Login  {USER} (password), ")), "{name}: {}", run.text());
        for secret in [PASSWORD.to_owned(), basic()] {
            assert!(!run.text().replace("(password)", "").contains(&secret), "{name}: {}", run.text());
            let rest = report.to_string().replace("\"password\"", "");
            assert!(!rest.contains(&secret), "{name}: {report}");
        }
    }
}

#[test]
fn a_broken_file_is_named_with_line_and_column() {
    let Some((registry, _dir)) = private() else { return };
    let host = registry.host();
    let program = |arguments: &[&str]| {
        let program = Program::stevedore(arguments);
        write(&program.home().join(".docker/config.json"), "{\n  \"auths\": {,}\n}\n");
        program
    };
    let run = program(&["digest", &format!("docker://{host}/app:v1")]).run().code(4);
    assert!(run.stderr.contains(".docker/config.json") && run.stderr.contains("line 2, column 13"), "{}", run.stderr);
    let run = program(&["auth", "explain", "--json", &host]).run().ok();
    let report = run.json();
    assert_eq!(report["login"], Value::Null);
    let failed = report["places"].as_array().expect("places").iter().find(|place| place["finding"] == "failed");
    assert!(failed.expect("one failed")["detail"].as_str().expect("a text").contains("line 2"), "{report}");
}

#[test]
fn routes_name_mirrors_certificates_and_proxies() {
    let program = Program::stevedore(&["auth", "explain", "--json", "registry.example/team/app"]);
    let home = program.home().to_owned();
    write(
        &home.join(".config/containers/registries.conf"),
        "[[registry]]\nlocation = 'registry.example'\n[[registry.mirror]]\nlocation = 'mirror.example:5000/hub'\ninsecure = true\n",
    );
    write(&home.join(".config/containers/certs.d/registry.example/ca.crt"), "");
    let report = program.env("HTTPS_PROXY", "http://me:secret@proxy.example:3128").run().ok().json();
    let routes = &report["routes"];
    assert_eq!(routes[0]["mirror"], true);
    assert_eq!((&routes[0]["host"], &routes[0]["repository"]), (&json!("mirror.example:5000"), &json!("hub/team/app")));
    assert_eq!(routes[0]["urls"], json!(["https://mirror.example:5000/", "http://mirror.example:5000/"]));
    assert_eq!(routes[0]["skipVerify"], true);
    assert_eq!(routes[1]["urls"], json!(["https://registry.example/"]));
    assert_eq!((&routes[1]["skipVerify"], &routes[1]["proxy"]), (&json!(false), &json!("proxy.example:3128")));
    let authority = home.join(".config/containers/certs.d/registry.example/ca.crt");
    assert_eq!(routes[1]["authorities"], json!([authority]));
    assert_eq!(report["rule"]["prefix"], "registry.example");
    assert!(!report.to_string().contains("secret"));
}
