//! TLS by rustls, from PEM files that may change while the server runs.

use crate::locks;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use rustls::crypto::ring;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// How often the files are looked at, at most.
const LOOK: Duration = Duration::from_secs(1);

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has no such PEM section, or a broken one.
    #[error("{path} holds no {what}")]
    Missing {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// What is broken, where it is there at all.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Certificate and key are no pair, or of a kind that is not supported.
    #[error("{certificate} and {key} cannot be used together")]
    Pair {
        /// The file of the certificates.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// The authority for clients cannot be used.
    #[error("{path} is no authority for clients")]
    Authority {
        /// Its file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

crate::class::classified!(TlsError => Failed);

/// Where the certificates are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsFiles {
    /// The server's certificate, and behind it those that lead to an authority.
    pub certificate: PathBuf,
    /// Its key: PKCS#8, SEC1 or PKCS#1.
    pub key: PathBuf,
    /// The authorities whose certificates clients must show; without, clients show none.
    pub client_authority: Option<PathBuf>,
}

impl TlsFiles {
    /// Names the files of a server that asks clients for no certificate.
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { certificate: certificate.into(), key: key.into(), client_authority: None }
    }
}

/// Certificates in use. Files that change are read again by the next connection, a second after the last look at the earliest.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    config: Arc<ServerConfig>,
    looked: Instant,
    stamps: Stamps,
}

/// What tells that a file has changed: its time, its length, and which file it is.
type Stamps = Vec<Option<(SystemTime, u64, u64)>>;

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When a file cannot be read or does not hold what it should.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let stamps = stamps(&files);
        let state = State { config: Arc::new(load(&files)?), looked: Instant::now(), stamps };
        Ok(Self { files, state: Mutex::new(state) })
    }

    /// Returns what the next connection uses, and why new files are not it.
    pub(super) fn config(&self) -> (Arc<ServerConfig>, Option<TlsError>) {
        let mut state = locks::lock(&self.state);
        if state.looked.elapsed() < LOOK {
            return (Arc::clone(&state.config), None);
        }
        state.looked = Instant::now();
        let now = stamps(&self.files);
        if now == state.stamps {
            return (Arc::clone(&state.config), None);
        }
        // Remembered also when they cannot be used: they are reported once, not each second.
        state.stamps = now;
        let error = match load(&self.files) {
            Ok(config) => {
                state.config = Arc::new(config);
                None
            }
            Err(error) => Some(error),
        };
        (Arc::clone(&state.config), error)
    }
}

fn stamps(files: &TlsFiles) -> Stamps {
    let paths = [Some(&files.certificate), Some(&files.key), files.client_authority.as_ref()];
    paths.into_iter().flatten().map(|path| stamp(path)).collect()
}

fn stamp(path: &Path) -> Option<(SystemTime, u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    // A file that is away is a change like any other; reading it says what is wrong.
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}

fn load(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?).map_err(|error| missing(&files.key, "key", error))?;
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions");
    let builder = match &files.client_authority {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let roots = Arc::new(authorities(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
            builder.with_client_cert_verifier(
                verifier.map_err(|error| TlsError::Authority { path: path.clone(), source: error.into() })?,
            )
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|source| TlsError::Pair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        source,
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn authorities(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        let added = roots.add(certificate);
        added.map_err(|error| TlsError::Authority { path: path.to_owned(), source: error.into() })?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    let chain = chain.map_err(|error| missing(path, "certificate", error))?;
    if chain.is_empty() {
        return Err(missing(path, "certificate", pem::Error::NoItemsFound));
    }
    Ok(chain)
}

fn missing(path: &Path, what: &'static str, error: pem::Error) -> TlsError {
    let source = match error {
        pem::Error::NoItemsFound => None,
        other => Some(other.into()),
    };
    TlsError::Missing { path: path.to_owned(), what, source }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}
