//! Who did what: the access log and the audit log of `serve`.

use std::fs;
use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::fixture::{self, Fixture};
use crate::support::http::Client;
use crate::support::seed;
use crate::support::served::Served;

/// `user` with `pass`; made by `htpasswd -Bbn`, with a cost of 5.
const USER: &str = "user:$2y$05$Ug4vvz.Z.ClL5ntQ0rSX8eNJeF1j5abnzUSd5YRFMeyvcDnrLCRRe\n";

struct Room(TempDir);

impl Room {
    fn new() -> Room {
        let room = TempDir::new().expect("a temporary directory");
        fs::write(room.path().join("users"), USER).expect("written");
        Room(room)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn serve(&self, flags: &[&str]) -> Served {
        let (store, users) = (self.path("store"), self.path("users"));
        Served::start(&[&["--store", &store, "--htpasswd", &users, "--gc-interval", "never"], flags].concat())
    }

    /// Pushes an image as the user.
    fn push(&self, served: &Served, repository: &str) -> Fixture {
        let image = fixture::single(&self.0.path().join(repository.replace('/', "-")));
        seed::push(&image.dir, "v1", &served.client().basic("user", "pass"), repository);
        image
    }
}

/// Ends the server; returns its log and the objects in it.
fn ended(served: Served) -> (String, Vec<Value>) {
    served.signal(Signal::TERM);
    let (code, log) = served.wait();
    assert_eq!(code, Some(0), "{log}");
    let entries = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    (log, entries)
}

/// Returns the members of an entry by name.
fn members(entry: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| entry[*name].clone()).collect()
}

#[test]
fn each_request_says_who_what_and_where() {
    let room = Room::new();
    let served = room.serve(&["--access-log", "json"]);
    let image = room.push(&served, "team/app");
    let (client, user) = (served.client(), served.client().basic("user", "pass"));
    let layer = image.parts[0].layers[0].clone();
    let token = user.get("/token?service=stevedore&scope=repository:team/app:pull").expect(200).json();
    let bearer = client.clone().with("Authorization", &format!("Bearer {}", token["token"].as_str().expect("a token")));
    client.get("/v2/team/app/manifests/v1").expect(200);
    let id = bearer.get(&format!("/v2/team/app/blobs/{layer}")).expect(200).header("x-request-id").map(str::to_owned);
    user.post(&format!("/v2/other/blobs/uploads/?mount={layer}&from=team/app"), b"").expect(201);
    user.post(&format!("/v2/third/blobs/uploads/?mount={layer}"), b"").expect(201);
    client.clone().basic("user", "wrong").get("/v2/team/app/tags/list").expect(401);
    user.delete("/v2/team/app/manifests/v1").expect(202);
    let (log, entries) = ended(served);
    let names = ["user", "refused", "action", "repository", "reference", "from", "status", "client"];
    let find = |method: &str, path: &str, user: Value| {
        let found = entries.iter().find(|e| e["method"] == method && e["path"] == path && e["user"] == user);
        members(found.unwrap_or_else(|| panic!("{method} {path} {user}: {log}")), &names)
    };
    let at = |path: &str| format!("/v2/{path}");
    for (method, path, expected) in [
        ("PUT", at("team/app/manifests/v1"), json!(["user", null, "push", "team/app", "v1", null, 201, "127.0.0.1"])),
        ("GET", at("team/app/manifests/v1"), json!([null, null, "pull", "team/app", "v1", null, 200, "127.0.0.1"])),
        (
            "GET",
            at(&format!("team/app/blobs/{layer}")),
            json!(["user", null, "pull", "team/app", layer, null, 200, "127.0.0.1"]),
        ),
        (
            "POST",
            at("other/blobs/uploads/"),
            json!(["user", null, "push", "other", layer, "team/app", 201, "127.0.0.1"]),
        ),
        ("GET", at("team/app/tags/list"), json!([null, "user", "pull", "team/app", null, null, 401, "127.0.0.1"])),
        (
            "DELETE",
            at("team/app/manifests/v1"),
            json!(["user", null, "delete", "team/app", "v1", null, 202, "127.0.0.1"]),
        ),
    ] {
        assert_eq!(find(method, &path, expected[0].clone()), expected, "{method} {path}");
    }
    let third = entries.iter().find(|entry| entry["path"] == "/v2/third/blobs/uploads/").expect("it is told");
    assert!(third["from"].is_string(), "where it was found: {third}");
    let pulled = entries.iter().find(|entry| entry["id"].as_str() == id.as_deref()).expect("the client knows the name");
    assert_eq!(pulled["path"], format!("/v2/team/app/blobs/{layer}"));
    assert!(log.contains("127.0.0.1: the login of \"user\" was refused: wrong name or password"), "{log}");
    for secret in ["pass", "wrong", "dXNlcjp", "Bearer ey", token["token"].as_str().expect("a token")] {
        assert!(
            !log.replace("passwords", "").replace("wrong name or password", "").contains(secret),
            "{secret}: {log}"
        );
    }
}

#[test]
fn a_line_for_people_says_it_too() {
    let room = Room::new();
    let served = room.serve(&["--access-log", "plain"]);
    room.push(&served, "app");
    let agent = served.client().basic("user", "pass").with("User-Agent", "probe\u{202e}/1");
    agent.get("/v2/app/tags/list").expect(200);
    served.client().basic("us\ner", "wrong").get("/v2/").expect(401);
    let (log, _) = ended(served);
    let line = log.lines().find(|line| line.contains("tags/list")).expect("it is told");
    assert!(line.contains(" 127.0.0.1 user GET /v2/app/tags/list 200 ") && line.ends_with(" probe /1"), "{line}");
    assert!(log.lines().any(|line| line.contains(" - GET /v2/ 401 ") && line.contains(" refused us er ")), "{log}");
}

/// One notion of who a client is: for the log, for slowing guesses, and for the limit.
#[test]
fn behind_a_proxy_a_client_is_who_the_proxy_says() {
    let room = Room::new();
    let direct = room.serve(&["--access-log", "json"]);
    let from = |served: &Served, text: &str| served.client().with("X-Forwarded-For", text);
    from(&direct, "203.0.113.7").get("/v2/").expect(401);
    let (_, entries) = ended(direct);
    assert_eq!(entries[0]["client"], "127.0.0.1", "nobody in front is believed");
    let served = room.serve(&["--access-log", "json", "--behind-proxy", "--max-connections-per-address", "1"]);
    from(&served, "198.51.100.1, 203.0.113.7").with("X-Request-Id", "of-the-proxy").get("/v2/").expect(401);
    from(&served, "203.0.113.8").with("X-Request-Id", "not plain").get("/v2/").expect(401);
    // One request of a client at a time: its upload runs.
    let mut upload = std::net::TcpStream::connect(served.host()).expect("connects");
    let head = "POST /v2/a/blobs/uploads/?digest=sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae \
        HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.9\r\nAuthorization: Basic dXNlcjpwYXNz\r\nContent-Length: 3\r\n\
        Expect: 100-continue\r\n\r\n";
    std::io::Write::write_all(&mut upload, head.as_bytes()).expect("sent");
    let mut interim = [0; 25];
    std::io::Read::read_exact(&mut upload, &mut interim).expect("its body is asked for");
    from(&served, "203.0.113.9").get("/v2/").expect(503);
    from(&served, "203.0.113.7").get("/v2/").expect(401);
    std::io::Write::write_all(&mut upload, b"foo").expect("sent");
    let mut answer = [0; 12];
    std::io::Read::read_exact(&mut upload, &mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 201");
    let (_, entries) = ended(served);
    // A line is written after its answer, so lines of two connections come in any order.
    let of = |client: &str| entries.iter().find(|entry| entry["client"] == client).expect("it is told");
    let named = entries.iter().find(|entry| entry["id"] == "of-the-proxy").expect("the proxy's id is kept");
    assert_eq!(members(named, &["client", "peer"]), json!(["203.0.113.7", "127.0.0.1"]));
    assert_ne!(of("203.0.113.8")["id"], "not plain");
}

#[test]
fn every_write_is_in_the_audit_log() {
    let room = Room::new();
    let audit = room.path("audit");
    let served = room.serve(&["--access-log", "none", "--audit-log", &audit]);
    let image = room.push(&served, "app");
    let user = served.client().basic("user", "pass");
    user.get("/v2/app/manifests/v1").expect(200);
    fs::rename(&audit, room.path("audit.1")).expect("renamed");
    served.client().delete("/v2/app/manifests/v1").expect(401);
    user.delete("/v2/app/manifests/v1").expect(202);
    let (log, _) = ended(served);
    let read = |name: &str| -> Vec<Value> {
        let text = fs::read_to_string(room.path(name)).expect("a log");
        text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
    };
    let before = read("audit.1");
    assert!(before.iter().all(|entry| entry["user"] == "user" && entry["action"] == "push"), "{before:?}");
    let tag = before.last().expect("the tag");
    assert_eq!(members(tag, &["reference", "digest", "status"]), json!(["v1", image.digest, 201]));
    let blobs =
        before.iter().filter(|entry| entry["path"].as_str().is_some_and(|path| path.contains("/blobs/"))).count();
    assert_eq!(blobs, 2, "one for each blob, none for its pieces: {before:?}");
    let names = ["user", "action", "status", "client"];
    let after: Vec<Value> = read("audit").iter().map(|entry| members(entry, &names)).collect();
    assert_eq!(after, [json!([null, "delete", 401, "127.0.0.1"]), json!(["user", "delete", 202, "127.0.0.1"])]);
    assert!(!log.contains("DELETE"), "{log}");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(Path::new(&audit)).expect("there").permissions().mode() & 0o777, 0o600);
    let run =
        crate::support::command::stevedore(&["serve", "--store", &room.path("store"), "--audit-log", "/nowhere/x"]);
    assert!(run.code(1).stderr.contains("cannot open /nowhere/x"));
}

#[test]
fn passwords_in_the_clear_are_warned_of() {
    let room = Room::new();
    let warning = "passwords and tokens travel unencrypted";
    for (flags, warned) in [
        (&["--addr", ":0"][..], true),
        (&["--addr", ":0", "--behind-proxy"], false),
        (&["--addr", "localhost:0"], false),
    ] {
        let served = room.serve(flags);
        let _ = Client::new(&served.host()).get("/healthz").expect(200);
        assert_eq!(ended(served).0.contains(warning), warned, "{flags:?}");
    }
}
