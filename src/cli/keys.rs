//! Keys and their passwords, as files, variables and questions.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use stevedore::sign::key::{self, MAX_FILE, Stored};
use stevedore::sign::{Error, PrivateKey, PublicKey};
use zeroize::Zeroizing;

use super::{Context, Result, Ui, Usage, Verdict};

/// What a name begins with that is a variable's.
const VARIABLE: &str = "env://";
/// Passwords are short; a file named by mistake is not read whole.
const MAX_PASSWORD: u64 = 64 * 1024;

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
            return first_line(file).with_context(|| format!("cannot read the password from {}", file.display()));
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

fn read(name: &str) -> Result<Zeroizing<String>> {
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
