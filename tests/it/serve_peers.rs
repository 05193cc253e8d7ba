//! `serve` and the clients of others: what they push, all of them pull.

use std::fs;
use std::path::Path;
use std::thread;

use tempfile::TempDir;

use crate::support::certificates::Certificates;
use crate::support::clients::{CHECKS, Clients};
use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::oracle::{Tool, oracle};
use crate::support::served::Served;

const USERS: &str = "user:$2y$05$Ug4vvz.Z.ClL5ntQ0rSX8eNJeF1j5abnzUSd5YRFMeyvcDnrLCRRe\n";

/// Starts a registry where `user` may push; `plain` asks for passwords instead of tokens.
fn serve(room: &Path, plain: bool) -> Served {
    let (store, users) = (room.join("store"), room.join("users"));
    fs::write(&users, USERS).expect("written");
    let (store, users) = (store.display().to_string(), users.display().to_string());
    let mut arguments = vec!["--store", &store, "--htpasswd", &users];
    if plain {
        arguments.push("--no-tokens");
    }
    Served::start(&arguments)
}

/// Pushes an image by each client, with a login, and has it pulled by another, without one where that is possible.
fn push_and_pull(plain: bool) {
    let names = ["skopeo", "skopeo-new", "crane", "oras", "buildah"];
    let Some(tools) = names.iter().map(|name| oracle(name)).collect::<Option<Vec<Tool>>>() else { return };
    let [skopeo, skopeo_new, crane, oras, buildah] = &tools[..] else { panic!("five tools") };
    let room = TempDir::new().expect("a temporary directory");
    let served = serve(room.path(), plain);
    let host = served.host();
    let image = fixture::single(&room.path().join("image"));
    let layout = image.dir.display().to_string();
    for tool in &tools {
        tool.log_in(&host, "user", "pass");
    }
    for (tool, name) in [(skopeo, "skopeo"), (skopeo_new, "skopeo-new")] {
        let target = format!("docker://{host}/team/{name}:v1");
        tool.run(&["copy", "--dest-tls-verify=false", &format!("oci:{layout}:v1"), &target]).ok();
    }
    crane.run(&["push", "--insecure", &layout, &format!("{host}/team/crane:v1")]).ok();
    let target = format!("{host}/team/oras:v1");
    oras.run(&["cp", "--from-oci-layout", "--to-plain-http", &format!("{layout}:v1"), &target]).ok();
    buildah_pushes(buildah, &host, &image.digest);
    for name in ["skopeo", "skopeo-new", "oras"] {
        let image_reference = format!("{host}/team/{name}:v1");
        assert_eq!(crane.run(&["digest", "--insecure", &image_reference]).ok().text(), image.digest, "{name}");
        let out = room.path().join(format!("out-{name}")).display().to_string();
        oras.run(&["cp", "--from-plain-http", "--to-oci-layout", &image_reference, &format!("{out}:v1")]).ok();
        // Nobody's pull: without a login, with the token of nobody in particular.
        let mine = stevedore(&["digest", "--no-creds", &format!("docker://{image_reference}")]).ok();
        assert_eq!(mine.text(), image.digest);
    }
    let stranger = oracle("crane").expect("it was found before");
    let reference = format!("{host}/team/oras:v1");
    assert_eq!(stranger.run(&["digest", "--insecure", &reference]).ok().text(), image.digest);
    assert_ne!(stranger.try_run(&["tag", "--insecure", &reference, "v2"]).code, 0, "nobody may push");
    crane.run(&["tag", "--insecure", &reference, "v2"]).ok();
    crane.run(&["delete", "--insecure", &format!("{host}/team/oras:v2")]).ok();
    skopeo_new.run(&["delete", "--tls-verify=false", &format!("docker://{host}/team/skopeo-new:v1")]).ok();
}

/// Has buildah pull what skopeo pushed, and push it again: it writes a manifest of its own, which is one and the same for all.
fn buildah_pushes(buildah: &Tool, host: &str, pulled: &str) {
    let home = buildah.home();
    let (root, state) = (home.join("storage").display().to_string(), home.join("state").display().to_string());
    let run = |arguments: &[&str]| {
        let storage = ["--root", &root, "--runroot", &state, "--storage-driver", "vfs"];
        buildah.run(&[&storage, arguments].concat())
    };
    let (source, target) = (format!("{host}/team/skopeo@{pulled}"), format!("{host}/team/buildah:v1"));
    run(&["pull", "-q", "--tls-verify=false", &source]);
    run(&["push", "-q", "--tls-verify=false", "--digestfile=pushed", &source, &format!("docker://{target}")]);
    let pushed = fs::read_to_string(home.join("pushed")).expect("a digest");
    assert_eq!(stevedore(&["digest", "--no-creds", &format!("docker://{target}")]).ok().text(), pushed);
    run(&["rmi", "--all", "--force"]);
    run(&["pull", "-q", "--tls-verify=false", &format!("{host}/team/buildah@{pushed}")]);
}

#[test]
fn clients_push_and_pull_with_tokens() {
    push_and_pull(false);
}

#[test]
fn clients_push_and_pull_with_passwords() {
    push_and_pull(true);
}

#[test]
fn cosign_signs_and_verifies() {
    let (Some(cosign), Some(crane)) = (oracle("cosign"), oracle("crane")) else { return };
    let room = TempDir::new().expect("a temporary directory");
    let served = serve(room.path(), false);
    let host = served.host();
    cosign.log_in(&host, "user", "pass");
    crane.log_in(&host, "user", "pass");
    let image = fixture::single(&room.path().join("image"));
    let target = format!("docker://{host}/app:v1");
    stevedore(&["copy", "--dest-creds", "user:pass", &format!("oci:{}:v1", image.dir.display()), &target]).ok();
    let prefix = room.path().join("key").display().to_string();
    let run = |arguments: &[&str]| {
        let mut command = cosign.command(arguments);
        command.env("COSIGN_PASSWORD", "");
        crate::support::command::run(command, b"")
    };
    run(&["generate-key-pair", "--output-key-prefix", &prefix]).ok();
    let reference = format!("{host}/app@{}", image.digest);
    let (key, public) = (format!("{prefix}.key"), format!("{prefix}.pub"));
    run(&[
        "sign",
        "--key",
        &key,
        "--tlog-upload=false",
        "--use-signing-config=false",
        "--allow-http-registry",
        "-y",
        &reference,
    ])
    .ok();
    run(&["verify", "--key", &public, "--insecure-ignore-tlog=true", "--allow-http-registry", &reference]).ok();
}

#[test]
fn every_client_reads_in_every_way() {
    let Some(clients) = Clients::find(None) else { return };
    let room = TempDir::new().expect("a temporary directory");
    let served = Served::start(&["--store", &room.path().join("store").display().to_string(), "--anonymous-push"]);
    let signed = clients.push_signed(room.path(), &served.host(), "lib/app");
    assert_eq!(clients.pull_everything(&served.host(), &signed), CHECKS);
}

#[test]
fn every_client_reads_in_every_way_by_tls() {
    let room = TempDir::new().expect("a temporary directory");
    let certificates = Certificates::create(room.path());
    let Some(clients) = Clients::find(Some(&certificates.authority)) else { return };
    let served = serve_tls(room.path(), &certificates);
    clients.log_in(&served.host(), "user", "pass");
    let signed = clients.push_signed(room.path(), &served.host(), "lib/app");
    assert_eq!(clients.pull_everything(&served.host(), &signed), CHECKS);
}

/// Starts a registry with https where `user` may push.
fn serve_tls(room: &Path, certificates: &Certificates) -> Served {
    let (store, users) = (room.join("store").display().to_string(), room.join("users"));
    fs::write(&users, USERS).expect("written");
    let files =
        [&certificates.server.certificate, &certificates.server.key, &users].map(|file| file.display().to_string());
    let [certificate, key, users] = &files;
    Served::start(&["--store", &store, "--tls-cert", certificate, "--tls-key", key, "--htpasswd", users])
}

#[test]
fn eight_signatures_at_once_are_eight() {
    let (Some(cosign), Some(oras)) = (oracle("cosign"), oracle("oras")) else { return };
    let room = TempDir::new().expect("a temporary directory");
    let served = Served::start(&["--store", &room.path().join("store").display().to_string(), "--anonymous-push"]);
    let image = fixture::single(&room.path().join("image"));
    let name = format!("{}/app", served.host());
    stevedore(&["copy", &image.reference(), &format!("docker://{name}:v1")]).ok();
    let by_digest = format!("{name}@{}", image.digest);
    let run = |arguments: &[&str]| {
        let mut command = cosign.command(arguments);
        command.env("COSIGN_PASSWORD", "");
        crate::support::command::run(command, b"").ok()
    };
    run(&["generate-key-pair"]);
    thread::scope(|scope| {
        for number in 0..8 {
            let (run, by_digest) = (&run, &by_digest);
            scope.spawn(move || {
                let sign = ["sign", "--key=cosign.key", "--tlog-upload=false", "--use-signing-config=false", "-y"];
                // Without a difference they would be one and the same.
                run(&[&sign[..], &["--allow-http-registry", "-a", &format!("number={number}"), by_digest]].concat());
            });
        }
    });
    let found = oras.run(&["discover", "--plain-http", "--format", "json", &by_digest]).json();
    assert_eq!(found["referrers"].as_array().map(Vec::len), Some(8), "{found}");
    run(&["verify", "--key=cosign.pub", "--insecure-ignore-tlog=true", "--allow-http-registry", &by_digest]);
}
