//! A real Docker Engine as the client of `serve`, and of trees of `deploy` on nginx, Caddy and Apache httpd.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::certificates::Certificates;
use crate::support::command::stevedore;
use crate::support::content::{Member, tar};
use crate::support::docker::engine;
use crate::support::fixture::{self, Fixture};
use crate::support::oracle::oracle;
use crate::support::served::Served;
use crate::support::web::{SERVERS, Web, open_to_all};

const USERS: &str = "user:$2y$05$Ug4vvz.Z.ClL5ntQ0rSX8eNJeF1j5abnzUSd5YRFMeyvcDnrLCRRe\n";

/// Makes an image whose layers no other test has: the engine would not ask for them again.
fn image(dir: &Path, text: &str, layers: usize) -> Fixture {
    let layer = |number| tar(&[Member::File(&format!("text-{number}"), text.as_bytes())]);
    fixture::of_tars(dir, &(0..layers).map(layer).collect::<Vec<_>>())
}

#[test]
fn docker_pushes_and_pulls() {
    let Some(engine) = engine() else { return };
    let room = TempDir::new().expect("a temporary directory");
    let (store, users) = (room.path().join("store").display().to_string(), room.path().join("users"));
    fs::write(&users, USERS).expect("written");
    let served = Served::start(&["--store", &store, "--htpasswd", &users.display().to_string()]);
    let host = served.host();
    let image = image(&room.path().join("image"), "pushed and pulled", 6);
    let (first, second) = (format!("{host}/team/app:v1"), format!("{host}/team/other:v2"));
    stevedore(&["copy", "--dest-creds", "user:pass", &image.reference(), &format!("docker://{first}")]).ok();
    // Reading is free, and the token is nobody's.
    assert_eq!(engine.pull(&first), image.digest);
    engine.run(&["tag", &first, &second]);
    let refused = engine.try_run(&["push", &second]);
    assert_ne!(refused.code, 0, "nobody may push");
    assert!(refused.stderr.contains("denied") || refused.stderr.contains("unauthorized"), "{}", refused.stderr);
    assert_ne!(engine.try_run(&["login", "-u", "user", "-p", "wrong", &host]).code, 0);
    engine.run(&["login", "-u", "user", "-p", "pass", &host]);
    let pushed = engine.push_copy(&first, &second);
    engine.run(&["logout", &host]);
    // Within a registry it mounts layers; to another one it uploads them, several at a time.
    let open = Served::start(&["--store", &room.path().join("open").display().to_string(), "--anonymous-push"]);
    let third = format!("{}/team/uploaded:v1", open.host());
    let uploaded = engine.push_copy(&first, &third);
    let manifest = stevedore(&["inspect", "--raw", &format!("docker://{third}")]).ok().json();
    assert_eq!(manifest["config"]["digest"], *image.parts[0].config, "{manifest}");
    assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(image.parts[0].layers.len()), "{manifest}");
    let out = format!("oci:{}:v1", room.path().join("out").display());
    assert_eq!(stevedore(&["copy", &format!("docker://{third}"), &out]).ok().text(), uploaded);
    engine.forget(&[&first, &second, &third]);
    assert_eq!(engine.pull(&third), uploaded);
    engine.forget(&[&third]);
    // Everybody else sees what it pushed.
    let place = format!("docker://{second}");
    assert_eq!(stevedore(&["digest", &place]).ok().text(), pushed);
    if let Some(skopeo) = oracle("skopeo") {
        let found = skopeo.run(&["inspect", "--format", "{{.Digest}}", "--tls-verify=false", &place]);
        assert_eq!(found.text(), pushed);
    }
    assert_eq!(engine.pull(&second), pushed);
    engine.forget(&[&second]);
    let by_digest = format!("{host}/team/other@{pushed}");
    assert_eq!(engine.pull(&by_digest), pushed);
    engine.forget(&[&by_digest]);
}

#[test]
fn docker_pulls_by_tls_what_fits_the_machine() {
    let Some(engine) = engine() else { return };
    let room = TempDir::new().expect("a temporary directory");
    let certificates = Certificates::create(room.path());
    let [store, certificate, key] =
        [&room.path().join("store"), &certificates.server.certificate, &certificates.server.key]
            .map(|path| path.display().to_string());
    let served = Served::start(&["--store", &store, "--tls-cert", &certificate, "--tls-key", &key, "--anonymous-push"]);
    let index = fixture::four_platforms(&room.path().join("index"));
    let name = format!("{}/team/index", served.host());
    let authority = certificates.authority.display().to_string();
    let target = format!("docker://{name}:v1");
    stevedore(&["copy", "--all", "--tls-ca", &authority, &index.reference(), &target]).ok();
    for reference in [format!("{name}:v1"), format!("{name}@{}", index.digest)] {
        assert_eq!(engine.pull(&reference), index.digest);
        let id = engine.run(&["inspect", "--format", "{{.Id}} {{.Architecture}}", &reference]).text().to_owned();
        let (id, architecture) = id.split_once(' ').expect("two words");
        let part = index.parts.iter().find(|part| part.config == id).expect("one of the index");
        assert_eq!(part.platform.split('/').nth(1), Some(architecture));
        engine.forget(&[&reference]);
    }
}

#[test]
fn docker_pulls_from_every_server_of_files() {
    let Some(engine) = engine() else { return };
    let room = TempDir::new().expect("a temporary directory");
    open_to_all(room.path());
    let tree = room.path().join("tree").display().to_string();
    let index = fixture::app(&room.path().join("app"));
    let docker = fixture::docker(&room.path().join("docker"));
    for server in SERVERS.into_iter().chain(["our own"]) {
        let single = image(&room.path().join(server), server, 1);
        let single_name = format!("lib/{}", server.replace(' ', ""));
        stevedore(&["deploy", &single.reference(), &tree, "--name", &single_name]).ok();
        let deploy = |more: &[&str]| {
            stevedore(&[&["deploy", "--all", &index.reference(), &docker.reference(), &tree], more].concat()).ok();
        };
        let (web, served);
        let host = if server == "our own" {
            deploy(&[]);
            served = Served::start(&["--static", &tree]);
            served.host()
        } else {
            let started = Web::start(server, |address, file| {
                deploy(&["--server", server, "--config", file.to_str().expect("a text path"), "--addr", address]);
            });
            let Some(started) = started else { continue };
            web = started;
            web.host()
        };
        for (name, image) in [("app", &index), ("docker", &docker), (single_name.as_str(), &single)] {
            let (tag, by_digest) = (format!("{host}/{name}:v1"), format!("{host}/{name}@{}", image.digest));
            assert_eq!(engine.pull(&tag), image.digest, "{server}");
            engine.forget(&[&tag]);
            assert_eq!(engine.pull(&by_digest), image.digest, "{server}");
            engine.forget(&[&by_digest]);
        }
        assert_ne!(engine.try_run(&["pull", &format!("{host}/app:none")]).code, 0, "{server}");
    }
}
