//! From an error to an exit code, a sentence with hints, or JSON.

use std::process::ExitCode;

use serde::Serialize;
use stevedore::class::Class;
use stevedore::sbom::attached;
use stevedore::{artifact, build, copy, draft, filesystem, image, mutate, registry, sign, sync, transport};

use super::{hints, interrupt};

/// A refusal of what was typed, found after parsing.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Usage {
    /// What is wrong.
    pub(crate) reason: String,
    /// What to type instead.
    pub(crate) cure: Option<String>,
}

impl Usage {
    /// Makes a refusal with its cure.
    pub(crate) fn new(reason: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { reason: reason.into(), cure: Some(cure.into()) }
    }
}

/// The end of work on many things of which some failed, each of which was told.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Verdict {
    /// The kind of failure of the whole.
    pub(crate) class: Class,
    /// How many failed.
    pub(crate) reason: String,
}

/// The end of a comparison that found differences, which were reported: only the exit code is left to tell.
#[derive(Debug, thiserror::Error)]
#[error("there are differences")]
pub(crate) struct Different;

/// What went wrong, as told to people and scripts.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    class: Class,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

impl Failure {
    /// Makes one of an error that is about `reference`.
    pub(crate) fn of(error: &anyhow::Error, reference: Option<String>) -> Self {
        let class = class(error);
        let hints = hints::find(error, class, reference.as_deref());
        Self { class, message: sentence(error), reference, status: status(error), hints }
    }

    /// Makes one of a command line that could not be understood.
    pub(crate) fn usage(text: &str) -> Self {
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Self { class: Class::Usage, message, reference: None, status: None, hints: Vec::new() }
    }

    /// Returns the sentence, with a line for each hint.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("stevedore: {}", self.message);
        for hint in &self.hints {
            text.push_str(&format!("\nhint: {hint}"));
        }
        text
    }

    /// Returns the same as JSON, on one line.
    pub(crate) fn json(&self) -> String {
        #[derive(Serialize)]
        struct Envelope<'a> {
            error: &'a Failure,
        }
        serde_json::to_string(&Envelope { error: self }).expect("a failure has text keys and plain values")
    }

    /// Returns the sentence and the hints in one line, for a list of failures.
    pub(crate) fn line(&self) -> String {
        let hints: String = self.hints.iter().map(|hint| format!(" (hint: {hint})")).collect();
        format!("{}{hints}", self.message)
    }

    /// Returns the kind of failure.
    pub(crate) fn class(&self) -> Class {
        self.class
    }

    /// Returns the exit code of the class.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(exit_code(self.class))
    }
}

fn exit_code(class: Class) -> u8 {
    match class {
        Class::Usage => 2,
        Class::NotFound => 3,
        Class::Denied => 4,
        Class::Network => 5,
        Class::Verification => 6,
        Class::Partial => 7,
        Class::Interrupted => interrupt::EXIT_CODE,
        _ => 1,
    }
}

/// Finds the class in the first error of the chain that has one.
fn class(error: &anyhow::Error) -> Class {
    error.chain().find_map(class_of).unwrap_or(Class::Failed)
}

fn class_of(error: &(dyn std::error::Error + 'static)) -> Option<Class> {
    if let Some(error) = error.downcast_ref::<copy::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<sync::Error>() {
        return Some(error.class());
    }
    if let Some(verdict) = error.downcast_ref::<Verdict>() {
        return Some(verdict.class);
    }
    if let Some(error) = error.downcast_ref::<build::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<draft::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<mutate::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<image::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<filesystem::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<attached::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<sign::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<artifact::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<transport::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<registry::Error>() {
        return Some(error.class());
    }
    if let Some(error) = error.downcast_ref::<std::io::Error>() {
        return error.get_ref().and_then(|inner| class_of(inner));
    }
    if error.is::<stevedore::watch::Cancelled>() {
        return Some(Class::Interrupted);
    }
    error.is::<Usage>().then_some(Class::Usage)
}

/// Finds the HTTP status.
fn status(error: &anyhow::Error) -> Option<u16> {
    error.chain().find_map(|error| hints::registry_error(error)?.status())
}

/// Joins the causes; a clause that was said already is not said again.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let clause = cause.to_string();
        if text.is_empty() {
            text = clause;
        } else if !text.contains(&clause) {
            text.push_str(": ");
            text.push_str(&clause);
        }
    }
    // One line, whatever a server sent.
    super::report::printable(&text)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use stevedore::watch::Cancelled;

    use super::*;

    fn not_found() -> transport::Error {
        transport::Error::not_found("tag v1", "oci:d")
    }

    #[test]
    fn classes_become_exit_codes() {
        let at_source = copy::Error::at(copy::Side::Source, "oci:d");
        let table: Vec<(anyhow::Error, u8)> = vec![
            (anyhow!("anything"), 1),
            (Usage::new("no", "yes").into(), 2),
            (not_found().into(), 3),
            (at_source(not_found()).into(), 3),
            (anyhow::Error::from(not_found()).context("cannot do it"), 3),
            (std::io::Error::from(not_found()).into(), 3),
            (transport::Error::unsupported("x", "dir:d", "y").into(), 1),
            (transport::Error::Ambiguous { place: "oci:d".into(), choices: vec![] }.into(), 2),
            (at_source(transport::Error::Cancelled(Cancelled)).into(), 130),
            (std::io::Error::other(Cancelled).into(), 130),
            (sync::Error::Taken { line: 1 }.into(), 2),
            (Verdict { class: Class::Partial, reason: String::new() }.into(), 7),
        ];
        for (error, code) in table {
            assert_eq!(exit_code(class(&error)), code, "{error}");
        }
    }

    #[test]
    fn a_sentence_says_each_clause_once() {
        let error = anyhow!("connection refused").context("GET http://h/ failed: connection refused").context("top");
        assert_eq!(sentence(&error), "top: GET http://h/ failed: connection refused");
        let error: anyhow::Error = copy::Error::at(copy::Side::Source, "oci:d")(not_found()).into();
        assert_eq!(sentence(&error), "cannot read oci:d: tag v1 not found in oci:d");
        assert_eq!(sentence(&anyhow!("a\u{1b}[31m\nb")), "a [31m b");
    }

    #[test]
    fn both_forms() {
        let error: anyhow::Error =
            transport::Error::unsupported("deleting an image", "dir:d", "delete the directory").into();
        let failure = Failure::of(&error, Some("dir:d".into()));
        assert_eq!(failure.text(), "stevedore: deleting an image is not possible in dir:d\nhint: delete the directory");
        assert_eq!(
            failure.json(),
            r#"{"error":{"class":"failed","message":"deleting an image is not possible in dir:d","reference":"dir:d","hints":["delete the directory"]}}"#
        );
    }
}
