//! The text of a credentials file, decoded.
//!
//! docker: <https://github.com/docker/cli/blob/master/cli/config/configfile/file.go>;
//! containers: <https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md>.

use std::collections::BTreeMap;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::server::{is_key_of, keys};
use super::{Dialect, Error};
use crate::registry::login::Login;

/// Files written by hand may lack the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A credentials file.
#[derive(Default)]
pub(super) struct Document {
    place: String,
    legacy: bool,
    auths: BTreeMap<String, Entry>,
    helpers: BTreeMap<String, String>,
    store: String,
}

/// Which helper a file wants for a host.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice<'a> {
    /// The one of the host's own.
    Host(&'a str),
    /// The one for all hosts.
    All(&'a str),
    /// None: the file itself.
    None,
}

#[derive(Default, Deserialize)]
struct Text {
    auths: Option<BTreeMap<String, Option<Entry>>>,
    #[serde(rename = "credHelpers")]
    helpers: Option<BTreeMap<String, Option<String>>>,
    #[serde(rename = "credsStore")]
    store: Option<String>,
}

#[derive(Default, Deserialize)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

impl Document {
    /// Parses the text of `place`. Blank text is an empty document, so that `/dev/null` means no logins.
    ///
    /// # Errors
    /// When it is no JSON of the right form: [`Error::Broken`].
    pub(super) fn parse(place: &str, text: &[u8], dialect: Dialect) -> Result<Self, Error> {
        let legacy = dialect == Dialect::Legacy;
        let text = if text.trim_ascii().is_empty() {
            Text::default()
        } else if legacy {
            Text { auths: serde_json::from_slice(text).map_err(Error::broken(place))?, ..Text::default() }
        } else {
            serde_json::from_slice(text).map_err(Error::broken(place))?
        };
        let (auths, helpers) = (text.auths.unwrap_or_default(), text.helpers.unwrap_or_default());
        Ok(Self {
            place: place.into(),
            legacy,
            auths: auths.into_iter().map(|(key, entry)| (key, entry.unwrap_or_default())).collect(),
            // Go's JSON reader takes null for the empty name.
            helpers: helpers.into_iter().map(|(key, name)| (key, name.unwrap_or_default())).collect(),
            store: text.store.unwrap_or_default(),
        })
    }

    /// Returns the helper for a host. An empty name in `credHelpers` exempts the host from `credsStore`, as with docker.
    pub(super) fn helper(&self, host: &str) -> Choice<'_> {
        match self.helpers.iter().find(|(key, _)| is_key_of(key, host, false)) {
            Some((_, name)) if name.is_empty() => Choice::None,
            Some((_, name)) => Choice::Host(name),
            None if self.store.is_empty() => Choice::None,
            None => Choice::All(&self.store),
        }
    }

    /// Returns the login in the file itself, with its key: the longest path first, then other spellings of the host.
    ///
    /// # Errors
    /// When the entry that matches is malformed.
    pub(super) fn entry(&self, host: &str, repository: &str) -> Result<Option<(String, Login)>, Error> {
        let exact = keys(host, repository).into_iter().filter_map(|key| self.auths.get_key_value(&key));
        let spelled = self.auths.iter().filter(|(key, _)| is_key_of(key, host, self.legacy));
        for (key, entry) in exact.chain(spelled) {
            let malformed = |reason| Error::Entry { place: self.place.clone(), key: key.clone(), reason };
            if let Some(login) = entry.login().map_err(malformed)? {
                return Ok(Some((key.clone(), login)));
            }
        }
        Ok(None)
    }
}

impl Entry {
    /// Returns the login; an empty entry only marks that a helper has it.
    fn login(&self) -> Result<Option<Login>, &'static str> {
        if let Some(token) = filled(&self.registrytoken) {
            return Ok(Some(Login::Bearer { token: token.into() }));
        }
        if let Some(token) = filled(&self.identitytoken) {
            return Ok(Some(Login::IdentityToken { token: token.into() }));
        }
        if let Some(auth) = filled(&self.auth) {
            return decode(auth);
        }
        match (filled(&self.username), &self.password) {
            (Some(username), Some(password)) => Ok(Some(Login::password(username, password))),
            _ => Ok(None),
        }
    }
}

/// Writes `user:password` as an entry's `auth`.
pub(super) fn encode(username: &str, password: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"))
}

fn decode(auth: &str) -> Result<Option<Login>, &'static str> {
    let bytes = BASE64.decode(auth.trim()).map_err(|_| "`auth` is not base64")?;
    let text = String::from_utf8(bytes).map_err(|_| "`auth` is not text")?;
    let (username, password) = text.split_once(':').ok_or("`auth` has no colon")?;
    let password = password.trim_end_matches('\0');
    Ok((!username.is_empty() || !password.is_empty()).then(|| Login::password(username, password)))
}

fn filled(field: &Option<String>) -> Option<&str> {
    field.as_deref().filter(|text| !text.is_empty())
}
