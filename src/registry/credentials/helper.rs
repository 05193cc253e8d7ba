//! Credential helpers: programs named `docker-credential-NAME` that keep logins elsewhere.
//!
//! The protocol: <https://github.com/docker/docker-credential-helpers#development>. Their output is bounded and so is their time.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitStatus, Output};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::server::server;
use crate::program::{self, MAX_OUTPUT};
use crate::registry::login::Login;

/// Longest time a helper may take by default.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The name that says that the secret is an identity token.
const TOKEN_USER: &str = "<token>";

/// How helpers are run.
#[derive(Clone, Debug)]
pub struct Helpers {
    /// Where to look for them, as in `PATH`; by default the process's own. They run with it too.
    pub path: Option<OsString>,
    /// How long one may take; 30 s by default.
    pub timeout: Duration,
}

impl Default for Helpers {
    fn default() -> Self {
        Self { path: None, timeout: TIMEOUT }
    }
}

/// A helper that failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("docker-credential-{name} cannot {action} the login")]
pub struct HelperError {
    /// The helper, without its prefix.
    pub name: String,
    /// What it was to do: `get`, `store` or `erase`.
    pub action: &'static str,
    /// Why it could not.
    pub source: HelperFault,
}

/// Why a helper failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HelperFault {
    /// The name in the file cannot be one: it is part of a program's name.
    #[error("a helper's name must not be empty or contain a path separator")]
    Name,
    /// No such program.
    #[error("no such program on the search path")]
    Missing,
    /// It could not be started or talked to.
    #[error("cannot run it")]
    Run(#[source] Arc<io::Error>),
    /// It ended with a failure.
    #[error("{status}: {output}")]
    Exit {
        /// How it ended.
        status: ExitStatus,
        /// What it said, cut to one line.
        output: String,
    },
    /// It took too long and was killed.
    #[error("no answer within {} s", after.as_secs_f32())]
    Timeout {
        /// How long it was waited for.
        after: Duration,
    },
    /// What it printed is not what the protocol says.
    #[error("its answer is not the JSON of the protocol")]
    Answer,
}

crate::class::classified!(HelperError, HelperFault => Failed);

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Stored<'a> {
    #[serde(rename = "ServerURL")]
    server: &'a str,
    username: &'a str,
    secret: &'a str,
}

/// An answer; Go's JSON reader takes names of members in any case, and null for empty text.
#[derive(Deserialize)]
#[serde(from = "BTreeMap<String, Value>")]
struct Answer {
    username: String,
    secret: String,
}

impl From<BTreeMap<String, Value>> for Answer {
    fn from(members: BTreeMap<String, Value>) -> Self {
        let text = |name: &str| {
            let found = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
        };
        Self { username: text("Username"), secret: text("Secret") }
    }
}

impl Helpers {
    /// Asks a helper for the login of a host.
    ///
    /// # Errors
    /// When it fails for any other reason than having none.
    pub(super) fn get(&self, name: &str, host: &str) -> Result<Option<Login>, HelperError> {
        let Some(output) = self.run(name, "get", server(host).as_bytes())? else {
            return Ok(None);
        };
        let answer: Answer = serde_json::from_slice(&output).map_err(|_| HelperError {
            name: name.into(),
            action: "get",
            source: HelperFault::Answer,
        })?;
        Ok(match (answer.username.as_str(), answer.secret) {
            ("", secret) if secret.is_empty() => None,
            (TOKEN_USER, token) => Some(Login::IdentityToken { token }),
            (username, password) => Some(Login::password(username, password)),
        })
    }

    /// Gives a helper a name and a secret to keep; an identity token has no name.
    pub(super) fn store(&self, name: &str, host: &str, user: Option<&str>, secret: &str) -> Result<(), HelperError> {
        let stored = Stored { server: server(host), username: user.unwrap_or(TOKEN_USER), secret };
        let input = serde_json::to_vec(&stored).expect("text is always writable");
        self.run(name, "store", &input).map(drop)
    }

    /// Makes a helper forget a host, and says whether it knew it.
    pub(super) fn erase(&self, name: &str, host: &str) -> Result<bool, HelperError> {
        // Helpers differ in how they answer for a host they do not know: some fail, some do not.
        if self.get(name, host)?.is_none() {
            return Ok(false);
        }
        Ok(self.run(name, "erase", server(host).as_bytes())?.is_some())
    }

    /// Runs a helper; nothing when it says that it has no such login.
    fn run(&self, name: &str, action: &'static str, input: &[u8]) -> Result<Option<Vec<u8>>, HelperError> {
        self.try_run(name, action, input).map_err(|source| HelperError { name: name.into(), action, source })
    }

    fn try_run(&self, name: &str, action: &str, input: &[u8]) -> Result<Option<Vec<u8>>, HelperFault> {
        // The name comes from a file; with a separator it would name any program.
        if name.is_empty() || name.contains(['/', '\\', '\0']) {
            return Err(HelperFault::Name);
        }
        let mut command = Command::new(format!("docker-credential-{name}"));
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        let ended = program::ask(command.arg(action), input, self.timeout).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => HelperFault::Missing,
            _ => HelperFault::Run(Arc::new(error)),
        })?;
        let Some(Output { status, stdout, stderr }) = ended else {
            return Err(HelperFault::Timeout { after: self.timeout });
        };
        if stdout.len() as u64 == MAX_OUTPUT {
            return Err(HelperFault::Answer);
        }
        if status.success() {
            return Ok(Some(stdout));
        }
        let (output, errors) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        if [&output, &errors].iter().any(|text| text.contains("credentials not found")) {
            return Ok(None);
        }
        Err(HelperFault::Exit { status, output: summary(&output, &errors) })
    }
}

/// Returns what a failed helper said, as one printable line; an answer is left out, since it holds the secret.
fn summary(output: &str, errors: &str) -> String {
    let output = if output.contains("\"Secret\"") { "" } else { output };
    program::summary(&[errors, output])
}
