//! URLs as far as registries need them: http and https, joined with what a `Location` or `Link` says, shown without secrets.

use crate::percent;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// An absolute http or https URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: Scheme,
    /// Host and port as given, in lower case.
    authority: String,
    /// From the first slash; a query behind it.
    target: String,
}

/// Query parameters that are part of the API and no secrets.
const PLAIN: [&str; 8] = ["digest", "mount", "from", "n", "last", "scope", "service", "artifactType"];

impl Scheme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> &'static str {
        match self {
            Self::Http => "80",
            Self::Https => "443",
        }
    }
}

impl Url {
    /// Makes the URL of a path at a host; both must be valid already.
    pub(crate) fn new(scheme: Scheme, authority: &str, target: &str) -> Self {
        Self { scheme, authority: authority.to_ascii_lowercase(), target: target.into() }
    }

    /// Parses an absolute URL; nothing for what is none, or carries a user's name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = &*escaped(text)?;
        let (scheme, rest) = text.split_once("://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.is_empty() || authority.contains(['@', '%']) {
            return None;
        }
        let target = if target.starts_with('/') { target.into() } else { format!("/{target}") };
        Some(Self { scheme, authority: authority.to_ascii_lowercase(), target })
    }

    /// Resolves what a `Location` or `Link` header says against this URL (RFC 3986, section 5.2, without dot segments).
    pub(crate) fn join(&self, reference: &str) -> Option<Self> {
        let reference = &*escaped(reference)?;
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::parse(&format!("{}://{rest}", self.scheme.as_str()));
        }
        let reference = reference.split('#').next().unwrap_or_default();
        let head = reference.split(['/', '?']).next().unwrap_or_default();
        if head.contains(':') {
            return Self::parse(reference);
        }
        let path = self.path();
        let target = match reference.as_bytes().first() {
            Some(b'/') => reference.to_owned(),
            Some(b'?') => format!("{path}{reference}"),
            None => self.target.clone(),
            Some(_) => format!("{}/{reference}", path.rsplit_once('/').map_or("", |(folder, _)| folder)),
        };
        Some(Self { target, ..self.clone() })
    }

    /// Adds a query parameter; the value is encoded.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(name);
        self.target.push('=');
        self.target.extend(percent::scope(value));
        self
    }

    /// Returns the same at another scheme.
    pub(crate) fn at(&self, scheme: Scheme) -> Self {
        Self { scheme, ..self.clone() }
    }

    /// Returns the host and the port as given.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Returns the host and the port to connect to.
    pub(crate) fn socket(&self) -> String {
        match port(&self.authority) {
            Some(_) => self.authority.clone(),
            None => format!("{}:{}", self.authority, self.scheme.port()),
        }
    }

    /// Returns the path and the query.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn host(&self) -> &str {
        host(&self.authority)
    }

    /// Says whether both have the same scheme, host and port.
    pub(crate) fn is_same_origin(&self, other: &Self) -> bool {
        let port = |url: &Self| port(&url.authority).unwrap_or(url.scheme.port()).to_owned();
        self.scheme == other.scheme && self.host() == other.host() && port(self) == port(other)
    }

    /// Says whether a registry at `self` may send its client to `other`: never into a private network by address, unless it is there
    /// itself (server-side request forgery), and never from https to http.
    pub(crate) fn may_lead_to(&self, other: &Self) -> bool {
        if self.scheme == Scheme::Https && other.scheme == Scheme::Http {
            return false;
        }
        self.host() == other.host() || is_loopback(&self.authority) || !is_private(other.host())
    }
}

/// Encodes what RFC 3986 does not allow in a URL and servers write there all the same; nothing for what holds controls or is no ASCII, for
/// it ends up in a request line.
fn escaped(text: &str) -> Option<String> {
    let mut escaped = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => {
                escaped.extend(percent::scope(c.encode_utf8(&mut [0; 4])));
            }
            c if c.is_ascii_graphic() => escaped.push(c),
            _ => return None,
        }
    }
    Some(escaped)
}

impl fmt::Display for Url {
    /// Shows the URL without the parameters that may be secrets: signatures of content networks, state of upload sessions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority, self.path())?;
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let plain = query.split('&').filter(|pair| PLAIN.contains(&pair.split('=').next().unwrap_or_default()));
        for (number, pair) in plain.enumerate() {
            write!(f, "{}{pair}", if number == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

/// Returns the URL in full, for the request itself.
pub(crate) fn full(url: &Url) -> String {
    format!("{}://{}{}", url.scheme.as_str(), url.authority, url.target)
}

/// Returns the host of `host[:port]`, without the brackets of IPv6.
fn host(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn port(authority: &str) -> Option<&str> {
    let rest = match authority.rsplit_once(']') {
        Some((_, rest)) => rest,
        None => authority,
    };
    rest.rsplit_once(':').map(|(_, port)| port)
}

/// Says whether `host[:port]` is this machine by name or address.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = host(authority).to_ascii_lowercase();
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Says whether a host is an address in a private, local or reserved network, or this machine.
fn is_private(host: &str) -> bool {
    if is_loopback(host) {
        return true;
    }
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => is_private_v4(address),
        Ok(IpAddr::V6(address)) => is_private_v6(address),
        // Other spellings of addresses (`0x7f.1`, `2130706433`) are taken by resolvers; no public name is like that.
        Err(_) => host.rsplit('.').next().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_digit())),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_broadcast()
        || (first == 100 && second & 0xc0 == 64)
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_private_v4(inner);
    }
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn joining() {
        let base = url("https://R.example:5000/v2/a/blobs/uploads/?mount=x");
        for (reference, wanted) in [
            ("/v2/a/blobs/uploads/1?_state=x", "https://r.example:5000/v2/a/blobs/uploads/1?_state=x"),
            ("1?s=2", "https://r.example:5000/v2/a/blobs/uploads/1?s=2"),
            ("?n=2", "https://r.example:5000/v2/a/blobs/uploads/?n=2"),
            ("//cdn.example/x#y", "https://cdn.example/x"),
            ("http://Cdn.example", "http://cdn.example/"),
            ("http://cdn.example?x=1", "http://cdn.example/?x=1"),
        ] {
            assert_eq!(full(&base.join(reference).expect(reference)), wanted);
        }
        // Raw characters that all clients take; a blank within a host is none of them.
        assert_eq!(
            full(&base.join("/u/1?s=\"a|b^{c}\" <\\`>").expect("encoded")),
            "https://r.example:5000/u/1?s=%22a%7Cb%5E%7Bc%7D%22%20%3C%5C%60%3E"
        );
        for bad in
            ["ftp://x/", "javascript:x", "http://user@x/", "http:///x", "http://a b/", "/a\r\nb", "/\u{e4}", "https://"]
        {
            assert!(base.join(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn parameters_and_secrets() {
        let session = url("https://r/v2/a/blobs/uploads/1?_state=secret").with("digest", "sha256:ab+c");
        assert_eq!(full(&session), "https://r/v2/a/blobs/uploads/1?_state=secret&digest=sha256:ab%2Bc");
        assert_eq!(session.to_string(), "https://r/v2/a/blobs/uploads/1?digest=sha256:ab%2Bc");
        assert_eq!(full(&url("https://r/x").with("a", "b c")), "https://r/x?a=b%20c");
    }

    #[test]
    fn origins() {
        assert!(url("https://r/x").is_same_origin(&url("https://R:443/y?z")));
        for (a, b) in [("https://r/", "http://r/"), ("https://r/", "https://r:444/"), ("https://r/", "https://s/")] {
            assert!(!url(a).is_same_origin(&url(b)), "{a} {b}");
        }
    }

    #[test]
    fn where_a_registry_may_lead() {
        let table = [
            ("https://r.example/", "https://auth.example/token", true),
            ("https://r.example/", "http://auth.example/token", false),
            ("http://r.example/", "https://auth.example/token", true),
            ("https://r.example/", "https://169.254.169.254/", false),
            ("https://r.example/", "https://10.0.0.1/", false),
            ("https://r.example/", "https://[::1]/", false),
            ("https://r.example/", "https://[::ffff:10.0.0.1]/", false),
            ("https://r.example/", "https://localhost/", false),
            ("https://r.example/", "https://0x7f.1/", false),
            ("https://r.example/", "https://2130706433/", false),
            ("https://10.0.0.1/", "https://10.0.0.1:8443/", true),
            ("https://10.0.0.1/", "https://10.0.0.2/", false),
            ("http://127.0.0.1:5000/", "http://127.0.0.1:6000/", true),
            ("http://localhost:5000/", "http://10.0.0.1/", true),
        ];
        for (from, to, wanted) in table {
            assert_eq!(url(from).may_lead_to(&url(to)), wanted, "{from} {to}");
        }
    }

    #[test]
    fn loopback() {
        for (authority, wanted) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("a.localhost:1", true),
            ("127.1.2.3:80", true),
            ("[::1]:5000", true),
            ("10.0.0.1", false),
            ("localhost.example", false),
            ("[::2]", false),
        ] {
            assert_eq!(is_loopback(authority), wanted, "{authority}");
        }
    }
}
