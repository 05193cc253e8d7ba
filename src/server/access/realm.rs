//! What a challenge says: where to log in, and for what.
//!
//! RFC 9110, section 11.6.1; <https://distribution.github.io/distribution/spec/auth/token/>.

use std::net::IpAddr;

use crate::http::Request;

/// How the server is reached from outside.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// The URL of the token endpoint, when what requests say does not tell it.
    pub token_url: Option<String>,
    /// What stands before `/v2/` in paths: empty, or as in `/registry`.
    pub base_path: String,
    /// Whether a proxy in front sets X-Forwarded-Host, X-Forwarded-Proto and X-Forwarded-For, and lets nobody else set them.
    pub behind_proxy: bool,
}

impl Outside {
    /// Returns the absolute URL of the token endpoint, as the client reaches this server; nothing when it does not say how.
    pub(super) fn token_url(&self, request: &Request<'_>) -> Option<String> {
        if let Some(url) = &self.token_url {
            return Some(url.clone());
        }
        let forwarded = |name: &str| request.headers.first(name).map(first_of).filter(|_| self.behind_proxy);
        let host =
            forwarded("x-forwarded-host").or_else(|| request.headers.only("host")).filter(|host| is_host(host))?;
        // "https" is believed without being told of a proxy: it can only keep a password from being sent in the clear.
        let upgraded = request.headers.first("x-forwarded-proto").map(first_of) == Some("https");
        let downgraded = forwarded("x-forwarded-proto") == Some("http");
        let scheme = if upgraded || request.secure && !downgraded { "https" } else { "http" };
        Some(format!("{scheme}://{host}{}/token", self.base_path))
    }

    /// Returns the client's address, which a proxy in front may know better. It is the same for the log, for slowing guesses and for limits.
    pub fn client(&self, request: &Request<'_>) -> Option<IpAddr> {
        // The last entry is the proxy's; those before it are the client's to choose.
        let forwarded = || request.headers.all("x-forwarded-for").last()?.rsplit(',').next()?.trim().parse().ok();
        let address: Option<IpAddr> = if self.behind_proxy { forwarded().or(request.peer) } else { request.peer };
        address.map(|address| address.to_canonical())
    }
}

/// Returns the first of a list, which is what the proxy next to the client said.
fn first_of(list: &str) -> &str {
    list.split(',').next().unwrap_or_default().trim()
}

/// Says whether this can be the host of a URL: it comes to stand between quotes.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

/// Returns the challenge for names and passwords.
pub(super) fn basic() -> String {
    "Basic realm=\"stevedore\"".into()
}

/// Returns the challenge for tokens.
pub(super) fn bearer(url: &str, service: &str, scope: Option<&str>, error: Option<&str>) -> String {
    let mut text = format!("Bearer realm=\"{url}\",service=\"{service}\"");
    for (name, value) in [("scope", scope), ("error", error)] {
        if let Some(value) = value {
            text.push_str(&format!(",{name}=\"{value}\""));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;

    fn url(outside: &Outside, secure: bool, fields: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::new(Method::Get, "/v2/");
        request.secure = secure;
        for (name, value) in fields {
            request.headers.add(*name, *value);
        }
        outside.token_url(&request)
    }

    #[test]
    fn the_client_finds_the_token_endpoint() {
        let direct = Outside::default();
        let proxied = Outside { behind_proxy: true, base_path: "/r".into(), ..Outside::default() };
        let fixed = Outside { token_url: Some("https://auth/".into()), ..Outside::default() };
        let (host, proto, other) = (("Host", "h:5000"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "out"));
        for (outside, secure, fields, expected) in [
            (&direct, false, &[host][..], Some("http://h:5000/token")),
            (&direct, true, &[host], Some("https://h:5000/token")),
            (&direct, false, &[host, proto], Some("https://h:5000/token")),
            (&direct, true, &[host, ("X-Forwarded-Proto", "http")], Some("https://h:5000/token")),
            (&direct, false, &[host, other], Some("http://h:5000/token")),
            (&direct, false, &[("Host", "[::1]:5000")], Some("http://[::1]:5000/token")),
            (&proxied, false, &[host, proto, other], Some("https://out/r/token")),
            (&proxied, false, &[host], Some("http://h:5000/r/token")),
            (&proxied, true, &[host, ("X-Forwarded-Proto", "http")], Some("http://h:5000/r/token")),
            (&proxied, false, &[host, ("X-Forwarded-Host", "a, b")], Some("http://a/r/token")),
            (&fixed, false, &[], Some("https://auth/")),
            (&direct, false, &[], None),
            (&direct, false, &[host, host], None),
            (&direct, false, &[("Host", "x\",realm=\"y")], None),
        ] {
            assert_eq!(url(outside, secure, fields).as_deref(), expected, "{fields:?}");
        }
    }

    #[test]
    fn addresses_are_the_proxys_word_only_behind_one() {
        let mut request = Request::new(Method::Get, "/v2/");
        request.peer = Some([127, 0, 0, 1].into());
        request.headers.add("X-Forwarded-For", "6.6.6.6, 10.0.0.9");
        assert_eq!(Outside::default().client(&request), Some([127, 0, 0, 1].into()));
        let proxied = Outside { behind_proxy: true, ..Outside::default() };
        assert_eq!(proxied.client(&request), Some([10, 0, 0, 9].into()));
        request.headers.set("X-Forwarded-For", "garbage");
        assert_eq!(proxied.client(&request), Some([127, 0, 0, 1].into()));
        request.peer = "::ffff:10.0.0.1".parse().ok();
        assert_eq!(proxied.client(&request), Some([10, 0, 0, 1].into()));
    }
}
