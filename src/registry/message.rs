//! What an error's body says, whoever wrote it: the registry, a proxy before it, a web server's default page.
//!
//! distribution-spec, "Error Codes": <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes>.

use serde_json::Value;

/// How much of a body is read.
pub(super) const MAX_BODY: u64 = 64 * 1024;
/// How much of a message is shown.
const MAX_SHOWN: usize = 200;

/// A registry's code and message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) code: Option<String>,
    pub(super) text: Option<String>,
}

/// Reads an error's body.
pub(super) fn parse(body: &[u8]) -> Message {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        return from_json(&json);
    }
    let text = String::from_utf8_lossy(body);
    let text = if text.trim_start().starts_with('<') { title(&text) } else { text.into_owned() };
    Message { code: None, text: clean(&text) }
}

fn from_json(json: &Value) -> Message {
    let text = |value: &Value, names: &[&str]| names.iter().find_map(|name| value.get(name)?.as_str().and_then(clean));
    let first = match json.get("errors") {
        Some(Value::Array(errors)) => errors.first().unwrap_or(&Value::Null),
        _ => json,
    };
    let code = text(first, &["code"]);
    let message = match first {
        Value::String(message) => clean(message),
        _ => text(first, &["message", "details", "detail", "error_description", "error", "title"]),
    };
    // Registries often say the same twice.
    let message = message.filter(|message| code.as_ref() != Some(message));
    Message { code, text: message }
}

/// The title of a page, for its body is markup.
fn title(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let between = lower.find("<title>").and_then(|start| Some((start + 7, lower[start..].find("</title>")? + start)));
    between.and_then(|(start, end)| page.get(start..end)).unwrap_or_default().to_owned()
}

/// One line of at most 200 characters: a server must not write to a terminal with control characters.
pub(crate) fn clean(text: &str) -> Option<String> {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > MAX_SHOWN {
        line = line.chars().take(MAX_SHOWN).collect();
        line.push('…');
    }
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let table: &[(&str, Option<&str>, Option<&str>)] = &[
            ("", None, None),
            (
                r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{}}]}"#,
                Some("MANIFEST_UNKNOWN"),
                Some("manifest unknown"),
            ),
            (r#"{"errors":[]}"#, None, None),
            (r#"{"errors":["broken"]}"#, None, Some("broken")),
            (r#"{"errors":[{"code":"X","message":"X"}]}"#, Some("X"), None),
            (r#"{"details":"incorrect username or password"}"#, None, Some("incorrect username or password")),
            (r#"{"message":"not found","code":7}"#, None, Some("not found")),
            ("404 page not found\n", None, Some("404 page not found")),
            ("<html>\n<head><Title>502 Bad\nGateway</Title></head>", None, Some("502 Bad Gateway")),
            ("<p>", None, None),
            ("\u{1b}[31mred\u{7}", None, Some("[31mred")),
        ];
        for (body, code, text) in table {
            let wanted = Message { code: code.map(Into::into), text: text.map(Into::into) };
            assert_eq!(parse(body.as_bytes()), wanted, "{body}");
        }
        let long = parse("ä".repeat(300).as_bytes()).text.expect("text");
        assert_eq!(long.chars().count(), 201);
    }
}
