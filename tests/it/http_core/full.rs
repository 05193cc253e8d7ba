//! Places that are taken: who waits gives way to who asks, and urgent requests have places of their own.

use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use std::io::{Read, Write};

use stevedore::http::{Address, Listener, Options, Server, Tls, TlsFiles, Urgency};
use tempfile::TempDir;

use super::fixture::{Client, Probe, Running, hasty, refused, status, wait_until};
use crate::support::certificates::Certificates;
use crate::support::oracle::oracle;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Options with few places, and enough time for a test.
fn places(connections: usize) -> Options {
    let mut options = Options::default();
    options.connections = connections;
    options.grace = Duration::from_millis(500);
    options
}

#[test]
fn who_waits_gives_way() {
    let server = Running::start(places(4));
    let mut kept: Vec<Client> = (0..3).map(|_| server.connect()).collect();
    for client in &mut kept {
        client.send(GET);
        assert_eq!(client.answer().status, 200);
    }
    // One whose request runs, and one that has said half of one just now.
    let mut running = server.connect();
    running.send(b"GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    server.probe.wait_for(1);
    for round in 0..3 {
        let mut new = server.connect();
        new.send(GET);
        assert_eq!(new.answer().status, 200, "round {round}");
        // One is gone, the others are there.
        let is_ended = |client: &Client| {
            client.stream.set_nonblocking(true).unwrap();
            let ended = matches!(client.stream.peek(&mut [0]), Ok(0));
            client.stream.set_nonblocking(false).unwrap();
            ended
        };
        wait_until("one is ended", || kept.iter().any(is_ended));
        kept.retain(|client| !is_ended(client));
        kept.push(new);
        assert_eq!(kept.len(), 3, "round {round}");
        for client in &mut kept {
            client.send(GET);
            assert_eq!(client.answer().status, 200, "round {round}");
        }
    }
    assert_eq!((server.counters.evicted(), server.counters.refused()), (3, 0));
    server.probe.open_gate();
    assert_eq!(running.answer().status, 200);
}

#[test]
fn who_says_nothing_gives_way_after_a_second() {
    let server = Running::start(places(3));
    let mut silent = server.connect();
    let mut half = server.connect();
    half.send(b"GET / HT");
    let mut running = server.connect();
    running.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234");
    wait_until("three connections", || server.counters.open() == 3);
    let mut answered = 0;
    wait_until("two are answered", || {
        answered += usize::from(refused_or_not(&server) == 200);
        answered == 2
    });
    assert!(silent.ends_silently() || half.ends_silently());
    // The upload goes on as if nothing had been.
    running.send(b"56789");
    assert_eq!(running.answer().body, "Ok(9)");
}

/// Sends a request on a connection of its own.
fn refused_or_not(server: &Running) -> u16 {
    let mut client = server.connect();
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    status(&client.rest())
}

#[test]
fn requests_that_run_are_never_ended() {
    let server = Running::start(places(3));
    let mut running: Vec<Client> = (0..3).map(|_| server.connect()).collect();
    for client in &mut running {
        client.send(b"GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    server.probe.wait_for(3);
    for _ in 0..10 {
        assert_eq!(refused(server.address, GET), 503);
    }
    server.probe.open_gate();
    for client in &mut running {
        assert_eq!(client.answer().status, 200);
    }
}

/// Places for urgent requests, by path.
fn urgent(connections: usize, reserved: usize) -> Options {
    let mut options = places(connections);
    options.reserved_connections = reserved;
    options.urgency = |_, path| match path {
        "/health" => Urgency::Health,
        "/read" => Urgency::Write,
        _ => Urgency::None,
    };
    options
}

#[test]
fn urgent_requests_have_places_of_their_own() {
    let server = Running::start(urgent(2, 4));
    let mut running: Vec<Client> = (0..2).map(|_| server.connect()).collect();
    for client in &mut running {
        client.send(b"GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    server.probe.wait_for(2);
    assert_eq!(refused(server.address, GET), 503);
    // Three of the four are for whoever writes.
    let mut writing: Vec<Client> = (0..3).map(|_| server.connect()).collect();
    for client in &mut writing {
        client.send(b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    }
    // Each has its place once its body is asked for; a fourth that comes before takes it away.
    for client in &mut writing {
        assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    }
    let write = b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    wait_until("a fourth is refused", || {
        let mut client = server.connect();
        client.send(write);
        let answer = client.head();
        status(&answer) == 503
    });
    for _ in 0..5 {
        wait_until("the health is told", || {
            let mut client = server.connect();
            client.send(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            status(&client.rest()) == 200
        });
    }
    for client in &mut writing {
        client.send(b"12");
        assert_eq!(client.answer().body, "Ok(2)");
    }
    server.probe.open_gate();
    for client in &mut running {
        assert_eq!(client.answer().status, 200);
    }
}

#[test]
fn places_are_taken_back_over_tls_too() {
    let Some(tool) = oracle("curl") else { return };
    let dir = TempDir::new().unwrap();
    let made = Certificates::create(dir.path());
    let mut options = urgent(3, 2);
    options.tls = Some(Tls::open(TlsFiles::new(&made.server.certificate, &made.server.key)).unwrap());
    let server = Running::start(options);
    let silent: Vec<Client> = (0..3).map(|_| server.connect()).collect();
    let url = format!("https://{}/", server.address);
    let ask = |path: &str| {
        let authority = made.authority.to_str().unwrap();
        let url = format!("{url}{path}");
        let run = tool.try_run(&["-sS", "--max-time", "600", "--cacert", authority, "-w", "%{http_code}", &url]);
        String::from_utf8_lossy(&run.stdout).into_owned()
    };
    assert_eq!(ask("health"), "ok\n200");
    wait_until("a place is free", || ask("") == "ok\n200");
    drop(silent);
}

#[test]
fn readers_that_stall_give_way_sooner_where_there_is_no_room() {
    let mut options = places(4);
    options.write_deadline = Duration::from_millis(500);
    // Fast enough for ever, until there is no room: then 64 times as fast is.
    options.minimum_rate = 1;
    let server = Running::start(options);
    let mut slow: Vec<Client> = (0..4).map(|_| server.connect()).collect();
    for client in &mut slow {
        client.send(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    server.probe.wait_for(4);
    server.wait_for_open(0);
}

#[test]
fn one_server_listens_in_several_places() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("socket");
    let tcp: Vec<TcpListener> = (0..2).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let addresses: Vec<_> = tcp.iter().map(|listener| listener.local_addr().unwrap()).collect();
    let mut listeners: Vec<Listener> = tcp.into_iter().map(Listener::from).collect();
    listeners.push(UnixListener::bind(&path).unwrap().into());
    assert_eq!(listeners[2].address().unwrap(), Address::Unix(path.clone()));
    // As one of a service manager, which stays open.
    let manager = TcpListener::bind("127.0.0.1:0").unwrap();
    listeners.push(Listener::inherited(manager.try_clone().unwrap().into()).unwrap());
    let first = listeners.remove(0);
    let mut server = Server::new(first, hasty()).unwrap();
    for listener in listeners {
        server = server.also(listener).unwrap();
    }
    let (stop, probe) = (server.stopper(), Arc::new(Probe::default()));
    let handler = Arc::clone(&probe);
    let thread = thread::spawn(move || server.run(&handler));
    for address in addresses.iter().chain([&manager.local_addr().unwrap()]) {
        let mut client = Client::connect(*address);
        client.send(GET);
        assert_eq!(client.answer().status, 200, "{address}");
    }
    let mut local = UnixStream::connect(&path).unwrap();
    local.write_all(b"PUT /read HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc").unwrap();
    let mut answer = String::new();
    local.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("Ok(3)"), "{answer}");
    stop.stop();
    thread.join().unwrap();
    for address in addresses {
        assert!(std::net::TcpStream::connect(address).is_err());
    }
    assert!(std::net::TcpStream::connect(manager.local_addr().unwrap()).is_ok(), "the next server will take it");
}
