//! Patterns for paths: `*` and `?` within a name, `**` across directories, `[a-z]`, and `\` before what is meant literally.

/// A pattern for whole paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(Vec<u8>);

impl Glob {
    /// Takes a pattern; leading slashes mean nothing, for every path starts at the root.
    pub fn new(pattern: &[u8]) -> Self {
        let start = pattern.iter().position(|byte| *byte != b'/').unwrap_or(pattern.len());
        Self(pattern[start..].to_vec())
    }

    /// Says whether a text has characters that make it a pattern.
    pub fn is_pattern(text: &[u8]) -> bool {
        text.iter().any(|byte| b"*?[".contains(byte))
    }

    /// Says whether a path matches, the whole of it.
    pub fn matches(&self, path: &[u8]) -> bool {
        matches(&self.0, path)
    }
}

/// Matches with two places to come back to, the last `*` and the last `**`, so that the time is bounded by the product of the lengths.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut double: Option<(usize, usize, bool)> = None;
    loop {
        if pattern[at..].starts_with(b"**") {
            // `**/` stands for whole directories, none among them; it goes on behind a slash.
            let whole = pattern[at + 2..].starts_with(b"/") && (position == 0 || path[position - 1] == b'/');
            at += if whole { 3 } else { 2 };
            (double, star) = (Some((at, position, whole)), None);
            continue;
        }
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            star = Some((at, position));
            continue;
        }
        if position == path.len() && at == pattern.len() {
            return true;
        }
        if let Some(taken) = path.get(position).and_then(|byte| one(&pattern[at..], *byte)) {
            at += taken;
            position += 1;
            continue;
        }
        if let Some((back, from)) = star.filter(|(_, from)| path.get(*from).is_some_and(|byte| *byte != b'/')) {
            star = Some((back, from + 1));
            (at, position) = (back, from + 1);
        } else if let Some((back, from, whole)) = double {
            let step =
                if whole { path[from..].iter().position(|byte| *byte == b'/').map(|slash| slash + 1) } else { Some(1) };
            let Some(next) = step.map(|step| from + step).filter(|next| *next <= path.len()) else {
                return false;
            };
            (double, star) = (Some((back, next, whole)), None);
            (at, position) = (back, next);
        } else {
            return false;
        }
    }
}

/// Matches one byte; returns how much of the pattern that took.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern.first()? {
        b'?' => (byte != b'/').then_some(1),
        b'\\' if pattern.len() > 1 => (pattern[1] == byte).then_some(2),
        b'[' => match class(pattern, byte) {
            Some((true, length)) => (byte != b'/').then_some(length),
            Some((false, _)) => None,
            // Without an end it stands for itself.
            None => (byte == b'[').then_some(1),
        },
        literal => (*literal == byte).then_some(1),
    }
}

/// Reads `[…]` or `[!…]`; returns whether the byte is one of them, and the length.
fn class(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    let negated = matches!(pattern.get(1), Some(b'!' | b'^'));
    let first = if negated { 2 } else { 1 };
    let mut at = first;
    let mut found = false;
    loop {
        let low = *pattern.get(at)?;
        if low == b']' && at > first {
            return Some((found != negated, at + 1));
        }
        if pattern.get(at + 1) == Some(&b'-') && pattern.get(at + 2).is_some_and(|high| *high != b']') {
            found |= (low..=pattern[at + 2]).contains(&byte);
            at += 3;
        } else {
            found |= low == byte;
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("etc/*", &["etc/passwd", "etc/.x"], &["etc", "etc/a/b", "usr/etc/x"]),
            ("/etc/*.conf", &["etc/a.conf"], &["etc/a.conf.d", "etc/d/a.conf"]),
            ("**/*.so*", &["a.so", "usr/lib/a.so.1", "x/y/z.so"], &["usr/lib/a.s"]),
            ("usr/**", &["usr/a", "usr/a/b"], &["usr", "user/a"]),
            ("usr/**/bin", &["usr/bin", "usr/a/b/bin"], &["usr/sbin", "usr/a/bin/c"]),
            ("**", &["a", "a/b"], &[]),
            ("?[a-c]x", &["0bx", "zcx"], &["0dx", "bx", "/bx"]),
            ("[!a]*", &["b", "bc"], &["a", "ab"]),
            ("[]]", &["]"], &["["]),
            ("[x", &["[x"], &["x"]),
            ("a\\*b", &["a*b"], &["axb"]),
            ("a*b*c", &["abc", "axbxc", "abbcc"], &["ab", "a/b/c"]),
        ];
        for (pattern, good, bad) in table {
            let glob = Glob::new(pattern.as_bytes());
            for path in *good {
                assert!(glob.matches(path.as_bytes()), "{pattern} {path}");
            }
            for path in *bad {
                assert!(!glob.matches(path.as_bytes()), "{pattern} {path}");
            }
        }
        assert!(!Glob::new(b"*a*a*a*a*a*a*a*a*a*b").matches(&[b'a'; 5000]));
    }
}
