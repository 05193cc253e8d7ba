//! A key that a program has: a hardware token, a cloud's key service, an agent.
//!
//! The protocol is in `docs/SIGNERS.md`. The program is started without a shell, its time and its output are bounded, and a signature counts
//! only when the public key verifies it.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::process::{Command, ExitStatus, Output};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{Error, MAX_FILE, PublicKey, SigningKey};
use crate::program;

/// The longest signature: one of an RSA key of 8192 bits.
const MAX_SIGNATURE: usize = 1024;

/// A key that a program has.
#[derive(Debug)]
pub struct External {
    program: OsString,
    timeout: Duration,
    public: PublicKey,
}

/// Why a program that has a key failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
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
    #[error("no answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// It printed more than any answer is.
    #[error("its answer is too long")]
    Long,
    /// It printed something else than one public key.
    #[error("its answer is not one public key in PEM")]
    NoKey,
    /// What it printed is no signature by its public key.
    #[error("its answer is no signature by its public key")]
    Wrong,
}

crate::class::classified!(Fault => Failed);

impl External {
    /// Asks a program, a path or a name on the search path, for its public key. Each answer must come within `timeout`.
    ///
    /// # Errors
    /// When it has none that can be used, or fails.
    pub fn new(program: impl Into<OsString>, timeout: Duration) -> Result<Self, Error> {
        let program = program.into();
        let answer = run(&program, &["public-key"], &[], timeout, MAX_FILE)
            .map_err(|source| failed(&program, "name its public key", source))?;
        let keys = PublicKey::parse_all(&String::from_utf8_lossy(&answer))?;
        match <[PublicKey; 1]>::try_from(keys) {
            Ok([public]) => Ok(Self { program, timeout, public }),
            Err(_) => Err(failed(&program, "name its public key", Fault::NoKey)),
        }
    }
}

impl SigningKey for External {
    fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let algorithm = self.public.algorithm();
        let digest: [u8; 32] = Sha256::digest(message).into();
        let input: &[u8] = if algorithm == "ed25519" { message } else { &digest };
        let signature = run(&self.program, &["sign", algorithm], input, self.timeout, MAX_SIGNATURE);
        let signature = signature.and_then(|signature| match self.public.verifies(message, &signature) {
            true => Ok(signature),
            false => Err(Fault::Wrong),
        });
        signature.map_err(|source| failed(&self.program, "sign", source))
    }
}

fn failed(program: &OsString, action: &'static str, source: Fault) -> Error {
    Error::External { program: program.display().to_string(), action, source }
}

fn run(
    program: &OsString,
    arguments: &[&str],
    input: &[u8],
    timeout: Duration,
    limit: usize,
) -> Result<Vec<u8>, Fault> {
    let ended = program::ask(Command::new(program).args(arguments), input, timeout);
    let ended = ended.map_err(|error| Fault::Run(Arc::new(error)))?;
    let Some(Output { status, stdout, stderr }) = ended else {
        return Err(Fault::Timeout(timeout));
    };
    if !status.success() {
        return Err(Fault::Exit { status, output: program::summary(&[&String::from_utf8_lossy(&stderr)]) });
    }
    if stdout.len() > limit { Err(Fault::Long) } else { Ok(stdout) }
}

impl fmt::Display for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exec:{}", self.program.display())
    }
}
