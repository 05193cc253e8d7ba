//! Configurations of web servers: text made of a template and of few, checked words.
//!
//! What names images comes only from requests and only through the regular expressions below, which are the grammar of the
//! distribution-spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>. What comes from whoever
//! makes the configuration is an address and paths, and paths with a character that means something to one of the servers are refused.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A web server that can serve a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Server {
    /// nginx, from 1.15 on.
    Nginx,
    /// Caddy, from 2.6 on.
    Caddy,
    /// Apache httpd 2.4 with mod_rewrite and mod_headers.
    Apache,
}

/// What a server is to serve, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The tree; an absolute path.
    pub root: PathBuf,
    /// The address to listen at.
    pub address: SocketAddr,
    /// The certificate for https; http without.
    pub tls: Option<Tls>,
}

/// A certificate with its key, in PEM; absolute paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate with those that lead to its authority.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

/// A path that is not put into a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot be written into a server's configuration: {reason}", path.display())]
#[non_exhaustive]
pub struct Refused {
    /// The path.
    pub path: PathBuf,
    /// Why.
    pub reason: &'static str,
}

crate::class::classified!(Refused => Failed);

const NGINX: &str = include_str!("nginx.conf");
const CADDY: &str = include_str!("Caddyfile");
const APACHE: &str = include_str!("apache.conf");

const NAME: &str = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*";
const TAG: &str = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";
const DIGEST: &str = "sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}";

impl Server {
    /// Makes the configuration: the same text for the same site, however many images there are.
    ///
    /// # Errors
    /// When a path is not absolute, is no text, or has a character that could end a string or stand for something else.
    pub fn configuration(self, site: &Site) -> Result<String, Refused> {
        let template = match self {
            Self::Nginx => NGINX,
            Self::Caddy => CADDY,
            Self::Apache => APACHE,
        };
        let words = self.words(site)?;
        let mut text = String::with_capacity(template.len() + 1024);
        // In one pass: what is put in is not looked through again.
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('%') {
            let word = words.iter().find_map(|(name, word)| Some((word.as_str(), after.strip_prefix(name)?)));
            let (word, after) = word.unwrap_or(("%", after));
            text.extend([before, word]);
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    fn words(self, site: &Site) -> Result<Vec<(&'static str, String)>, Refused> {
        let Site { root, address, tls } = site;
        let listen = match (self, tls) {
            (Self::Nginx, Some(_)) => format!("{address} ssl"),
            (Self::Nginx | Self::Apache, _) => address.to_string(),
            // With the address instead, only requests to a host of that name would be answered.
            (Self::Caddy, Some(_)) => format!("https://:{}", address.port()),
            (Self::Caddy, None) => format!("http://:{}", address.port()),
        };
        let modules = if tls.is_some() { "rewrite, headers and ssl" } else { "rewrite and headers" };
        Ok(vec![
            ("ROOT%", plain(root)?.to_owned()),
            ("LISTEN%", listen),
            ("BIND%", address.ip().to_string()),
            ("TLS%", tls.as_ref().map_or(Ok(String::new()), |tls| self.tls(tls))?),
            ("MODULES%", modules.into()),
            ("NAME%", NAME.into()),
            ("TAG%", TAG.into()),
            ("DIGEST%", DIGEST.into()),
        ])
    }

    fn tls(self, tls: &Tls) -> Result<String, Refused> {
        let (certificate, key) = (plain(&tls.certificate)?, plain(&tls.key)?);
        Ok(match self {
            Self::Nginx => format!("  ssl_certificate \"{certificate}\";\n  ssl_certificate_key \"{key}\";\n"),
            Self::Caddy => format!("  tls \"{certificate}\" \"{key}\"\n"),
            Self::Apache => {
                format!("  SSLEngine On\n  SSLCertificateFile \"{certificate}\"\n  SSLCertificateKeyFile \"{key}\"\n")
            }
        })
    }
}

/// Characters that mean something between double quotes, in a pattern of paths or in a rewritten URL, in at least one of the servers; not
/// all of them have an escape there.
const SPECIAL: &str = "\"\\$`{}*?[]<>|^";

/// Returns a path's text if it stands for itself, between double quotes, in every server's configuration.
fn plain(path: &Path) -> Result<&str, Refused> {
    let refused = |reason| Refused { path: path.into(), reason };
    let text = path.to_str().ok_or_else(|| refused("it is not UTF-8"))?;
    if !path.is_absolute() {
        return Err(refused("it is not absolute"));
    }
    if text.contains(char::is_control) {
        return Err(refused("it has a control character"));
    }
    if text.contains(|character| SPECIAL.contains(character)) {
        return Err(refused("it has one of \"\\$`{}*?[]<>|^, which servers take for something else"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
