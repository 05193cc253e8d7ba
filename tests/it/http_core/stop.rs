//! How a server ends.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::fixture::{Running, hasty};

#[test]
fn a_stop_ends_the_idle_at_once_and_lets_the_running_finish() {
    let mut options = hasty();
    options.grace = Duration::from_secs(60);
    options.head_deadline = Duration::from_secs(60);
    options.idle = Duration::from_secs(60);
    let mut server = Running::start(options);
    let (mut idle, mut silent, mut half) = (server.connect(), server.connect(), server.connect());
    let mut running = server.connect();
    idle.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(idle.answer().status, 200);
    half.send(b"GET / HT");
    running.send(b"GET /gate HTTP/1.1\r\nHost: a\r\n\r\nGET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    server.probe.wait_for(1);
    let begun = Instant::now();
    server.stop.stop();
    assert!(idle.ends_silently() && silent.ends_silently() && half.ends_silently());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(TcpStream::connect(server.address).is_err(), "nobody listens any more");
    server.probe.open_gate();
    let answer = running.rest();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("Connection: close\r\n"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    server.join();
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(*server.probe.seen.lock().unwrap(), ["GET /gate"]);
}

#[test]
fn the_grace_ends_and_a_second_stop_waits_for_none() {
    let mut server = Running::hasty();
    let mut upload = server.connect();
    upload.send(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    server.probe.wait_for(1);
    server.stop.stop();
    server.join();
    let mut options = hasty();
    options.grace = Duration::from_secs(60);
    options.body_deadline = Duration::from_secs(60);
    let mut server = Running::start(options);
    let mut upload = server.connect();
    upload.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(upload.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    server.stop.stop();
    let begun = Instant::now();
    server.stop.cut();
    server.join();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
