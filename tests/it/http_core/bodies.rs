//! Bodies of requests: attacks 1, 13, 16, 18.

use std::time::{Duration, Instant};

use super::fixture::{Client, Running, refused};

#[test]
fn attack_1_enormous_declared_lengths() {
    let server = Running::hasty();
    for length in ["100000000000000", "9000000000000000000", "18446744073709551615"] {
        let rejected = format!("PUT /reject HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        assert_eq!(refused(server.address, rejected.as_bytes()), 413, "{length}");
        let mut client = server.connect();
        client.send(format!("PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\nxy").as_bytes());
        drop(client);
        server.assert_serves();
    }
    let too_many = b"PUT /reject HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n";
    assert_eq!(refused(server.address, too_many), 400);
    server.wait_for_open(0);
    let seen = server.probe.seen.lock().unwrap();
    assert!(seen.iter().filter(|seen| seen.contains("/read")).all(|seen| seen.contains("cut short")), "{seen:?}");
}

#[test]
fn attack_13_a_gigabyte_that_nobody_reads() {
    let server = Running::hasty();
    let mut clients: Vec<Client> = (0..8).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send(b"PUT /reject HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n");
    }
    server.assert_serves();
    for client in &mut clients {
        let begun = Instant::now();
        // Sent all the same, by a client that reads only afterwards.
        client.send(&[b'x'; 200_000]);
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("Connection: close\r\n"), "{answer}");
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
    server.wait_for_open(0);
}

#[test]
fn attack_16_a_body_cut_short_is_never_a_success() {
    let server = Running::hasty();
    let bodies: &[&[u8]] = &[
        b"Content-Length: 10\r\n\r\nhello",
        b"Content-Length: 100000\r\n\r\nhello",
        b"Content-Length: 5\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y",
    ];
    for body in bodies {
        let mut client = server.connect();
        client.send(b"PUT /read HTTP/1.1\r\nHost: a\r\n");
        client.send(body);
        client.half_close();
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{}: {answer}", body.escape_ascii());
    }
    let seen = server.probe.seen.lock().unwrap();
    assert_eq!(seen.len(), bodies.len());
    assert!(seen.iter().all(|seen| seen.contains("the body was cut short")), "{seen:?}");
}

#[test]
fn attack_18_expectations_are_met_when_the_body_is_read_and_not_before() {
    let server = Running::hasty();
    let mut client = server.connect();
    client.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(b"hello");
    assert_eq!(client.answer().body, "Ok(5)");
    // The body is there already: no 100 is due.
    client.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");
    let first = client.head();
    assert!(first.starts_with("HTTP/1.1 201 ") || first == "HTTP/1.1 100 Continue\r\n\r\n", "{first}");
    // A rejected one gets its final status only, and the connection ends: whether the body comes is not known.
    let rejected = b"PUT /reject HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    assert_eq!(refused(server.address, rejected), 413);
    let with_request = [rejected.as_slice(), b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    assert_eq!(refused(server.address, &with_request), 413);
    // Nobody waits for a 100 without a body, nor in HTTP/1.0.
    let mut client = server.connect();
    client.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.answer().body, "Ok(0)");
    let mut client = server.connect();
    client.send(b"PUT /read HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    client.send(b"x");
    assert_eq!(client.answer().body, "Ok(1)");
    assert!(!server.probe.seen.lock().unwrap().iter().any(|seen| seen.contains("smuggled")));
}

#[test]
fn a_short_rest_of_a_body_is_skipped_and_a_long_one_ends_the_connection() {
    let server = Running::hasty();
    let mut client = server.connect();
    client.send(format!("PUT /reject HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", 64 << 10).as_bytes());
    client.send(&[b'x'; 64 << 10]);
    assert_eq!(client.answer().status, 413);
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.answer().body, "ok\n");
    client.send(format!("PUT /reject HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", (64 << 10) + 1).as_bytes());
    let answer = client.rest();
    assert!(answer.contains("Connection: close\r\n"), "{answer}");
}
