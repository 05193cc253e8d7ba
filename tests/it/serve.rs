//! `serve`: who gets in, how it ends, what it tells.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::support::certificates::Certificates;
use crate::support::command::stevedore;
use crate::support::finally::Finally;
use crate::support::fixture;
use crate::support::http::Client;
use crate::support::seed;
use crate::support::served::Served;

/// `user` with `pass`, and `other` with `word`; made by `htpasswd -Bbn`, with a cost of 5.
const USER: &str = "user:$2y$05$Ug4vvz.Z.ClL5ntQ0rSX8eNJeF1j5abnzUSd5YRFMeyvcDnrLCRRe\n";
const OTHER: &str = "other:$2y$05$WN2ZT6iHdk3M2pNlhzK34O.uUsdR5PuLRKRIIj7q9F5Oyd3v12PNu\n";

fn text(path: &Path) -> &str {
    path.to_str().expect("a text path")
}

fn room() -> (TempDir, String, String) {
    let room = TempDir::new().expect("a temporary directory");
    let (store, users) = (room.path().join("store"), room.path().join("users"));
    fs::write(&users, [USER, OTHER].concat()).expect("written");
    (room, text(&store).to_owned(), text(&users).to_owned())
}

#[test]
fn reading_is_free_and_writing_is_not() {
    let (_room, store, _) = room();
    let served = Served::start(&["--store", &store]);
    let access = "nobody may push (--anonymous-push or --htpasswd FILE allows it)";
    assert_eq!(served.started()["access"], access);
    assert_eq!(served.client().get("/v2/").expect(200).text(), "{}");
    for (method, path) in [
        ("POST", "/v2/a/blobs/uploads/"),
        ("PUT", "/v2/a/manifests/v1"),
        ("DELETE", "/v2/a/manifests/v1"),
        ("DELETE", "/v2/a/blobs/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
    ] {
        let response = served.client().send(method, path, b"{}").expect(403);
        assert_eq!(response.header("www-authenticate"), None, "no login would help");
        let error = &response.json()["errors"][0];
        assert_eq!(error["code"], "DENIED");
        let message = error["message"].as_str().expect("a message");
        assert!(message.ends_with("start the server with --anonymous-push or --htpasswd FILE"), "{message}");
    }
}

#[test]
fn anonymous_push_opens_all() {
    let (room, store, _) = room();
    let served = Served::start(&["--store", &store, "--anonymous-push"]);
    assert_eq!(served.started()["access"], "everyone may push and delete");
    let image = fixture::app(&room.path().join("image"));
    seed::push(&image.dir, "v1", &served.client(), "app");
    assert_eq!(
        served.client().get("/v2/app/manifests/v1").expect(200).header("docker-content-digest"),
        Some(&*image.digest)
    );
    served.client().delete("/v2/app/manifests/v1").expect(202);
    served.client().get("/v2/app/manifests/v1").expect(404);
}

/// Gets a token for a scope.
fn token(client: &Client, scope: &str) -> String {
    let response = client.get(&format!("/token?service=stevedore&scope={scope}")).expect(200);
    response.json()["token"].as_str().expect("a token").to_owned()
}

#[test]
fn logins_are_taken_as_passwords_and_as_tokens() {
    let (_room, store, users) = room();
    let served = Served::start(&["--store", &store, "--htpasswd", &users]);
    let client = served.client();
    let host = served.host();
    let challenge = client.get("/v2/").expect(401);
    let expected = format!("Bearer realm=\"http://{host}/token\",service=\"stevedore\"");
    assert_eq!(challenge.header("www-authenticate"), Some(&*expected));
    let challenge = client.post("/v2/a/blobs/uploads/", b"").expect(401);
    let expected = format!("{expected},scope=\"repository:a:pull,push\"");
    assert_eq!(challenge.header("www-authenticate"), Some(&*expected));
    let user = client.clone().basic("user", "pass");
    user.get("/v2/").expect(200);
    user.post("/v2/a/blobs/uploads/", b"").expect(202);
    client.clone().basic("user", "wrong").get("/v2/").expect(401);
    client.clone().basic("user", "wrong").get("/token").expect(401);
    let bearer = |token: &str| client.clone().with("Authorization", &format!("bearer {token}"));
    let pushing = token(&user, "repository:a:pull,push");
    bearer(&pushing).post("/v2/a/blobs/uploads/", b"").expect(202);
    bearer(&pushing).post("/v2/b/blobs/uploads/", b"").expect(401);
    let anonymous = token(&client, "repository:a:pull,push");
    bearer(&anonymous).get("/v2/").expect(200);
    bearer(&anonymous).get("/v2/a/tags/list").expect(200);
    bearer(&anonymous).post("/v2/a/blobs/uploads/", b"").expect(401);
    // The key is the owner's alone, and outlives the process.
    let key = fs::metadata(Path::new(&store).join("token.key")).expect("a key");
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    drop(served);
    let served = Served::start(&["--store", &store, "--htpasswd", &users]);
    let client = served.client().with("Authorization", &format!("Bearer {pushing}"));
    client.post("/v2/a/blobs/uploads/", b"").expect(202);
    fs::write(&users, OTHER).expect("written");
    client.post("/v2/a/blobs/uploads/", b"").expect(401);
    served.client().basic("user", "pass").get("/v2/").expect(401);
    served.client().basic("other", "word").get("/v2/").expect(200);
}

#[test]
fn a_policy_is_read_again_when_it_changes() {
    let (room, store, users) = room();
    let policy = room.path().join("policy.toml");
    let rule = |who: &str, may: &str| {
        fs::write(&policy, format!("[[rule]]\nwho = [\"{who}\"]\nmay = [{may}]\nrepositories = [\"team/**\"]\n"))
            .expect("written");
    };
    rule("user", "\"pull\", \"push\"");
    let served = Served::start(&["--store", &store, "--htpasswd", &users, "--policy", text(&policy)]);
    let status = |user: &str, password: &str, path: &str| served.client().basic(user, password).post(path, b"").status;
    assert_eq!(status("user", "pass", "/v2/team/app/blobs/uploads/"), 202);
    assert_eq!(status("user", "pass", "/v2/app/blobs/uploads/"), 403);
    assert_eq!(status("other", "word", "/v2/team/app/blobs/uploads/"), 403);
    served.client().get("/v2/team/app/tags/list").expect(401);
    rule("other", "\"pull\", \"push\"");
    assert_eq!(status("user", "pass", "/v2/team/app/blobs/uploads/"), 403);
    assert_eq!(status("other", "word", "/v2/team/app/blobs/uploads/"), 202);
    rule("*", "\"everything\"");
    assert_eq!(status("other", "word", "/v2/team/app/blobs/uploads/"), 202, "what it said before holds");
    served.signal(Signal::TERM);
    let (_, log) = served.wait();
    let note = format!("{}:3:8: \"everything\" is none of pull, push, delete, catalog", policy.display());
    assert!(log.contains(&note), "{log}");
}

#[test]
fn mistakes_in_files_name_line_and_column() {
    let (room, store, users) = room();
    let policy = room.path().join("policy");
    fs::write(&policy, "[[rule]]\nwho = [\"a\"]\nmay = [\"pull\"]\nrepository = [\"x\"]\n").expect("written");
    let run = stevedore(&["serve", "--store", &store, "--policy", text(&policy), "--addr", "127.0.0.1:0"]).code(1);
    assert!(run.stderr.contains(&format!("{}:4:1: unknown field `repository`", policy.display())), "{}", run.stderr);
    fs::write(&users, "# ours\nuser:$apr1$x$y\n").expect("written");
    let run = stevedore(&["serve", "--store", &store, "--htpasswd", &users, "--addr", "127.0.0.1:0"]).code(1);
    assert!(run.stderr.contains(&format!("{users}:2:6: an MD5 hash; only bcrypt is taken")), "{}", run.stderr);
}

#[test]
fn a_thousand_guesses_do_not_stall_who_knows_the_password() {
    let (_room, store, users) = room();
    let served = Served::start(&["--store", &store, "--htpasswd", &users, "--access-log", "none"]);
    let user = served.client().basic("user", "pass");
    user.get("/v2/").expect(200);
    let (guesses, done) = (250, AtomicBool::new(false));
    let (slowest, refused) = thread::scope(|scope| {
        let _end = Finally(|| done.store(true, Ordering::SeqCst));
        let guessers: Vec<_> = (0..4)
            .map(|thread| {
                let client = served.client();
                let guess = move |number: u32| {
                    let name = if number.is_multiple_of(2) { "user".to_owned() } else { format!("nobody{thread}") };
                    client.clone().basic(&name, &format!("guess{number}")).get("/v2/").status
                };
                scope.spawn(move || (0..guesses).map(guess).collect::<Vec<u16>>())
            })
            .collect();
        let right = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            while !done.load(Ordering::SeqCst) {
                let begin = Instant::now();
                user.get("/v2/").expect(200);
                slowest = slowest.max(begin.elapsed());
            }
            slowest
        });
        let statuses: Vec<u16> = guessers.into_iter().flat_map(|guesser| guesser.join().expect("a thread")).collect();
        done.store(true, Ordering::SeqCst);
        assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
        (right.join().expect("a thread"), statuses.iter().filter(|status| **status == 429).count())
    });
    assert!(slowest < Duration::from_secs(20), "{slowest:?}");
    assert!(refused > 900, "most guesses were not looked at, but {refused}");
    // Another user, whose password was not seen yet, from the same address.
    let begin = Instant::now();
    served.client().basic("other", "word").get("/v2/").expect(200);
    assert!(begin.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_slow_upload_holds_up_nobody() {
    let (_room, store, _) = room();
    let served = Served::start(&["--store", &store, "--anonymous-push"]);
    let location = served.client().post("/v2/a/blobs/uploads/", b"").expect(202);
    let location = location.header("location").expect("a location").to_owned();
    let mut slow = TcpStream::connect(served.host()).expect("it listens");
    let head = format!("PATCH {location} HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
    slow.write_all(head.as_bytes()).expect("sent");
    let mut interim = [0; 25];
    slow.read_exact(&mut interim).expect("its body is asked for");
    for number in 0..20 {
        slow.write_all(b"slowly").expect("sent");
        // In the same repository, and the collector has its turn as well.
        let content = format!("quick {number}").into_bytes();
        let digest = crate::support::layout::sha256(&content);
        served.client().post(&format!("/v2/a/blobs/uploads/?digest={digest}"), &content).expect(201);
        if number % 10 == 0 {
            stevedore(&["gc", "--store", &store]).ok();
        }
    }
    slow.write_all(&[b'x'; 880]).expect("sent");
    let mut answer = [0; 12];
    slow.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 202");
}

#[test]
fn the_first_signal_lets_requests_finish() {
    let (_room, store, _) = room();
    for signal in [Signal::TERM, Signal::INT] {
        let served = Served::start(&["--store", &store, "--anonymous-push"]);
        let mut stream = TcpStream::connect(served.host()).expect("it listens");
        let digest = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
        let head = format!("POST /v2/a/blobs/uploads/?digest={digest} HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n");
        stream.write_all(format!("{head}Expect: 100-continue\r\n\r\n").as_bytes()).expect("sent");
        // The body is asked for: the request runs.
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).expect("an interim answer");
        assert!(interim.starts_with(b"HTTP/1.1 100"));
        let host = served.host();
        served.signal(signal);
        while TcpStream::connect(&host).is_ok() {
            thread::yield_now();
        }
        stream.write_all(b"foo").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        assert_eq!(served.wait().0, Some(0));
    }
}

#[test]
fn the_second_signal_ends_it_at_once() {
    let (_room, store, _) = room();
    let served = Served::start(&["--store", &store, "--anonymous-push"]);
    let mut stream = TcpStream::connect(served.host()).expect("it listens");
    stream
        .write_all(
            b"POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        )
        .expect("sent");
    let host = served.host();
    let begin = Instant::now();
    served.signal(Signal::TERM);
    while TcpStream::connect(&host).is_ok() {
        thread::yield_now();
    }
    served.signal(Signal::TERM);
    let (code, _) = served.wait();
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert!(matches!(code, Some(0 | 130)), "{code:?}");
}

#[test]
fn read_only_refuses_before_it_asks_who() {
    let (room, store, users) = room();
    let image = fixture::app(&room.path().join("image"));
    {
        let served = Served::start(&["--store", &store, "--anonymous-push"]);
        seed::push(&image.dir, "v1", &served.client(), "app");
    }
    let served = Served::start(&["--store", &store, "--read-only", "--htpasswd", &users]);
    let client = served.client().basic("user", "pass");
    client.get("/v2/app/manifests/v1").expect(200);
    assert!(!Path::new(&store).join("token.key").exists(), "nothing is written, not even the key of tokens");
    for (method, path) in
        [("POST", "/v2/app/blobs/uploads/"), ("PUT", "/v2/app/manifests/v2"), ("DELETE", "/v2/app/manifests/v1")]
    {
        let response = client.send(method, path, b"").expect(405);
        assert_eq!(
            (response.header("allow"), &response.json()["errors"][0]["code"]),
            (Some("GET, HEAD"), &"UNSUPPORTED".into())
        );
    }
}

#[test]
fn one_address_does_not_get_every_connection() {
    let (_room, store, _) = room();
    let served = Served::start(&["--store", &store, "--max-connections-per-address", "2"]);
    let connect = || TcpStream::connect(served.host()).expect("connects");
    // They are taken in the order in which they come.
    let held = [connect(), connect()];
    let mut answer = String::new();
    connect().read_to_string(&mut answer).expect("an answer, and the end");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    for mut stream in held {
        stream.write_all(b"GET /v2/ HTTP/1.0\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer, and the end");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[test]
fn health_numbers_and_the_log() {
    let (_room, store, _) = room();
    let served = Served::start(&["--store", &store, "--base-path", "/r/", "--access-log", "json"]);
    assert_eq!(served.client().get("/healthz").expect(200).text(), "ok\n");
    let location = served.client().get("/r/v2/").expect(200);
    assert_eq!(location.text(), "{}");
    served.client().get("/r/v2/a/tags/list?n=1").expect(404);
    served.client().get("/elsewhere").expect(404);
    for line in [
        "stevedore_http_requests_total{route=\"ping\",method=\"GET\",status=\"2xx\"} 1",
        "stevedore_http_requests_total{route=\"tags\",method=\"GET\",status=\"4xx\"} 1",
        "stevedore_http_requests_total{route=\"other\",method=\"GET\",status=\"4xx\"} 1",
        "stevedore_uploads_in_progress 0",
        "stevedore_connections_refused_total 0",
    ] {
        // A response is counted when it was sent, which its reader may be ahead of.
        let deadline = Instant::now() + Duration::from_secs(20);
        let numbers = || served.client().get("/r/metrics").expect(200).text().to_owned();
        while !numbers().lines().any(|each| each == line) {
            assert!(Instant::now() < deadline, "{line}\n{}", numbers());
        }
    }
    served.signal(Signal::TERM);
    let (code, log) = served.wait();
    assert_eq!(code, Some(0));
    let entries: Vec<serde_json::Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut told: Vec<(&str, u64)> = entries
        .iter()
        .map(|entry| (entry["path"].as_str().expect("a path"), entry["status"].as_u64().expect("a status")))
        .collect();
    told.retain(|(path, _)| *path != "/r/metrics");
    told.sort_unstable();
    assert_eq!(told, [("/elsewhere", 404), ("/healthz", 200), ("/r/v2/", 200), ("/r/v2/a/tags/list", 404)]);
    assert!(entries.iter().all(|entry| entry["method"] == "GET" && entry["peer"] == "127.0.0.1"));
    assert!(entries.iter().all(|entry| entry["client"] == "127.0.0.1" && entry["id"].is_string()));
}

#[test]
fn bytes_are_counted_both_ways() {
    let (_room, store, _) = room();
    let served = Served::start(&["--store", &store, "--anonymous-push", "--access-log", "json"]);
    let digest = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    served.client().post(&format!("/v2/a/blobs/uploads/?digest={digest}"), b"foo").expect(201);
    served.client().get(&format!("/v2/a/blobs/{digest}")).expect(200);
    for line in [
        "stevedore_http_request_bytes_total{route=\"uploads\"} 3",
        "stevedore_http_response_bytes_total{route=\"uploads\"} 0",
        "stevedore_http_request_bytes_total{route=\"blobs\"} 0",
        "stevedore_http_response_bytes_total{route=\"blobs\"} 3",
    ] {
        // As above.
        let deadline = Instant::now() + Duration::from_secs(20);
        let numbers = || served.client().get("/metrics").expect(200).text().to_owned();
        while !numbers().lines().any(|each| each == line) {
            assert!(Instant::now() < deadline, "{line}\n{}", numbers());
        }
    }
    served.signal(Signal::TERM);
    let (_, log) = served.wait();
    let entries: Vec<serde_json::Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let push = entries.iter().find(|entry| entry["method"] == "POST").expect("the push is told");
    assert_eq!((&push["received"], &push["bytes"]), (&3.into(), &0.into()));
}

#[test]
fn a_directory_that_is_only_read_is_not_touched() {
    let (room, store, _) = room();
    let image = fixture::app(&room.path().join("image"));
    {
        let served = Served::start(&["--store", &store, "--anonymous-push"]);
        seed::push(&image.dir, "v1", &served.client(), "app");
    }
    // Another registry's directory has no folder of ours in it.
    let place = Path::new(&store);
    fs::remove_dir_all(place.join("docker/registry/v2/repositories/app/_referrers")).unwrap_or(());
    for name in [".partial", ".lock", ".gate"] {
        let path = place.join(name);
        if path.is_dir() { fs::remove_dir(path).expect("removed") } else { fs::remove_file(path).unwrap_or(()) }
    }
    let before = snapshot(place);
    let served = Served::start(&["--store", &store, "--read-only", "--gc-interval", "1s"]);
    assert_eq!(served.started()["access"], "read-only");
    let client = served.client();
    assert_eq!(client.get("/v2/app/manifests/v1").expect(200).header("docker-content-digest"), Some(&*image.digest));
    for part in &image.parts {
        for digest in part.layers.iter().chain([&part.config]) {
            client.head(&format!("/v2/app/blobs/{digest}")).expect(200);
            client.get(&format!("/v2/app/blobs/{digest}")).expect(200);
        }
    }
    assert_eq!(client.get(&format!("/v2/app/referrers/{}", image.digest)).expect(200).json()["manifests"], json!([]));
    assert_eq!(client.get("/v2/app/tags/list").expect(200).json()["tags"], json!(["v1"]));
    assert_eq!(client.get("/v2/_catalog").expect(200).json()["repositories"], json!(["app"]));
    served.signal(Signal::TERM);
    served.wait();
    assert_eq!(snapshot(place), before);
    // What is no registry's directory is not made one.
    let empty = room.path().join("empty");
    fs::create_dir(&empty).expect("made");
    for (path, reason) in [(empty.clone(), "there is no docker/registry/v2 in it"), (empty.join("x"), "No such file")] {
        let run = stevedore(&["serve", "--store", text(&path), "--read-only", "--addr", "127.0.0.1:0"]).code(1);
        assert!(run.stderr.contains(reason) && run.stderr.contains(text(&path)), "{}", run.stderr);
    }
    assert_eq!(fs::read_dir(&empty).expect("lists").count(), 0);
}

/// Returns every path below a directory with its size and the time of its last change.
fn snapshot(path: &Path) -> Vec<(std::path::PathBuf, u64, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).expect("lists") {
        let entry = entry.expect("an entry");
        let metadata = entry.metadata().expect("is there");
        found.push((entry.path(), metadata.len(), metadata.modified().expect("has a time")));
        if metadata.is_dir() {
            found.extend(snapshot(&entry.path()));
        }
    }
    found.sort();
    found
}

#[test]
fn tls_and_client_certificates() {
    let (room, store, _) = room();
    let certificates = Certificates::create(room.path());
    let (cert, key) = (text(&certificates.server.certificate), text(&certificates.server.key));
    let authority = text(&certificates.authority);
    let image = fixture::app(&room.path().join("image"));
    let source = format!("oci:{}:v1", text(&image.dir));
    for mutual in [false, true] {
        let mut arguments = vec!["--store", &store, "--anonymous-push", "--tls-cert", cert, "--tls-key", key];
        if mutual {
            arguments.extend(["--tls-client-ca", authority]);
        }
        let served = Served::start(&arguments);
        assert!(served.started()["url"].as_str().expect("a URL").starts_with("https://"));
        let destination = format!("docker://{}/app:v1", served.host());
        let client = [text(&certificates.client.certificate), text(&certificates.client.key)];
        let plain = ["copy", "--all", "--tls-ca", authority, &source, &destination];
        if mutual {
            assert_ne!(stevedore(&[&plain[..], &["--retry-times", "0"]].concat()).code, 0, "without a certificate");
            stevedore(&[&plain[..], &["--tls-cert", client[0], "--tls-key", client[1]]].concat()).ok();
        } else {
            stevedore(&plain).ok();
        }
    }
}

#[test]
fn a_tree_is_served_too() {
    let (room, ..) = room();
    let image = fixture::app(&room.path().join("image"));
    let tree = room.path().join("tree");
    stevedore(&["deploy", "--all", &format!("oci:{}:v1", text(&image.dir)), text(&tree), "--name", "app"]).ok();
    let served = Served::start(&["--static", text(&tree)]);
    assert_eq!(served.started()["access"], "read-only");
    let digest = stevedore(&["digest", &format!("docker://{}/app:v1", served.host())]).ok();
    assert_eq!(digest.text(), image.digest);
    let out = format!("oci:{}:v1", text(&room.path().join("out")));
    stevedore(&["copy", "--all", &format!("docker://{}/app:v1", served.host()), &out]).ok();
    assert_eq!(stevedore(&["digest", &out]).ok().text(), image.digest);
    served.client().post("/v2/app/blobs/uploads/", b"").expect(405);
}

#[test]
fn the_collector_runs_beside_the_server_and_alone() {
    let (room, store, _) = room();
    let image = fixture::app(&room.path().join("image"));
    let served = Served::start(&["--store", &store, "--anonymous-push", "--gc-interval", "never"]);
    seed::push(&image.dir, "v1", &served.client(), "app");
    let digest = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    served.client().post(&format!("/v2/app/blobs/uploads/?digest={digest}"), b"foo").expect(201);
    // What was written within the second is not old: the times of files are that coarse.
    let freed = |flags: &[&str]| {
        stevedore(&[&["--json", "gc", "--store", &store, "--grace", "1s"], flags].concat()).ok().json()
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    while freed(&["--dry-run"])["blobs"] == 0 && Instant::now() < deadline {
        thread::yield_now();
    }
    served.client().get(&format!("/v2/app/blobs/{digest}")).expect(200);
    assert_eq!(freed(&[])["blobs"], 1);
    served.client().get(&format!("/v2/app/blobs/{digest}")).expect(404);
    served.client().get("/v2/app/manifests/v1").expect(200);
    let run = stevedore(&["gc", "--store", text(&room.path().join("nowhere"))]).code(3);
    assert!(run.stderr.contains("not found"), "{}", run.stderr);
}

#[test]
fn the_example_mounts_it_in_another_server() {
    // Built with the tests only when all of them are.
    let profile = Path::new(env!("CARGO_BIN_EXE_stevedore")).parent().expect("a binary has a directory");
    let target = profile.parent().expect("the directory of a profile");
    let mut build = std::process::Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--locked", "--offline", "--example", "registry_on_a_socket", "--target-dir"]);
    build.arg(target).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.ends_with("release") {
        build.arg("--release");
    }
    // With other features than the tests, everything would be built again.
    if cfg!(feature = "openpgp") {
        build.args(["--features", "openpgp"]);
    }
    assert!(build.status().expect("running cargo").success());
    let example = profile.join("examples/registry_on_a_socket");
    let room = TempDir::new().expect("a temporary directory");
    let socket = room.path().join("socket");
    let mut child = std::process::Command::new(example)
        .args([room.path().join("store"), socket.clone()])
        .spawn()
        .expect("starting the example");
    let deadline = Instant::now() + Duration::from_secs(20);
    let send = |head: &str| loop {
        match std::os::unix::net::UnixStream::connect(&socket) {
            Ok(mut stream) => {
                let request = format!("{head}\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                stream.write_all(request.as_bytes()).expect("sent");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).expect("an answer");
                return answer;
            }
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    let ping = send("GET /v2/ HTTP/1.1");
    let refused = send("POST /v2/app/blobs/uploads/ HTTP/1.1");
    let started = send("POST /v2/app/blobs/uploads/ HTTP/1.1\r\nX-Role: builder");
    child.kill().expect("killing a child");
    child.wait().expect("waiting for a child");
    assert!(ping.starts_with("HTTP/1.1 200 ") && ping.ends_with("{}"), "{ping}");
    assert!(refused.starts_with("HTTP/1.1 403 ") && refused.contains("only builders may write"), "{refused}");
    assert!(started.starts_with("HTTP/1.1 202 ") && started.contains("/v2/app/blobs/uploads/"), "{started}");
}
