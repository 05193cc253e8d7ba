//! Tables of heads that are taken and refused.

use super::*;

/// Scans byte by byte, then whole: both must say the same.
fn read(head: &[u8]) -> Result<Head, u16> {
    let limits = HeadLimits::default();
    let whole = Scan::default().advance(head, &limits);
    let mut piecemeal = Scan::default();
    let bit_by_bit = (0..=head.len()).map(|end| piecemeal.advance(&head[..end], &limits)).find(|got| *got != Ok(None));
    assert_eq!(bit_by_bit.unwrap_or(Ok(None)), whole, "{}", head.escape_ascii());
    match whole.map_err(|refusal| refusal.status)? {
        Some(length) => parse(&head[..length], &limits).map_err(|refusal| refusal.status),
        None => Err(0),
    }
}

fn request(lines: &str) -> Vec<u8> {
    format!("{}\r\n\r\n", lines.replace('\n', "\r\n")).into_bytes()
}

#[test]
fn heads_are_read() {
    let head = read(&request("PUT /v2/a?digest=x HTTP/1.1\nHost: a:5000\nX-Y:  z \ncontent-length: 7"))
        .expect("a head that is read");
    assert_eq!((head.method, head.target.as_str(), head.modern), (Method::Put, "/v2/a?digest=x", true));
    assert_eq!(head.headers.first("x-y"), Some("z"));
    assert_eq!(head.framing, Framing::Length(7));
    assert!(head.keep_alive && !head.expects_continue);
    let head = read(&request("GET http://other:1/path?q HTTP/1.1\nHost: a")).expect("a head that is read");
    assert_eq!((head.target.as_str(), head.headers.only("Host")), ("/path?q", Some("other:1")));
    assert_eq!(read(&request("GET http://other?q HTTP/1.1\nHost: a")).expect("a head that is read").target, "/?q");
    assert_eq!(read(&request("OPTIONS * HTTP/1.1\nHost:")).expect("a head that is read").target, "*");
    assert_eq!(read(b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").expect("a head that is read").target, "/");
    assert!(
        read(&request("PUT / HTTP/1.1\nHost: a\nExpect: 100-Continue")).expect("a head that is read").expects_continue
    );
    assert_eq!(
        read(&request("get / HTTP/1.1\nHost: a")).expect("a head that is read").method,
        Method::Other("get".to_owned())
    );
}

#[test]
fn connections_are_kept_where_both_can() {
    let cases = [
        ("HTTP/1.1\nHost: a", true),
        ("HTTP/1.1\nHost: a\nConnection: close", false),
        ("HTTP/1.1\nHost: a\nConnection: te, Close", false),
        ("HTTP/1.1\nHost: a\nConnection: keep-alive\nConnection: close", false),
        ("HTTP/1.0", false),
        ("HTTP/1.0\nConnection: Keep-Alive", true),
        ("HTTP/1.0\nConnection: Keep-Alive, close", false),
    ];
    for (rest, kept) in cases {
        assert_eq!(read(&request(&format!("GET / {rest}"))).expect("a head that is read").keep_alive, kept, "{rest:?}");
    }
}

#[test]
fn bytes_with_two_meanings_are_refused() {
    let cases: &[(&[u8], u16)] = &[
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        (b" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: y\x01z\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa9: y\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        (b"GET /\r\nHost: a\r\n\r\n", 400),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET http://a/ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        (b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", 0),
        (b"", 0),
    ];
    for (head, status) in cases {
        assert_eq!(
            read(head).map_err(|status| status.to_string()).err(),
            Some(status.to_string()),
            "{}",
            head.escape_ascii()
        );
    }
}

/// RFC 9110, section 5.5: obs-text is opaque. Where it would mean something, it is refused as before.
#[test]
fn bytes_above_127_are_opaque() {
    for (value, expected) in [
        (&b"J\xf6rg"[..], Ok("J\u{f6}rg")),
        ("J\u{f6}rg".as_bytes(), Ok("J\u{f6}rg")),
        (b"\xff\x80", Ok("\u{ff}\u{80}")),
    ] {
        let head = [b"GET / HTTP/1.1\r\nHost: a\r\nX-Remote-User: ", value, b"\r\n\r\n"].concat();
        let head = read(&head);
        assert_eq!(
            head.as_ref().map(|head| head.headers.first("x-remote-user").unwrap_or_default()),
            expected.as_ref().map(|text| *text)
        );
    }
    for field in [&b"Host: \xe4"[..], b"Host: a\r\nContent-Length: \xb2", b"Host: a\r\nTransfer-Encoding: chunked\xa0"]
    {
        let head = [b"PUT / HTTP/1.1\r\n", field, b"\r\n\r\n"].concat();
        assert!(matches!(read(&head), Err(400 | 501)), "{}", field.escape_ascii());
    }
}

#[test]
fn limits_have_their_statuses() {
    let line = |length: usize| format!("GET /{} HTTP/1.1\nHost: a", "x".repeat(length - 14));
    assert!(read(&request(&line(8192))).is_ok());
    assert_eq!(read(&request(&line(8193))).err(), Some(414));
    assert_eq!(read(&[b'A'; 9000]).err(), Some(414));
    let fields = |count: usize| format!("GET / HTTP/1.1\nHost: a{}", "\nX: y".repeat(count - 1));
    assert!(read(&request(&fields(100))).is_ok());
    assert_eq!(read(&request(&fields(101))).err(), Some(431));
    let field = |length: usize| format!("GET / HTTP/1.1\nHost: a\nX: {}", "y".repeat(length));
    assert!(read(&request(&field(32_000))).is_ok());
    assert_eq!(read(&request(&field(33_000))).err(), Some(431));
}
