//! Package URLs: what a package is called everywhere.
//!
//! ECMA-427: <https://github.com/package-url/purl-spec>. The colon is left as it is, as the current specification has it, where older writers
//! have `%3A`.

use crate::percent;
use std::collections::BTreeMap;
use std::fmt::{self};
use std::str::FromStr;

/// A package URL in its parts, each unescaped and in the form that its type asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Purl {
    /// The type, such as `deb`, in lower case.
    pub kind: String,
    /// What stands before the name, such as a vendor or a group; slashes separate its parts.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The version.
    pub version: Option<String>,
    /// What is said besides; keys are in lower case, values are never empty.
    pub qualifiers: BTreeMap<String, String>,
    /// A path inside the package.
    pub subpath: Option<String>,
}

/// Why text is no package URL, or parts make none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It does not begin with `pkg:`.
    #[error("a package URL begins with pkg:")]
    Scheme,
    /// The type is missing, or no type.
    #[error("the type of a package URL is made of letters, digits, dots and dashes, and begins with a letter")]
    Kind,
    /// The name is missing.
    #[error("a package URL has a name")]
    Name,
    /// A qualifier's key is none.
    #[error("the key of a qualifier is made of lower-case letters, digits, dots, dashes and underscores")]
    Key,
    /// An escape is none, or does not stand for text.
    #[error("an escape in a package URL stands for no text")]
    Escape,
}

crate::class::classified!(Error => Failed);

impl Purl {
    /// Makes a package URL of a type and a name.
    ///
    /// # Errors
    /// [`Error::Kind`] and [`Error::Name`].
    pub fn new(kind: &str, name: &str) -> Result<Self, Error> {
        Self::build(kind, None, name, None, BTreeMap::new(), None)
    }

    /// Makes a package URL of its parts, unescaped; what is empty is left out.
    ///
    /// # Errors
    /// When the type or the name is missing, or a key is none.
    pub fn build(
        kind: &str,
        namespace: Option<&str>,
        name: &str,
        version: Option<&str>,
        qualifiers: BTreeMap<String, String>,
        subpath: Option<&str>,
    ) -> Result<Self, Error> {
        let is_kind = kind.starts_with(|first: char| first.is_ascii_alphabetic())
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        if !is_kind {
            return Err(Error::Kind);
        }
        if !qualifiers.keys().all(|key| is_key(key)) {
            return Err(Error::Key);
        }
        let kind = kind.to_ascii_lowercase();
        let name = fold_name(&kind, name.trim_matches('/'));
        if name.is_empty() {
            return Err(Error::Name);
        }
        let namespace = namespace.map(|namespace| join(namespace.split('/').filter(|part| !part.is_empty())));
        let subpath = subpath.map(|path| join(path.split('/').filter(|part| !matches!(*part, "" | "." | ".."))));
        Ok(Self {
            namespace: namespace.filter(|text| !text.is_empty()).map(|text| fold_namespace(&kind, text)),
            name,
            version: version.filter(|text| !text.is_empty()).map(str::to_owned),
            qualifiers: qualifiers.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            subpath: subpath.filter(|text| !text.is_empty()),
            kind,
        })
    }

    /// Parses a package URL as [`FromStr`] does, and refuses keys of qualifiers in upper case instead of folding them: the published tests
    /// ask for both.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse_strictly(text: &str) -> Result<Self, Error> {
        parse(text, str::to_owned)
    }
}

impl FromStr for Purl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text, str::to_ascii_lowercase)
    }
}

/// ECMA-427, "How to parse a purl string in its components": from the right to the left.
fn parse(text: &str, key: fn(&str) -> String) -> Result<Purl, Error> {
    let (rest, subpath) = match text.rsplit_once('#') {
        Some((rest, subpath)) => (rest, Some(subpath)),
        None => (text, None),
    };
    let (rest, query) = rest.rsplit_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = rest.split_once(':').ok_or(Error::Scheme)?;
    if !scheme.eq_ignore_ascii_case("pkg") {
        return Err(Error::Scheme);
    }
    let (kind, rest) = rest.trim_matches('/').split_once('/').ok_or(Error::Kind)?;
    let (rest, version) = match rest.rsplit_once('@') {
        // An npm scope has its at sign at the start of a part.
        Some((rest, version)) if !rest.is_empty() && !rest.ends_with('/') => (rest, Some(decode(version)?)),
        Some(("", _)) if !rest.contains('/') => return Err(Error::Name),
        _ => (rest, None),
    };
    let rest = rest.trim_matches('/');
    let (namespace, name) = match rest.rsplit_once('/') {
        Some((namespace, name)) => (Some(decode_parts(namespace)?), name),
        None => (None, rest),
    };
    let mut qualifiers = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(Error::Key)?;
        qualifiers.insert(key(name), decode(value)?);
    }
    let subpath = subpath.map(decode_parts).transpose()?;
    Purl::build(kind, namespace.as_deref(), &decode(name)?, version.as_deref(), qualifiers, subpath.as_deref())
}

fn is_key(key: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_');
    key.bytes().all(inside) && key.starts_with(|first: char| first.is_ascii_lowercase())
}

/// What the types' definitions say of upper and lower case: <https://github.com/package-url/purl-spec/tree/main/types>.
fn fold_name(kind: &str, name: &str) -> String {
    match kind {
        "pypi" => name.to_lowercase().replace('_', "-"),
        "apk" | "bitbucket" | "composer" | "deb" | "github" | "golang" | "npm" | "oci" => name.to_lowercase(),
        _ => name.to_owned(),
    }
}

fn fold_namespace(kind: &str, namespace: String) -> String {
    match kind {
        "apk" | "bitbucket" | "composer" | "deb" | "github" | "golang" | "npm" | "rpm" => namespace.to_lowercase(),
        _ => namespace,
    }
}

fn join<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.collect::<Vec<_>>().join("/")
}

fn decode_parts(text: &str) -> Result<String, Error> {
    let parts: Vec<String> = text.split('/').map(decode).collect::<Result<_, _>>()?;
    Ok(parts.join("/"))
}

fn decode(text: &str) -> Result<String, Error> {
    percent::decode(text).ok_or(Error::Escape)
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        for part in self.namespace.iter().flat_map(|namespace| namespace.split('/')) {
            write!(f, "{}/", percent::purl(part))?;
        }
        write!(f, "{}", percent::purl(&self.name))?;
        if let Some(version) = &self.version {
            write!(f, "@{}", percent::purl(version))?;
        }
        for (number, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}={}", if number == 0 { '?' } else { '&' }, percent::purl(value))?;
        }
        for (number, part) in self.subpath.iter().flat_map(|path| path.split('/')).enumerate() {
            write!(f, "{}{}", if number == 0 { '#' } else { '/' }, percent::purl(part))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in [
            "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=debian-12",
            "pkg:npm/%40scope/pkg@1.0.0-beta.1%2Bbuild.5",
            "pkg:golang/google.golang.org/genproto@v1.2.3#googleapis/api",
            "pkg:oci/debian@sha256:244fd47e07d10?repository_url=docker.io%2Flibrary%2Fdebian",
            "pkg:generic/name%20with%20%C3%A4",
        ] {
            let purl: Purl = text.parse().expect(text);
            assert_eq!(purl.to_string(), text);
        }
    }

    #[test]
    fn what_is_none() {
        let table = [
            ("", Error::Scheme),
            ("http://x/y", Error::Scheme),
            ("pkg:deb", Error::Kind),
            ("pkg:3deb/x", Error::Kind),
            ("pkg:deb/@1", Error::Name),
            ("pkg:deb//", Error::Kind),
            ("pkg:deb/x?=1", Error::Key),
            ("pkg:deb/x@%zz", Error::Escape),
            ("pkg:deb/x@%ff", Error::Escape),
        ];
        for (text, error) in table {
            assert_eq!(text.parse::<Purl>(), Err(error), "{text}");
        }
        let text = "pkg:gem/x?Platform=java";
        assert_eq!(Purl::parse_strictly(text), Err(Error::Key));
        assert_eq!(text.parse::<Purl>().expect("folded").to_string(), "pkg:gem/x?platform=java");
    }
}
