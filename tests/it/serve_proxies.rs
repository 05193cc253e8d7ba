//! `serve` behind nginx and Caddy, as `docs/SERVE.md` sets them up: another port, another scheme, another prefix.

use std::fs;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::Path;

use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::support::certificates::Certificates;
use crate::support::clients::{CHECKS, Clients};
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

/// Reads lists page by page, and a part of a blob, by what the answers say.
fn read_on(client: &Client, prefix: &str, blob: &str, content: &[u8]) {
    let mut path = format!("{prefix}/v2/team/app/tags/list?n=1");
    for tag in ["v1", "v2", "v3"] {
        let page = client.get(&path).expect(200);
        assert_eq!(page.json()["tags"], json!([tag]));
        let Some(link) = page.header("link") else {
            assert_eq!(tag, "v3", "there is more");
            break;
        };
        let next = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
        path = next.unwrap_or_else(|| panic!("{link}")).to_owned();
        assert!(path.starts_with(&format!("{prefix}/v2/team/app/tags/list?")), "{path}");
    }
    let path = format!("{prefix}/v2/team/app/blobs/{blob}");
    let part = client.clone().with("Range", "bytes=10-19").get(&path).expect(206);
    assert_eq!(part.body, content[10..20]);
    assert_eq!(part.header("content-range"), Some(&*format!("bytes 10-19/{}", content.len())));
    assert_eq!(client.head(&path).expect(200).header("content-length"), Some(&*content.len().to_string()));
    let known = client.clone().with("If-None-Match", &format!("\"{blob}\"")).get(&path).expect(304);
    assert!(known.body.is_empty());
    let missing = format!("{prefix}/v2/team/app/blobs/sha256:{}", "0".repeat(64));
    assert_eq!(client.get(&missing).expect(404).json()["errors"][0]["code"], "BLOB_UNKNOWN");
}

/// Uploads more than proxies buffer, in chunks, asking in between how far it is, and has another repository take it over.
fn upload_in_chunks(client: &Client, prefix: &str) {
    let content: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_be_bytes()[2]).collect();
    let digest = digest_of(&content);
    let started = client.post(&format!("{prefix}/v2/team/big/blobs/uploads/"), b"").expect(202);
    let mut location = started.header("location").expect("a Location").to_owned();
    for begin in [0, 1_000_000, 2_000_000] {
        let chunk = &content[begin..begin + 1_000_000];
        let range = format!("{begin}-{}", begin + chunk.len() - 1);
        let sent = client.clone().with("Content-Range", &range).send("PATCH", &location, chunk).expect(202);
        let so_far = format!("0-{}", begin + chunk.len() - 1);
        assert_eq!(sent.header("range"), Some(&*so_far));
        location = sent.header("location").expect("a Location").to_owned();
        assert_eq!(client.get(&location).expect(204).header("range"), Some(&*so_far));
    }
    // What came out of its turn is refused, with how far it is.
    let again = client.clone().with("Content-Range", "0-9").send("PATCH", &location, &content[..10]).expect(416);
    assert_eq!(again.header("range"), Some("0-2999999"));
    let sign = if location.contains('?') { '&' } else { '?' };
    let done = client.send("PUT", &format!("{location}{sign}digest={digest}"), b"").expect(201);
    assert_eq!(done.header("location"), Some(&*format!("{prefix}/v2/team/big/blobs/{digest}")));
    assert_eq!(client.get(done.header("location").expect("a Location")).expect(200).body, content);
    let mount = format!("{prefix}/v2/team/small/blobs/uploads/?mount={digest}&from=team/big");
    let mounted = client.post(&mount, b"").expect(201);
    assert_eq!(mounted.header("location"), Some(&*format!("{prefix}/v2/team/small/blobs/{digest}")));
}

fn digest_of(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Starts a registry where `user` may push, behind a server with a block of the page.
fn start(server: &str, heading: &str, prefix: &str, room: &Path) -> Option<(Served, Web)> {
    open_to_all(room);
    let (store, users) = (room.join("store").display().to_string(), room.join("users"));
    fs::write(&users, USERS).expect("written");
    let users = users.display().to_string();
    let mut arguments = vec!["--store", &store, "--htpasswd", &users, "--behind-proxy"];
    if !prefix.is_empty() {
        arguments.extend(["--base-path", prefix]);
    }
    let served = Served::start(&arguments);
    let registry = served.host();
    let web = Web::start(server, |address, file| {
        let text = block(heading, address, &registry);
        let text = text.replace("/etc/ssl/registry.crt", &room.join("server.cert").display().to_string());
        let text = text.replace("/etc/ssl/registry.key", &room.join("server.key").display().to_string());
        let (_, port) = address.split_once(':').expect("an address has a port");
        fs::write(file, text.replace("localhost:8080", &format!("localhost:{port}"))).expect("written");
    })?;
    Some((served, web))
}

fn behind(server: &str, heading: &str, prefix: &str) {
    let room = TempDir::new().expect("a temporary directory");
    let Some((served, web)) = start(server, heading, prefix, room.path()) else { return };
    let host = web.host();
    let challenge = Client::new(&host).get(&format!("{prefix}/v2/")).expect(401);
    let expected = format!("Bearer realm=\"http://{host}{prefix}/token\",service=\"stevedore\"");
    assert_eq!(challenge.header("www-authenticate"), Some(&*expected), "{server}");
    // By another name of the host, too: clients are sent on to where they came from.
    let (_, port) = host.split_once(':').expect("a port");
    let named = TcpStream::connect(&host).and_then(|mut stream| {
        let request =
            format!("GET {prefix}/v2/ HTTP/1.1\r\nHost: registry.example:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        io::read_to_string(stream)
    });
    let named = named.expect("an answer");
    assert!(server == "caddy" || named.contains(&format!("http://registry.example:{port}{prefix}/token")), "{named}");
    let client = Client::new(&host).basic("user", "pass");
    push_a_blob(&client, prefix);
    upload_in_chunks(&client, prefix);
    let image = fixture::app(&room.path().join("image"));
    for tag in ["v1", "v2", "v3"] {
        // Beside the proxy where there is a prefix, which names of images have no room for.
        let at = if prefix.is_empty() { &host } else { &served.host() };
        let target = format!("docker://{at}/team/app:{tag}");
        stevedore(&["copy", "--all", "--dest-creds", "user:pass", &image.reference(), &target]).ok();
        assert_eq!(stevedore(&["digest", "--no-creds", &target]).ok().text(), image.digest);
    }
    let blob = &image.parts[0].layers[0];
    read_on(&client, prefix, blob, &image.read(blob));
}

/// With https outside and http inside, and by another name of the host than the one the proxy listens on.
fn behind_tls(server: &str, heading: &str) {
    let room = TempDir::new().expect("a temporary directory");
    let certificates = Certificates::create(room.path());
    let Some((_served, web)) = start(server, heading, "", room.path()) else { return };
    let authority = certificates.authority.display().to_string();
    let image = fixture::app(&room.path().join("image"));
    let (_, port) = web.host().split_once(':').map(|(ip, port)| (ip.to_owned(), port.to_owned())).expect("a port");
    for host in [web.host(), format!("localhost:{port}")] {
        let target = format!("docker://{host}/team/app:v1");
        let copy = ["copy", "--all", "--tls-ca", &authority, "--dest-creds", "user:pass"];
        stevedore(&[&copy[..], &[&image.reference(), &target]].concat()).ok();
        let digest = stevedore(&["digest", "--no-creds", "--tls-ca", &authority, &target]).ok();
        assert_eq!(digest.text(), image.digest);
    }
    // Each client looks for the token where the challenge sends it: https, this host, this port.
    let Some(clients) = Clients::find(Some(&certificates.authority)) else { return };
    clients.log_in(&web.host(), "user", "pass");
    let signed = clients.push_signed(room.path(), &web.host(), "lib/app");
    assert_eq!(clients.pull_everything(&web.host(), &signed), CHECKS);
}

#[test]
fn nginx_with_https_outside() {
    behind_tls("nginx", "### nginx, with https outside\n");
}

#[test]
fn caddy_with_https_outside() {
    behind_tls("caddy", "### Caddy, with https outside\n");
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
