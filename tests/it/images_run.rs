//! Images that we built, changed, put on another base and flattened run: a Docker Engine pulls or loads them, and buildah mounts them.
//!
//! Their content is the corpus' busybox, a program that needs nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::command::stevedore;
use crate::support::docker::{Engine, engine};
use crate::support::oracle::{Tool, corpus, oracle};
use crate::support::scene::{Folder, Scene};

/// What the images run: it tells who runs it, where, and with what.
const SCRIPT: &str = "#!/bin/sh\nid -u\nid -g\npwd\necho \"$GREETING $*\"\ncat /etc/version\nstat -c '%a %u %g %n' /data /bin/tell 2>&1\ntrue\n";

/// Unpacks busybox, and writes what goes on top; `None` without the corpus.
fn prepare(folder: &Folder) -> Option<()> {
    let image = format!("oci:{}", corpus()?.join("images/busybox-musl").display());
    stevedore(&["export", "--platform", "linux/amd64", &image, "-o", &folder.text("root/")]).ok();
    fs::write(folder.path("version1"), "one\n").expect("writes");
    fs::write(folder.path("version2"), "two\n").expect("writes");
    fs::write(folder.path("tell"), SCRIPT).expect("writes");
    fs::set_permissions(folder.path("tell"), fs::Permissions::from_mode(0o755)).expect("sets");
    fs::create_dir(folder.path("data")).expect("makes");
    fs::write(folder.path("data/file"), "data").expect("writes");
    Some(())
}

/// Builds a base, and upon it an image that tells; every further argument goes to the second build.
fn build(folder: &Folder, name: &str, more: &[&str]) {
    for number in ["1", "2"] {
        let version = format!("{}:/etc/version", folder.text(&format!("version{number}")));
        let base = folder.at("oci", "l", &format!(":base{number}"));
        let root = folder.text("root");
        stevedore(&["build", "--dir", &root, "--add", &version, "--platform", "linux/amd64", "-o", &base]).ok();
    }
    let (tell, data) =
        (format!("{}:/bin/", folder.text("tell")), format!("{}:/data:owner=7:8,mode=640", folder.text("data")));
    let (base, output) = (folder.at("oci", "l", ":base1"), folder.at("oci", "l", &format!(":{name}")));
    let fixed = ["build", "--from", &base, "--add", &tell, "--add", &data, "--entrypoint", "/bin/tell", "-o", &output];
    stevedore(&[&fixed[..], more].concat()).ok();
}

const CONFIG: [&str; 8] = ["--user", "1000:1001", "--workdir", "/srv/app", "--env", "GREETING=hello", "--cmd", "built"];
/// What an image tells that was built with [`CONFIG`].
const TOLD: &str = "1000\n1001\n/srv/app\nhello built\none\n750 7 8 /data\n755 0 0 /bin/tell\n";

/// Has the engine pull and run.
#[track_caller]
fn pulled(engine: &Engine, name: &str) -> String {
    engine.run(&["pull", "--quiet", name]);
    let told = engine.run(&["run", "--rm", "--network", "none", name]).text().to_owned() + "\n";
    engine.forget(&[name]);
    told
}

#[test]
fn what_was_built_runs() {
    let (Some(engine), Some(scene)) = (engine(), Scene::new()) else { return };
    let folder = &scene.folder;
    if prepare(folder).is_none() {
        return;
    }
    build(folder, "oci", &CONFIG);
    build(folder, "docker", &[&CONFIG[..], &["--format", "docker"]].concat());
    build(folder, "plain", &[&CONFIG[..], &["--compress", "none"]].concat());
    for tag in ["oci", "docker", "plain"] {
        let from = folder.at("oci", "l", &format!(":{tag}"));
        let name = scene.name(&format!("built:{tag}"));
        stevedore(&["copy", &from, &format!("docker://{name}")]).ok();
        assert_eq!(pulled(&engine, &name), TOLD, "{tag}");
        // The same by way of a file.
        let archive = folder.text(&format!("{tag}.tar"));
        let loaded = format!("stevedore.test/{}/loaded:{tag}", scene.registry.host().replace(':', "-"));
        stevedore(&["copy", &from, &format!("docker-archive:{archive}:{loaded}")]).ok();
        engine.run(&["load", "--quiet", "--input", &archive]);
        assert_eq!(engine.run(&["run", "--rm", "--network", "none", &loaded]).text().to_owned() + "\n", TOLD, "{tag}");
        engine.forget(&[&loaded]);
    }
}

/// Changes the image in each way, under a tag for each, and says what they tell then.
fn changed(folder: &Folder) -> Vec<(&'static str, String)> {
    build(folder, "app", &CONFIG);
    let at = |tag: &str| folder.at("oci", "l", &format!(":{tag}"));
    let mutate = |from: &str, tag: &str, flags: &[&str]| {
        let (from, to) = (at(from), at(tag));
        stevedore(&[&["mutate", &from, "--to", &to], flags].concat()).ok();
    };
    let other = ["--user", "5:6", "--workdir", "/tmp", "--env", "GREETING=bye", "--cmd", "changed", "--label", "a=b"];
    mutate("app", "mutated", &other);
    mutate("app", "rebased", &["--rebase", &at("base1"), &at("base2")]);
    mutate("rebased", "flattened", &["--flatten"]);
    mutate("app", "squashed", &["--squash-last", "2", "--compress", "gzip"]);
    mutate("app", "stripped", &["--strip", "/data", "--set-time", "5"]);
    let two = TOLD.replace("one", "two");
    vec![
        ("mutated", "5\n6\n/tmp\nbye changed\none\n750 7 8 /data\n755 0 0 /bin/tell\n".to_owned()),
        ("rebased", two.clone()),
        ("flattened", two),
        ("squashed", TOLD.to_owned()),
        ("stripped", TOLD.replace("750 7 8 /data", "stat: can't stat '/data': No such file or directory")),
    ]
}

#[test]
fn what_was_changed_runs() {
    let (Some(engine), Some(scene)) = (engine(), Scene::new()) else { return };
    if prepare(&scene.folder).is_none() {
        return;
    }
    for (tag, told) in changed(&scene.folder) {
        let name = scene.name(&format!("changed:{tag}"));
        stevedore(&["copy", &scene.folder.at("oci", "l", &format!(":{tag}")), &format!("docker://{name}")]).ok();
        let got = pulled(&engine, &name);
        assert_eq!(got, told, "{tag}");
    }
}

#[test]
fn buildah_mounts_what_was_changed() {
    let (Some(buildah), Some(scene)) = (oracle("buildah"), Scene::new()) else { return };
    let folder = &scene.folder;
    if prepare(folder).is_none() {
        return;
    }
    let storage = Storage { buildah, folder };
    for (tag, told) in changed(folder) {
        let name = format!("docker://{}", scene.name(&format!("changed:{tag}")));
        stevedore(&["copy", &folder.at("oci", "l", &format!(":{tag}")), &name]).ok();
        let from = storage.run(&["from", "--tls-verify=false", &name]);
        let container = from.lines().last().expect("a name").to_owned();
        let mounted = std::path::PathBuf::from(storage.run(&["mount", &container]).trim());
        let version = fs::read_to_string(mounted.join("etc/version")).expect("a version");
        assert!(told.contains(&version), "{tag}: {version}");
        assert_eq!(fs::read_to_string(mounted.join("bin/tell")).expect("a script"), SCRIPT, "{tag}");
        assert_eq!(mounted.join("data/file").exists(), tag != "stripped", "{tag}");
        let config: serde_json::Value = serde_json::from_str(&storage.run(&["inspect", &container])).expect("JSON");
        let user = if tag == "mutated" { "5:6" } else { "1000:1001" };
        assert_eq!(config["OCIv1"]["config"]["User"], user, "{tag}");
        storage.run(&["rm", &container]);
    }
}

/// buildah with a storage of its own.
struct Storage<'a> {
    buildah: Tool,
    folder: &'a Folder,
}

impl Storage<'_> {
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let (root, run) = (self.folder.text("storage"), self.folder.text("run"));
        let fixed = ["--root", &root, "--runroot", &run, "--storage-driver", "vfs"];
        self.buildah.run(&[&fixed[..], arguments].concat()).text().to_owned()
    }
}
