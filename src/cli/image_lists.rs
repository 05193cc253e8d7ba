//! Files that list images: read, and the places in them opened.

use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use stevedore::copy;
use stevedore::registry::Login;
use stevedore::sync::Access;
use stevedore::transport;

use super::client::Common;
use super::flags::Side;
use super::{Context, Result, Ui};

/// Reads a file that lists images; - is standard input.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).context("cannot read standard input")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Makes the options of places: the same client, connections and tokens where nothing tells them apart.
pub(crate) struct Opener<'a> {
    common: Common<'a>,
    sides: [Side; 2],
    first: (Side, transport::Options),
    more: Mutex<Vec<(Side, transport::Options)>>,
}

impl<'a> Opener<'a> {
    /// Takes how the source and the destination are reached where a line says nothing.
    ///
    /// # Errors
    /// When the system has no more threads or files.
    pub(crate) fn new(common: Common<'a>, sides: [Side; 2], ui: &Ui) -> Result<Self> {
        let options = common.options(&sides[0], ui)?;
        let first = (sides[0].clone(), options);
        Ok(Self { common, sides, first, more: Mutex::default() })
    }

    /// Makes the options for places on a side.
    pub(crate) fn open(&self, side: copy::Side, access: &Access) -> transport::Options {
        let side = reached(
            match side {
                copy::Side::Source => self.sides[0].clone(),
                copy::Side::Destination => self.sides[1].clone(),
            },
            access,
        );
        let mut more = self.more.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, options)) = more.iter().find(|(known, _)| *known == side) {
            return options.clone();
        }
        let (first, known) = (&self.first.1, &self.first.0);
        let options = self.common.other(first, known, &side);
        more.push((side, options.clone()));
        options
    }
}

/// What a line says rules over what the flags say.
fn reached(mut side: Side, access: &Access) -> Side {
    if access.authfile.is_some() {
        side = Side { login: None, anonymous: false, authfile: access.authfile.clone(), ..side };
    }
    if let Some((user, password)) = &access.login {
        side = Side { login: Some(Login::password(user, password)), anonymous: false, ..side };
    }
    side.tls_verify = access.tls_verify.or(side.tls_verify);
    side.cert_dir = access.cert_dir.clone().or(side.cert_dir);
    side
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_rule_over_flags() {
        let flags = Side { anonymous: true, tls_verify: Some(true), ..Side::default() };
        assert_eq!(reached(flags.clone(), &Access::default()), flags);
        let access =
            Access { login: Some(("me".into(), "secret".into())), tls_verify: Some(false), ..Access::default() };
        let side = reached(flags.clone(), &access);
        assert_eq!((side.login, side.anonymous), (Some(Login::password("me", "secret")), false));
        assert_eq!(side.tls_verify, Some(false));
        let access = Access { authfile: Some("ci.json".into()), ..Access::default() };
        let side = reached(Side { login: Some(Login::password("me", "x")), ..flags }, &access);
        assert_eq!((side.login, side.anonymous, side.authfile), (None, false, access.authfile));
    }
}
