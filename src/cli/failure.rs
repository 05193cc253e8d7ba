//! From an error to an exit code, a sentence with hints, or JSON.

use std::process::ExitCode;

use serde::Serialize;
use stevedore::class::{Class, Classified, Diagnosis};

use super::{Error, Result, interrupt, report};

/// A refusal of what was typed, found after parsing.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Usage {
    /// What is wrong.
    pub(crate) reason: String,
    /// What to type instead.
    pub(crate) hint: Option<String>,
}

impl Classified for Usage {
    fn diagnosis(&self) -> Diagnosis<'_> {
        Class::Usage.maybe_hint(self.hint.as_deref())
    }
}

impl Usage {
    /// Makes a refusal with its hint.
    pub(crate) fn new(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { reason: reason.into(), hint: Some(hint.into()) }
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

impl Verdict {
    /// Makes the end of something that is of no other class.
    pub(crate) fn failed(reason: String) -> Error {
        Self { class: Class::Failed, reason }.into()
    }
}

impl Classified for Verdict {
    fn diagnosis(&self) -> Diagnosis<'_> {
        self.class.into()
    }
}

/// The end of a comparison that found differences, which were reported: only the exit code is left to tell.
#[derive(Debug, thiserror::Error)]
#[error("there are differences")]
pub(crate) struct Different;

impl Classified for Different {
    fn diagnosis(&self) -> Diagnosis<'_> {
        Class::Failed.into()
    }
}

/// What went wrong, as told to people and scripts.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    class: Class,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(rename = "hints", skip_serializing_if = "Option::is_none", serialize_with = "list")]
    hint: Option<String>,
}

impl Failure {
    /// Makes one of an error that is about `reference`.
    pub(crate) fn of(error: &Error, reference: Option<String>) -> Self {
        let Diagnosis { class, hint, status, .. } = error.diagnosis();
        // One line, whatever a server sent.
        let message = report::printable(&error.to_string());
        Self { class, message, reference, status, hint: hint.map(|hint| report::printable(&hint)) }
    }

    /// Makes one of a command line that could not be understood.
    pub(crate) fn usage(text: &str) -> Self {
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Self { class: Class::Usage, message, reference: None, status: None, hint: None }
    }

    /// Returns the sentence, with a line for the hint.
    pub(crate) fn text(&self) -> String {
        let hint = self.hint.iter().map(|hint| format!("\nhint: {hint}"));
        format!("stevedore: {}{}", self.message, hint.collect::<String>())
    }

    /// Returns the same as JSON, on one line.
    pub(crate) fn json(&self) -> String {
        #[derive(Serialize)]
        struct Envelope<'a> {
            error: &'a Failure,
        }
        serde_json::to_string(&Envelope { error: self }).expect("a failure has text keys and plain values")
    }

    /// Returns the sentence and the hint in one line, for a list of failures.
    #[cfg(feature = "sync")]
    pub(crate) fn line(&self) -> String {
        let hint = self.hint.iter().map(|hint| format!(" (hint: {hint})"));
        format!("{}{}", self.message, hint.collect::<String>())
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

/// What scripts read is a list.
fn list<S: serde::Serializer>(hint: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(hint)
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

#[cfg(test)]
mod tests {
    use stevedore::watch::Cancelled;
    use stevedore::{copy, transport};

    use super::*;
    use crate::cli::Context;

    fn not_found() -> transport::Error {
        transport::Error::not_found("tag v1", "oci:d")
    }

    #[test]
    fn classes_become_exit_codes() {
        let at_source = copy::Error::at(copy::Side::Source, "oci:d");
        let table: Vec<(Error, u8)> = vec![
            (std::io::Error::other("anything").into(), 1),
            (Usage::new("no", "yes").into(), 2),
            (not_found().into(), 3),
            (at_source(not_found()).into(), 3),
            (Err::<(), _>(not_found()).context("cannot do it").expect_err("fails"), 3),
            (std::io::Error::from(not_found()).into(), 3),
            (transport::Error::unsupported("x", "dir:d", "y").into(), 1),
            (transport::Error::Ambiguous { place: "oci:d".into(), choices: vec![] }.into(), 2),
            (at_source(transport::Error::Cancelled(Cancelled)).into(), 130),
            (std::io::Error::other(Cancelled).into(), 130),
            (Verdict { class: Class::Partial, reason: String::new() }.into(), 7),
        ];
        for (error, code) in table {
            assert_eq!(exit_code(error.diagnosis().class), code, "{error}");
        }
    }

    #[test]
    fn both_forms() {
        let error: Error = transport::Error::unsupported("deleting an image", "dir:d", "delete the directory").into();
        let failure = Failure::of(&error, Some("dir:d".into()));
        assert_eq!(failure.text(), "stevedore: deleting an image is not possible in dir:d\nhint: delete the directory");
        assert_eq!(
            failure.json(),
            r#"{"error":{"class":"failed","message":"deleting an image is not possible in dir:d","reference":"dir:d","hints":["delete the directory"]}}"#
        );
    }
}
