//! What can go wrong with a registry.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::answers::{self, Says};
use super::catalog::refusal;
use super::login::LookupError;
use super::retry::LONGEST;
use super::trust::Distrust;
use crate::blob::Fault;
use crate::class::{Class, Classified, Diagnosis};
use crate::manifest::ParseError;
use crate::watch::Cancelled;

pub(super) type Result<T, E = Error> = std::result::Result<T, E>;

/// A registry's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The registry answered, and not with what was asked for.
    #[error(transparent)]
    Status(Box<Status>),
    /// The request could not be sent, or the answer not be read.
    #[error("{method} {url}{} failed{}", through(.proxy.as_deref()), reason(.hint.as_ref()))]
    Exchange {
        /// The method.
        method: &'static str,
        /// The URL, without secrets.
        url: String,
        /// The proxy in between, without its password.
        proxy: Option<String>,
        /// What to do, where that is known.
        hint: Option<Hint>,
        /// Whether another attempt may succeed.
        transient: bool,
        /// Why.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The registry's answer is not what the specification says.
    #[error("the answer to {method} {url} makes no sense: {reason}")]
    Answer {
        /// The method.
        method: &'static str,
        /// The URL, without secrets.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The registry names a URL that it is not safe to go to.
    #[error("refusing to follow {from} to {to}: {reason}")]
    Refused {
        /// The URL asked.
        from: String,
        /// The URL it led to.
        to: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A manifest is not acceptable.
    #[error("the manifest at {url} is not acceptable")]
    Manifest {
        /// The URL.
        url: String,
        /// Why.
        source: ParseError,
    },
    /// The list of referrers under a tag cannot be kept.
    #[error("tag {tag} in {repository} should list the referrers of a manifest, but {reason}")]
    ReferrersTag {
        /// The tag.
        tag: String,
        /// The repository.
        repository: String,
        /// What is in the way.
        reason: &'static str,
    },
    /// What a tag names cannot be kept.
    #[error("tag {tag} in {repository} cannot be kept: other writers kept replacing it")]
    Contended {
        /// The tag.
        tag: String,
        /// The repository.
        repository: String,
    },
    /// What was written under a tag is not found there.
    #[error("tag {tag} in {repository} cannot be kept: it was written, and the registry says that there is none")]
    Vanished {
        /// The tag.
        tag: String,
        /// The repository.
        repository: String,
    },
    /// Content that was to be sent could not be read, or content that was received is wrong.
    #[error(transparent)]
    Content(#[from] Fault),
    /// No login could be found out.
    #[error("cannot look up credentials for {host}")]
    Credentials {
        /// The registry.
        host: String,
        /// Why.
        source: LookupError,
    },
    /// A certificate or key cannot be used.
    #[error("cannot use {}: {reason}", path.display())]
    Certificate {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The proxy's address is not valid.
    #[error("the proxy's address is not valid; expected http://HOST:PORT")]
    Proxy,
    /// A rule forbids to use the repository.
    #[error("{repository} is not used: {reason} by {place}")]
    Rule {
        /// The repository.
        repository: String,
        /// What the rule says.
        reason: &'static str,
        /// The file with the rule.
        place: String,
    },
    /// The registry does not list its repositories, or not to who asks.
    #[error("{host} {}", refusal(source))]
    Catalog {
        /// The registry.
        host: String,
        /// Its answer.
        source: Box<Error>,
    },
    /// Someone asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What a person can do about a failed exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// The server speaks plain http.
    AllowHttp,
    /// The server's certificate is signed by an unknown authority.
    TrustAuthority,
    /// The server's certificate has expired, or is not valid yet.
    CheckDates,
    /// The server's certificate is for other names.
    CheckNames,
    /// Nothing listens at the address.
    CheckAddress,
    /// The host's name has no address.
    CheckName,
    /// Nothing listens at the proxy's address, or it has none, or the proxy refuses.
    CheckProxy,
    /// The connection was silent for that long.
    AllowSilence(Duration),
}

/// A registry's answer that is an error.
#[derive(Debug)]
#[non_exhaustive]
pub struct Status {
    /// The method.
    pub method: &'static str,
    /// The URL, without secrets.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The registry's own code, such as `MANIFEST_UNKNOWN`.
    pub code: Option<String>,
    /// What the registry says.
    pub message: Option<String>,
    /// When it asks to be asked again.
    pub retry_after: Option<Duration>,
    /// The registry whose token server this answer is; nothing for an answer of the registry itself.
    pub token_for: Option<String>,
    /// Whether it asks for a login (`WWW-Authenticate`).
    pub is_challenge: bool,
    /// Whether a login was used.
    pub logged_in: bool,
    /// Where logins were looked for.
    pub places: Vec<String>,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
}

/// Statuses that pass: overload, restarts, gateways. 522 is Cloudflare's "connection timed out".
const TRANSIENT: [u16; 8] = [408, 425, 429, 500, 502, 503, 504, 522];

impl Error {
    /// Says whether another attempt may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            // A token server was asked again already, with the same number of attempts.
            Self::Status(status) => status.token_for.is_none() && is_transient(status.status),
            Self::Exchange { transient, .. } => *transient,
            _ => false,
        }
    }

    /// Says whether what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.class() == Class::NotFound
    }

    /// Returns the HTTP status, if the registry answered. That of its token server says nothing of what the registry was asked for.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) if status.token_for.is_none() => Some(status.status),
            _ => None,
        }
    }

    /// Says whether the registry refuses this one thing, and asks for no login that would help.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::Status(status) if status.token_for.is_none() => {
                status.status == 403 || status.status == 401 && !status.is_challenge
            }
            _ => false,
        }
    }

    /// Says whether nothing listens there, or the name means nothing: more attempts hardly help.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Exchange { hint: Some(Hint::CheckAddress | Hint::CheckName | Hint::CheckProxy), .. })
    }

    /// Says whether the server's certificate is refused: it speaks TLS.
    pub(super) fn is_distrust(&self) -> bool {
        matches!(self, Self::Exchange { source, .. } if source.is::<Distrust>())
    }

    /// Makes of "not found" that a further page of a list is missing, whose first page was there.
    pub(super) fn of_a_page(self) -> Self {
        match self {
            Self::Status(status) => Self::Answer {
                method: status.method,
                url: status.url.clone(),
                reason: format!("the list goes on there, and it says {}", status.answer()),
            },
            other => other,
        }
    }

    /// Says whether a request for a range may have failed for the range alone.
    pub(super) fn is_range_refused(&self) -> bool {
        match self {
            Self::Status(status) => {
                status.token_for.is_none() && matches!(status.status, 400..=499 | 501) && !is_overload(status.status)
            }
            Self::Answer { .. } => true,
            _ => false,
        }
    }

    /// Returns how long the registry asks to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(status) => status.retry_after,
            _ => None,
        }
    }
}

/// Says whether a status is a failure that may pass.
pub(super) fn is_transient(status: u16) -> bool {
    TRANSIENT.contains(&status)
}

/// Says whether a status asks for a pause, and not for another way.
pub(super) fn is_overload(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 503)
}

fn through(proxy: Option<&str>) -> String {
    proxy.map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default()
}

fn reason(hint: Option<&Hint>) -> &'static str {
    match hint {
        Some(Hint::AllowHttp) => ": the server speaks plain http",
        Some(Hint::TrustAuthority) => ": its certificate is not trusted",
        Some(Hint::CheckDates) => ": its certificate is out of date",
        Some(Hint::CheckNames) => ": its certificate is for another host",
        _ => "",
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AllowHttp => {
                "use --tls-verify=false (or --src-tls-verify=false, --dest-tls-verify=false) to allow plain http"
            }
            Self::TrustAuthority => {
                "name its authority, or the certificate itself, with --tls-ca or --cert-dir (--src-cert-dir, --dest-cert-dir)"
            }
            Self::CheckDates => "have the certificate renewed, or set this machine's clock right",
            Self::CheckNames => {
                "use one of the certificate's names, or have it issued for this host as well (subjectAltName)"
            }
            Self::CheckAddress => "nothing listens there: check the host and the port, and that the registry runs",
            Self::CheckName => "check the spelling of the host, and that this machine can resolve names",
            Self::CheckProxy => {
                "check that the proxy runs and lets this host pass; HTTPS_PROXY, http_proxy and ALL_PROXY name it, and NO_PROXY what is reached without it"
            }
            Self::AllowSilence(silence) => {
                return write!(f, "allow more than {} s with --read-timeout", silence.as_secs_f32());
            }
        })
    }
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Status(status) => status.diagnosis(),
            Self::Exchange { hint, .. } => {
                Diagnosis { hint: hint.as_ref().map(|hint| hint.to_string().into()), ..Class::Network.into() }
            }
            Self::Answer { .. } | Self::Refused { .. } => Class::Network.into(),
            Self::Manifest { source, .. } => source.diagnosis(),
            Self::Content(fault) if fault.is_mismatch() => Class::Verification.into(),
            Self::Catalog { source, host } => {
                let known = source.diagnosis();
                // The list is missing, which says nothing of the registry's repositories.
                let is_missing = matches!(known.status, Some(400 | 404..=406 | 410 | 501));
                let class = if is_missing && known.class != Class::Denied { Class::Failed } else { known.class };
                let hint = || format!("name a repository: stevedore tags docker://{host}/REPOSITORY").into();
                Diagnosis { class, hint: known.hint.clone().or_else(|| Some(hint())), ..known }
            }
            // A login that is kept cannot help where the rule or the broken file decides.
            Self::Credentials { .. } | Self::Rule { .. } => Class::Denied.into(),
            Self::Cancelled(cancelled) => cancelled.diagnosis(),
            Self::Certificate { .. }
            | Self::Proxy
            | Self::ReferrersTag { .. }
            | Self::Contended { .. }
            | Self::Vanished { .. }
            | Self::Content(_) => Class::Failed.into(),
        }
    }
}

impl Classified for Status {
    fn diagnosis(&self) -> Diagnosis<'_> {
        let class = match self.status {
            _ if self.is_absence() => Class::NotFound,
            401 | 403 => Class::Denied,
            _ => Class::Network,
        };
        Diagnosis { status: Some(self.status), ..class.maybe_hint(self.hint.as_deref()) }
    }
}

impl Status {
    /// Says whether this is the word of the registry that it does not have the very thing that was asked for. A missing token server says
    /// nothing of it, and what is written to cannot be missing.
    fn is_absence(&self) -> bool {
        self.token_for.is_none()
            && matches!(self.method, "GET" | "HEAD" | "DELETE")
            && answers::says(self.status) == Says::Absent
    }

    /// Says what the registry said: `status 404 MANIFEST_UNKNOWN: manifest unknown`.
    pub(super) fn answer(&self) -> String {
        let status = format!("status {}", self.status);
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => format!("{status} {code}: {message}"),
            (Some(text), None) | (None, Some(text)) => format!("{status} {text}"),
            (None, None) => status,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.url, self.answer())?;
        if let Some(registry) = &self.token_for {
            write!(f, "; {registry} asks for a token from there")?;
        }
        if let Some(wait) = self.retry_after.filter(|wait| *wait > LONGEST) {
            write!(f, "; it asks to wait {} s", wait.as_secs())?;
        }
        match (self.status, self.logged_in) {
            (401, true) => write!(f, "; the credentials were not accepted"),
            (401 | 403, false) if self.places.is_empty() => write!(f, "; no credentials were given"),
            (401 | 403, false) => write!(f, "; no credentials in {}", self.places.join(", ")),
            _ => Ok(()),
        }
    }
}

impl StdError for Status {}
