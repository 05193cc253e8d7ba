//! How a connection comes about: through a proxy or not, then TLS with our own configuration, which ureq's has no room for.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use rustls::{ClientConfig, ClientConnection, StreamOwned};
use rustls_pki_types::{CertificateDer, ServerName};
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, SocksConnector,
    TcpConnector, Transport, TransportAdapter,
};

use crate::locks::lock;

/// Makes what connects; without a configuration it speaks no TLS.
pub(super) fn connector(config: Option<Arc<ClientConfig>>, peers: Peers) -> impl Connector {
    let socket = ().chain(SocksConnector::default()).chain(ConnectProxyConnector::default());
    socket.chain(TcpConnector::default()).chain(Tls { config, peers })
}

#[derive(Debug)]
struct Tls {
    config: Option<Arc<ClientConfig>>,
    peers: Peers,
}

/// Who was met, by host and port as in the URL.
pub(super) type Peers = Arc<Mutex<HashMap<String, Peer>>>;

/// A server that TLS is spoken with.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) protocol: String,
    /// Its certificate, and those that came along.
    pub(super) chain: Vec<CertificateDer<'static>>,
}

impl Tls {
    /// Keeps whom the first connection met.
    fn meet(&self, authority: &str, connection: &ClientConnection) {
        let mut peers = lock(&self.peers);
        if !peers.contains_key(authority) {
            let protocol = connection.protocol_version().map_or_else(String::new, |version| format!("{version:?}"));
            let chain = connection.peer_certificates().unwrap_or_default();
            let chain = chain.iter().map(|each| each.clone().into_owned()).collect();
            peers.insert(authority.to_owned(), Peer { protocol: protocol.replace('_', "."), chain });
        }
    }
}

impl<In: Transport> Connector<In> for Tls {
    type Out = Either<In, Secured>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else {
            return Ok(None);
        };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let Some(config) = &self.config else {
            return Err(ureq::Error::Tls("https was not expected here"));
        };
        let host = details.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| ureq::Error::Tls("the host's name is not valid"))?;
        let mut connection = ClientConnection::new(config.clone(), name)?;
        let mut socket = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        socket.set_timeout(details.timeout);
        connection.complete_io(&mut socket)?;
        self.meet(details.uri.authority().map_or(host, |authority| authority.as_str()), &connection);
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(Secured { buffers, stream: StreamOwned::new(connection, socket) })))
    }
}

/// A connection with TLS.
struct Secured {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Transport for Secured {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        std::io::Write::write_all(&mut self.stream, &self.buffers.output()[..amount])?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let read = std::io::Read::read(&mut self.stream, self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured").finish_non_exhaustive()
    }
}
