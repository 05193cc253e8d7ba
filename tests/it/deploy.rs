//! `deploy`: trees and configurations, and what clients see of them through nginx, Caddy and Apache httpd.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::support::certificates::Certificates;
use crate::support::clients::{CHECKS, Clients};
use crate::support::command::{Run, run, stevedore};
use crate::support::finally::Finally;
use crate::support::fixture::{self, Fixture, OCI_EMPTY, OCI_MANIFEST};
use crate::support::http::Client;
use crate::support::layout::Layout;
use crate::support::oracle::oracle;
use crate::support::registry::Registry;
use crate::support::served::Served;
use crate::support::web::{SERVERS, Web, open_to_all};

/// A directory for a tree, with a name that configurations must quote, and for images to put there.
struct Room {
    room: TempDir,
}

impl Room {
    fn new() -> Room {
        let room = TempDir::new().expect("a temporary directory");
        open_to_all(room.path());
        Room { room }
    }

    fn image(&self, name: &str, make: impl Fn(&Path) -> Fixture) -> Fixture {
        make(&self.room.path().join(name))
    }

    fn tree(&self) -> PathBuf {
        self.room.path().join("t ree#;'%h&(~ü")
    }

    /// Deploys into the tree.
    #[track_caller]
    fn deploy(&self, arguments: &[&str]) -> Run {
        let tree = self.tree();
        let tree = tree.to_str().expect("a text path");
        let split = arguments.iter().position(|argument| argument.starts_with('-')).unwrap_or(arguments.len());
        stevedore(&[&["deploy"], &arguments[..split], &[tree], &arguments[split..]].concat())
    }

    /// Serves the tree.
    fn serve(&self, server: &str, arguments: &[&str]) -> Option<Web> {
        Web::start(server, |address, file| {
            let file = file.to_str().expect("a text path");
            let own = ["--all", "--server", server, "--config", file, "--addr", address];
            self.deploy(&[arguments, &own].concat()).ok();
        })
    }
}

/// Adds an artifact about the image to its layout; returns its digest.
fn sign(image: &Fixture) -> String {
    let layout = Layout::open(&image.dir);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example.signature",
        "config": layout.blob(OCI_EMPTY, b"{}"), "layers": [layout.blob("text/plain", b"signed")],
        "subject": {"mediaType": image.media_type, "digest": image.digest, "size": image.read(&image.digest).len()},
    });
    let descriptor = layout.json(OCI_MANIFEST, &manifest);
    layout.tag(&descriptor, "signature");
    descriptor["digest"].as_str().expect("a digest").to_owned()
}

/// Returns everything below a folder: what a link leads to, or a file's digest and, if asked for, its inode and modification time.
fn walk(folder: &Path, identity: bool) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).expect("a folder") {
            let path = entry.expect("an entry").path();
            let metadata = fs::symlink_metadata(&path).expect("is there");
            let name = path.strip_prefix(folder).expect("below").display().to_string();
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_symlink() {
                found.insert(name, format!("-> {}", fs::read_link(&path).expect("a link").display()));
            } else {
                let digest = digest(&fs::read(&path).expect("a file"));
                let id =
                    if identity { format!(" {} {}", metadata.ino(), metadata.mtime_nsec()) } else { String::new() };
                found.insert(name, digest + &id);
            }
        }
    }
    found
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[test]
fn real_clients_pull_from_every_server() {
    let room = Room::new();
    let app = room.image("app", fixture::app);
    let docker = room.image("docker", fixture::docker);
    let signature = sign(&app);
    let source = format!("oci:{}:@{signature}", app.dir.display());
    let blob = &app.parts[0].layers[0];
    for server in SERVERS {
        let Some(web) = room.serve(server, &[&app.reference(), &docker.reference(), &source]) else { continue };
        let name = format!("{}/app:v1", web.host());
        let by_digest = format!("{}/app@{}", web.host(), app.digest);
        for skopeo in ["skopeo", "skopeo-new"] {
            let Some(skopeo) = oracle(skopeo) else { continue };
            for (number, from) in [&name, &by_digest].into_iter().enumerate() {
                let to = format!("dir:{}/{number}", skopeo.home().display());
                skopeo.run(&["copy", "-q", "-a", "--src-tls-verify=false", &format!("docker://{from}"), &to]);
                let pulled = fs::read(skopeo.home().join(format!("{number}/manifest.json"))).expect("a manifest");
                assert_eq!(digest(&pulled), app.digest, "{server}");
            }
            skopeo.run(&["inspect", "--tls-verify=false", &format!("docker://{name}")]);
            skopeo.run(&["inspect", "--tls-verify=false", &format!("docker://{}/docker:v1", web.host())]);
            let tags = skopeo.run(&["list-tags", "--tls-verify=false", &format!("docker://{}/app", web.host())]);
            assert_eq!(tags.json()["Tags"], json!(["v1"]), "{server}");
        }
        if let Some(crane) = oracle("crane") {
            assert_eq!(crane.run(&["digest", &name]).text(), app.digest, "{server}");
            crane.run(&["validate", "--remote", &name]);
            crane.run(&["pull", "--format", "oci", &by_digest, "pulled"]);
            assert_eq!(crane.run(&["ls", &format!("{}/app", web.host())]).text(), "v1", "{server}");
        }
        if let Some(oras) = oracle("oras") {
            assert_eq!(oras.run(&["resolve", "--plain-http", &name]).text(), app.digest, "{server}");
            oras.run(&["copy", "-r", "--from-plain-http", "--to-oci-layout", &name, "copied:x"]);
            assert!(oras.home().join("copied/blobs").join(signature.replace(':', "/")).is_file(), "{server}");
            let found = oras.run(&["discover", "--plain-http", "--format", "json", &name]).text().to_owned();
            assert!(found.contains(&signature), "{server}: {found}");
            oras.run(&["discover", "--plain-http", &format!("{}/docker:v1", web.host())]);
            let from = format!("{}/app@{blob}", web.host());
            oras.run(&["blob", "fetch", "--plain-http", "-o", "blob", &from]);
        }
        let to = format!("oci:{}/ours-{server}", room.room.path().display());
        let run = stevedore(&["copy", "--all", &format!("docker://{by_digest}"), &to]).ok();
        assert_eq!(run.text(), app.digest, "{server}");
    }
}

/// Deploys a signed image out of a registry that has ended before the first client asks, and has every client read it in every way.
fn clients_read_in_every_way(server: &str) {
    let Some(clients) = Clients::find(None) else { return };
    let room = Room::new();
    let store = room.room.path().join("store").display().to_string();
    let served = Served::start(&["--store", &store, "--anonymous-push"]);
    let signed = clients.push_signed(room.room.path(), &served.host(), "lib/app");
    let source = format!("docker://{}/lib/app:v1", served.host());
    let Some(web) = room.serve(server, &[&source, "--name", "lib/app", "--referrers"]) else { return };
    drop(served);
    assert_eq!(clients.pull_everything(&web.host(), &signed), CHECKS);
}

#[test]
fn every_client_reads_from_nginx() {
    clients_read_in_every_way("nginx");
}

#[test]
fn every_client_reads_from_caddy() {
    clients_read_in_every_way("caddy");
}

#[test]
fn every_client_reads_from_apache() {
    clients_read_in_every_way("apache");
}

#[test]
fn every_client_reads_from_our_own_server() {
    let Some(clients) = Clients::find(None) else { return };
    let room = Room::new();
    let store = room.room.path().join("store").display().to_string();
    let served = Served::start(&["--store", &store, "--anonymous-push"]);
    let signed = clients.push_signed(room.room.path(), &served.host(), "lib/app");
    room.deploy(&[&format!("docker://{}/lib/app:v1", served.host()), "--name", "lib/app", "--all", "--referrers"]).ok();
    drop(served);
    let tree = room.tree();
    let served = Served::start(&["--static", tree.to_str().expect("a text path")]);
    assert_eq!(clients.pull_everything(&served.host(), &signed), CHECKS);
}

#[test]
fn signatures_are_verified_from_files() {
    let (Some(cosign), Some(registry)) = (oracle("cosign"), Registry::start()) else { return };
    let room = Room::new();
    let app = room.image("app", fixture::app);
    let signed = format!("docker://{}/app:v1", registry.host());
    stevedore(&["copy", "--all", &app.reference(), &signed]).ok();
    let cosign = |arguments: &[&str]| {
        let mut command = cosign.command(arguments);
        command.env("COSIGN_PASSWORD", "secret");
        run(command, &[]).ok();
    };
    cosign(&["generate-key-pair"]);
    let at = format!("{}/app@{}", registry.host(), app.digest);
    let sign = ["sign", "--key=cosign.key", "--tlog-upload=false", "--use-signing-config=false"];
    cosign(&[&sign[..], &["--allow-http-registry", "-y", &at]].concat());
    for server in SERVERS {
        let Some(web) = room.serve(server, &[&signed, "--referrers"]) else { continue };
        let name = format!("{}/app:v1", web.host());
        let verify = ["verify", "--key=cosign.pub", "--insecure-ignore-tlog=true", "--allow-http-registry", &name];
        cosign(&verify);
    }
}

/// Older clients, and clients of servers that know no referrers, look for tags: `sha256-….sig`, and `sha256-…` with the list.
#[test]
fn signatures_are_found_by_their_tags() {
    let (Some(cosign), Some(registry)) = (oracle("cosign"), Registry::start()) else { return };
    let room = Room::new();
    let images = ["classic", "bundle"].map(|name| room.image(name, |dir| fixture::big(dir, name.len() as u64, 1000)));
    let cosign = |arguments: &[&str]| {
        let mut command = cosign.command(arguments);
        command.env("COSIGN_PASSWORD", "secret");
        run(command, &[])
    };
    cosign(&["generate-key-pair"]).ok();
    let mut sources = Vec::new();
    for (image, flag) in images.iter().zip(["--new-bundle-format=false", "--new-bundle-format=true"]) {
        let name =
            format!("{}/{}", registry.host(), image.dir.file_name().and_then(|name| name.to_str()).expect("text"));
        stevedore(&["copy", &image.reference(), &format!("docker://{name}:v1")]).ok();
        let at = format!("{name}@{}", image.digest);
        let sign = ["sign", "--key=cosign.key", "--tlog-upload=false", "--use-signing-config=false", flag];
        cosign(&[&sign[..], &["--allow-http-registry", "-y", &at]].concat()).ok();
        sources.push(format!("docker://{name}:v1"));
    }
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    for server in SERVERS {
        let arguments = [&sources[..], &["--referrers"]].concat();
        let started = Web::start(server, |address, file| {
            let own = ["--server", server, "--config", file.to_str().expect("text"), "--addr", address];
            room.deploy(&[&arguments[..], &own].concat()).ok();
            // No list of referrers is where clients ask for it, as on a server that only has files.
            let text = fs::read_to_string(file).expect("a configuration");
            assert!(text.contains("/referrers/"), "{text}");
            fs::write(file, text.replace("/referrers/", "/no-referrers/")).expect("a configuration");
        });
        let Some(web) = started else { continue };
        let client = Client::new(&web.host());
        for (image, name) in images.iter().zip(["classic", "bundle"]) {
            client.get(&format!("/v2/{name}/referrers/{}", image.digest)).expect(404);
            let verify = ["verify", "--key=cosign.pub", "--insecure-ignore-tlog=true", "--allow-http-registry"];
            cosign(&[&verify[..], &[&format!("{}/{name}:v1", web.host())]].concat()).ok();
            let listed = client.get(&format!("/v2/{name}/tags/list")).expect(200).json();
            let of_referrers = image.digest.replace(':', "-");
            let tags = listed["tags"].as_array().expect("tags").clone();
            assert!(tags.contains(&"v1".into()) && !tags.contains(&of_referrers.into()), "{listed}");
        }
        let list = client.get(&format!("/v2/bundle/manifests/{}", images[1].digest.replace(':', "-"))).expect(200);
        assert_eq!(list.header("docker-content-digest"), Some(digest(&list.body).as_str()), "{server}");
        assert_eq!(list.json()["manifests"].as_array().map(Vec::len), Some(1), "{server}");
    }
    // With its last entry the list goes, and nothing of it stays.
    let tree = room.tree();
    room.deploy(&[sources[1], "--prune"]).ok();
    let folder = tree.join("m/bundle");
    let list = folder.join(images[1].digest.replace(':', "-"));
    let own = fs::read_link(&list).expect("a link");
    let own = own.to_str().expect("text").to_owned();
    assert!(own.starts_with("./sha256:") && folder.join(&own).is_dir(), "{own}");
    let referrer = only_entry(&folder.join(&own).join("m.oci-index"));
    stevedore(&["delete", "--yes", &format!("static:{}:bundle@{referrer}", tree.display())]).ok();
    assert!(!list.exists() && fs::symlink_metadata(&list).is_err() && !folder.join(&own).exists());
}

/// Returns the digest of the only entry of an index.
fn only_entry(file: &Path) -> String {
    let index: Value = serde_json::from_slice(&fs::read(file).expect("an index")).expect("JSON");
    index["manifests"][0]["digest"].as_str().expect("a digest").to_owned()
}

#[test]
fn every_answer_is_what_clients_need() {
    let room = Room::new();
    let app = room.image("app", fixture::app);
    let docker = room.image("docker", fixture::docker);
    let long = "x".repeat(128);
    let tags = ["v1.html", "data.json", "a.mediatype", "index.json", "digest", &long];
    for tag in tags {
        room.deploy(&[&app.reference(), "--all", "--name", &format!("lib/app:{tag}")]).ok();
    }
    for server in SERVERS {
        let Some(web) = room.serve(server, &[&docker.reference()]) else { continue };
        let client = Client::new(&web.host());
        let check = |path: &str, media_type: &str, digest: Option<&str>, body: &[u8]| {
            for method in ["GET", "HEAD"] {
                let answer = client.send(method, path, &[]).expect(200);
                let what = format!("{server}: {method} {path}: {answer:?}");
                assert_eq!(answer.header("content-type"), Some(media_type), "{what}");
                assert_eq!(answer.header("docker-content-digest"), digest, "{what}");
                assert_eq!(answer.header("content-length"), Some(body.len().to_string().as_str()), "{what}");
                assert_eq!(answer.body, if method == "GET" { body } else { &[] }, "{what}");
            }
        };
        for path in ["/v2/", "/v2"] {
            let answer = client.get(path).expect(200);
            assert_eq!(answer.header("docker-distribution-api-version"), Some("registry/2.0"), "{server}");
            assert!(answer.json().is_object(), "{server}");
        }
        let index = app.read(&app.digest);
        for reference in tags.into_iter().chain([app.digest.as_str()]) {
            check(&format!("/v2/lib/app/manifests/{reference}"), &app.media_type, Some(&app.digest), &index);
        }
        let image = docker.read(&docker.digest);
        check("/v2/docker/manifests/v1", &docker.media_type, Some(&docker.digest), &image);
        for part in &app.parts {
            let manifest = app.read(&part.digest);
            let path = format!("/v2/lib/app/manifests/{}", part.digest);
            check(&path, OCI_MANIFEST, Some(&part.digest), &manifest);
            for blob in part.layers.iter().chain([&part.config]) {
                let path = format!("/v2/lib/app/blobs/{blob}");
                check(&path, "application/octet-stream", Some(blob), &app.read(blob));
                let (content, range) = (app.read(blob), |range: &str| client.clone().with("Range", range).get(&path));
                let size = content.len();
                for (asked, part) in [("bytes=1-3", 1..4), ("bytes=5-", 5..size), ("bytes=-7", size - 7..size)] {
                    let answer = range(asked).expect(206);
                    assert_eq!(answer.body, content[part.clone()], "{server}: {asked}");
                    let expected = format!("bytes {}-{}/{size}", part.start, part.end - 1);
                    assert_eq!(answer.header("content-range"), Some(&*expected), "{server}: {asked}");
                }
                range(&format!("bytes={size}-")).expect(416);
            }
        }
        let list = fs::read(room.tree().join("v2/lib/app/tags/list")).expect("a list");
        check("/v2/lib/app/tags/list", "application/json", None, &list);
        let empty = fs::read(room.tree().join("_empty-referrers")).expect("an index");
        for subject in [&app.digest, &docker.digest] {
            let path = format!("/v2/lib/app/referrers/{subject}");
            check(&path, "application/vnd.oci.image.index.v1+json", None, &empty);
        }
        refuses(server, &client, &docker);
    }
}

/// Asserts that nothing is written, and that nothing outside the paths of a registry is read.
#[track_caller]
fn refuses(server: &str, client: &Client, image: &Fixture) {
    for method in ["PUT", "POST", "PATCH", "DELETE", "OPTIONS"] {
        for path in ["/v2/docker/manifests/v1", "/v2/docker/manifests/new", "/v2/docker/blobs/uploads/", "/v2/"] {
            let answer = client.send(method, path, b"{}").expect(405);
            assert_eq!(answer.header("content-type"), Some("application/json"), "{server}: {method} {path}");
            assert_eq!(answer.json()["errors"][0]["code"], "UNSUPPORTED", "{server}: {method} {path}");
        }
    }
    let digest = &image.digest;
    for path in [
        "/v2/docker/manifests/nope",
        "/v2/nope/tags/list",
        "/v2/docker/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "/v2/docker/blobs/",
        "/v2/docker",
        "/",
        &format!("/m/docker/{digest}/m.docker-image"),
        &format!("/v2/docker/manifests/{digest}/digest"),
        "/_manifest",
        "/_empty-referrers",
    ] {
        let answer = client.get(path);
        assert_eq!(answer.status, 404, "{server}: {path}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{server}: {path}");
        assert_eq!(answer.header("docker-content-digest"), None, "{server}: {path}");
        assert!(answer.json()["errors"][0]["code"].is_string(), "{server}: {path}");
    }
    for path in [
        "/v2/../../../../../../etc/passwd",
        "/v2/docker/manifests/../../../../../../../etc/passwd",
        "/v2/docker/manifests/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/v2/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/manifests/passwd",
        "/v2/..%2f..%2f..%2fetc/tags/list",
        "/v2/docker/manifests/%00",
        "/v2/docker/manifests/..",
        "/v2/docker\\..\\..\\etc/manifests/passwd",
        "/v2/docker/manifests/v1%0d%0aX-Evil:%201",
        "/v2/docker/manifests/*",
        "/v2/docker/manifests/sha256:*",
        "/v2/Docker/manifests/v1",
    ] {
        let answer = client.get(path);
        assert!([400, 404].contains(&answer.status), "{server}: {path}: {answer:?}");
    }
}

/// A tag and a repository of the same name, and links that somebody has planted where a tree has none.
#[test]
fn links_lead_only_where_the_tree_has_them() {
    let room = Room::new();
    let app = room.image("app", fixture::app);
    let single = room.image("single", fixture::single);
    for [first, second] in [["one/app:cache", "one/app/cache:v1"], ["two/app/cache:v1", "two/app:cache"]] {
        for name in [first, second] {
            let image = if name.ends_with(":cache") { &app } else { &single };
            room.deploy(&[&image.reference(), "--all", "--name", name]).ok();
        }
    }
    let (tree, outside) = (room.tree(), room.room.path().join("outside"));
    fs::create_dir_all(outside.join("blobs")).expect("made");
    let planted = digest(b"planted");
    for name in ["secret", "m.oci-index", "digest", "list", &format!("blobs/{planted}")] {
        fs::write(outside.join(name), "outside the tree").expect("written");
    }
    fs::write(outside.join(format!("{planted}.oci-image")), "outside the tree").expect("written");
    fs::create_dir_all(tree.join("v2/lists/tags")).expect("made");
    for (path, target) in [
        (format!("v2/one/app/blobs/{planted}"), "secret"),
        (format!("v2/one/app/referrers/{planted}"), "secret"),
        ("v2/lists/tags/list".into(), "secret"),
        ("v2/evil".into(), ""),
        ("m/evil".into(), ""),
        ("m/one/app/evil".into(), ""),
        ("m/one/app/@tags/evil-aside".into(), ""),
        (format!("m/one/app/{planted}"), ""),
    ] {
        std::os::unix::fs::symlink(outside.join(target), tree.join(path)).expect("linked");
    }
    let check = |server: &str, client: &Client| {
        for (name, image) in [
            ("one/app/manifests/cache", &app),
            ("one/app/cache/manifests/v1", &single),
            ("two/app/manifests/cache", &app),
            ("two/app/cache/manifests/v1", &single),
        ] {
            let answer = client.get(&format!("/v2/{name}")).expect(200);
            assert_eq!(digest(&answer.body), image.digest, "{server}: {name}");
            assert_eq!(answer.header("docker-content-digest"), Some(&*image.digest), "{server}: {name}");
        }
        for path in [
            format!("one/app/blobs/{planted}"),
            format!("one/app/referrers/{planted}"),
            "lists/tags/list".into(),
            format!("evil/blobs/{planted}"),
            "evil/manifests/v1".into(),
            format!("evil/manifests/{planted}"),
            "one/app/manifests/evil".into(),
            "one/app/manifests/evil-aside".into(),
            format!("one/app/manifests/{planted}"),
        ] {
            // Caddy follows every link below its root: only what a tag leads to can be looked at.
            if server == "caddy" && !path.contains("app/manifests") {
                continue;
            }
            let answer = client.get(&format!("/v2/{path}"));
            let body = String::from_utf8_lossy(&answer.body);
            assert!(!body.contains("outside"), "{server}: {path}: {} {body}", answer.status);
            let is_refused = matches!(answer.status, 403 | 404) || path.contains("referrers") && answer.status == 200;
            assert!(is_refused, "{server}: {path}: {}", answer.status);
        }
    };
    for server in SERVERS {
        let Some(web) = room.serve(server, &[&single.reference()]) else { continue };
        check(server, &Client::new(&web.host()));
    }
    let served = Served::start(&["--static", tree.to_str().expect("a text path")]);
    check("serve", &served.client());
}

#[test]
fn a_moved_tag_is_seen_at_once() {
    let room = Room::new();
    // Two images of the same size.
    let one = room.image("one", |dir| fixture::big(dir, 1, 1000));
    let two = room.image("two", |dir| fixture::big(dir, 2, 1000));
    let app = room.image("app", fixture::app);
    for server in SERVERS {
        let Some(web) = room.serve(server, &[&one.reference(), "--name", "app"]) else { continue };
        let client = Client::new(&web.host());
        let path = "/v2/app/manifests/v1";
        let old = client.get(path).expect(200);
        let mut conditional = client.clone().with("If-Modified-Since", "Fri, 01 Jan 2038 00:00:00 GMT");
        for name in ["etag", "last-modified"] {
            assert_eq!(old.header(name), None, "{server}");
        }
        conditional = conditional.with("If-None-Match", "*");
        room.deploy(&[&two.reference(), "--name", "app"]).ok();
        assert_eq!(digest(&conditional.get(path).expect(200).body), two.digest, "{server}");
        let done = AtomicBool::new(false);
        let images = [&one, &app];
        thread::scope(|scope| {
            let _end = Finally(|| done.store(true, Ordering::SeqCst));
            let readers: Vec<_> = (0..8).map(|_| scope.spawn(|| read(&client, path, &done))).collect();
            for round in 0..12 {
                room.deploy(&[&images[round % 2].reference(), "--all", "--name", "app"]).ok();
            }
            done.store(true, Ordering::SeqCst);
            for reader in readers {
                reader.join().unwrap_or_else(|_| panic!("{server}: a reader failed"));
            }
        });
        assert_eq!(digest(&client.get(path).expect(200).body), app.digest, "{server}");
    }
}

/// Reads a manifest until told to stop; every answer must agree with itself.
fn read(client: &Client, path: &str, done: &AtomicBool) {
    while !done.load(Ordering::SeqCst) {
        let answer = client.get(path).expect(200);
        assert_eq!(answer.header("docker-content-digest"), Some(digest(&answer.body).as_str()));
        assert_eq!(answer.header("content-type"), answer.json()["mediaType"].as_str());
    }
}

#[test]
fn https() {
    let room = Room::new();
    let single = room.image("single", fixture::single);
    let certificates = Certificates::create(room.room.path());
    let [certificate, key, authority] =
        [&certificates.server.certificate, &certificates.server.key, &certificates.authority]
            .map(|path| path.to_str().expect("a text path"));
    for server in SERVERS {
        let tls = [&single.reference(), "--tls-cert", certificate, "--tls-key", key];
        let Some(web) = room.serve(server, &tls) else { continue };
        let name = format!("docker://{}/single:v1", web.host());
        assert_eq!(stevedore(&["digest", "--tls-ca", authority, &name]).ok().text(), single.digest, "{server}");
    }
}

#[test]
fn again_changes_nothing() {
    let room = Room::new();
    let app = room.image("app", fixture::app);
    let docker = room.image("docker", fixture::docker);
    let config = room.room.path().join("registry.conf");
    let config = config.to_str().expect("a text path");
    let all = [&app.reference(), &docker.reference(), "--all", "--server=nginx", "--config", config];
    let run = room.deploy(&all).ok();
    assert_eq!(run.text(), format!("app:v1@{}\ndocker:v1@{}", app.digest, docker.digest));
    assert!(run.stderr.contains("the server must load it"), "{}", run.stderr);
    let (tree, text) = (walk(&room.tree(), true), fs::read(config).expect("a configuration"));
    let inode = fs::metadata(config).expect("is there").ino();
    for prune in [&[][..], &["--prune"]] {
        let run = room.deploy(&[&all[..], prune, &["--json"]].concat()).ok();
        let report: Value = run.json();
        assert_eq!(report["configuration"], json!({"path": config, "changed": false}));
        assert_eq!(report["images"][0]["upToDate"], true);
        assert_eq!(walk(&room.tree(), true), tree);
        assert_eq!(fs::metadata(config).expect("is there").ino(), inode);
    }
    // Elsewhere, and in the other order.
    let other = Room::new();
    other.deploy(&[&docker.reference(), &app.reference(), "--all"]).ok();
    assert_eq!(walk(&other.tree(), false), walk(&room.tree(), false));
    // More images do not make the configuration longer.
    room.deploy(&[&app.reference(), "--name=a/b:c", "--all", "--server=nginx", "--config", config]).ok();
    assert_eq!(fs::read(config).expect("a configuration"), text);
}

#[test]
fn a_pruned_tree_is_as_new() {
    let room = Room::new();
    let app = room.image("app", fixture::app);
    let docker = room.image("docker", fixture::docker);
    let single = room.image("single", fixture::single);
    let signature = format!("oci:{}:@{}", app.dir.display(), sign(&app));
    let new = Room::new();
    new.deploy(&[&app.reference(), "--all"]).ok();
    let expected = walk(&new.tree(), false);
    for (image, name) in [(&app, "app:v1"), (&docker, "app:v2"), (&single, "app:v3"), (&docker, "app/below:v1")] {
        room.deploy(&[&image.reference(), "--all", "--name", name]).ok();
    }
    room.deploy(&[&single.reference(), "--name=other"]).ok();
    fs::create_dir_all(room.tree().join("v2/dead/blobs")).expect("a folder");
    fs::write(room.tree().join(format!("v2/dead/blobs/{}", digest(b"x"))), "x").expect("a blob");
    // What refers to an image stays with it.
    room.deploy(&[&signature]).ok();
    let run = room.deploy(&[&app.reference(), "--all", "--prune", "--json"]).ok();
    assert_eq!(run.json()["pruned"]["repositories"], 3, "{}", run.text());
    assert_eq!(run.json()["pruned"]["tags"], 4, "{}", run.text());
    let kept = walk(&room.tree(), false);
    assert!(kept.keys().any(|name| name.contains(&signature[signature.len() - 71..])), "{kept:#?}");
    let place = format!("static:{}:app@{}", room.tree().display(), &signature[signature.len() - 71..]);
    stevedore(&["delete", "--yes", &place]).ok();
    room.deploy(&[&app.reference(), "--all", "--prune"]).ok();
    assert_eq!(walk(&room.tree(), false), expected);
    for folder in ["v2/dead", "v2/other", "v2/app/below", "m/app/below", "m/other"] {
        assert!(!room.tree().join(folder).exists(), "{folder}");
    }
}

#[test]
fn nothing_breaks_out() {
    let room = Room::new();
    let single = room.image("single", fixture::single);
    let source = single.reference();
    let config = room.room.path().join("c");
    let config = config.to_str().expect("a text path");
    for directory in ["a\"; } evil {", "a\nb", "$a", "{a}", "a\\", "a`b", "a*", "[a]", "<a>"] {
        for server in SERVERS {
            let directory = room.room.path().join(directory);
            let directory = directory.to_str().expect("a text path");
            let run = stevedore(&["deploy", &source, directory, "--server", server, "--config", config]).code(2);
            assert!(run.stderr.contains("cannot be written into a server's configuration"), "{}", run.stderr);
            assert!(!Path::new(directory).exists() && !Path::new(config).exists(), "{directory}");
        }
    }
    for name in ["..", "../up", "/up", "a//b", "a/../b", "A", "a b", "a;", "a\"", "a:..", "a:b/c", "a$b", "a\nb"] {
        room.deploy(&[&source, "--name", name]).code(2);
    }
    for address in ["localhost:80", "127.0.0.1", "127.0.0.1:80; evil", "127.0.0.1:80 default_server"] {
        room.deploy(&[&source, "--server=nginx", "--config", config, "--addr", address]).code(2);
    }
    assert!(!room.tree().exists());
}
