//! Names of images in registries: `host/repository[:tag][@digest]`.
//!
//! The grammar is that of the distribution project, which containers/image follows too, plus IPv6 hosts:
//! <https://github.com/distribution/reference/blob/main/reference.go>. Docker Hub's short forms are completed.

use std::fmt;
use std::str::FromStr;

use crate::digest::{self, Digest};

/// The host that stands for Docker Hub in names.
pub const HUB: &str = "docker.io";
/// Longest repository name, in bytes, without its host.
const MAX_REPOSITORY: usize = 255;
/// Longest tag, in bytes.
const MAX_TAG: usize = 128;

/// A repository in a registry, such as `docker.io/library/alpine`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    host: String,
    path: String,
}

/// A tag: up to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

/// A repository with a tag, a digest or both.
///
/// ```
/// use stevedore::reference::Reference;
///
/// let reference: Reference = "alpine:3.20".parse()?;
/// assert_eq!(reference.to_string(), "docker.io/library/alpine:3.20");
/// # Ok::<(), stevedore::reference::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Where.
    pub repository: Repository,
    /// The tag; with a digest beside it, only a name for people.
    pub tag: Option<Tag>,
    /// The digest.
    pub digest: Option<Digest>,
}

impl Repository {
    /// Returns the host, with its port if one was given; Docker Hub's is [`HUB`].
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the name within the registry, such as `library/alpine`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Makes the repository `path` on the same host.
    ///
    /// # Errors
    /// When `path` is no repository name.
    pub fn sibling(&self, path: &str) -> Result<Self, ParseError> {
        check_path(path, path)?;
        Ok(Self { host: self.host.clone(), path: path.into() })
    }
}

impl FromStr for Repository {
    type Err = ParseError;

    /// Parses a repository without tag or digest.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (host, path) = split_host(text)?;
        check_path(text, path)?;
        let (host, path) = complete(host, path);
        if path.len() > MAX_REPOSITORY {
            return Err(ParseError::new(text, "the repository name is longer than 255 bytes"));
        }
        Ok(Self { host, path })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)
    }
}

impl Tag {
    /// Returns the tag `latest`.
    pub fn latest() -> Self {
        Self("latest".into())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let valid = text.len() <= MAX_TAG
            && text.bytes().next().is_some_and(word)
            && text.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-');
        if valid {
            Ok(Self(text.into()))
        } else {
            Err(ParseError::new(
                text,
                "a tag has 1 to 128 letters, digits, '_', '.' or '-', and does not start with '.' or '-'",
            ))
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Reference {
    /// Returns the same with the tag `latest` where there is neither tag nor digest.
    pub fn or_latest(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some(Tag::latest());
        }
        self
    }

    /// Says whether the text named a tag or a digest.
    pub fn is_repository_only(&self) -> bool {
        self.tag.is_none() && self.digest.is_none()
    }
}

impl FromStr for Reference {
    type Err = ParseError;

    /// Parses a reference; what names neither tag nor digest stays so, see [`Reference::or_latest`].
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (rest, digest) = match text.split_once('@') {
            // No digest has a slash. What stands before the sign may be a password, and is not repeated.
            Some((_, rest)) if rest.contains('/') => {
                return Err(ParseError::new(
                    rest,
                    "a user name or password does not belong in it; log in, or give --creds",
                ));
            }
            Some((rest, digest)) => {
                let digest = digest.parse().map_err(|source| ParseError {
                    source: Some(source),
                    ..ParseError::new(text, "its digest is not valid")
                })?;
                (rest, Some(digest))
            }
            None => (text, None),
        };
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if rest.len() == 64 && rest.bytes().all(is_hex) {
            // Docker takes such a name for an image ID.
            return Err(ParseError::new(text, "64 hexadecimal digits are an image ID, not a repository"));
        }
        // A colon behind the last slash starts a tag; any other belongs to a port or an IPv6 address.
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match rest[slash..].find(':') {
            Some(colon) if !rest.starts_with('[') || slash > 0 => {
                let (name, tag) = rest.split_at(slash + colon);
                (name, Some(&tag[1..]))
            }
            _ => (rest, None),
        };
        let tag = tag.map(|tag| tag.parse::<Tag>().map_err(|error| ParseError::new(text, error.reason))).transpose()?;
        let repository = name.parse::<Repository>().map_err(|error| ParseError::new(text, error.reason))?;
        Ok(Self { repository, tag, digest })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Splits off the host: the first component is one if it has a `.` or a `:`, is `localhost`, or has capitals that no repository may have.
fn split_host(text: &str) -> Result<(Option<&str>, &str), ParseError> {
    let Some((first, rest)) = text.split_once('/') else {
        return Ok((None, text));
    };
    if first == "localhost" || first.contains(['.', ':']) {
        if !is_host(first) {
            return Err(ParseError::new(
                text,
                "its host is not valid; expected NAME or NAME:PORT, with a port up to 65535",
            ));
        }
        return Ok((Some(first), rest));
    }
    Ok((None, text))
}

fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let Some((address, rest)) = inner.split_once(']') else {
                return false;
            };
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            match rest.strip_prefix(':') {
                Some(port) => ("", Some(port)),
                None if rest.is_empty() => ("", None),
                None => return false,
            }
        }
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (text.starts_with('[') || name.split('.').all(label)) && port.is_none_or(is_port)
}

/// Says whether text is a port that can be connected to.
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Says whether text that is completed to an image of Docker Hub reads as a registry's host: `ghcr.io`, `127.0.0.1:5000`.
pub(crate) fn reads_as_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let is_named = name.rsplit_once('.').is_some_and(|(_, last)| last.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let is_address = name.parse::<std::net::Ipv4Addr>().is_ok();
    (name == "localhost" || is_named || is_address) && is_host(name) && port.is_none_or(is_port)
}

/// Says whether text is what names of images in full may begin with: a host, or a host and components behind it.
pub fn is_name_beginning(text: &str) -> bool {
    match text.split_once('/') {
        Some((host, path)) => is_host(host) && path.split('/').all(is_component),
        None => is_host(text),
    }
}

fn check_path(text: &str, path: &str) -> Result<(), ParseError> {
    if path.split('/').all(is_component) {
        return Ok(());
    }
    if path.to_ascii_lowercase().split('/').all(is_component) {
        return Err(ParseError::new(text, "the repository must be lowercase"));
    }
    Err(ParseError::new(text, "expected [HOST/]REPOSITORY[:TAG][@DIGEST], such as ghcr.io/owner/app:1.2"))
}

/// Says whether text is a repository's name without a host, as in a registry's URLs.
#[cfg(feature = "server")]
pub(crate) fn is_repository_path(text: &str) -> bool {
    text.len() <= MAX_REPOSITORY && text.split('/').all(is_component)
}

/// `[a-z0-9]+` runs joined by one `.`, one or two `_`, or any number of `-`.
fn is_component(text: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    alphanumeric(first)
        && alphanumeric(last)
        && bytes
            .split(|byte| alphanumeric(byte))
            .all(|joint| matches!(joint, b"" | b"." | b"_" | b"__") || joint.iter().all(|byte| *byte == b'-'))
}

/// Docker Hub's names: `index.docker.io` and no host are [`HUB`], and a single component lives in `library/`.
fn complete(host: Option<&str>, path: &str) -> (String, String) {
    match host {
        None | Some("docker.io" | "index.docker.io") => {
            let path = if path.contains('/') { path.to_owned() } else { format!("library/{path}") };
            (HUB.into(), path)
        }
        Some(host) => (host.into(), path.into()),
    }
}

/// Text that names no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid reference {text:?}: {reason}")]
pub struct ParseError {
    text: String,
    reason: &'static str,
    source: Option<digest::ParseError>,
}

crate::class::classified!(ParseError => Usage);

impl ParseError {
    fn new(text: &str, reason: &'static str) -> Self {
        Self { text: text.chars().take(300).collect(), reason, source: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const EMPTY512: &str = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";

    /// The strings that peers were tried on, with the canonical form or none.
    fn table() -> Vec<(String, Option<String>)> {
        let hub = |rest: &str| Some(format!("docker.io/{rest}"));
        let same = |text: &str| Some(text.to_owned());
        let table: Vec<(&str, Option<String>)> = vec![
            ("alpine", hub("library/alpine:latest")),
            ("alpine:3.20", hub("library/alpine:3.20")),
            ("library/alpine", hub("library/alpine:latest")),
            ("docker.io/alpine", hub("library/alpine:latest")),
            ("docker.io/library/alpine", hub("library/alpine:latest")),
            ("index.docker.io/library/alpine", hub("library/alpine:latest")),
            ("registry-1.docker.io/library/alpine", same("registry-1.docker.io/library/alpine:latest")),
            ("ghcr.io/o/a", same("ghcr.io/o/a:latest")),
            ("localhost/app", same("localhost/app:latest")),
            ("localhost:5000/app", same("localhost:5000/app:latest")),
            ("LOCALHOST/app", None),
            ("foo/bar", hub("foo/bar:latest")),
            ("foo.com/bar", same("foo.com/bar:latest")),
            ("foo:5000/bar", same("foo:5000/bar:latest")),
            ("foo:5000", hub("library/foo:5000")),
            ("a/b/c/d", hub("a/b/c/d:latest")),
            ("Foo/bar", None),
            ("foo/Bar", None),
            ("FOO.com/bar", same("FOO.com/bar:latest")),
            ("EXAMPLE/bar", None),
            ("[::1]:5000/app", same("[::1]:5000/app:latest")),
            ("[fe80::1%25eth0]/app", None),
            ("127.0.0.1:5000/app:v1", same("127.0.0.1:5000/app:v1")),
            ("app@sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", None),
            ("app@sha256:e3b0c442", None),
            ("app@md5:d41d8cd98f00b204e9800998ecf8427e", None),
            ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", None),
            ("a__b/c", hub("a__b/c:latest")),
            ("a___b/c", None),
            ("a--b/c", hub("a--b/c:latest")),
            ("a..b/c", None),
            ("-a/b", None),
            ("a-/b", None),
            ("a/b:", None),
            ("a/b@", None),
            ("a/b:tag:tag", None),
            ("a/b:-tag", None),
            ("a/b:.tag", None),
            ("a/b:_tag", hub("a/b:_tag")),
            ("a/b:Tag.1-x_y", hub("a/b:Tag.1-x_y")),
            ("/a/b", None),
            ("a//b", None),
            ("a/b/", None),
            (" a/b", None),
            ("ex.com/a/b:1@2", None),
            ("example.com:99999/a", None),
            ("example.com:/a", None),
            ("my.registry:80/a_b.c-d", same("my.registry:80/a_b.c-d:latest")),
            ("xn--n3h.com/a", same("xn--n3h.com/a:latest")),
            ("bücher.example/a", None),
        ];
        let mut table: Vec<_> = table.into_iter().map(|(text, form)| (text.to_owned(), form)).collect();
        table.push((format!("app@{EMPTY}"), hub(&format!("library/app@{EMPTY}"))));
        table.push((format!("app:v1@{EMPTY}"), hub(&format!("library/app:v1@{EMPTY}"))));
        table.push((format!("app@{EMPTY512}"), hub(&format!("library/app@{EMPTY512}"))));
        table
    }

    #[test]
    fn fifty_three_strings() {
        let table = table();
        assert_eq!(table.len(), 53);
        for (text, wanted) in table {
            let got = text.parse::<Reference>().ok().map(|reference| reference.or_latest().to_string());
            assert_eq!(got, wanted, "{text}");
        }
    }

    #[test]
    fn ports_and_hosts() {
        for (port, is_valid) in
            [("1", true), ("65535", true), ("65536", false), ("99999", false), ("0", false), ("080", true)]
        {
            for host in ["localhost", "[::1]", "ex.com"] {
                assert_eq!(format!("{host}:{port}/a").parse::<Reference>().is_ok(), is_valid, "{host}:{port}");
            }
        }
        for (text, wanted) in [
            ("127.0.0.1", true),
            ("127.0.0.1:5000", true),
            ("localhost", true),
            ("localhost:5000", true),
            ("ghcr.io", true),
            ("registry.example.com:443", true),
            ("alpine", false),
            ("alpine:3", false),
            ("alpine3.20", false),
            ("my.app:v1", false),
            ("foo:5000", false),
            ("127.0.0.1:99999", false),
        ] {
            assert_eq!(reads_as_host(text), wanted, "{text}");
        }
    }

    #[test]
    fn limits_and_reasons() {
        assert!(format!("ghcr.io/{}", "a".repeat(255)).parse::<Reference>().is_ok());
        assert!(format!("ghcr.io/{}", "a".repeat(256)).parse::<Reference>().is_err());
        assert!(format!("a:{}", "t".repeat(128)).parse::<Reference>().is_ok());
        assert!(format!("a:{}", "t".repeat(129)).parse::<Reference>().is_err());
        for bad in ["[::1", "[::1]", "[::1]x/a", "[::1]:/a", "[::1]:5000", "", ":", "@", "a@b@c"] {
            assert!(bad.parse::<Reference>().is_err(), "{bad}");
        }
        let error = "ghcr.io/Owner/app".parse::<Reference>().expect_err("upper case");
        assert_eq!(error.to_string(), "invalid reference \"ghcr.io/Owner/app\": the repository must be lowercase");
        let error = "me:secret@ghcr.io/app".parse::<Reference>().expect_err("a password");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
