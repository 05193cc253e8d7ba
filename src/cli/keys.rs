//! Keys and their passwords, as files, variables and questions.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::durable::{self, Existing};
use stevedore::sign::key::{self, External, MAX_FILE, Stored};
use stevedore::sign::{Error, PrivateKey, PublicKey, SigningKey};
use zeroize::Zeroizing;

use super::report::Report;
use super::{Context, Result, Ui, Usage, Verdict};

/// What a name begins with that is a variable's.
const VARIABLE: &str = "env://";
/// Passwords are short; a file named by mistake is not read whole.
const MAX_PASSWORD: u64 = 64 * 1024;

/// What a name begins with that is a program's.
const PROGRAM: &str = "exec:";
/// How long a program may take to sign; a person may have to touch a token.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where cosign has keys that are not here, and what that is.
const ELSEWHERE: [(&str, &str); 9] = [
    ("awskms://", "AWS KMS"),
    ("gcpkms://", "Google Cloud KMS"),
    ("azurekms://", "Azure Key Vault"),
    ("hashivault://", "HashiCorp Vault"),
    ("k8s://", "secrets of Kubernetes"),
    ("gitlab://", "variables of GitLab"),
    ("github://", "secrets of GitHub"),
    ("pkcs11:", "PKCS #11 tokens"),
    ("https://", "files at URLs"),
];

/// Where a key's password comes from.
#[derive(Args, Debug)]
pub(crate) struct PasswordSource {
    /// Read the key's password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordSource {
    /// Returns the password; `twice` has it typed twice when it is asked for.
    pub(crate) fn password(&self, name: &str, twice: bool, ui: &Ui) -> Result<Zeroizing<Vec<u8>>> {
        if let Some(password) = ui.environment().key_password() {
            return Ok(password);
        }
        if let Some(file) = &self.password_file {
            let password =
                first_line(file).with_context(|| format!("cannot read the password from {}", file.display()))?;
            // A secret that was not mounted must not make a key that anybody can use.
            if twice && password.is_empty() {
                let hint = "set COSIGN_PASSWORD= for a key that no password protects";
                return Err(Usage::new(format!("{} has an empty first line", file.display()), hint).into());
            }
            return Ok(password);
        }
        if !std::io::stdin().is_terminal() {
            let hint = "set COSIGN_PASSWORD, which may be empty, or use --password-file";
            return Err(Usage::new(format!("no password was given for {name}"), hint).into());
        }
        let ask = |question: String| rpassword::prompt_password(question).map(Zeroizing::new);
        let password = ask(format!("Password for {name}: ")).context("cannot read the password")?;
        if twice && *ask("The same again: ".to_owned()).context("cannot read the password")? != *password {
            return Err(Usage::new("the two passwords differ", "type the same one twice").into());
        }
        Ok(Zeroizing::new(password.as_bytes().to_vec()))
    }
}

fn first_line(file: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut content = Zeroizing::new(Vec::new());
    File::open(file)?.take(MAX_PASSWORD).read_to_end(&mut content)?;
    let end = content.iter().position(|byte| *byte == b'\n').unwrap_or(content.len());
    let end = if content[..end].ends_with(b"\r") { end - 1 } else { end };
    content.truncate(end);
    Ok(content)
}

/// Returns the key that signs: from a file or a variable, or by `exec:PROGRAM` a program's.
pub(crate) fn signing_key(name: &str, password: &PasswordSource, ui: &Ui) -> Result<Box<dyn SigningKey>> {
    match name.strip_prefix(PROGRAM) {
        Some(program) => {
            let key = External::new(program, PATIENCE);
            Ok(Box::new(key.map_err(|source| Error::Key { name: name.to_owned(), source })?))
        }
        None => Ok(Box::new(private_key(name, password, ui)?)),
    }
}

/// Reads a private key from a file or, by `env://NAME`, from a variable.
pub(crate) fn private_key(name: &str, password: &PasswordSource, ui: &Ui) -> Result<PrivateKey> {
    let unusable = |source| Error::Key { name: name.to_owned(), source };
    match PrivateKey::parse(&read(name)?).map_err(unusable)? {
        Stored::Encrypted(encrypted) => {
            let password = password.password(name, false, ui)?;
            Ok(encrypted.unlock(&password).map_err(unusable)?)
        }
        Stored::Plain(key) => {
            ui.note(&format!("the key in {name} is not encrypted: whoever has the file can sign"));
            Ok(key)
        }
        _ => Err(Verdict::failed(format!("the key in {name} is stored in a way that is not supported"))),
    }
}

/// Reads a private key that no password protects.
pub(crate) fn plain_key(name: &str) -> Result<PrivateKey> {
    match PrivateKey::parse(&read(name)?).map_err(|source| Error::Key { name: name.to_owned(), source })? {
        Stored::Plain(key) => Ok(key),
        _ => Err(Usage::new(format!("the key in {name} is encrypted already"), "use it as it is: --key FILE").into()),
    }
}

/// Reads every public key of a file or, by `env://NAME`, of a variable.
pub(crate) fn public_keys(name: &str) -> Result<Vec<PublicKey>> {
    let keys = PublicKey::parse_all(&read(name)?);
    Ok(keys.map_err(|source| Error::Key { name: name.to_owned(), source })?)
}

/// Reads the public keys in all of the files that were named; there must be one.
pub(crate) fn required(names: &[String]) -> Result<Vec<PublicKey>> {
    if names.is_empty() {
        let hint = "name who may have signed, as in --key cosign.pub";
        return Err(Usage::new("without a key nothing is acceptable", hint).into());
    }
    let keys: Vec<Vec<PublicKey>> = names.iter().map(|name| public_keys(name)).collect::<Result<_, _>>()?;
    Ok(keys.into_iter().flatten().collect())
}

/// A pair of keys that was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pair {
    private_key: String,
    public_key: String,
    fingerprint: Digest,
}

impl Report for Pair {
    fn text(&self) -> String {
        format!("{}\n{}\n", self.private_key, self.public_key)
    }
}

/// Writes a pair of keys to PREFIX.key, encrypted and for its owner only, and PREFIX.pub. Files that exist are replaced with `force` only.
pub(crate) fn write_pair(
    prefix: &Path,
    force: bool,
    password: &PasswordSource,
    ui: &Ui,
    make: impl FnOnce() -> Result<PrivateKey>,
) -> Result<Pair> {
    let [private, public] = ["key", "pub"].map(|kind| {
        // A prefix may have a dot in it.
        let mut name = prefix.as_os_str().to_owned();
        name.push(format!(".{kind}"));
        PathBuf::from(name)
    });
    for path in [&private, &public] {
        if !force && path.symlink_metadata().is_ok() {
            let hint = "use --output-key-prefix to write elsewhere, or --force to replace it";
            return Err(Usage::new(format!("{} exists and is not replaced", path.display()), hint).into());
        }
    }
    let key = make()?;
    let password = password.password(&private.display().to_string(), true, ui)?;
    if password.is_empty() {
        ui.note(&format!("the password is empty: it protects nothing, and whoever has {} can sign", private.display()));
    }
    let encrypted = key.to_encrypted_pem(&password)?;
    let existing = if force { Existing::Replace } else { Existing::Keep };
    let write = |path: &Path, content: &[u8], mode: u32| -> Result<()> {
        let written = durable::write(path, mode, existing, |out| out.write_all(content));
        written.with_context(|| format!("cannot write {}", path.display()))
    };
    write(&private, encrypted.as_bytes(), 0o600)?;
    write(&public, key.public_key().to_pem().as_bytes(), 0o644)?;
    let [private_key, public_key] = [private, public].map(|path| path.display().to_string());
    Ok(Pair { private_key, public_key, fingerprint: key.public_key().fingerprint() })
}

/// Refuses a key that is neither in a file nor in a variable.
fn check_place(name: &str) -> Result<(), Usage> {
    let hint = "to verify, name a file with the public key; to sign, use exec:PROGRAM (docs/SIGNERS.md)";
    let found = ELSEWHERE.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, what)| (*what).to_owned());
    let scheme = || {
        let (scheme, _) = name.split_once("://").filter(|(scheme, _)| *scheme != "env")?;
        scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| format!("places like {scheme}://"))
    };
    if name.starts_with(PROGRAM) {
        let hint = "print its public key first: stevedore public-key --key exec:PROGRAM";
        return Err(Usage::new("a program is not asked for the key to verify with", hint));
    }
    match found.or_else(scheme) {
        Some(what) => Err(Usage::new(format!("cannot read the key {name}: keys in {what} are not supported"), hint)),
        None => Ok(()),
    }
}

fn read(name: &str) -> Result<Zeroizing<String>> {
    check_place(name)?;
    let text = match name.strip_prefix(VARIABLE) {
        Some(variable) => super::environment::variable(variable)
            .map(Zeroizing::new)
            .ok_or_else(|| Verdict::failed(format!("there is no key in the variable {variable}")))?,
        None => {
            let mut content = Zeroizing::new(Vec::new());
            let limit = MAX_FILE as u64 + 1;
            let read = File::open(name).and_then(|file| file.take(limit).read_to_end(&mut content));
            read.with_context(|| format!("cannot read the key {name}"))?;
            // Keys are text; what is around them need not be.
            Zeroizing::new(String::from_utf8_lossy(&content).into_owned())
        }
    };
    if text.len() > MAX_FILE {
        return Err(Error::Key { name: name.to_owned(), source: key::Error::TooLarge }.into());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_without_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("password");
        for (content, wanted) in [
            (&b"secret"[..], &b"secret"[..]),
            (b"secret\n", b"secret"),
            (b"secret\r\nmore", b"secret"),
            (b" sec ret \n\n", b" sec ret "),
            (b"\n", b""),
            (b"", b""),
            ("p\u{e4}ss\n".as_bytes(), "p\u{e4}ss".as_bytes()),
        ] {
            std::fs::write(&file, content).expect("written");
            assert_eq!(**first_line(&file).expect("read"), *wanted);
        }
    }
}
