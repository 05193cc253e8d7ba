//! One meaning for every byte: attacks 12, 14, 15, 17 of the list that tiny_http fell for.

use super::fixture::{Client, Running, refused};

#[test]
fn attack_12_two_hundred_requests_of_http_2() {
    let server = Running::hasty();
    for _ in 0..200 {
        assert_eq!(refused(server.address, b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
    }
    assert_eq!(refused(server.address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
    server.wait_for_open(0);
    server.assert_serves();
}

#[test]
fn attack_14_a_chunked_body_left_unread_is_no_request() {
    let server = Running::hasty();
    let inner = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    let request = format!(
        "PUT /reject HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{inner}\r\n0\r\n\r\n",
        inner.len()
    );
    assert_eq!(refused(server.address, request.as_bytes()), 413);
    let request = format!(
        "PUT /reject HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{inner}",
        inner.len()
    );
    assert_eq!(refused(server.address, request.as_bytes()), 413);
    assert_eq!(*server.probe.seen.lock().unwrap(), ["PUT /reject", "PUT /reject"]);
}

#[test]
fn attack_15_framing_that_two_servers_could_read_differently() {
    let server = Running::hasty();
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    let cases: &[(&str, u16)] = &[
        ("PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n", 400),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", 400),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello", 400),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n", 400),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", 400),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", 400),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        ("PUT /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        ("PUT /read HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n folded: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /é HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n", 417),
    ];
    for (request, status) in cases {
        let bytes = format!("{request}{smuggled}").into_bytes();
        assert_eq!(refused(server.address, &bytes), *status, "{request:?}");
    }
    assert!(server.probe.seen.lock().unwrap().is_empty(), "no handler saw any of it");
}

#[test]
fn attack_17_syntax_of_chunks() {
    let server = Running::hasty();
    let cases: &[&str] = &[
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "00000000000000005\r\nhello\r\n0\r\n\r\n",
        "xyz\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhelloo\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nGET /smuggled HTTP/1.1\r\n\r\n",
    ];
    for body in cases {
        let request = format!("PUT /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        assert_eq!(refused(server.address, request.as_bytes()), 400, "{body:?}");
    }
    let zeros = format!("PUT /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{}", "0".repeat(200_000));
    assert_eq!(refused(server.address, zeros.as_bytes()), 400);
    // The largest size there is waits for its data like any other.
    let mut client = server.connect();
    client.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx");
    assert_eq!(client.answer().status, 408);
    assert!(server.probe.seen.lock().unwrap().iter().all(|seen| seen.contains("Err")));
}

#[test]
fn well_formed_chunks_and_trailers_leave_the_connection_usable() {
    let server = Running::hasty();
    let mut client = server.connect();
    for _ in 0..2 {
        client.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.send(b"5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n");
        let answer = client.answer();
        assert_eq!((answer.status, answer.body.as_str()), (201, "Ok(15)"));
    }
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let server = Running::hasty();
    let mut client = server.connect();
    client.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send(b"PUT /reject HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    let statuses: Vec<u16> = (0..4).map(|_| client.answer().status).collect();
    assert_eq!(statuses, [201, 200, 413, 200]);
    assert_eq!(*server.probe.seen.lock().unwrap(), ["PUT /read Ok(3)", "GET /a", "PUT /reject", "GET /b"]);
}

#[test]
fn http_1_0_is_spoken_without_its_successors_manners() {
    let server = Running::hasty();
    let mut client = server.connect();
    client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let answer = client.answer();
    assert!(answer.head.contains("Connection: keep-alive\r\n"), "{}", answer.head);
    client.send(b"GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let answer = client.rest();
    assert!(answer.contains("Connection: close\r\n") && !answer.contains("chunked"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nin chunks"), "{answer}");
    let mut client = Client::connect(server.address);
    client.send(b"GET / HTTP/1.0\r\n\r\n");
    assert!(client.rest().ends_with("\r\n\r\nok\n"));
}
