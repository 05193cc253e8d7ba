//! Logins kept and forgotten, as `docker login` and `podman login` do it.
//!
//! A file is replaced whole, mode 0600, and keeps what others wrote into it. Writers take turns by a lock on its folder:
//! a lock file would stay as litter, and the file itself is replaced by each writer.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use super::document::{Choice, Document, encode};
use super::server::{is_key_of, is_namespace, names, server};
use super::{AuthFile, Dialect, Error, Helpers, read};
use crate::durable::{self, Existing, folder_of};
use crate::registry::login::Login;
use crate::splice::Members;

/// The members of an entry that hold a login.
const SECRETS: [&str; 5] = ["auth", "username", "password", "identitytoken", "registrytoken"];

/// Where a login went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Into the file, readable by its owner.
    File,
    /// Into a helper, of this name without its prefix.
    Helper(String),
}

/// A credentials file being changed, under its folder's lock.
struct Edit {
    path: PathBuf,
    _lock: File,
    dialect: Dialect,
    before: Option<Vec<u8>>,
    members: Members,
    document: Document,
}

/// Keeps a login for a host, or for a namespace `host/path`, in a file or in the helper that the file names.
/// Other spellings of the host go, so that none is found first.
///
/// # Errors
/// When the file is broken or cannot be written, the helper fails, or there is no way to keep this login there.
pub fn store(file: &AuthFile, host: &str, login: &Login, helpers: &Helpers) -> Result<Kept, Error> {
    let (folder, path) = prepare(&file.path)?;
    let edit = Edit::begin(file.dialect, folder, path)?;
    let kept = match edit.helper(host) {
        Some(name) => {
            into_helper(&name, host, login, helpers)?;
            Kept::Helper(name)
        }
        None => Kept::File,
    };
    let mut auths = edit.auths()?;
    let key = edit.key(host);
    let mut entry = entry_of(&mut auths, host, key, edit.dialect).map_err(|reason| edit.malformed(key, reason))?;
    if kept == Kept::File {
        fill(&mut entry, login).map_err(|what| edit.unsupported(what))?;
    }
    if kept == Kept::File || edit.dialect == Dialect::Docker || entry.names().next().is_some() {
        set(&mut auths, key, &layout(&entry, edit.depth() + 1));
    }
    edit.finish(auths)?;
    Ok(kept)
}

/// Forgets the login of a host, or of a namespace `host/path`, in a file and its helper. Says whether there was one.
///
/// # Errors
/// When the file is broken or cannot be written, or the helper fails.
pub fn erase(file: &AuthFile, host: &str, helpers: &Helpers) -> Result<bool, Error> {
    if read(&file.path)?.is_none() {
        return Ok(false);
    }
    let (folder, path) = prepare(&file.path)?;
    let edit = Edit::begin(file.dialect, folder, path)?;
    let mut found = match edit.helper(host) {
        Some(name) if !is_namespace(host) => helpers.erase(&name, host)?,
        _ => false,
    };
    let mut auths = edit.auths()?;
    for key in spellings(&auths, host, edit.dialect) {
        found |= !is_marker(&auths, &key);
        auths.remove(&key);
    }
    edit.finish(auths)?;
    Ok(found)
}

impl Edit {
    fn begin(dialect: Dialect, folder: File, path: PathBuf) -> Result<Self, Error> {
        // Some network file systems lock no folders. The file is still whole at any time; only two logins at once may lose one.
        let _ = folder.lock();
        let place = path.display().to_string();
        let before = read(&path)?;
        let text = before.as_deref().unwrap_or_default();
        let document = Document::parse(&place, text, dialect)?;
        let members = match text.trim_ascii() {
            [] => Members::default(),
            text => Members::parse(text).map_err(Error::broken(&place))?,
        };
        Ok(Self { path, _lock: folder, dialect, before, members, document })
    }

    fn helper(&self, host: &str) -> Option<String> {
        match self.document.helper(host) {
            Choice::Host(name) | Choice::All(name) => Some(name.into()),
            Choice::None => None,
        }
    }

    /// Returns the key that the dialect's own tools use.
    fn key<'a>(&self, host: &'a str) -> &'a str {
        if self.dialect == Dialect::Podman { names(host)[0] } else { server(host) }
    }

    fn auths(&self) -> Result<Members, Error> {
        if self.dialect == Dialect::Legacy {
            return Ok(self.members.clone());
        }
        let auths = self.members.decode("auths").map_err(|_| self.malformed("auths", "a key stands twice"))?;
        Ok(auths.unwrap_or_default())
    }

    /// Returns how deep the logins are in the document.
    fn depth(&self) -> usize {
        if self.dialect == Dialect::Legacy { 0 } else { 1 }
    }

    fn finish(mut self, auths: Members) -> Result<(), Error> {
        if self.dialect == Dialect::Legacy {
            self.members = auths;
        } else if auths.names().next().is_some() || self.members.has("auths") {
            set(&mut self.members, "auths", &layout(&auths, 1));
        }
        let text = layout(&self.members, 0);
        if self.before.as_deref() == Some(text.get().as_bytes()) {
            return Ok(());
        }
        let text = text.get().as_bytes();
        let written = durable::write(&self.path, 0o600, Existing::Replace, |out| out.write_all(text));
        written.map_err(Error::io("replace", &self.path))
    }

    fn malformed(&self, key: &str, reason: &'static str) -> Error {
        Error::Entry { place: self.path.display().to_string(), key: key.into(), reason }
    }

    fn unsupported(&self, what: &'static str) -> Error {
        Error::Unsupported { what, place: self.path.display().to_string() }
    }
}

/// Makes the folder of a file, and opens it. A link is followed, so that a file kept elsewhere stays there.
fn prepare(path: &Path) -> Result<(File, PathBuf), Error> {
    let path = match fs::canonicalize(path) {
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(target) => folder_of(path).join(target),
            // No link: a file that is to be made.
            Err(_) => path.to_owned(),
        },
        Err(error) => return Err(Error::io("resolve", path)(error)),
    };
    let folder = folder_of(&path);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Error::io("create", folder))?;
    let folder = File::open(folder).map_err(Error::io("open", folder))?;
    Ok((folder, path))
}

fn into_helper(name: &str, host: &str, login: &Login, helpers: &Helpers) -> Result<(), Error> {
    let unsupported = |what| Error::Unsupported { what, place: format!("docker-credential-{name}") };
    if is_namespace(host) {
        return Err(unsupported("a login for a namespace"));
    }
    match login {
        Login::Password { username, password } => helpers.store(name, host, Some(username), password)?,
        Login::IdentityToken { token } => helpers.store(name, host, None, token)?,
        Login::Bearer { .. } => return Err(unsupported("a bearer token")),
    }
    Ok(())
}

/// Takes every entry of the host out of `auths`, and returns what the one under `key` has besides a login.
fn entry_of(auths: &mut Members, host: &str, key: &str, dialect: Dialect) -> Result<Members, &'static str> {
    let mut entry: Members =
        auths.decode(key).map_err(|_| "it is no object, or a member stands twice")?.unwrap_or_default();
    for spelling in spellings(auths, host, dialect).into_iter().filter(|spelling| spelling != key) {
        auths.remove(&spelling);
    }
    for secret in SECRETS {
        entry.remove(secret);
    }
    if entry.names().next().is_none() {
        auths.remove(key);
    }
    Ok(entry)
}

fn fill(entry: &mut Members, login: &Login) -> Result<(), &'static str> {
    let (name, value) = match login {
        // Basic authentication has no way to write it either.
        Login::Password { username, .. } if username.contains(':') => return Err("a user name with a colon"),
        Login::Password { username, password } => ("auth", encode(username, password)),
        Login::IdentityToken { token } => ("identitytoken", token.clone()),
        Login::Bearer { token } => ("registrytoken", token.clone()),
    };
    entry.set(name, &value).expect("text is always writable");
    Ok(())
}

/// Returns the keys that mean exactly `host`.
fn spellings(auths: &Members, host: &str, dialect: Dialect) -> Vec<String> {
    let legacy = dialect == Dialect::Legacy;
    auths.names().filter(|key| *key == host || is_key_of(key, host, legacy)).map(Into::into).collect()
}

/// Says whether an entry is empty: a mark of what a helper has, and no login.
fn is_marker(auths: &Members, key: &str) -> bool {
    let entry = auths.decode::<Members>(key);
    entry.is_ok_and(|entry| entry.is_none_or(|entry| entry.names().next().is_none()))
}

fn set(members: &mut Members, name: &str, value: &RawValue) {
    members.set(name, &value).expect("text is always writable");
}

/// Writes an object as docker and podman do, a member a line after tabs; the members keep their text.
fn layout(members: &Members, depth: usize) -> Box<RawValue> {
    let indent = "\t".repeat(depth);
    let line = |name: &str| {
        let value = members.get(name).expect("the name is from the members").get();
        let name = serde_json::to_string(name).expect("text is always writable");
        format!("\n{indent}\t{name}: {value}")
    };
    let lines: Vec<String> = members.names().map(line).collect();
    let text = if lines.is_empty() { "{}".into() } else { format!("{{{}\n{indent}}}", lines.join(",")) };
    RawValue::from_string(text).expect("the members are JSON")
}
