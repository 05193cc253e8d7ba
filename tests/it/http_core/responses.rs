//! Responses: attacks 19 and 20, and what content that breaks looks like to the client.

use std::io::Read;
use std::sync::{Arc, Mutex};

use stevedore::http::{Options, Throttled, Trouble};

use super::fixture::{GIB, Running, field, status};

#[test]
fn attack_19_lengths_of_head_and_of_no_content() {
    let server = Running::hasty();
    let mut client = server.connect();
    for path in ["/big", "/big-reader", "/unread"] {
        client.send(format!("HEAD {path} HTTP/1.1\r\nHost: a\r\nTE: chunked\r\n\r\n").as_bytes());
        let head = client.head();
        assert_eq!(field(&head, "Content-Length"), Some(GIB.to_string().as_str()), "{path}: {head}");
        assert!(!head.contains("Transfer-Encoding"), "{head}");
    }
    for (path, expected) in [("/none", 204), ("/unmodified", 304)] {
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        let head = client.head();
        assert_eq!((status(&head), field(&head, "Content-Length")), (expected, None), "{head}");
    }
    client.send(b"HEAD /chunks HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(field(&client.head(), "Transfer-Encoding"), Some("chunked"));
    // The connection is still in step: nothing above had content.
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nTE: chunked\r\n\r\n");
    assert_eq!(client.answer().body, "ok\n");
}

#[test]
fn attack_20_a_panic_costs_one_answer() {
    let server = Running::hasty();
    for _ in 0..20 {
        let mut client = server.connect();
        client.send(b"GET /panic HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        let mut client = server.connect();
        client.send(b"GET /panicking HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.rest(), "");
    }
    server.wait_for_open(0);
    server.assert_serves();
}

#[test]
fn content_that_breaks_never_looks_whole() {
    let server = Running::hasty();
    let mut client = server.connect();
    client.send(b"GET /short HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(!client.rest().ends_with("half\r\n"));
    let mut client = server.connect();
    client.send(b"GET /broken HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(!client.rest().contains("\r\n0\r\n"));
    // HTTP/1.0 knows the end of content by the end of the connection: that must be an error.
    let mut client = server.connect();
    client.send(b"GET /broken HTTP/1.0\r\n\r\n");
    let mut bytes = Vec::new();
    assert!(client.stream.read_to_end(&mut bytes).is_err(), "{}", bytes.escape_ascii());
    let mut client = server.connect();
    client.send(b"GET /unread HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(client.rest().starts_with("HTTP/1.1 500 "));
}

#[test]
fn content_is_framed_by_the_server_alone() {
    let server = Running::hasty();
    let mut client = server.connect();
    client.send(b"GET /odd HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = client.head();
    assert_eq!(head.matches("ontent-").count(), 1, "{head}");
    assert!(head.contains("\r\nContent-Length: 0\r\n") && head.contains("\r\nDate: "), "{head}");
    client.send(b"GET /chunks HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = client.head();
    let mut body = vec![0; "9\r\nin chunks\r\n0\r\n\r\n".len()];
    client.stream.read_exact(&mut body).unwrap();
    assert_eq!(String::from_utf8(body).unwrap(), "9\r\nin chunks\r\n0\r\n\r\n", "{head}");
    client.send(b"GET /close HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(field(&client.rest(), "Connection"), Some("close"));
}

#[test]
fn large_content_arrives_whole_by_every_way() {
    let server = Running::start(Options::default());
    for path in ["/big", "/big-reader"] {
        let mut client = server.connect();
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes());
        client.head();
        let count = std::io::copy(&mut client.stream, &mut std::io::sink()).unwrap();
        assert_eq!(count, GIB, "{path}");
    }
}

#[test]
fn each_answer_is_told_and_counted() {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let (log, troubles) = (Arc::clone(&told), Arc::clone(&told));
    let mut options = Options::default();
    options.on_response = Some(Box::new(move |record| {
        let method = record.method.map_or("-", |method| method.as_str());
        let agent = record.user_agent.unwrap_or("-");
        let line = format!(
            "{} {method} {} {} {} {agent} {}",
            record.peer, record.path, record.status, record.bytes, record.complete
        );
        log.lock().unwrap().push(line);
    }));
    options.on_trouble =
        Some(Box::new(move |trouble: &Throttled<Trouble>| troubles.lock().unwrap().push(trouble.to_string())));
    let mut server = Running::start(options);
    let mut client = server.connect();
    client.send(b"GET /?secret HTTP/1.1\r\nHost: a\r\nUser-Agent: probe/1\r\n\r\n");
    client.answer();
    client.send(b"HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n");
    client.head();
    client.send(b"GET /panic HTTP/1.1\r\nHost: a\r\n\r\n");
    client.rest();
    super::fixture::refused(server.address, b"GET / HTTP/3.0\r\n\r\n");
    let mut client = server.connect();
    client.send(b"GET /short HTTP/1.1\r\nHost: a\r\n\r\n");
    client.rest();
    server.stop.stop();
    server.join();
    let expected = [
        "127.0.0.1 GET / 200 3 probe/1 true",
        "127.0.0.1 HEAD /big 200 0 - true",
        "answering a request of 127.0.0.1 panicked",
        "127.0.0.1 GET /panic 500 34 - true",
        "127.0.0.1 -  505 38 - true",
        "127.0.0.1 GET /short 200 0 - false",
    ];
    assert_eq!(*told.lock().unwrap(), expected);
    assert_eq!((server.counters.requests(), server.counters.accepted(), server.counters.open()), (5, 3, 0));
}

#[test]
fn what_happens_often_is_told_seldom() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut options = super::fixture::hasty();
    let troubles = Arc::clone(&told);
    options.on_trouble =
        Some(Box::new(move |trouble: &Throttled<Trouble>| troubles.lock().unwrap().push(trouble.to_string())));
    let mut server = Running::start(options);
    let begun = std::time::Instant::now();
    for _ in 0..50 {
        let mut client = server.connect();
        client.send(b"GET /panicking HTTP/1.1\r\nHost: a\r\n\r\n");
        client.rest();
    }
    // Nothing more comes, and still it is told.
    let one = "answering a request of 127.0.0.1 panicked";
    let count = |line: &String| {
        let rest = line.strip_prefix(one).unwrap_or_else(|| panic!("{line}"));
        let number = rest.strip_prefix(" (").and_then(|rest| rest.strip_suffix(" times in a second)"));
        number.map_or(1, |number| number.parse::<u64>().unwrap())
    };
    super::fixture::wait_until("all told", || told.lock().unwrap().iter().map(count).sum::<u64>() == 50);
    let seconds = begun.elapsed().as_secs();
    let lines = told.lock().unwrap().len();
    assert!(u64::try_from(lines).unwrap() <= seconds + 2, "{lines} lines in {seconds} s");
    server.stop.stop();
    server.join();
}
