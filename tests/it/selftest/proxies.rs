//! Each way to misbehave, seen through a plain client.

use std::env;
use std::fs;
use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::command::Program;
use crate::support::content::Random;
use crate::support::fixture;
use crate::support::http::{Client, Connection, Response};
use crate::support::layout::blob_path;
use crate::support::listener::Bound;
use crate::support::pages::{Asked, Fake};
use crate::support::proxy::{Mode, Proxy, Request};
use crate::support::wire::{Body, Head, Reply};

const BLOB: &str = "/v2/app/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000";
const SIZE: usize = 300_000;

/// A registry that has everything, and says where uploads go by an absolute URL.
fn target() -> Fake {
    Fake::start(|asked: &Asked| match asked.method.as_str() {
        "POST" => {
            let host = asked.headers.get("host").unwrap_or_default();
            // Distribution knows its own name; the client knows the proxy's.
            let own = asked.headers.get("x-own-host").unwrap_or(host);
            Reply::new(202).header("Location", &format!("http://{own}/v2/app/blobs/uploads/1?_state=x"))
        }
        "PUT" | "PATCH" => Reply::new(201).header("X-Received", &asked.body.len().to_string()),
        "DELETE" => Reply::new(202),
        _ if asked.path() == BLOB => Reply::new(200).body(content()),
        _ => Reply::new(200).body("hello"),
    })
}

fn content() -> Vec<u8> {
    let mut content = vec![0; SIZE];
    Random::new(1).read_exact(&mut content).expect("there is no end to it");
    content
}

fn start(mode: Mode) -> (Fake, Proxy, Client) {
    let target = target();
    let proxy = Proxy::start(&target.host(), mode);
    let client = Client::new(&proxy.host());
    (target, proxy, client)
}

fn statuses(proxy: &Proxy) -> Vec<u16> {
    proxy.log().iter().map(|request| request.status).collect()
}

#[test]
fn nothing_wrong() {
    let (target, proxy, client) = start(Mode::None);
    assert_eq!(
        client.clone().with("Range", "bytes=5-").with("Authorization", "Basic eA==").get(BLOB).expect(200).body,
        content()
    );
    let response = client.clone().with("Content-Range", "0-3").put(
        "/v2/app/blobs/uploads/1?digest=x",
        "application/octet-stream",
        b"tea!",
    );
    assert_eq!(response.expect(201).header("x-received"), Some("4"));
    let log = proxy.log();
    let [get, put] = &log[..] else { panic!("{log:?}") };
    let Request {
        method, path, status, request_bytes, response_bytes, range, content_range, authorization, fault, ..
    } = get;
    assert_eq!((method.as_str(), path.as_str(), *status), ("GET", BLOB, 200));
    assert_eq!((*request_bytes, *response_bytes), (0, SIZE as u64));
    assert_eq!(
        (range.as_deref(), content_range.as_deref(), *authorization, *fault),
        (Some("bytes=5-"), None, true, false)
    );
    assert_eq!((put.method.as_str(), put.status, put.request_bytes, put.response_bytes), ("PUT", 201, 4, 0));
    assert_eq!((put.content_range.as_deref(), put.authorization), (Some("0-3"), false));
    assert_eq!(put.headers.get("content-type"), Some("application/octet-stream"));
    assert!(put.at >= get.at);
    // What the target saw is what the client sent.
    assert_eq!(target.log()[1].body, b"tea!");
    proxy.clear();
    assert!(proxy.log().is_empty());
}

#[test]
fn locations_lead_back_to_the_proxy() {
    let (target, proxy, client) = start(Mode::None);
    let response = client.with("X-Own-Host", &target.host()).post("/v2/app/blobs/uploads/", &[]).expect(202);
    assert_eq!(
        response.header("location"),
        Some(format!("http://{}/v2/app/blobs/uploads/1?_state=x", proxy.host()).as_str())
    );
}

#[test]
fn connections_are_kept() {
    let (_target, proxy, client) = start(Mode::Unavailable);
    let mut connection = Connection::open(&client).expect("connecting");
    let answers: Vec<Response> =
        (0..4).map(|_| connection.get(BLOB).expect("an answer on the same connection")).collect();
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [503, 503, 200, 200]);
    assert!(answers.iter().all(|answer| answer.cut.is_none()));
    assert_eq!(answers[3].body, content());
    assert_eq!(proxy.log().len(), 4);
}

#[test]
fn too_many_requests() {
    let (_target, proxy, client) = start(Mode::TooMany);
    client.get("/v2/").expect(200);
    for path in [BLOB, "/v2/app/manifests/v1"] {
        for _ in 0..2 {
            let response = client.get(path).expect(429);
            assert_eq!(response.header("retry-after"), Some("1"));
            assert_eq!(response.json()["errors"][0]["code"], "TOOMANYREQUESTS");
        }
        client.get(path).expect(200);
    }
    assert_eq!(statuses(&proxy), [200, 429, 429, 200, 429, 429, 200]);
    assert!(proxy.log()[1].fault);
}

#[test]
fn too_many_requests_for_blobs() {
    let (_target, _proxy, client) = start(Mode::TooManyBlobs);
    client.get("/v2/app/manifests/v1").expect(200);
    client.head(BLOB).expect(200);
    client.get(BLOB).expect(429);
    client.get(BLOB).expect(429);
    client.get(BLOB).expect(200);
}

#[test]
fn unavailable() {
    let (_target, _proxy, client) = start(Mode::Unavailable);
    client.get("/v2/").expect(200);
    client.get(BLOB).expect(503);
    client.head(BLOB).expect(503);
    client.get(BLOB).expect(503);
    client.get(BLOB).expect(200);
}

#[test]
fn failing_uploads() {
    let (_target, _proxy, client) = start(Mode::FailPatch);
    let put = |session: &str, digest: &str| {
        client.put(&format!("/v2/app/blobs/uploads/{session}?digest={digest}"), "application/octet-stream", b"x").status
    };
    // The same blob by a new session is the same upload.
    assert_eq!([put("1", "a"), put("2", "a"), put("3", "b"), put("4", "b")], [500, 201, 500, 201]);
    let patch = |session: &str| client.send("PATCH", &format!("/v2/app/blobs/uploads/{session}?_state=x"), b"x").status;
    assert_eq!([patch("1"), patch("1"), patch("2")], [500, 201, 201]);
    client.post("/v2/app/blobs/uploads/", &[]).expect(202);
}

#[test]
fn refusals() {
    let (_target, _proxy, client) = start(Mode::NoMount);
    client.post("/v2/app/blobs/uploads/?mount=sha256:0&from=other", &[]).expect(403);
    client.post("/v2/app/blobs/uploads/", &[]).expect(202);

    let (_target, _proxy, client) = start(Mode::NoReferrers);
    client.get("/v2/app/referrers/sha256:0").expect(404);
    client.get("/v2/app/manifests/sha256:0").expect(200);

    let (_target, _proxy, client) = start(Mode::NoHead);
    client.head("/v2/app/manifests/v1").expect(405);
    client.get("/v2/app/manifests/v1").expect(200);

    let (_target, _proxy, client) = start(Mode::NoTagDelete);
    let response = client.delete("/v2/app/manifests/v1").expect(405);
    assert_eq!(response.json()["errors"][0]["code"], "UNSUPPORTED");
    client.delete("/v2/app/manifests/sha256:0").expect(202);
    client.delete(BLOB).expect(202);
}

#[test]
fn cut_connections() {
    let (_target, proxy, client) = start(Mode::CutAfter(100_000));
    for _ in 0..2 {
        let response = client.get(BLOB).expect(200);
        assert!(response.cut.is_some());
        // The head counts too.
        assert!((99_000..100_000).contains(&response.body.len()), "{}", response.body.len());
        assert!(content().starts_with(&response.body));
        let logged = proxy.log().last().expect("a request").response_bytes;
        assert_eq!(logged, response.body.len() as u64);
    }
    assert_eq!(client.get("/v2/").expect(200).text(), "hello");
}

#[test]
fn slow_connections() {
    let (_target, proxy, client) = start(Mode::Throttle(1_000_000));
    let start = Instant::now();
    assert_eq!(client.get(BLOB).expect(200).body, content());
    let down = start.elapsed();
    client.put("/v2/app/blobs/uploads/1", "application/octet-stream", &content()).expect(201);
    let up = start.elapsed() - down;
    assert!(down >= Duration::from_millis(290), "{down:?}");
    assert!(up >= Duration::from_millis(290), "{up:?}");
    assert_eq!(proxy.log()[1].request_bytes, SIZE as u64);
}

#[test]
fn silent_connections() {
    let (_target, _proxy, client) = start(Mode::Stall(100_000));
    let response = client.timeout(Duration::from_secs(2)).get(BLOB).expect(200);
    // Open, and silent: the client's own patience ended it.
    assert_eq!(response.cut, Some(io::ErrorKind::WouldBlock));
    assert!((99_000..100_000).contains(&response.body.len()), "{}", response.body.len());
}

#[test]
fn slow_answers() {
    let (_target, proxy, client) = start(Mode::Latency(100));
    let start = Instant::now();
    client.get("/v2/").expect(200);
    client.get("/v2/").expect(200);
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert_eq!(statuses(&proxy), [200, 200]);
}

/// Sends bytes as they are and returns all that comes back.
fn exchange(host: &str, bytes: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("connecting");
    stream.write_all(bytes.as_bytes()).expect("sending");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, and then the end");
    answer
}

#[test]
fn chunked_requests_pass() {
    let (_target, proxy, _client) = start(Mode::None);
    let head = "PUT /v2/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
    let answer = exchange(&proxy.host(), &format!("{head}4\r\ntea!\r\n3\r\nand\r\n0\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 "), "{answer}");
    assert!(answer.contains("X-Received: 7\r\n"), "{answer}");
    assert_eq!(proxy.log()[0].request_bytes, 7);
}

#[test]
fn all_framings_of_responses_pass() {
    let answers = [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", None),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nhello", None),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", None),
        ("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", Some(io::ErrorKind::UnexpectedEof)),
    ];
    for (raw, cut) in answers {
        let bound = Bound::new();
        let target = format!("127.0.0.1:{}", bound.port());
        let _listener = bound.serve(move |mut stream, _stop| {
            let mut head = BufReader::new(&stream);
            if Head::read(&mut head).is_ok_and(|head| head.is_some()) {
                stream.write_all(raw.as_bytes()).expect("answering");
            }
        });
        let proxy = Proxy::start(&target, Mode::None);
        let response = Client::new(&proxy.host()).get("/").expect(200);
        assert_eq!((response.text(), response.cut), ("hello", cut), "{raw:?}");
    }
}

#[test]
fn bodies_are_never_held() {
    const NAME: &str = "selftest::proxies::bodies_are_never_held";
    const PROBE: &str = "STEVEDORE_PROBE";
    const BIG: u64 = 96 << 20;
    if env::var_os(PROBE).is_none() {
        let test = env::current_exe().expect("a test knows its program").display().to_string();
        let probe = Program::new(&test, &["--exact", NAME, "--nocapture"]).env(PROBE, "1");
        let (run, peak) = probe.peak_rss();
        assert!(run.ok().text().contains("1 passed"));
        assert!(peak < 48 << 20, "{peak}");
        return;
    }
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let image = fixture::big(dir.path(), 1, BIG);
    let layer = blob_path(dir.path(), &image.parts[0].layers[0]);
    let length = fs::metadata(&layer).expect("the layer was written").len();
    let bound = Bound::new();
    let target = format!("127.0.0.1:{}", bound.port());
    let _listener = bound.serve(move |mut stream, _stop| {
        let mut from = BufReader::new(stream.try_clone().expect("duplicating a socket"));
        let head = Head::read(&mut from).expect("a request").expect("a request");
        let sent = io::copy(&mut Body::new(&mut from, head.request_framing()), &mut io::sink()).expect("a body");
        write!(stream, "HTTP/1.1 201 Created\r\nX-Sent: {sent}\r\nContent-Length: {BIG}\r\n\r\n").expect("answering");
        if head.method() == "GET" {
            io::copy(&mut Random::new(1).take(BIG), &mut stream).expect("answering");
        }
    });
    let proxy = Proxy::start(&target, Mode::None);
    let client = Client::new(&proxy.host()).timeout(Duration::from_secs(30));
    // The answer to the PUT promises a body that never comes: only its head counts.
    let response = client.put_file("/v2/app/blobs/uploads/1", &layer);
    assert_eq!(response.header("x-sent"), Some(length.to_string().as_str()));
    let mut stream = TcpStream::connect(proxy.host()).expect("connecting");
    write!(stream, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("asking");
    assert!(io::copy(&mut stream, &mut io::sink()).expect("an answer") > BIG);
    let counts: Vec<_> = proxy.log().iter().map(|request| (request.request_bytes, request.response_bytes)).collect();
    assert_eq!(counts, [(length, 0), (0, BIG)]);
}
