//! `registries.conf`: mirrors, other locations, blocked registries, by the program.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use crate::support::command::{Program, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::Registry;
use crate::support::seed;

struct Place {
    registry: Registry,
    app: Fixture,
    dir: tempfile::TempDir,
}

/// Starts a registry with `hub/app:v1`.
fn place() -> Option<Place> {
    let registry = Registry::start()?;
    let dir = tempfile::tempdir().expect("a folder");
    let app = fixture::app(&dir.path().join("app"));
    seed::push(&app.dir, "v1", &registry.client(), "hub/app");
    Some(Place { registry, app, dir })
}

impl Place {
    fn file(&self, text: &str) -> PathBuf {
        let path = self.dir.path().join("registries.conf");
        fs::write(&path, text).expect("written");
        path
    }
}

/// Returns a `HOST:PORT` that was free a moment ago.
fn nowhere() -> String {
    let port = TcpListener::bind("127.0.0.1:0").expect("binds").local_addr().expect("an address").port();
    format!("127.0.0.1:{port}")
}

#[test]
fn mirrors_are_asked_in_their_order_and_only_for_pulls() {
    let Some(place) = place() else { return };
    let proxy = Proxy::start(&place.registry.host(), Mode::None);
    let file = place.file(&format!(
        "[[registry]]\nprefix = 'registry.invalid/team'\nlocation = '{nowhere}/none'\n\
         [[registry.mirror]]\nlocation = '{nowhere}/down'\n\
         [[registry.mirror]]\nlocation = '{host}/empty'\n\
         [[registry.mirror]]\nlocation = '{host}/hub'\n",
        nowhere = nowhere(),
        host = proxy.host(),
    ));
    let flag = format!("--registries-conf={}", file.display());
    let layout = format!("oci:{}:v1", place.dir.path().join("layout").display());
    let from = "docker://registry.invalid/team/app:v1";
    let run = stevedore(&["copy", "--all", "--retry-times=0", &flag, from, &layout]).ok();
    assert_eq!(run.text(), place.app.digest);
    let notes: Vec<&str> = run.stderr.lines().filter(|line| line.contains("is passed over")).collect();
    assert_eq!(notes.len(), 1, "{}", run.stderr);
    assert!(notes[0].contains("/down") && notes[0].contains("refused"), "{}", run.stderr);
    let log = proxy.log();
    assert_eq!(log.iter().filter(|request| request.path.starts_with("/v2/empty/")).count(), 1, "{log:?}");
    // What is named by digest may come from a mirror for digests only.
    let digests =
        fs::read_to_string(&file).expect("there").replace("/hub'\n", "/hub'\npull-from-mirror = 'digest-only'\n");
    fs::write(&file, digests).expect("written");
    stevedore(&["digest", "--retry-times=0", &flag, from]).code(5);
    let by_digest = format!("docker://registry.invalid/team/app@{}", place.app.digest);
    assert_eq!(stevedore(&["digest", "--retry-times=0", &flag, &by_digest]).ok().text(), place.app.digest);
    // Nothing is pushed to a mirror.
    proxy.clear();
    stevedore(&["copy", "--retry-times=0", &flag, &layout, "docker://registry.invalid/team/app:v2"]).code(5);
    assert!(proxy.log().is_empty());
}

#[test]
fn registries_are_elsewhere_or_blocked() {
    let Some(place) = place() else { return };
    let host = place.registry.host();
    let file = place.file(&format!(
        "[[registry]]\nprefix = '*.corp.invalid'\nlocation = '{host}/hub'\ninsecure = true\n\
         [[registry]]\nlocation = 'a.corp.invalid/secret'\nblocked = true\n"
    ));
    let run = |arguments: &[&str]| Program::stevedore(arguments).env("CONTAINERS_REGISTRIES_CONF", &file).run();
    assert_eq!(run(&["digest", "docker://a.corp.invalid/app:v1"]).ok().text(), place.app.digest);
    run(&["copy", "docker://a.corp.invalid/app:v1", "docker://b.corp.invalid/new:v1"]).ok();
    stevedore(&["digest", &format!("docker://{host}/hub/new:v1")]).ok();
    let blocked = run(&["digest", "docker://a.corp.invalid/secret/app:v1"]).code(4);
    let message = format!("a.corp.invalid/secret/app is not used: it is blocked by {}", file.display());
    assert!(blocked.stderr.contains(&message), "{}", blocked.stderr);
    assert!(!blocked.stderr.contains("login"), "{}", blocked.stderr);
    fs::write(&file, "[[registry]]\nprefix = 1\n").expect("written");
    let broken = run(&["digest", "docker://a.corp.invalid/app:v1"]).code(1);
    assert!(broken.stderr.contains(&format!("{}:2:10: ", file.display())), "{}", broken.stderr);
}

#[test]
fn files_are_found_where_podman_has_them() {
    let Some(place) = place() else { return };
    let host = place.registry.host();
    let program = Program::stevedore(&["digest", "docker://registry.invalid/app:v1"]);
    let folder = program.home().join(".config/containers");
    fs::create_dir_all(folder.join("registries.conf.d")).expect("made");
    let wrong = "[[registry]]\nlocation = 'registry.invalid'\nblocked = true\n";
    fs::write(folder.join("registries.conf"), wrong).expect("written");
    let right = format!("[[registry]]\nprefix = 'registry.invalid'\nlocation = '{host}/hub'\n");
    fs::write(folder.join("registries.conf.d/10-here.conf"), right).expect("written");
    assert_eq!(program.run().ok().text(), place.app.digest);
}
