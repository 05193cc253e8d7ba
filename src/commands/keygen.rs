//! `keygen`: a new pair of keys in cosign's files.

use std::path::{Path, PathBuf};

use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::durable::{self, Existing};
use stevedore::sign::PrivateKey;

use crate::cli::keys::PasswordSource;
use crate::cli::report::Report;
use crate::cli::{Context, Result, Ui, Usage};

/// Make a pair of keys for signing images
///
/// Writes PREFIX.key, encrypted with a password and readable by its owner only, and PREFIX.pub. Both are ECDSA keys on P-256, and the files are
/// those of cosign and skopeo. An empty password is taken: it protects nothing, which may be what a test wants.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// What the names of both files begin with
    #[arg(long, value_name = "PREFIX", default_value = "cosign")]
    output_key_prefix: PathBuf,
    /// Replace files that exist: what was signed with the old key can then not be signed again
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    password: PasswordSource,
}

const EXAMPLES: &str = "\
Examples:
  stevedore keygen
  stevedore keygen --output-key-prefix release --password-file /run/secrets/password
  COSIGN_PASSWORD= stevedore keygen --output-key-prefix test";

/// What was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    private_key: String,
    public_key: String,
    fingerprint: Digest,
}

/// Makes the keys.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let [private, public] = ["key", "pub"].map(|kind| file(&args.output_key_prefix, kind));
    for path in [&private, &public] {
        if !args.force && path.symlink_metadata().is_ok() {
            let hint = "use --output-key-prefix to write elsewhere, or --force to replace it";
            return Err(Usage::new(format!("{} exists and is not replaced", path.display()), hint).into());
        }
    }
    let password = args.password.password(&private.display().to_string(), true, ui)?;
    let key = PrivateKey::generate()?;
    let encrypted = key.to_encrypted_pem(&password)?;
    write(&private, encrypted.as_bytes(), 0o600, args.force)?;
    write(&public, key.public_key().to_pem().as_bytes(), 0o644, args.force)?;
    ui.report(&Written {
        private_key: private.display().to_string(),
        public_key: public.display().to_string(),
        fingerprint: key.public_key().fingerprint(),
    })
}

/// A prefix may have a dot in it.
fn file(prefix: &Path, kind: &str) -> PathBuf {
    let mut name = prefix.as_os_str().to_owned();
    name.push(format!(".{kind}"));
    name.into()
}

/// Writes a file whole or not at all, and without `force` only where none is.
fn write(path: &Path, content: &[u8], mode: u32, force: bool) -> Result<()> {
    let existing = if force { Existing::Replace } else { Existing::Keep };
    let written = durable::write(path, mode, existing, |out| out.write_all(content));
    written.with_context(|| format!("cannot write {}", path.display()))
}

impl Report for Written {
    fn text(&self) -> String {
        format!("{}\n{}\n", self.private_key, self.public_key)
    }
}
