//! TLS from the command line: whom to trust and who to be, for each side alone.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use tempfile::TempDir;

use crate::support::command::{Program, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::registry::{Options, Registry, Tls};
use crate::support::seed;

/// A registry with TLS that has `app:v1`.
struct Secured {
    registry: Registry,
    image: Fixture,
    _folder: TempDir,
    /// Holds what both serve.
    _plain: Registry,
}

fn secured(tls: Tls) -> Option<Secured> {
    let plain = Registry::start()?;
    let folder = tempfile::tempdir().expect("making a temporary directory");
    let image = fixture::single(&folder.path().join("app"));
    seed::push_all(&image.dir, &plain.client(), "app");
    let options = Options { tls: Some(tls), storage: Some(plain.storage()), ..Default::default() };
    let registry = Registry::start_with(options)?;
    Some(Secured { registry, image, _folder: folder, _plain: plain })
}

impl Secured {
    fn at(&self, name: &str) -> String {
        format!("docker://{}/{name}", self.registry.host())
    }

    fn authority(&self) -> String {
        self.registry.authority().display().to_string()
    }

    /// Puts the authority, and the client's certificate and key, into a folder.
    fn fill(&self, folder: &Path) {
        fs::create_dir_all(folder).expect("making a directory");
        let pair = self.registry.client_pair();
        let files =
            [(self.registry.authority(), "ca.crt"), (&pair.certificate, "client.cert"), (&pair.key, "client.key")];
        for (from, name) in files {
            fs::copy(from, folder.join(name)).expect("copying a file");
        }
    }
}

/// To trust the source blindly says nothing about the destination, nor the other way round, even where both are one host.
#[test]
fn each_side_is_trusted_alone() {
    let (Some(one), Some(other)) = (secured(Tls::Anybody), secured(Tls::Anybody)) else {
        return;
    };
    for to in [other.at("new:v1"), one.at("new:v1")] {
        let from = one.at("app:v1");
        for (flags, distrusted) in [
            (&["--src-tls-verify=false"][..], &to),
            (&["--dest-tls-verify=false"], &from),
            (&["--src-tls-verify=false", "--dest-tls-verify"], &to),
        ] {
            let arguments: Vec<&str> = ["copy"].iter().chain(flags).chain(&[from.as_str(), &to]).copied().collect();
            let run = stevedore(&arguments).code(5);
            assert!(run.stderr.contains("its certificate is not trusted"), "{flags:?}: {}", run.stderr);
            let place = distrusted.trim_end_matches(":v1");
            assert!(run.stderr.contains(place), "{flags:?} should name {place}: {}", run.stderr);
        }
        let flags = ["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to];
        assert_eq!(stevedore(&flags).ok().text(), one.image.digest);
    }
}

/// An authority is trusted when a flag names its file or its folder, or when it lies where podman and docker look.
#[test]
fn an_authority_is_named_in_three_ways() {
    let Some(secured) = secured(Tls::Anybody) else {
        return;
    };
    let reference = secured.at("app:v1");
    let digest = secured.image.digest.as_str();
    let run = stevedore(&["digest", &reference]).code(5);
    assert!(run.stderr.contains("--tls-ca"), "the cure is named: {}", run.stderr);
    assert_eq!(stevedore(&["digest", "--tls-ca", &secured.authority(), &reference]).ok().text(), digest);
    let folder = tempfile::tempdir().expect("making a temporary directory");
    fs::copy(secured.registry.authority(), folder.path().join("own.crt")).expect("copying a file");
    let folder = folder.path().display().to_string();
    assert_eq!(stevedore(&["digest", "--cert-dir", &folder, &reference]).ok().text(), digest);
    let program = Program::stevedore(&["digest", &reference]);
    secured.fill(&program.home().join(".config/containers/certs.d").join(secured.registry.host()));
    assert_eq!(program.run().ok().text(), digest);
    let copied = secured.at("by-folder:v1");
    let flags = ["copy", "--src-cert-dir", &folder, "--dest-cert-dir", &folder, &reference, &copied];
    assert_eq!(stevedore(&flags).ok().text(), digest);
    stevedore(&["copy", "--src-cert-dir", &folder, &reference, &copied]).code(5);
    stevedore(&["digest", "--tls-ca", "/nonexistent/ca.crt", &reference]).code(1);
}

/// A registry that wants to know who asks is shown the certificate of a flag, of a folder by flag, or of the usual folder.
#[test]
fn a_client_shows_its_certificate() {
    let Some(secured) = secured(Tls::ClientCertificate) else {
        return;
    };
    let (reference, authority) = (secured.at("app:v1"), secured.authority());
    let digest = secured.image.digest.as_str();
    stevedore(&["digest", "--retry-times=0", "--tls-ca", &authority, &reference]).code(5);
    let pair = secured.registry.client_pair();
    let (certificate, key) = (pair.certificate.display().to_string(), pair.key.display().to_string());
    let flags = ["digest", "--tls-ca", &authority, "--tls-cert", &certificate, "--tls-key", &key, &reference];
    assert_eq!(stevedore(&flags).ok().text(), digest);
    let folder = tempfile::tempdir().expect("making a temporary directory");
    secured.fill(folder.path());
    let folder = folder.path().display().to_string();
    assert_eq!(stevedore(&["digest", "--cert-dir", &folder, &reference]).ok().text(), digest);
    let program = Program::stevedore(&["digest", &reference]);
    secured.fill(&program.home().join(".config/containers/certs.d").join(secured.registry.host()));
    assert_eq!(program.run().ok().text(), digest);
    stevedore(&["digest", "--tls-cert", &certificate, &reference]).code(2);
}

/// A proxy from the environment is used, but not for hosts that are excepted.
#[test]
fn proxies_of_the_environment_are_used() {
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let bound = proxy.local_addr().expect("an address");
    let address = format!("http://{bound}");
    let asked = thread::spawn(move || {
        let (stream, _) = proxy.accept().expect("a connection");
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).expect("a request line");
        line
    });
    let digest = |except: &str| {
        Program::stevedore(&["digest", "--retry-times=0", "docker://registry.invalid/x:y"])
            .env("HTTPS_PROXY", &address)
            .env("NO_PROXY", except)
            .run()
            .code(5)
    };
    digest("registry.invalid,other.invalid");
    digest("other.invalid");
    // Had nothing connected, the thread would wait for ever.
    drop(TcpStream::connect(bound));
    let line = asked.join().expect("the thread ends");
    assert_eq!(line.trim_end(), "CONNECT registry.invalid:443 HTTP/1.1");
}
