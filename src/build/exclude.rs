//! Which files are left out: the rules of `.dockerignore`.
//!
//! <https://docs.docker.com/build/concepts/context/#dockerignore-files>: a line is a pattern; `#` begins a comment, `!` an exception; the last
//! line that matches a path, or a directory it is in, decides.

use crate::filesystem::Glob;

/// Patterns for what is left out.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    glob: Glob,
    exception: bool,
}

impl Exclude {
    /// Reads the lines of a `.dockerignore` file.
    pub fn parse(text: &[u8]) -> Self {
        let mut exclude = Self::default();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        for line in text.split(|byte| *byte == b'\n') {
            if !line.starts_with(b"#") {
                exclude.push(line);
            }
        }
        exclude
    }

    /// Adds a pattern; an empty one means nothing.
    pub fn push(&mut self, pattern: &[u8]) {
        let pattern = pattern.trim_ascii();
        let (exception, pattern) = match pattern.strip_prefix(b"!") {
            Some(rest) => (true, rest.trim_ascii()),
            None => (false, pattern),
        };
        let pattern = clean(pattern);
        if !pattern.is_empty() {
            self.rules.push(Rule { glob: Glob::new(&pattern), exception });
        }
    }

    /// Adds the patterns of another behind its own.
    pub fn extend(&mut self, other: Self) {
        self.rules.extend(other.rules);
    }

    /// Says whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Says whether something in a directory that is left out may be taken nevertheless.
    pub fn has_exceptions(&self) -> bool {
        self.rules.iter().any(|rule| rule.exception)
    }

    /// Says whether a path, from the directory that is added, is left out.
    pub fn matches(&self, path: &[u8]) -> bool {
        let is_hit = |rule: &Rule| {
            let ends = (0..path.len()).filter(|at| path[*at] == b'/').chain([path.len()]);
            ends.into_iter().any(|end| rule.glob.matches(&path[..end]))
        };
        self.rules.iter().rev().find(|rule| is_hit(rule)).is_some_and(|rule| !rule.exception)
    }
}

/// Cleans a pattern as a path: no `.`, no empty parts, and `..` takes away what is before it.
fn clean(pattern: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in pattern.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_s_rules() {
        let table: &[(&str, &[&str], &[&str])] = &[
            (
                "# comment\n\n*/temp*\n",
                &["some/temporary.txt", "some/temp", "some/temp/deep/x"],
                &["temp", "# comment"],
            ),
            ("*/*/temp*", &["some/sub/temporary.txt"], &["some/temporary.txt"]),
            ("temp?", &["tempa", "tempb/x"], &["temp", "a/tempa"]),
            ("**/*.go", &["a.go", "x/y/a.go"], &["a.god"]),
            ("*.md\n!README.md", &["a.md"], &["README.md", "x/a.md"]),
            ("*.md\n!README*.md\nREADME-secret.md", &["README-secret.md", "a.md"], &["README-2.md"]),
            ("*.md\nREADME-secret.md\n!README*.md", &["a.md"], &["README-secret.md"]),
            ("/build/", &["build", "build/a"], &["x/build"]),
            ("./a/../b", &["b/c"], &["a"]),
            ("target\n!target/keep", &["target", "target/x"], &["target/keep", "target/keep/y"]),
            ("*", &["a", "a/b"], &[]),
            ("  spaced  \r\n", &["spaced"], &["  spaced  "]),
            ("!", &[], &["a", "!"]),
            ("[ab]x\n\\#y", &["ax", "#y"], &["cx"]),
        ];
        for (text, hits, misses) in table {
            let exclude = Exclude::parse(text.as_bytes());
            for path in *hits {
                assert!(exclude.matches(path.as_bytes()), "{text:?} {path}");
            }
            for path in *misses {
                assert!(!exclude.matches(path.as_bytes()), "{text:?} {path}");
            }
        }
    }
}
