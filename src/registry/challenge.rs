//! Reads `WWW-Authenticate` headers: how a registry wants to be asked.
//!
//! RFC 9110, section 11.6.1: <https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1>. A header may hold several challenges, and
//! commas stand between parameters, between challenges and inside quoted scopes.

/// One way to authenticate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Challenge {
    /// The scheme, in lower case.
    pub(super) scheme: String,
    /// The parameters, names in lower case.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Returns a parameter's value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }
}

/// Parses all headers, in order. What cannot be read is skipped, for another challenge may be usable.
pub(super) fn parse<'a>(headers: impl IntoIterator<Item = &'a str>) -> Vec<Challenge> {
    headers.into_iter().flat_map(parse_header).collect()
}

fn parse_header(text: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (word, after) = token(rest);
        if word.is_empty() {
            return challenges;
        }
        let value = after.trim_start();
        if let (Some(value), Some(challenge)) = (value.strip_prefix('='), challenges.last_mut()) {
            let (value, after) = value_of(value.trim_start());
            challenge.parameters.push((word.to_ascii_lowercase(), value));
            rest = after;
        } else {
            challenges.push(Challenge { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
            rest = skip_token68(after);
        }
    }
}

/// `Negotiate abc==` has one bare value and no parameters.
fn skip_token68(text: &str) -> &str {
    let trimmed = text.trim_start();
    let end = trimmed.find([' ', '\t', ',']).unwrap_or(trimmed.len());
    let word = &trimmed[..end];
    let bare = word.trim_end_matches('=');
    if word.len() > bare.len() && !bare.contains(['=', '"']) && trimmed[end..].trim_start().starts_with([',']) {
        return &trimmed[end..];
    }
    if word.len() > bare.len() && !bare.contains(['=', '"']) && trimmed[end..].trim().is_empty() {
        return "";
    }
    text
}

fn token(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))).unwrap_or(text.len());
    text.split_at(end)
}

/// A quoted string, or everything up to the next comma or blank: realms without quotes hold slashes and colons.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].into(), &text[end..]);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, &quoted[at + 1..]),
            _ => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(headers: &[&str]) -> String {
        let show = |challenge: &Challenge| {
            let parameters = challenge.parameters.iter().map(|(name, value)| format!("{name}={value}"));
            format!("{}[{}]", challenge.scheme, parameters.collect::<Vec<_>>().join(";"))
        };
        parse(headers.iter().copied()).iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn headers() {
        let table: &[(&[&str], &str)] = &[
            (&[], ""),
            (&[""], ""),
            (&["Basic realm=\"x\""], "basic[realm=x]"),
            (&["BASIC"], "basic[]"),
            (
                &[r#"Bearer realm="https://a/token",service="r",scope="repository:x:pull,push repository:y:pull""#],
                "bearer[realm=https://a/token;service=r;scope=repository:x:pull,push repository:y:pull]",
            ),
            (&[r#"bearer Realm = "a\"b\\c" , error=invalid_token"#], r#"bearer[realm=a"b\c;error=invalid_token]"#),
            (&[r#"Basic realm="a, b", Bearer realm="c",scope="d,e""#], "basic[realm=a, b] bearer[realm=c;scope=d,e]"),
            (
                &["Basic realm=a", "Bearer realm=https://b/t?x,service=s"],
                "basic[realm=a] bearer[realm=https://b/t?x;service=s]",
            ),
            (&["Negotiate, NTLM, Basic realm=\"x\""], "negotiate[] ntlm[] basic[realm=x]"),
            (&["Negotiate abc==, Basic realm=\"x\""], "negotiate[] basic[realm=x]"),
            (&["Bearer realm=\"open"], "bearer[realm=open]"),
            (&[",,Basic realm=\"\",,"], "basic[realm=]"),
            (&["=\"x\""], ""),
        ];
        for (headers, wanted) in table {
            assert_eq!(show(headers), *wanted, "{headers:?}");
        }
    }

    #[test]
    fn parameters_are_found_by_name() {
        let all = parse(["Bearer REALM=x"]);
        assert_eq!(all[0].get("realm"), Some("x"));
        assert_eq!(all[0].get("scope"), None);
    }
}
