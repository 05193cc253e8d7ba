//! `serve` and the clients of others: what they push, all of them pull.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

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
    let [skopeo, skopeo_new, crane, oras, _buildah] = &tools[..] else { panic!("five tools") };
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
