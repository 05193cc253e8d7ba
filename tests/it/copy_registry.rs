//! Copies within and between registries: digests, names, logins.

use std::fs;

use crate::support::bearer::{self, Bearer};
use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::layout::{read_json, tags};
use crate::support::oracle::oracle;
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::{self, PASSWORD, Registry, USER};
use crate::support::scene::{Folder, Scene, copy};
use crate::support::seed;

/// A whole index keeps its digest from repository to repository; the digest is all that stdout has, and crane sees the same.
#[test]
fn a_whole_index_keeps_its_digest() {
    let (Some((scene, image)), Some(crane)) = (Scene::with("app", fixture::app), oracle("crane")) else {
        return;
    };
    let run = stevedore(&["copy", "--all", &scene.docker("app:v1"), &scene.docker("c1:v1")]).ok();
    let source = crane.run(&["digest", "--insecure", &scene.name("app:v1")]);
    assert_eq!(String::from_utf8_lossy(&run.stdout), format!("{}\n", source.text()));
    assert_eq!(source.text(), image.digest);
    assert_eq!(crane.run(&["digest", "--insecure", &scene.name("c1:v1")]).text(), image.digest);
    crane.run(&["validate", "--insecure", "--remote", &scene.name("c1:v1")]);
}

/// A digest rules over the tag beside it: the tag need not exist.
#[test]
fn a_digest_rules_over_the_tag_beside_it() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let source = scene.docker(&format!("app:nope@{}", image.digest));
    assert_eq!(copy(&["--all"], &source, &scene.docker("by-digest:v1")), image.digest);
    assert_eq!(scene.digest("by-digest", "v1"), image.digest);
}

/// On demand the tag beside a digest is checked: 3 when it names nothing, 6 when it names another image; nothing is written.
#[test]
fn the_tag_beside_a_digest_is_checked_on_demand() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    image.tag_parts();
    seed::push_all(&image.dir, &scene.registry.client(), "app");
    let check = |tag: &str, to: &str| {
        let source = scene.docker(&format!("app:{tag}@{}", image.digest));
        stevedore(&["copy", "--all", "--check-tag", &source, &scene.docker(to)])
    };
    check("nope", "no:v1").code(3);
    check("amd64", "no:v1").code(6);
    assert!(!scene.has("no", "v1"));
    check("v1", "yes:v1").ok();
    assert_eq!(scene.digest("yes", "v1"), image.digest);
}

/// A destination by digest promises what arrives there: a copy that would break the promise fails with 6 before any write.
#[test]
fn a_promised_digest_is_kept_or_nothing_is_written() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let proxy = Proxy::start(&scene.registry.host(), Mode::None);
    let other = &image.part("linux/amd64").digest;
    let to = |digest: &str| format!("docker://{}/promised@{digest}", proxy.host());
    let run = stevedore(&["copy", "--all", &scene.docker("app:v1"), &to(other)]).code(6);
    assert!(run.stderr.contains(other.as_str()) && run.stderr.contains(&image.digest), "{}", run.stderr);
    let writes: Vec<_> = proxy.log().into_iter().filter(|request| is_write(&request.method)).collect();
    assert!(writes.is_empty(), "{writes:?}");
    assert_eq!(copy(&["--all"], &scene.docker("app:v1"), &to(&image.digest)), image.digest);
    assert_eq!(scene.digest("promised", &image.digest), image.digest);
}

fn is_write(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD")
}

/// A copy between two repositories of a registry asks for one token, for both repositories; no later request is refused for want of one.
#[test]
fn one_token_serves_a_copy_across_repositories() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let front = Bearer::start(&scene.registry.host(), bearer::Options::default());
    let at = |name: &str| format!("docker://{}/{name}", front.host());
    assert_eq!(copy(&["--all"], &at("app:v1"), &at("other:v1")), image.digest);
    assert_eq!(front.tokens().len(), 1, "{:?}", front.tokens());
    assert!(front.denied().len() <= 1, "{:?}", front.denied());
}

/// A pull of a whole index, with its manifests, configs and layers, asks for one token.
#[test]
fn one_token_serves_a_pull() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let front = Bearer::start(&scene.registry.host(), bearer::Options { redirect: true, ..Default::default() });
    let source = format!("docker://{}/app:v1", front.host());
    assert_eq!(copy(&["--all"], &source, &scene.folder.at("oci", "o", ":v1")), image.digest);
    assert_eq!(front.tokens().len(), 1, "{:?}", front.tokens());
    assert!(!front.cdn().is_empty());
    assert!(front.cdn().iter().all(|request| !request.authorization), "{:?}", front.cdn());
}

/// Of two challenges in one header, one with a quoted comma and escaped quotes, the one that can be met is met.
#[test]
fn challenges_are_parsed_not_guessed() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let options = bearer::Options {
        two_challenges: true,
        access_token: true,
        no_expires_in: true,
        credentials: Some(("user", "pass")),
        ..Default::default()
    };
    let front = Bearer::start(&scene.registry.host(), options);
    let at = |name: &str| format!("docker://{}/{name}", front.host());
    let flags = ["--all", "--src-creds=user:pass", "--dest-creds=user:pass"];
    assert_eq!(copy(&flags, &at("app:v1"), &at("other:v1")), image.digest);
}

/// The command line finds logins where docker keeps them, also under the URL that docker writes as the key.
#[test]
fn logins_of_docker_are_found() {
    let folder = Folder::new();
    let Some(registry) = Registry::start_with(registry::Options { htpasswd: true, ..Default::default() }) else {
        return;
    };
    let image = fixture::app(&folder.path("app"));
    let to = format!("docker://{}/app:v1", registry.host());
    let copy = |key: Option<&str>| {
        let program = Program::stevedore(&["copy", "--all", &image.reference(), &to]);
        if let Some(key) = key {
            use base64::Engine;
            let auth = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
            let config = serde_json::json!({"auths": {key: {"auth": auth}}});
            fs::create_dir(program.home().join(".docker")).expect("making a directory in a fresh home");
            fs::write(program.home().join(".docker/config.json"), config.to_string())
                .expect("writing into a fresh home");
        }
        program.run()
    };
    let denied = copy(None).code(4);
    assert!(denied.stderr.contains(".docker/config.json"), "names the files it looked at: {}", denied.stderr);
    assert_eq!(copy(Some(&registry.host())).ok().text(), image.digest);
    assert_eq!(copy(Some(&format!("https://{}/v1/", registry.host()))).ok().text(), image.digest);
}

/// One manifest gets several names in one copy, and a file gets its digest.
#[test]
fn additional_tags_and_a_digest_file() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let file = format!("--digestfile={}", scene.folder.text("digest"));
    let flags = ["--all", "--additional-tag=v1.0", "--additional-tag=latest", file.as_str()];
    assert_eq!(copy(&flags, &scene.docker("app:v1"), &scene.docker("names:v1")), image.digest);
    for tag in ["v1", "v1.0", "latest"] {
        assert_eq!(scene.digest("names", tag), image.digest, "{tag}");
    }
    let written = fs::read_to_string(scene.folder.path("digest")).expect("the digest file is there");
    assert_eq!(written.trim_end(), image.digest);
}

/// A dry run says what would be written and writes nothing, neither into a registry nor on disk.
#[test]
fn a_dry_run_writes_nothing() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let proxy = Proxy::start(&scene.registry.host(), Mode::None);
    let to = format!("docker://{}/dry:v1", proxy.host());
    let run = stevedore(&["copy", "--all", "--dry-run", &scene.docker("app:v1"), &to]).ok();
    assert!(run.text().contains(&image.digest) && run.text().contains(&image.parts[0].layers[0]), "{}", run.text());
    assert!(proxy.log().iter().all(|request| !is_write(&request.method)), "{:?}", proxy.log());
    for (transport, name) in
        [("oci", "o"), ("dir", "d"), ("oci-archive", "a.tar"), ("docker-archive", "k.tar"), ("static", "s")]
    {
        stevedore(&["copy", "--all", "-n", &scene.docker("app:v1"), &scene.folder.at(transport, name, "")]).ok();
        assert!(!scene.folder.path(name).exists(), "{transport} was written");
    }
}

/// Two images whose blobs another repository of the registry has are mounted, not sent again.
#[test]
fn blobs_are_mounted_across_repositories() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let proxy = Proxy::start(&scene.registry.host(), Mode::None);
    let at = |name: &str| format!("docker://{}/{name}", proxy.host());
    assert_eq!(copy(&["--all"], &at("app:v1"), &at("mounted:v1")), image.digest);
    let log = proxy.log();
    let mounts = log.iter().filter(|request| request.method == "POST" && request.path.contains("mount=")).count();
    assert_eq!(mounts, 4, "two layers and two configs: {log:?}");
    assert!(!log.iter().any(|request| request.method == "GET" && request.path.contains("/blobs/")), "{log:?}");
}

/// The same image goes into a layout from a registry whose name has a port, and the layout's tag is what was typed.
#[test]
fn a_layout_takes_the_tag_as_it_was_typed() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let full = scene.name("app:v1");
    copy(&["--all"], &scene.docker("app:v1"), &scene.folder.at("oci", "o", &format!(":{full}")));
    let names: Vec<_> = tags(&scene.folder.path("o")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [full]);
    assert_eq!(read_json(&scene.folder.path("o/oci-layout"))["imageLayoutVersion"], "1.0.0");
    assert_eq!(copy(&["--all"], &scene.folder.at("oci", "o", ":v1"), &scene.docker("back:v1")), image.digest);
}
