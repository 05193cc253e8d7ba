//! `serve` behind nginx and Caddy, as `docs/SERVE.md` sets them up: another port, another scheme, another prefix.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::http::Client;
use crate::support::served::Served;
use crate::support::web::{Web, open_to_all};

const USERS: &str = "user:$2y$05$Ug4vvz.Z.ClL5ntQ0rSX8eNJeF1j5abnzUSd5YRFMeyvcDnrLCRRe\n";

/// Returns the block of the page that follows a heading, for this address, with the registry at another.
fn block(heading: &str, address: &str, registry: &str) -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SERVE.md")).expect("the page");
    let part = page.split_once(heading).unwrap_or_else(|| panic!("{heading} is a heading")).1;
    let block = part.split_once("```").and_then(|(_, rest)| rest.split_once('\n')).expect("a block begins").1;
    let block = block.split_once("```").expect("a block ends").0;
    assert!(block.contains("127.0.0.1:8080") && block.contains("127.0.0.1:5000"), "{block}");
    block.replace("127.0.0.1:5000", registry).replace("127.0.0.1:8080", address)
}

/// Pushes a blob below a prefix, following the Locations that the registry gives.
fn push_a_blob(client: &Client, prefix: &str) {
    let started = client.post(&format!("{prefix}/v2/team/app/blobs/uploads/"), b"").expect(202);
    let location = started.header("location").expect("a Location").to_owned();
    assert!(location.starts_with(&format!("{prefix}/v2/team/app/blobs/uploads/")), "{location}");
    let sent = client.send("PATCH", &location, b"fo").expect(202);
    let location = sent.header("location").expect("a Location").to_owned();
    let digest = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    let sign = if location.contains('?') { '&' } else { '?' };
    let done = client.send("PUT", &format!("{location}{sign}digest={digest}"), b"o").expect(201);
    let location = done.header("location").expect("a Location");
    assert_eq!(client.get(location).expect(200).text(), "foo");
}

fn behind(server: &str, heading: &str, prefix: &str) {
    let room = TempDir::new().expect("a temporary directory");
    open_to_all(room.path());
    let (store, users) = (room.path().join("store").display().to_string(), room.path().join("users"));
    fs::write(&users, USERS).expect("written");
    let users = users.display().to_string();
    let mut arguments = vec!["--store", &store, "--htpasswd", &users, "--behind-proxy"];
    if !prefix.is_empty() {
        arguments.extend(["--base-path", prefix]);
    }
    let served = Served::start(&arguments);
    let registry = served.host();
    let started =
        Web::start(server, |address, file| fs::write(file, block(heading, address, &registry)).expect("written"));
    let Some(web) = started else { return };
    let host = web.host();
    let challenge = Client::new(&host).get(&format!("{prefix}/v2/")).expect(401);
    let expected = format!("Bearer realm=\"http://{host}{prefix}/token\",service=\"stevedore\"");
    assert_eq!(challenge.header("www-authenticate"), Some(&*expected), "{server}");
    push_a_blob(&Client::new(&host).basic("user", "pass"), prefix);
    if prefix.is_empty() {
        let image = fixture::app(&room.path().join("image"));
        let target = format!("docker://{host}/team/app:v1");
        let source = format!("oci:{}:v1", image.dir.display());
        stevedore(&["copy", "--all", "--dest-creds", "user:pass", &source, &target]).ok();
        assert_eq!(stevedore(&["digest", "--no-creds", &target]).ok().text(), image.digest);
    }
}

#[test]
fn nginx_on_another_port() {
    behind("nginx", "### nginx\n", "");
}

#[test]
fn nginx_with_a_prefix() {
    behind("nginx", "### nginx, below a prefix\n", "/registry");
}

#[test]
fn caddy_on_another_port() {
    behind("caddy", "### Caddy\n", "");
}

#[test]
fn caddy_with_a_prefix() {
    behind("caddy", "### Caddy, below a prefix\n", "/registry");
}
