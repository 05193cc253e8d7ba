//! TLS: attack 21, changing certificates, and kinds of keys. The client is curl, with a TLS that is not ours.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stevedore::http::{Options, Tls, TlsFiles, Trouble};
use tempfile::TempDir;

use super::fixture::{Client, Running, hasty};
use crate::support::certificates::Certificates;
use crate::support::oracle::{Tool, oracle};

fn with_tls(files: TlsFiles) -> Options {
    let mut options = hasty();
    options.head_deadline = Duration::from_secs(5);
    options.tls = Some(Tls::open(files).unwrap());
    options
}

/// Runs curl. Returns what came, or what it says about that.
fn curl(tool: &Tool, authority: &Path, arguments: &[&str]) -> Result<String, String> {
    let common = ["-sS", "--max-time", "600", "--cacert", authority.to_str().unwrap()];
    let run = tool.try_run(&[&common, arguments].concat());
    if run.code == 0 { Ok(String::from_utf8(run.stdout).unwrap()) } else { Err(run.stderr) }
}

fn address(server: &Running, path: &str) -> String {
    format!("https://{}{path}", server.address)
}

#[test]
fn curl_gets_and_puts_over_tls() {
    let Some(tool) = oracle("curl") else { return };
    let dir = TempDir::new().unwrap();
    let made = Certificates::create(dir.path());
    let server = Running::start(with_tls(TlsFiles::new(&made.server.certificate, &made.server.key)));
    let root = address(&server, "/");
    // Twice on one connection.
    assert_eq!(curl(&tool, &made.authority, &[&root, &root]).unwrap(), "ok\nok\n");
    assert_eq!(curl(&tool, &made.authority, &["--tls-max", "1.2", &root]).unwrap(), "ok\n");
    let body = dir.path().join("body");
    fs::write(&body, vec![7; 3 << 20]).unwrap();
    let body = body.to_str().unwrap();
    let put = |more: &[&str]| {
        let read = address(&server, "/read");
        curl(&tool, &made.authority, &[more, &["-T", body, &read]].concat()).unwrap()
    };
    assert_eq!(put(&[]), "Ok(3145728)");
    assert_eq!(put(&["-H", "Transfer-Encoding: chunked"]), "Ok(3145728)");
    let big = ["-o", "/dev/null", "-w", "%{size_download}", &address(&server, "/big")];
    assert_eq!(curl(&tool, &made.authority, &big).unwrap(), "1073741824");
    assert_eq!(curl(&tool, &made.authority, &[&address(&server, "/chunks")]).unwrap(), "in chunks");
}

#[test]
fn attack_21_seven_bytes_of_close_notify() {
    let dir = TempDir::new().unwrap();
    let made = Certificates::create(dir.path());
    let mut options = with_tls(TlsFiles::new(&made.server.certificate, &made.server.key));
    options.head_deadline = Duration::from_millis(500);
    let server = Running::start(options);
    let mut seven: Vec<Client> = (0..4).map(|_| server.connect()).collect();
    for client in &mut seven {
        client.send(b"\x15\x03\x03\x00\x02\x01\x00");
    }
    // And a handshake that drips, one that is none, and silence: all end by the deadline of the head.
    let mut half = server.connect();
    half.send(b"\x16\x03\x01\x02\x00\x01\x00");
    let silent = server.connect();
    let before = processor_time();
    for client in seven.iter_mut().chain([&mut half]) {
        let mut bytes = Vec::new();
        // A reset is an end as well.
        let _ = client.stream.read_to_end(&mut bytes);
        assert!(!bytes.starts_with(b"HTTP"), "nothing is said in the clear");
    }
    server.wait_for_open(0);
    drop(silent);
    // Other tests run in this process: four threads that spin for half a second would still stand out.
    assert!(processor_time().saturating_sub(before) < Duration::from_secs(30));
}

/// RFC 9112 knows no such answer, but net/http and nginx give it: a client that was told the wrong scheme learns what is wrong.
#[test]
fn http_on_the_port_of_https_is_answered_in_plain_words() {
    let dir = TempDir::new().unwrap();
    let made = Certificates::create(dir.path());
    let server = Running::start(with_tls(TlsFiles::new(&made.server.certificate, &made.server.key)));
    let big =
        [b"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n".as_slice(), &[b'x'; 100_000]].concat();
    for request in [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".as_slice(), b"POST / HTTP/1.0\r\n\r\n", b"G", &big] {
        let mut client = server.connect();
        client.send(request);
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("this port speaks https"), "{answer}");
    }
    assert!(server.probe.seen.lock().unwrap().is_empty());
}

#[test]
fn failed_handshakes_are_told() {
    let dir = TempDir::new().unwrap();
    let made = Certificates::create(dir.path());
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&told);
    let mut options = with_tls(TlsFiles::new(&made.server.certificate, &made.server.key));
    options.on_trouble = Some(Box::new(move |trouble| sink.lock().unwrap().push(trouble.to_string())));
    let server = Running::start(options);
    // Who only looks whether the port is open is no trouble.
    drop(server.connect());
    server.wait_for_open(0);
    assert!(told.lock().unwrap().is_empty());
    for _ in 0..20 {
        let mut client = server.connect();
        client.send(b"\x16\x03\x01\x00\x05hello");
        let mut bytes = Vec::new();
        let _ = client.stream.read_to_end(&mut bytes);
    }
    super::fixture::wait_until("told", || told.lock().unwrap().len() > 1);
    let told = told.lock().unwrap();
    assert!(told[0].starts_with("a TLS handshake of 127.0.0.1 failed: "), "{told:?}");
    assert!(told.len() < 6 && told[1].contains(" times in a second)"), "{told:?}");
}

/// The processor time of this thread's process.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    Duration::from_millis(10 * (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()))
}

#[test]
fn changed_certificates_are_used_and_broken_ones_are_not() {
    let Some(tool) = oracle("curl") else { return };
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (made, next) = (Certificates::create(dir.path()), Certificates::create(other.path()));
    let troubles: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Arc::clone(&troubles);
    let mut options = with_tls(TlsFiles::new(&made.server.certificate, &made.server.key));
    options.on_trouble = Some(Box::new(move |trouble| {
        // Clients that do not trust what is shown to them say so in the handshake.
        if !matches!(trouble.error, Trouble::Handshake(..)) {
            told.lock().unwrap().push(trouble.to_string());
        }
    }));
    let server = Running::start(options);
    let root = address(&server, "/");
    let replace = |to: &Path, from: &Path| {
        fs::copy(from, to.with_extension("new")).unwrap();
        fs::rename(to.with_extension("new"), to).unwrap();
    };
    assert_eq!(curl(&tool, &made.authority, &[&root]).unwrap(), "ok\n");
    // A certificate without its key: the old pair stays, and that is told once.
    replace(&made.server.certificate, &next.server.certificate);
    let until = |authority: &Path, condition: &dyn Fn() -> bool| {
        super::fixture::wait_until("noticed", || {
            let got = curl(&tool, authority, &[&root]);
            condition() && got.is_ok()
        });
    };
    until(&made.authority, &|| !troubles.lock().unwrap().is_empty());
    assert!(troubles.lock().unwrap()[0].contains("the old certificates stay in use"), "{troubles:?}");
    replace(&made.server.key, &next.server.key);
    until(&next.authority, &|| true);
    assert_eq!(troubles.lock().unwrap().len(), 1);
    assert!(curl(&tool, &made.authority, &[&root]).is_err());
}

#[test]
fn clients_show_certificates_where_they_must() {
    let Some(tool) = oracle("curl") else { return };
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (made, stranger) = (Certificates::create(dir.path()), Certificates::create(other.path()));
    let mut files = TlsFiles::new(&made.server.certificate, &made.server.key);
    files.client_authority = Some(made.authority.clone());
    let server = Running::start(with_tls(files));
    let root = address(&server, "/");
    let with = |pair: &crate::support::certificates::Pair| {
        let (certificate, key) = (pair.certificate.to_str().unwrap(), pair.key.to_str().unwrap());
        curl(&tool, &made.authority, &["--cert", certificate, "--key", key, &root])
    };
    assert_eq!(with(&made.client).unwrap(), "ok\n");
    assert!(with(&stranger.client).is_err());
    assert!(curl(&tool, &made.authority, &[&root]).is_err());
    assert!(server.probe.seen.lock().unwrap().is_empty());
}

#[test]
fn keys_of_every_usual_form_are_read() {
    let (Some(openssl), Some(tool)) = (oracle("openssl"), oracle("curl")) else { return };
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (key, certificate) = (path("key"), path("certificate"));
    let makings: [(&str, &[&str]); 4] = [
        ("BEGIN EC PRIVATE KEY", &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &key]),
        ("BEGIN RSA PRIVATE KEY", &["genrsa", "-traditional", "-out", &key, "2048"]),
        ("BEGIN PRIVATE KEY", &["genpkey", "-algorithm", "RSA", "-out", &key]),
        ("BEGIN PRIVATE KEY", &["genpkey", "-algorithm", "ed25519", "-out", &key]),
    ];
    for (form, making) in makings {
        openssl.run(making);
        assert!(fs::read_to_string(&key).unwrap().contains(form), "{form}");
        openssl.run(&[
            "req",
            "-x509",
            "-key",
            &key,
            "-out",
            &certificate,
            "-days",
            "2",
            "-subj",
            "/CN=a",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ]);
        let server = Running::start(with_tls(TlsFiles::new(&certificate, &key)));
        let got = curl(&tool, Path::new(&certificate), &[&address(&server, "/")]);
        assert_eq!(got.unwrap(), "ok\n", "{form} {making:?}");
    }
}

#[test]
fn files_that_hold_something_else_are_named() {
    let dir = TempDir::new().unwrap();
    let made = Certificates::create(dir.path());
    let nothing = dir.path().join("nothing");
    let error = |certificate: &Path, key: &Path| Tls::open(TlsFiles::new(certificate, key)).unwrap_err().to_string();
    let (certificate, key) = (&made.server.certificate, &made.server.key);
    assert_eq!(error(&nothing, key), format!("cannot read {}", nothing.display()));
    assert_eq!(error(key, key), format!("{} holds no certificate", key.display()));
    assert_eq!(error(certificate, certificate), format!("{} holds no key", certificate.display()));
    let client = &made.client.key;
    let pair = format!("{} and {} cannot be used together", certificate.display(), client.display());
    assert_eq!(error(certificate, client), pair);
}
