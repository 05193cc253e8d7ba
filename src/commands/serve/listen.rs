//! Where `serve` listens: addresses, names of hosts, Unix sockets, and sockets that a service manager has opened.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use stevedore::http::Listener;

use crate::cli::{Context, Result};

/// Where to listen, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListenAddress {
    /// On all addresses of this machine.
    All(u16),
    /// On one.
    Ip(SocketAddr),
    /// On the first that a name has, one of IPv4 if there is one.
    Name(String, u16),
    /// On a Unix socket.
    Unix(PathBuf),
}

impl ListenAddress {
    /// Where to listen without a word on it.
    pub(super) const DEFAULT: Self = Self::Ip(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5000));
}

impl FromStr for ListenAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "expected IP:PORT, NAME:PORT, :PORT or unix:PATH";
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err(FORM) } else { Ok(Self::Unix(path.into())) };
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Ip(address));
        }
        let (host, port) = text.rsplit_once(':').ok_or(FORM)?;
        let port = port.parse().map_err(|_| FORM)?;
        let is_name = |host: &str| {
            host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) && !host.starts_with('-')
        };
        match host {
            "" | "*" => Ok(Self::All(port)),
            // Four numbers that are no address are a mistake, and no name.
            _ if host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => Err(FORM),
            _ if is_name(host) => Ok(Self::Name(host.to_owned(), port)),
            _ => Err(FORM),
        }
    }
}

impl std::fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All(port) => write!(f, ":{port}"),
            Self::Ip(address) => write!(f, "{address}"),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl ListenAddress {
    /// Listens there.
    pub(super) fn listen(&self) -> Result<Listener> {
        let bound = match self {
            // Where there is no IPv6, IPv4 is all.
            Self::All(port) => TcpListener::bind((Ipv6Addr::UNSPECIFIED, *port))
                .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)))
                .map(Listener::from),
            Self::Ip(address) => TcpListener::bind(address).map(Listener::from),
            Self::Name(name, port) => first_of(name, *port).and_then(TcpListener::bind).map(Listener::from),
            Self::Unix(path) => bind_unix(path).map(Listener::from),
        };
        bound.with_context(|| format!("cannot listen on {self}"))
    }

    /// Removes the file that a Unix socket leaves.
    pub(super) fn clean_up(&self) {
        if let Self::Unix(path) = self {
            // What is left is removed by the next one to listen there.
            let _ = std::fs::remove_file(path);
        }
    }

    /// Says whether others than this machine can connect.
    pub(super) fn is_public(&self) -> bool {
        match self {
            Self::All(_) => true,
            Self::Ip(address) => !address.ip().is_loopback(),
            Self::Name(name, _) => name != "localhost",
            Self::Unix(_) => false,
        }
    }
}

fn first_of(name: &str, port: u16) -> io::Result<SocketAddr> {
    let mut found: Vec<SocketAddr> = (name, port).to_socket_addrs()?.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
}

/// Binds a Unix socket, over one that a dead process has left.
fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let is_socket = std::fs::symlink_metadata(path)?.file_type().is_socket();
            let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
            if !is_socket || !UnixStream::connect(path).is_err_and(refused) {
                return Err(error);
            }
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        other => other,
    }
}

/// Returns the sockets that a service manager has opened for this process: sd_listen_fds(3).
pub(super) fn inherited() -> Result<Vec<Listener>> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let (Some(process), Some(count)) = (number("LISTEN_PID"), number("LISTEN_FDS")) else {
        return Ok(Vec::new());
    };
    if process != std::process::id() {
        return Ok(Vec::new());
    }
    (0..count).map(|index| take(3 + index)).collect::<io::Result<_>>().context("cannot use the sockets of LISTEN_FDS")
}

/// Takes a file of this process by its number: asked of the kernel, since nothing else makes one of a number safely.
#[cfg(target_os = "linux")]
fn take(number: u32) -> io::Result<Listener> {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    let own = pidfd_open(getpid(), PidfdFlags::empty())?;
    let number = number.try_into().map_err(io::Error::other)?;
    Listener::inherited(pidfd_getfd(own, number, PidfdGetfdFlags::empty())?)
}

#[cfg(not(target_os = "linux"))]
fn take(_: u32) -> io::Result<Listener> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_many_forms() {
        let name = |name: &str, port| Ok(ListenAddress::Name(name.into(), port));
        for (text, expected) in [
            (":5000", Ok(ListenAddress::All(5000))),
            ("*:5000", Ok(ListenAddress::All(5000))),
            ("127.0.0.1:0", Ok(ListenAddress::Ip(([127, 0, 0, 1], 0).into()))),
            ("[::1]:80", Ok(ListenAddress::Ip((Ipv6Addr::LOCALHOST, 80).into()))),
            ("localhost:5000", name("localhost", 5000)),
            ("registry.example.com:443", name("registry.example.com", 443)),
            ("unix:/run/x.sock", Ok(ListenAddress::Unix("/run/x.sock".into()))),
            ("unix:x:1", Ok(ListenAddress::Unix("x:1".into()))),
        ] {
            assert_eq!(text.parse::<ListenAddress>(), expected, "{text}");
        }
        for text in [
            "",
            "5000",
            "localhost",
            "localhost:",
            "localhost:http",
            "localhost:70000",
            "unix:",
            "::1:80:",
            "300.1.1.1:5",
            "a b:5",
            "http://a:5",
            "/run/x",
        ] {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_socket_that_somebody_listens_on_is_not_taken_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let first = bind_unix(&path).expect("binds");
        assert!(bind_unix(&path).is_err());
        drop(first);
        let _second = bind_unix(&path).expect("what is left of a dead one goes");
        std::fs::write(folder.path().join("file"), "mine").expect("written");
        assert!(bind_unix(&folder.path().join("file")).is_err());
        assert_eq!(std::fs::read(folder.path().join("file")).expect("stays"), b"mine");
    }
}
