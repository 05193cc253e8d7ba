//! `HTTPS_PROXY` and its kin, by the program: a registry whose name nobody knows is reached through a proxy that does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::support::command::Program;
use crate::support::registry::{self, Registry, Tls};

/// Serves CONNECT to `target`, whatever is asked for, as long as the test runs; sends the request lines.
fn connect_proxy(target: String) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = listener.local_addr().expect("an address").to_string();
    let (lines, asked) = channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            // The client may have gone, and so may the test.
            let Some(line) = client.ok().and_then(|client| tunnel(client, &target).ok()) else { continue };
            let _ = lines.send(line);
        }
    });
    (address, asked)
}

fn tunnel(mut client: TcpStream, target: &str) -> std::io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let mut server = TcpStream::connect(target)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut up, mut down) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || std::io::copy(&mut up, &mut server));
    thread::spawn(move || std::io::copy(&mut down, &mut client));
    Ok(String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned())
}

#[test]
fn the_environment_names_proxies() {
    let options = registry::Options { tls: Some(Tls::Anybody), ..Default::default() };
    let Some(registry) = Registry::start_with(options) else { return };
    let (proxy, asked) = connect_proxy(registry.host());
    // The certificate is for another name, so it is not looked at.
    let arguments = ["tags", "--tls-verify=false", "--retry-times=0", "docker://registry.invalid/none"];
    let run = |variables: &[(&str, &str)]| {
        let program = Program::stevedore(&arguments);
        variables.iter().fold(program, |program, (name, value)| program.env(name, value)).run()
    };
    let address = format!("http://{proxy}");
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let run = run(&[(name, &address), ("NO_PROXY", "example.com,other.invalid")]).code(3);
        assert!(run.stderr.contains("NAME_UNKNOWN"), "{name}: {}", run.stderr);
        assert_eq!(asked.recv().expect("the proxy was asked"), "CONNECT registry.invalid:443 HTTP/1.1", "{name}");
    }
    for (name, value) in [("NO_PROXY", "a.example, .invalid"), ("no_proxy", "registry.invalid"), ("NO_PROXY", "*")] {
        let run = run(&[("HTTPS_PROXY", &address), (name, value)]).code(5);
        assert!(run.stderr.contains("registry.invalid"), "{}", run.stderr);
        assert!(asked.try_recv().is_err(), "{name}={value}");
    }
}
