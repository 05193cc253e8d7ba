//! What a process can run out of: memory, threads and files, under large heads and bodies, idle connections and slow readers.

use std::io::Write;
use std::time::{Duration, Instant};

use super::child::{Limits, Process};
use super::fixture::{Client, assert_serves, status, wait_until};

const MIB: u64 = 1 << 20;

#[test]
fn attack_2_idle_connections_beyond_the_file_descriptors() {
    let server = Process::start(Limits { files: Some(64), ..Limits::default() });
    let idle: Vec<Client> = (0..200).map(|_| Client::connect(server.address)).collect();
    wait_until("out of file descriptors", || server.files() >= 60);
    drop(idle);
    assert_serves_soon(&server);
    wait_until("free again", || server.files() < 20);
    server.end();
}

/// Within the server's pause of 100 ms and a bit, which on a machine that is busy with other tests can be seconds.
fn assert_serves_soon(server: &Process) {
    let begun = Instant::now();
    let mut client = Client::connect(server.address);
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&client.rest()), 200);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn attack_3_threads_that_cannot_be_made() {
    let server = Process::start(Limits { more_space: Some(40 * MIB), ..Limits::default() });
    let mut clients: Vec<Client> = (0..120).map(|_| Client::connect(server.address)).collect();
    let mut statuses = Vec::new();
    for client in &mut clients {
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        statuses.push(client.answer().status);
    }
    let refused = statuses.iter().filter(|status| **status == 503).count();
    assert!(refused > 0 && refused < 120, "{refused} of 120 refused");
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    drop(clients);
    wait_until("free again", || server.threads() <= 4);
    assert_serves_soon(&server);
    server.end();
}

#[test]
fn attack_10_pipelined_requests_that_nobody_reads() {
    let server = Process::start(Limits::default());
    let mut client = Client::connect(server.address);
    client.stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let requests = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1000);
    // Until the server takes no more: its answers are stuck.
    let taken = (0..300).take_while(|_| client.stream.write_all(&requests).is_ok()).count();
    assert!(taken < 300, "the server reads ahead without an end");
    assert!(server.figure("VmRSS") < 32 * MIB, "{} bytes", server.figure("VmRSS"));
    assert_serves(server.address);
    server.end();
}

#[test]
fn attack_11_heads_without_an_end() {
    let server = Process::start(Limits::default());
    assert_serves(server.address);
    let before = server.figure("VmRSS");
    let line = |start: &str, filling: &str, times: usize| format!("{start}{}", filling.repeat(times));
    let fields = line("GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", 1_000_000);
    let cases = [
        (line("GET /", "a", 10_000_000), 414),
        (line("", "A", 10_000_000), 414),
        (line("GET / HTTP/1.1\r\nHost: a\r\nX: ", "y", 30_000_000), 431),
        (line("GET / HTTP/1.1\r\nHost: a\r\n", "y", 30_000_000), 431),
        (fields, 431),
        (format!("{}\r\n", line("GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", 1000)), 431),
    ];
    for (request, expected) in &cases {
        let mut client = Client::connect(server.address);
        client.send(request.as_bytes());
        let answer = client.rest();
        assert_eq!(status(&answer), *expected, "{:?}…: {answer}", &request[..40]);
    }
    let grown = server.figure("VmHWM").saturating_sub(before);
    assert!(grown <= MIB, "{grown} bytes more");
    server.end();
}

#[test]
fn line_33_silent_connections_beyond_the_limit() {
    let server = Process::start(Limits {
        files: Some(256),
        connections: Some(50),
        head_deadline: Some(20_000),
        ..Limits::default()
    });
    let silent: Vec<Client> = (0..200).map(|_| Client::connect(server.address)).collect();
    let mut client = Client::connect(server.address);
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    // At once; or, after a second, one of the silent ones gives way.
    let begun = Instant::now();
    assert!(matches!(client.answer().status, 200 | 503));
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(server.threads() <= 105, "{} threads", server.threads());
    drop(client);
    wait_until("all gone", || server.threads() <= 4);
    assert_serves(server.address);
    drop(silent);
    server.end();
}
