//! Which licenses are called by identifiers of SPDX's list, and which expressions of them are valid.
//!
//! SPDX 2.3, annex D: <https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>. The lists beside this file are those identifiers of
//! the SPDX license list 3.28 (<https://github.com/spdx/license-list-data>, CC0-1.0) that CycloneDX's schema and SPDX's own tools both know,
//! sorted by their bytes; a document with newer ones would not pass older validators.

const LICENSES: &str = include_str!("licenses.txt");
const EXCEPTIONS: &str = include_str!("exceptions.txt");

/// Longer text is no expression.
const MAX_LENGTH: usize = 2000;
/// Deeper parentheses are none.
const MAX_DEPTH: usize = 32;

/// What a package says about its license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum License {
    /// An identifier of the list, written as there.
    Id(&'static str),
    /// A valid expression of several.
    Expression(String),
    /// Anything else, as it came.
    Other(String),
}

impl License {
    /// Recognizes a license.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Some(id) = find(LICENSES, text) {
            return Self::Id(id);
        }
        expression(text).map_or_else(|| Self::Other(text.to_owned()), Self::Expression)
    }
}

/// Longer text is no name of a license but a license.
const MAX_NAME: usize = 120;
/// So many words has the longest name.
const MAX_WORDS: usize = 14;

/// Cleans what evidence says about licenses: none twice, none empty, none that is a sentence instead of a name. The order stays.
pub(super) fn clean(texts: Vec<String>) -> Vec<String> {
    let mut cleaned: Vec<String> = Vec::new();
    for text in texts {
        let text = text.trim();
        if is_name(text) && !cleaned.iter().any(|other| other == text) {
            cleaned.push(text.to_owned());
        }
    }
    cleaned
}

/// Says whether text names a license, as an expression, a name or an address does, and is not the beginning of one.
pub(super) fn is_name(text: &str) -> bool {
    const SENTENCES: [&str; 8] =
        ["copyright", "permission is", "redistribution", "licensed under", "this ", "all rights", "see ", "unknown"];
    if matches!(License::parse(text), License::Id(_) | License::Expression(_)) {
        return true;
    }
    let lower = text.to_ascii_lowercase();
    let is_sentence = SENTENCES.iter().any(|start| lower.starts_with(start));
    !text.is_empty()
        && !is_sentence
        && !text.contains('\n')
        && text.len() <= MAX_NAME
        && text.split_whitespace().count() <= MAX_WORDS
}

/// Turns a license of Debian's machine-readable copyright files into SPDX's words; what has no such word stays.
///
/// <https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/#license-specification>
pub(super) fn of_debian(text: &str) -> String {
    let words = text.split_whitespace().map(|word| {
        let bare = word.trim_end_matches(',');
        match bare {
            "and" => "AND".to_owned(),
            "or" => "OR".to_owned(),
            "Expat" => "MIT".to_owned(),
            "with" => "WITH".to_owned(),
            _ => gnu(bare).unwrap_or_else(|| bare.to_owned()),
        }
    });
    let spdx = words.collect::<Vec<_>>().join(" ");
    if matches!(License::parse(&spdx), License::Other(_)) { text.trim().to_owned() } else { spdx }
}

/// `GPL-2+` is `GPL-2.0-or-later`, and `GPL-2` is `GPL-2.0-only`.
fn gnu(text: &str) -> Option<String> {
    let (family, version) =
        text.split_once('-').filter(|(family, _)| matches!(*family, "GPL" | "LGPL" | "AGPL" | "GFDL"))?;
    let (number, later) = match version.strip_suffix('+') {
        Some(number) => (number, "or-later"),
        None => (version, "only"),
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = if number.contains('.') { number.to_owned() } else { format!("{number}.0") };
    is_number.then(|| format!("{family}-{number}-{later}"))
}

/// Finds an identifier, whatever its case.
fn find(list: &'static str, text: &str) -> Option<&'static str> {
    list.lines().find(|id| id.eq_ignore_ascii_case(text))
}

fn expression(text: &str) -> Option<String> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut tokens = spaced.split_whitespace().peekable();
    let parsed = alternatives(&mut tokens, 0)?;
    tokens.next().is_none().then_some(parsed)
}

type Tokens<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

/// `AND` binds closer than `OR`; both are taken in lower case too, and written in upper case.
fn alternatives(tokens: &mut Tokens<'_>, depth: usize) -> Option<String> {
    let mut all = vec![conjunction(tokens, depth)?];
    while tokens.next_if(|token| token.eq_ignore_ascii_case("OR")).is_some() {
        all.push(conjunction(tokens, depth)?);
    }
    Some(all.join(" OR "))
}

fn conjunction(tokens: &mut Tokens<'_>, depth: usize) -> Option<String> {
    let mut all = vec![single(tokens, depth)?];
    while tokens.next_if(|token| token.eq_ignore_ascii_case("AND")).is_some() {
        all.push(single(tokens, depth)?);
    }
    Some(all.join(" AND "))
}

fn single(tokens: &mut Tokens<'_>, depth: usize) -> Option<String> {
    let first = tokens.next()?;
    if first == "(" {
        let inside = if depth < MAX_DEPTH { alternatives(tokens, depth + 1)? } else { return None };
        return (tokens.next()? == ")").then(|| format!("({inside})"));
    }
    let id = find(LICENSES, first)?;
    if tokens.next_if(|token| token.eq_ignore_ascii_case("WITH")).is_none() {
        return Some(id.to_owned());
    }
    Some(format!("{id} WITH {}", find(EXCEPTIONS, tokens.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for list in [LICENSES, EXCEPTIONS] {
            let ids: Vec<&str> = list.lines().collect();
            assert!(ids.len() > 80 && ids.is_sorted() && ids.iter().all(|id| !id.is_empty() && !id.contains(' ')));
        }
    }

    #[test]
    fn names_and_texts() {
        let texts = [
            "MIT",
            "",
            " MIT ",
            "Copyright (c) 2020, X",
            "BSD License",
            "https://www.apache.org/licenses/LICENSE-2.0",
            "a\nb",
        ];
        let cleaned = clean(texts.map(str::to_owned).to_vec());
        assert_eq!(cleaned, ["MIT", "BSD License", "https://www.apache.org/licenses/LICENSE-2.0"]);
        assert!(!is_name(&"word ".repeat(20)) && !is_name(&"x".repeat(500)) && is_name("GPL-2.0-only AND MIT"));
    }

    #[test]
    fn debian() {
        let table = [
            ("GPL-2+", "GPL-2.0-or-later"),
            ("GPL-3", "GPL-3.0-only"),
            ("LGPL-2.1+", "LGPL-2.1-or-later"),
            ("Expat", "MIT"),
            ("GPL-2+ or Expat", "GPL-2.0-or-later OR MIT"),
            ("BSD-3-clause", "BSD-3-Clause"),
            ("public-domain", "public-domain"),
            ("GPL-2+ with OpenSSL exception", "GPL-2+ with OpenSSL exception"),
        ];
        for (text, wanted) in table {
            let spdx = of_debian(text);
            assert!(spdx.eq_ignore_ascii_case(wanted), "{text}: {spdx}");
        }
    }

    #[test]
    fn what_is_valid() {
        let other = |text: &str| License::Other(text.to_owned());
        let valid = |text: &str| License::Expression(text.to_owned());
        let table = [
            ("MIT", License::Id("MIT")),
            (" apache-2.0 ", License::Id("Apache-2.0")),
            ("MIT AND BSD-3-Clause", valid("MIT AND BSD-3-Clause")),
            ("mit or (GPL-2.0-only and ISC)", valid("MIT OR (GPL-2.0-only AND ISC)")),
            ("GPL-2.0-or-later WITH GCC-exception-3.1", valid("GPL-2.0-or-later WITH GCC-exception-3.1")),
            ("GPLv2+", other("GPLv2+")),
            ("MIT AND", other("MIT AND")),
            ("MIT BSD", other("MIT BSD")),
            ("(MIT", other("(MIT")),
            ("MIT WITH MIT", other("MIT WITH MIT")),
            ("", other("")),
        ];
        for (text, wanted) in table {
            assert_eq!(License::parse(text), wanted, "{text}");
        }
        assert!(matches!(License::parse(&"(".repeat(1000)), License::Other(_)));
    }
}
