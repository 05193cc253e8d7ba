//! Where connections come from, and what carries them: sockets of TCP and of Unix.

use std::fmt;
use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;

use rustix::net::sockopt::{self, Timeout};

/// How much a client on this machine may leave unread in the kernel, which doubles it for its own needs. Segments are so large here that a
/// connection would begin with several megabytes, and five hundred that read slowly fill what all connections of the system share: it then
/// drops what others send. A round trip takes microseconds, so that more would make nobody faster; to other machines the kernel begins with
/// a tenth, and finds out by itself how much is needed.
const LOCAL_SEND_BUFFER: usize = 256 << 10;

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    inherited: bool,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// An address of IP with a port.
    Ip(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Self { socket: Socket::Tcp(socket), inherited: false }
    }
}

impl From<UnixListener> for Listener {
    fn from(socket: UnixListener) -> Self {
        Self { socket: Socket::Unix(socket), inherited: false }
    }
}

impl Listener {
    /// Takes a listening socket that another process has opened and goes on listening on, as a service manager does: it is left open when
    /// the server stops, and connections that come meanwhile wait for the next server.
    ///
    /// # Errors
    /// When it is a socket of another kind.
    pub fn inherited(socket: OwnedFd) -> io::Result<Self> {
        let family = rustix::net::getsockname(&socket)?.address_family();
        let socket = match family {
            rustix::net::AddressFamily::INET | rustix::net::AddressFamily::INET6 => Socket::Tcp(socket.into()),
            rustix::net::AddressFamily::UNIX => Socket::Unix(socket.into()),
            _ => return Err(io::Error::new(io::ErrorKind::Unsupported, "a socket of neither IP nor Unix")),
        };
        Ok(Self { socket, inherited: true })
    }

    /// Returns where it listens.
    ///
    /// # Errors
    /// Those of the system.
    pub fn address(&self) -> io::Result<Address> {
        Ok(match &self.socket {
            Socket::Tcp(socket) => Address::Ip(socket.local_addr()?),
            Socket::Unix(socket) => {
                Address::Unix(socket.local_addr()?.as_pathname().map(PathBuf::from).unwrap_or_default())
            }
        })
    }

    pub(super) fn set_nonblocking(&self) -> io::Result<()> {
        Ok(rustix::io::ioctl_fionbio(self, true)?)
    }

    /// Takes a connection. Some systems hand the listener's mode on to it.
    pub(super) fn accept(&self) -> io::Result<(Stream, Peer)> {
        let (stream, peer) = match &self.socket {
            Socket::Tcp(socket) => {
                let (stream, mut peer) = socket.accept()?;
                if is_of_this_machine(&stream, peer) {
                    // A guard of the system's memory, without which it is only fuller.
                    let _ = sockopt::set_socket_send_buffer_size(&stream, LOCAL_SEND_BUFFER);
                }
                peer.set_ip(peer.ip().to_canonical());
                (Stream(stream.into()), Peer(Some(peer)))
            }
            Socket::Unix(socket) => (Stream(socket.accept()?.0.into()), Peer(None)),
        };
        rustix::io::ioctl_fionbio(&stream.0, false)?;
        Ok((stream, peer))
    }

    /// Stops listening, so that clients learn at once that nobody will answer; elsewhere than on Linux they wait in the queue.
    pub(super) fn close(&self) {
        if !self.inherited {
            // An error says that it does not listen any more.
            let _ = rustix::net::shutdown(self, rustix::net::Shutdown::Both);
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            Socket::Tcp(socket) => socket.as_fd(),
            Socket::Unix(socket) => socket.as_fd(),
        }
    }
}

/// Says whether a connection does not leave this machine.
fn is_of_this_machine(stream: &TcpStream, peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback() || stream.local_addr().is_ok_and(|own| own.ip() == peer.ip())
}

/// The other end of a connection: nothing is known of one over a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub Option<SocketAddr>);

impl Peer {
    /// Returns the IP address.
    pub fn ip(self) -> Option<IpAddr> {
        self.0.map(|address| address.ip())
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip() {
            Some(address) => address.fmt(f),
            None => f.write_str("a local client"),
        }
    }
}

/// A connected socket.
#[derive(Debug)]
pub(super) struct Stream(OwnedFd);

impl Stream {
    #[cfg(test)]
    pub(super) fn of(socket: OwnedFd) -> Self {
        Self(socket)
    }

    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(&self.0, buffer)?)
    }

    /// Reads bytes and leaves them to be read.
    pub(super) fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let (_, count) = rustix::net::recv(&self.0, buffer, rustix::net::RecvFlags::PEEK)?;
        Ok(count)
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(target_os = "linux")]
        let flags = rustix::net::SendFlags::NOSIGNAL;
        #[cfg(not(target_os = "linux"))]
        let flags = rustix::net::SendFlags::empty();
        Ok(rustix::net::send(&self.0, bytes, flags)?)
    }

    pub(super) fn set_nonblocking(&self) -> io::Result<()> {
        Ok(rustix::io::ioctl_fionbio(&self.0, true)?)
    }

    /// Small answers must not wait for the client's acknowledgement of the last one.
    pub(super) fn set_nodelay(&self) {
        // Without it they are only slower; a Unix socket has no such thing.
        let _ = sockopt::set_tcp_nodelay(&self.0, true);
    }

    pub(super) fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        Ok(sockopt::set_socket_timeout(&self.0, Timeout::Recv, Some(timeout))?)
    }

    pub(super) fn set_write_timeout(&self, timeout: Duration) -> io::Result<()> {
        Ok(sockopt::set_socket_timeout(&self.0, Timeout::Send, Some(timeout))?)
    }

    pub(super) fn shut(&self, how: Shutdown) {
        let how = match how {
            Shutdown::Read => rustix::net::Shutdown::Read,
            Shutdown::Write => rustix::net::Shutdown::Write,
            Shutdown::Both => rustix::net::Shutdown::Both,
        };
        // An error says that it is shut already, or that the peer has gone.
        let _ = rustix::net::shutdown(&self.0, how);
    }

    /// Makes the end of the connection an error to the peer: it must not take half a content for the whole.
    pub(super) fn abort(&self) {
        // An error says that the socket is gone, which is an end too.
        let _ = sockopt::set_socket_linger(&self.0, Some(Duration::ZERO));
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how many bytes go to a client that reads none.
    fn fill(address: &str) -> usize {
        let listener = Listener::from(TcpListener::bind(address).expect("binds"));
        let Ok(Address::Ip(at)) = listener.address() else { panic!("an address") };
        let _client = TcpStream::connect(at).expect("connects");
        let (stream, _) = listener.accept().expect("a connection");
        stream.set_nonblocking().expect("set");
        std::iter::from_fn(|| stream.write(&[0; 64 << 10]).ok()).sum()
    }

    #[test]
    fn a_local_client_that_reads_nothing_takes_little_of_the_kernel() {
        let taken = fill("127.0.0.1:0");
        assert!((64 << 10..2 << 20).contains(&taken), "{taken} bytes");
    }
}
