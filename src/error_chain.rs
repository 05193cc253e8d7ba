//! Errors with their causes, as text.

use std::error::Error;

/// Joins an error and its causes with colons, outermost first. A clause that was said already is not said again: many errors quote their
/// cause.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let clause = cause.to_string();
        if !text.contains(&clause) {
            text.push_str(": ");
            text.push_str(&clause);
        }
        source = cause.source();
    }
    text
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
