//! JSON in the user's editor, and back with the text of all that was not touched.

use crate::cli::{Context, Result, Verdict};
use std::ffi::OsString;
use std::io::Write;
use std::process::Command;

/// Has a JSON document edited; none when it comes back as it was.
pub(super) fn edit(raw: &[u8], name: &str, editor: &OsString) -> Result<Option<Vec<u8>>> {
    let shown = indent(raw);
    let mut file = tempfile::Builder::new().prefix(name).suffix(".json").tempfile().context("cannot make a file")?;
    file.write_all(&shown).and_then(|()| file.flush()).context("cannot write a file")?;
    // An editor may come with arguments, as git has it: `code --wait`.
    let mut command = Command::new("sh");
    let mut script = editor.clone();
    script.push(" \"$1\"");
    command.arg("-c").arg(script).arg("sh").arg(file.path());
    let status = command.status().with_context(|| format!("cannot run {}", editor.display()))?;
    if !status.success() {
        return Err(Verdict::failed(format!("{} ended with {status}; nothing is changed", editor.display())));
    }
    // Not through the open file: many editors write a new one.
    let edited = std::fs::read(file.path()).context("cannot read the edited file")?;
    if edited == shown {
        return Ok(None);
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&edited).context("what was edited is no JSON any more")?;
    Ok(Some(compact(&edited)))
}

/// Removes white space outside of strings.
fn compact(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    walk(text, |byte, quoted| {
        if quoted || !byte.is_ascii_whitespace() {
            out.push(byte);
        }
    });
    out
}

/// Puts each member on a line of its own.
fn indent(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    // A line begins before the next byte, unless that one closes what was opened.
    let mut opened = false;
    walk(&compact(text), |byte, quoted| {
        let closes = !quoted && matches!(byte, b'}' | b']');
        if closes {
            depth = depth.saturating_sub(1);
        }
        if opened != closes {
            out.push(b'\n');
            out.extend(std::iter::repeat_n(b' ', depth * 2));
        }
        out.push(byte);
        opened = !quoted && matches!(byte, b'{' | b'[');
        match byte {
            b'{' | b'[' if !quoted => depth += 1,
            b',' if !quoted => {
                out.push(b'\n');
                out.extend(std::iter::repeat_n(b' ', depth * 2));
            }
            b':' if !quoted => out.push(b' '),
            _ => {}
        }
    });
    out.push(b'\n');
    out
}

/// Calls `take` for each byte, and says whether it belongs to a string.
fn walk(text: &[u8], mut take: impl FnMut(u8, bool)) {
    let (mut quoted, mut escaped) = (false, false);
    for byte in text {
        let ends = *byte == b'"' && !escaped;
        take(*byte, quoted || ends);
        escaped = quoted && *byte == b'\\' && !escaped;
        quoted ^= ends;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let raw = br#"{"a":[1,{"b":"x, {y}: \"z\" \\"}],"c":{},"d":[],"e":1.50}"#;
        let shown = indent(raw);
        let wanted = "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x, {y}: \\\"z\\\" \\\\\"\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n  \"e\": 1.50\n}\n";
        assert_eq!(String::from_utf8_lossy(&shown), wanted);
        assert_eq!(compact(&shown), raw);
    }

    #[test]
    fn an_editor_changes_it_or_not() {
        let run = |editor: &str| edit(br#"{"a":1}"#, "test", &editor.into()).map_err(|error| error.to_string());
        assert_eq!(run("true"), Ok(None));
        assert_eq!(run("sed -i s/1/2/"), Ok(Some(br#"{"a":2}"#.to_vec())));
        assert_eq!(
            run("sed -i s/1//"),
            Err("what was edited is no JSON any more: expected value at line 3 column 1".to_owned())
        );
        assert_eq!(run("false"), Err("false ended with exit status: 1; nothing is changed".to_owned()));
    }
}
