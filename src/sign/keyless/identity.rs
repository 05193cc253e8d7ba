//! Whose signature is wanted: a name in a certificate, and who vouches for it. Neither has a default.

use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

use super::Refusal;

/// Who may have signed.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate's name: an address of mail, a URI, or a user's name.
    pub subject: Pattern,
    /// Who vouches for it: the URL of an OpenID Connect provider.
    pub issuer: Pattern,
}

/// What a text must be.
#[derive(Clone, Debug)]
pub struct Pattern(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Exact(String),
    Matching(Regex),
}

/// An expression that is none.
#[derive(Debug, thiserror::Error)]
#[error("{expression:?} is no regular expression")]
pub struct PatternError {
    expression: String,
    source: regex::Error,
}

crate::class::classified!(PatternError => Usage);

impl Pattern {
    /// Makes a pattern that is that text and no other.
    pub fn exact(text: impl Into<String>) -> Self {
        Self(Kind::Exact(text.into()))
    }

    /// Makes a pattern from a regular expression. As in cosign, it may match any part of the text unless it says `^` and `$`.
    ///
    /// # Errors
    /// When it is no regular expression.
    pub fn matching(expression: &str) -> Result<Self, PatternError> {
        match RegexBuilder::new(expression).unicode(false).build() {
            Ok(regex) => Ok(Self(Kind::Matching(regex))),
            Err(source) => Err(PatternError { expression: expression.to_owned(), source }),
        }
    }

    /// Says whether the text is as it must be.
    pub fn matches(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Exact(wanted) => wanted == text,
            Kind::Matching(regex) => regex.is_match(text.as_bytes()),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Exact(text) => write!(f, "{text:?}"),
            Kind::Matching(regex) => write!(f, "what matches {:?}", regex.as_str()),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.subject, self.issuer)
    }
}

impl Identity {
    /// Compares a certificate's name and who vouches for it.
    pub(in crate::sign) fn check(&self, subject: &str, issuer: &str) -> Result<(), Refusal> {
        if !self.issuer.matches(issuer) {
            return Err(Refusal::Issuer { found: issuer.to_owned(), wanted: self.issuer.to_string() });
        }
        if !self.subject.matches(subject) {
            return Err(Refusal::Identity { found: subject.to_owned(), wanted: self.subject.to_string() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_and_matching() {
        let matching = |expression| Pattern::matching(expression).expect("an expression");
        for (pattern, text, wanted) in [
            (Pattern::exact("a@b.c"), "a@b.c", true),
            (Pattern::exact("a@b.c"), "A@b.c", false),
            (Pattern::exact("a@b.c"), "a@b.cc", false),
            (Pattern::exact("a.b"), "axb", false),
            (matching("b"), "abc", true),
            (matching("^b$"), "abc", false),
            (matching("^a.c$"), "abc", true),
            (matching("^a.c$"), "abc\n", false),
            (matching(r"^\w+@b\.c$"), "ab@b.c", true),
            (matching(r"^(?i)A$"), "a", true),
        ] {
            assert_eq!(pattern.matches(text), wanted, "{pattern} and {text:?}");
        }
        let error = Pattern::matching("(").expect_err("no expression");
        assert_eq!(error.to_string(), "\"(\" is no regular expression");
    }
}
