//! What of URLs and heads may be shown to whoever looks on: never what proves who asks.

use ureq::http::header::HeaderName;

use super::url::Url;

/// What stands in the place of a secret.
pub(super) const HIDDEN: &str = "***";
/// Query parameters that are part of the API and no secrets. The value of every other one is hidden.
const PLAIN: [&str; 10] = ["n", "last", "digest", "mount", "from", "artifactType", "service", "scope", "account", "ns"];
/// What the names of fields with secrets have in them.
const SECRET: [&str; 10] =
    ["auth", "cookie", "token", "secret", "credential", "password", "signature", "session", "x-amz-", "api-key"];
/// The field whose name looks like those, and says only where to log in.
const CHALLENGE: &str = "www-authenticate";
/// How much of a value is shown.
const MAX_SHOWN: usize = 1000;

/// Shows a URL with the values of its parameters hidden, but for those of the API.
pub(super) fn url(url: &Url) -> String {
    text(&super::url::full(url))
}

/// Shows a field of a head: nothing of one that holds secrets but the scheme of an `Authorization`.
pub(super) fn field(name: &HeaderName, value: &str) -> String {
    let name = name.as_str();
    if name != CHALLENGE && SECRET.iter().any(|secret| name.contains(secret)) {
        let scheme = value.split_once(' ').map(|(scheme, _)| scheme).filter(|_| name == "authorization");
        return scheme.map_or_else(|| HIDDEN.to_owned(), |scheme| format!("{scheme} {HIDDEN}"));
    }
    text(value)
}

/// Shows text that may hold URLs, in one line: without their users and the values of their parameters, and with controls escaped.
pub(super) fn text(text: &str) -> String {
    let text = without_users(text);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(['?', '#']) {
        let (before, after) = rest.split_at(start);
        shown.push_str(before);
        shown.push_str(&after[..1]);
        let end = after.find([' ', '\t', '"', '>']).unwrap_or(after.len());
        shown.push_str(&parameters(&after[1..end]));
        rest = &after[end..];
    }
    shown.push_str(rest);
    harmless(&shown)
}

/// Hides what stands between `//` and the last at sign of an authority.
fn without_users(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("//") {
        let (before, after) = rest.split_at(start + 2);
        shown.push_str(before);
        let authority = &after[..after.find(['/', '?', '#', ' ', '"', '>']).unwrap_or(after.len())];
        rest = after;
        if let Some(at) = authority.rfind('@') {
            shown.push_str(HIDDEN);
            rest = &after[at..];
        }
    }
    shown.push_str(rest);
    shown
}

fn parameters(query: &str) -> String {
    let mut shown = String::with_capacity(query.len());
    for part in query.split_inclusive(['&', ';', '?', '#']) {
        let bare = part.trim_end_matches(['&', ';', '?', '#']);
        let separator = &part[bare.len()..];
        match bare.split_once('=') {
            Some((name, _)) if PLAIN.contains(&name) => shown.push_str(bare),
            Some((name, _)) => shown.extend([name, "=", HIDDEN]),
            None if bare.is_empty() => {}
            None => shown.push_str(HIDDEN),
        }
        shown.push_str(separator);
    }
    shown
}

/// One line: a server must not write to a terminal with control characters.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (number, c) in text.chars().enumerate() {
        if number == MAX_SHOWN {
            shown.push('…');
            break;
        }
        if c.is_control() { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_hidden_but_for_those_of_the_api() {
        for (given, wanted) in [
            ("https://r/v2/a/tags/list?n=2&last=b", "https://r/v2/a/tags/list?n=2&last=b"),
            ("https://r/u/1?_state=x&digest=sha256:ab", "https://r/u/1?_state=***&digest=sha256:ab"),
            (
                "https://b.s3/x?X-Amz-Signature=a&X-Amz-Credential=b%2Fc",
                "https://b.s3/x?X-Amz-Signature=***&X-Amz-Credential=***",
            ),
            (
                "https://c/x?Expires=1&Signature=a~b__&Key-Pair-Id=k",
                "https://c/x?Expires=***&Signature=***&Key-Pair-Id=***",
            ),
            ("https://z/x?se=1&sp=r&sv=2&sig=a=b", "https://z/x?se=***&sp=***&sv=***&sig=***"),
            ("https://z/x?bare", "https://z/x?***"),
            ("https://z/x?N=1;code=2#token=3", "https://z/x?N=***;code=***#token=***"),
            ("https://z/x?a=b?n=1&c=d", "https://z/x?a=***?n=1&c=***"),
            ("</v2/_catalog?n=1&key=x>; rel=\"next\"", "</v2/_catalog?n=1&key=***>; rel=\"next\""),
            ("Bearer realm=\"https://a/t?key=x\",service=\"r\"", "Bearer realm=\"https://a/t?key=***\",service=\"r\""),
            ("https://me:secret@r/x and b@c", "https://***@r/x and b@c"),
            ("//me:se@cret@r/x?", "//***@r/x?"),
            ("a\u{1b}[31m\r\nb", "a\\u{1b}[31m\\u{d}\\u{a}b"),
        ] {
            assert_eq!(text(given), wanted, "{given}");
        }
    }

    #[test]
    fn fields_with_secrets_are_hidden() {
        let table: &[(&'static str, &str, &str)] = &[
            ("authorization", "Bearer abc", "Bearer ***"),
            ("authorization", "abc", "***"),
            ("proxy-authorization", "Basic abc", "***"),
            ("cookie", "a=b", "***"),
            ("set-cookie", "a=b; path=/", "***"),
            ("x-amz-security-token", "abc", "***"),
            ("x-auth-token", "abc", "***"),
            ("www-authenticate", "Basic realm=\"r\"", "Basic realm=\"r\""),
            ("location", "https://c/x?sig=abc", "https://c/x?sig=***"),
            ("content-type", "text/html", "text/html"),
        ];
        for (name, value, wanted) in table {
            assert_eq!(field(&HeaderName::from_static(name), value), *wanted, "{name}");
        }
    }

    #[test]
    fn long_values_end() {
        assert_eq!(text(&"a".repeat(5000)).chars().count(), MAX_SHOWN + 1);
    }
}
