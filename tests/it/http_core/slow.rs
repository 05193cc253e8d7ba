//! Clients that are slow, silent or many: attacks 4 to 9.

use std::thread;
use std::time::{Duration, Instant};

use super::fixture::{Client, Running, hasty, refused};

#[test]
fn attack_4_bursts_of_connections_starve_none() {
    let server = Running::hasty();
    for trial in 0..100 {
        let mut clients: Vec<Client> = (0..12).map(|_| server.connect()).collect();
        let begun = Instant::now();
        for client in &mut clients {
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        for client in &mut clients {
            assert_eq!(client.answer().status, 200);
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "trial {trial}: {:?}", begun.elapsed());
    }
}

#[test]
fn attack_5_silence_and_half_a_head() {
    let server = Running::hasty();
    let mut silent: Vec<Client> = (0..100).map(|_| server.connect()).collect();
    let mut half = server.connect();
    half.send(b"GET / HTTP/1.1\r\nHos");
    server.assert_serves();
    assert!(half.rest().starts_with("HTTP/1.1 408 "));
    assert!(silent.iter_mut().all(Client::ends_silently));
    // One that was answered may be idle for longer, and then ends without a word too.
    let mut idle = server.connect();
    idle.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    idle.answer();
    let begun = Instant::now();
    assert!(idle.ends_silently());
    assert!(begun.elapsed() >= Duration::from_millis(700), "{:?}", begun.elapsed());
    server.wait_for_open(0);
}

/// Sends a byte each 50 ms until the server ends it.
fn drip(client: &mut Client, byte: u8) -> Duration {
    let begun = Instant::now();
    client.stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    while client.stream.peek(&mut [0]).is_err() {
        client.send(&[byte]);
        assert!(begun.elapsed() < Duration::from_secs(30), "never cut");
    }
    client.stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    begun.elapsed()
}

#[test]
fn attack_6_drips_reset_no_clock() {
    let server = Running::hasty();
    let starts: &[(&[u8], u8)] = &[
        (b"GET /", b'a'),
        (b"GET / HTTP/1.1\r\nX: ", b'a'),
        (b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", b'a'),
        (b"PUT /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n", b'a'),
        (b"PUT /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;", b'a'),
    ];
    for (start, byte) in starts {
        let mut client = server.connect();
        client.send(start);
        let lasted = drip(&mut client, *byte);
        assert!(client.rest().starts_with("HTTP/1.1 408 "), "{}", start.escape_ascii());
        assert!(lasted < Duration::from_secs(10), "{}: {lasted:?}", start.escape_ascii());
    }
    let seen = server.probe.seen.lock().unwrap();
    assert!(seen.iter().all(|seen| seen.contains("the body came too slowly")), "{seen:?}");
}

#[test]
fn attack_6_a_slow_but_steady_body_is_taken() {
    let mut options = hasty();
    options.minimum_rate = 20;
    let server = Running::start(options);
    let mut client = server.connect();
    client.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    // 10 bytes each 50 ms are 200 a second.
    for _ in 0..20 {
        client.send(&[b'x'; 10]);
        thread::sleep(Duration::from_millis(50));
    }
    client.send(&[b'x'; 800]);
    assert_eq!(client.answer().body, "Ok(1000)");
}

#[test]
fn attack_7_slow_uploads_hold_up_nobody() {
    let server = Running::hasty();
    let mut slow: Vec<Client> = (0..50).map(|_| server.connect()).collect();
    for client in &mut slow {
        client.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    }
    server.assert_serves();
    for client in &mut slow {
        assert!(client.rest().starts_with("HTTP/1.1 408 "));
    }
    server.wait_for_open(0);
}

#[test]
fn attack_8_readers_that_stop_are_let_go() {
    let server = Running::hasty();
    let mut stalled: Vec<Client> = (0..50).map(|_| server.connect()).collect();
    for (number, client) in stalled.iter_mut().enumerate() {
        let path = if number % 2 == 0 { "/big" } else { "/big-reader" };
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
    }
    server.probe.wait_for(stalled.len());
    server.assert_serves();
    server.wait_for_open(0);
}

#[test]
fn attack_9_pipelined_behind_a_gigabyte() {
    let server = Running::hasty();
    let mut client = server.connect();
    client.send(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    for _ in 0..20 {
        client.send(b"GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    server.assert_serves();
    server.wait_for_open(0);
    assert_eq!(*server.probe.seen.lock().unwrap(), ["GET /big"], "the next waits for the one before it");
}

#[test]
fn the_number_of_connections_is_limited_in_all_and_of_one_address() {
    let mut per_address = hasty();
    per_address.connections_per_address = Some(3);
    let mut in_all = hasty();
    in_all.connections = 3;
    for options in [per_address, in_all] {
        let server = Running::start(options);
        let mut held: Vec<Client> = (0..3).map(|_| server.connect()).collect();
        for client in &mut held {
            client.send(b"GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        server.probe.wait_for(3);
        for _ in 0..20 {
            assert_eq!(refused(server.address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 503);
        }
        assert_eq!((server.counters.refused(), server.counters.open()), (20, 3));
        server.probe.open_gate();
        for client in &mut held {
            assert_eq!(client.answer().status, 200);
        }
        drop(held);
        server.wait_for_open(0);
        server.assert_serves();
    }
}
