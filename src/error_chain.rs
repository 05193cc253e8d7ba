//! Errors with their causes, as text.

use std::error::Error;
use std::iter;

/// Joins an error and its causes with colons, outermost first, as [`join`] does.
pub fn with_causes(error: &dyn Error) -> String {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    join(iter::once(error.to_string()).chain(causes.map(ToString::to_string)))
}

/// Joins clauses with colons. One that was said already is not said again: many errors quote their cause.
pub fn join(clauses: impl Iterator<Item = String>) -> String {
    clauses
        .reduce(|text, clause| if text.contains(&clause) { text } else { format!("{text}: {clause}") })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<Link>>,
    }

    #[test]
    fn causes_are_said_once() {
        for (texts, wanted) in [
            (&["alone"][..], "alone"),
            (&["top", "middle", "bottom"], "top: middle: bottom"),
            (&["top: bottom", "bottom"], "top: bottom"),
            (&["top", "middle", "top", "bottom"], "top: middle: bottom"),
        ] {
            let chain = texts.iter().rev().fold(None, |source, text| Some(Box::new(Link { text, source })));
            assert_eq!(with_causes(&*chain.expect("not empty")), wanted);
        }
    }
}
