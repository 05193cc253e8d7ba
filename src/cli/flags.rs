//! Flags that several verbs share. Where skopeo has a flag for it, it has skopeo's name.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::locations::location;
use super::{Result, units};
use clap::{Args, ValueEnum};
use stevedore::media_type::{Compression, Format};
use stevedore::registry::{Bandwidth, Login};
use stevedore::transport::Location;

/// How to reach the registry of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Side {
    /// The login, when it was given.
    pub(crate) login: Option<Login>,
    /// Whether to go without any login.
    pub(crate) anonymous: bool,
    /// The only file to look for logins in.
    pub(crate) authfile: Option<PathBuf>,
    /// Whether TLS and its certificates are required; as the host says, if not given.
    pub(crate) tls_verify: Option<bool>,
    /// A folder with certificates.
    pub(crate) cert_dir: Option<PathBuf>,
}

macro_rules! side {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $heading:literal) => {
        $(#[$doc])*
        #[derive(Args, Debug)]
        #[command(next_help_heading = $heading)]
        pub(crate) struct $name {
            /// Log in with this name and password
            #[arg(
                id = concat!($prefix, "creds"), long = concat!($prefix, "creds"), value_name = "USER:PASSWORD",
                conflicts_with_all = [concat!($prefix, "no-creds"), concat!($prefix, "registry-token")]
            )]
            creds: Option<UserPassword>,
            /// Use no credentials, whatever files hold
            #[arg(
                id = concat!($prefix, "no-creds"), long = concat!($prefix, "no-creds"),
                conflicts_with = concat!($prefix, "registry-token")
            )]
            no_creds: bool,
            /// Send this bearer token as it is
            #[arg(id = concat!($prefix, "registry-token"), long = concat!($prefix, "registry-token"), value_name = "TOKEN")]
            registry_token: Option<String>,
            /// Look for credentials in this file only
            #[arg(id = concat!($prefix, "authfile"), long = concat!($prefix, "authfile"), value_name = "FILE")]
            authfile: Option<PathBuf>,
            /// Whether TLS with a valid certificate is required; false allows plain http and any certificate
            #[arg(
                id = concat!($prefix, "tls-verify"), long = concat!($prefix, "tls-verify"), value_name = "BOOL",
                num_args = 0..=1, require_equals = true, default_missing_value = "true"
            )]
            tls_verify: Option<bool>,
            /// Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder
            #[arg(id = concat!($prefix, "cert-dir"), long = concat!($prefix, "cert-dir"), value_name = "DIR")]
            cert_dir: Option<PathBuf>,
        }

        impl From<&$name> for Side {
            fn from(flags: &$name) -> Self {
                let token = flags.registry_token.clone().map(|token| Login::Bearer { token });
                Self {
                    login: flags.creds.clone().map(|creds| creds.0).or(token),
                    anonymous: flags.no_creds,
                    authfile: flags.authfile.clone(),
                    tls_verify: flags.tls_verify,
                    cert_dir: flags.cert_dir.clone(),
                }
            }
        }
    };
}

side!(/// How to reach the registry, for verbs with one.
    Only, "", "Registry");
side!(/// How to reach the source's registry.
    Source, "src-", "Source registry");
side!(/// How to reach the destination's registry.
    Destination, "dest-", "Destination registry");

/// How to reach and to talk to the registry, for verbs with one.
#[derive(Args, Debug)]
pub(crate) struct Registry {
    #[command(flatten)]
    pub(crate) only: Only,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// An image that is read or signed, and how to reach its registry.
#[derive(Args, Debug)]
pub(crate) struct Image {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    #[command(flatten)]
    pub(crate) registry: Registry,
}

/// How to reach and to talk to the registries of both sides.
#[derive(Args, Debug)]
pub(crate) struct Registries {
    /// Look for credentials in this file only, on both sides
    #[arg(long, value_name = "FILE", conflicts_with_all = ["src-authfile", "dest-authfile"])]
    authfile: Option<PathBuf>,
    #[command(flatten)]
    src: Source,
    #[command(flatten)]
    dest: Destination,
    #[command(flatten)]
    pub(crate) network: Network,
}

impl Registries {
    /// Returns how to reach the source's and the destination's.
    pub(crate) fn sides(&self) -> [Side; 2] {
        [Side::from(&self.src), Side::from(&self.dest)]
            .map(|side| Side { authfile: self.authfile.clone().or(side.authfile), ..side })
    }
}

/// A name and a password, `USER:PASSWORD`.
#[derive(Clone, Debug)]
pub(crate) struct UserPassword(Login);

impl FromStr for UserPassword {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The value itself is no part of the message: it may hold a password.
        match text.split_once(':') {
            Some((user, password)) if !user.is_empty() => Ok(Self(Login::password(user, password))),
            _ => Err("expected USER:PASSWORD"),
        }
    }
}

/// How to talk to any registry.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Network")]
pub(crate) struct Network {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Present this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Send each host no more requests a second than this [default: no limit]
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) requests_per_second: Option<f64>,
}

/// Reads a number of requests a second, which may be a fraction.
fn rate(text: &str) -> Result<f64, &'static str> {
    let rate = text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.ok_or("expected a number above 0")
}

/// Reads a number of bytes a second. All clients that are made for this process share what it allows.
fn bandwidth(text: &str) -> Result<Arc<Bandwidth>, &'static str> {
    let rate = units::size(text.strip_suffix("/s").unwrap_or(text))?;
    NonZeroU64::new(rate).map(|rate| Arc::new(Bandwidth::new(rate))).ok_or("expected a rate above 0")
}

impl Reach {
    /// Returns the longest silence.
    pub(crate) fn silence(&self) -> Option<Duration> {
        self.read_timeout.map(Duration::from_secs)
    }
}

/// How to talk to any registry, where a certificate and its key are somebody else's.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Network")]
pub(crate) struct Reach {
    /// Trust the authorities in this PEM file, beside the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_ca: Vec<PathBuf>,
    /// Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else
    /// ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]
    #[arg(long, value_name = "FILE")]
    pub(crate) registries_conf: Option<PathBuf>,
    /// Send a request again this often after a failure that may pass [default: 4]
    #[arg(long, value_name = "N")]
    pub(crate) retry_times: Option<u32>,
    /// Give a connection up when it has been silent for so many seconds [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) read_timeout: Option<u64>,
    /// Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]
    #[arg(long, value_name = "RATE", value_parser = bandwidth)]
    pub(crate) limit_rate: Option<Arc<Bandwidth>>,
}

impl From<&Reach> for Network {
    fn from(reach: &Reach) -> Self {
        Self { reach: reach.clone(), ..Self::default() }
    }
}

/// How much at once, and where temporary files go.
#[derive(Args, Debug)]
pub(crate) struct Work {
    /// Transfer so many blobs at a time
    #[arg(short, long, value_name = "N", default_value = "6")]
    pub(crate) jobs: NonZeroUsize,
    /// Keep temporary files in this folder [default: $TMPDIR, else /tmp]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Start over: use nothing that an interrupted run left, and remove it
    #[arg(long)]
    pub(crate) no_resume: bool,
}

impl Work {
    /// Returns the folder of temporary files.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.scratch.clone().unwrap_or_else(std::env::temp_dir)
    }
}

/// A family of media types, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FormatName {
    /// OCI image-spec
    Oci,
    /// Docker image manifest version 2, schema 2
    #[value(alias = "v2s2")]
    Docker,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Oci => Self::Oci,
            FormatName::Docker => Self::Docker,
        }
    }
}

/// A compression, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CompressionName {
    /// gzip (RFC 1952)
    Gzip,
    /// zstd (RFC 8878)
    Zstd,
    /// Plain tar
    None,
}

impl From<CompressionName> for Compression {
    fn from(name: CompressionName) -> Self {
        match name {
            CompressionName::Gzip => Self::Gzip,
            CompressionName::Zstd => Self::Zstd,
            CompressionName::None => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        only: Only,
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        destination: Destination,
    }

    #[test]
    fn each_side_has_its_own() {
        let flags = Flags::parse_from([
            "x",
            "--creds=me:a:b",
            "--src-tls-verify=false",
            "--src-registry-token=t",
            "--dest-no-creds",
            "--dest-tls-verify",
            "--dest-authfile=f",
            "--dest-cert-dir=c",
        ]);
        let me = Login::password("me", "a:b");
        assert_eq!(Side::from(&flags.only), Side { login: Some(me), ..Side::default() });
        let token = Login::Bearer { token: "t".into() };
        let source = Side { login: Some(token), tls_verify: Some(false), ..Side::default() };
        assert_eq!(Side::from(&flags.source), source);
        let destination = Side {
            anonymous: true,
            authfile: Some("f".into()),
            tls_verify: Some(true),
            cert_dir: Some("c".into()),
            ..Side::default()
        };
        assert_eq!(Side::from(&flags.destination), destination);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for flags in [
            &["x", "--creds=me"][..],
            &["x", "--creds=:b"],
            &["x", "--creds=me:a", "--no-creds"],
            &["x", "--src-creds=me:a", "--src-registry-token=t"],
            &["x", "--tls-verify=maybe"],
        ] {
            assert!(Flags::try_parse_from(flags).is_err(), "{flags:?}");
        }
    }
}
