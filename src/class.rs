//! What an error knows in addition to its message: the kind of failure, which a script can tell apart, and what to do about it.

use std::borrow::Cow;
use std::error::Error;

use serde::Serialize;

/// Why something failed; the binary's exit codes follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Class {
    /// None of the others: a local file, a refused combination.
    Failed,
    /// The caller asked for something that makes no sense.
    Usage,
    /// What was asked for does not exist.
    NotFound,
    /// Credentials are missing, wrong or not enough.
    Denied,
    /// A server or the way to it failed, after every retry.
    Network,
    /// Content is not what its digest, size or policy says.
    Verification,
    /// Some of many failed.
    Partial,
    /// Someone asked to stop.
    Interrupted,
}

/// What an error knows in addition to its message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis<'a> {
    /// The kind of failure.
    pub class: Class,
    /// What to do about it, where that is known: an imperative sentence, or a command to type.
    pub hint: Option<Cow<'a, str>>,
    /// The HTTP status, where a registry answered with one.
    pub status: Option<u16>,
}

/// An error that says what kind of failure it is and what to do about it. Every public error of this crate does.
///
/// Hints are written for who runs `stevedore`, and name its flags and commands. An embedder with other words for them finds the facts in the
/// fields of the errors.
pub trait Classified: Error + Send + Sync + 'static {
    /// Returns the kind of failure with what else is known. An error that stands for another returns that one's.
    fn diagnosis(&self) -> Diagnosis<'_>;

    /// Returns the kind of failure.
    fn class(&self) -> Class {
        self.diagnosis().class
    }

    /// Returns what to do about it, where that is known.
    fn hint(&self) -> Option<Cow<'_, str>> {
        self.diagnosis().hint
    }
}

impl Class {
    /// Makes the diagnosis of a failure of this kind, with what to do about it.
    pub fn hint<'a>(self, hint: impl Into<Cow<'a, str>>) -> Diagnosis<'a> {
        Diagnosis { hint: Some(hint.into()), ..self.into() }
    }

    /// Makes the diagnosis of a failure of this kind, with what to do about it where that is known.
    pub fn maybe_hint(self, hint: Option<&str>) -> Diagnosis<'_> {
        Diagnosis { hint: hint.map(Into::into), ..self.into() }
    }
}

impl From<Class> for Diagnosis<'_> {
    /// Makes the diagnosis of a failure about which nothing else is known.
    fn from(class: Class) -> Self {
        Self { class, hint: None, status: None }
    }
}

impl Diagnosis<'_> {
    /// Returns the same without a reference to the error.
    pub fn into_owned(self) -> Diagnosis<'static> {
        let Self { class, hint, status } = self;
        Diagnosis { class, hint: hint.map(|hint| Cow::Owned(hint.into_owned())), status }
    }
}

/// Classifies errors that are of one kind whatever their variant, and have no hint.
macro_rules! classified {
    ($($error:ty),+ => $class:ident) => {
        $(impl $crate::class::Classified for $error {
            fn diagnosis(&self) -> $crate::class::Diagnosis<'_> {
                $crate::class::Class::$class.into()
            }
        })+
    };
}
pub(crate) use classified;

classified!(serde_json::Error => Failed);
