//! Reading a policy, strictly: what is not understood to the last member is refused as a whole, for a typing error must not open a door.
//!
//! What containers/image knows and this library does not do is read by the same rules and kept as something that nothing satisfies; OpenPGP,
//! too, where the feature for it is missing.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::identity::Identity;
use super::scope;
use super::{Fulcio, KeySource, Pki, Policy, Requirement, Signed, Trust};
use crate::reference::{Reference, is_name_beginning};
use crate::sign::encoding::decode;
use crate::sign::json;
use crate::splice::Members;

/// The largest policy that is read, in bytes.
const MAX_POLICY: usize = 4 << 20;

const SIGSTORE: [&str; 12] = [
    "type",
    "keyPath",
    "keyPaths",
    "keyData",
    "keyDatas",
    "fulcio",
    "pki",
    "rekorPublicKeyPath",
    "rekorPublicKeyPaths",
    "rekorPublicKeyData",
    "rekorPublicKeyDatas",
    "signedIdentity",
];
const GPG: [&str; 6] = ["type", "keyType", "keyPath", "keyPaths", "keyData", "signedIdentity"];
const GPG_KINDS: [&str; 4] = ["GPGKeys", "signedByGPGKeys", "X509Certificates", "signedByX509CAs"];
const FULCIO: [&str; 4] = ["caPath", "caData", "oidcIssuer", "subjectEmail"];
const PKI: [&str; 6] =
    ["caRootsPath", "caRootsData", "caIntermediatesPath", "caIntermediatesData", "subjectEmail", "subjectHostname"];

/// A file that is no policy.
#[derive(Debug, thiserror::Error)]
#[error("{place}{fault}")]
pub struct ParseError {
    /// Where in the file, with a colon behind it; empty for the file as a whole.
    place: String,
    /// What is wrong there.
    fault: Fault,
}

crate::class::classified!(ParseError => Failed);

/// What is wrong with a part of a policy.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Json(#[from] json::Error),
    #[error("it is larger than {} MiB", MAX_POLICY >> 20)]
    TooLarge,
    #[error("{0}")]
    Other(&'static str),
    #[error("{what} {value:?} is unknown")]
    Unknown { what: &'static str, value: String },
    #[error("{0:?} is not valid")]
    Invalid(String),
}

type Result<T, E = Fault> = std::result::Result<T, E>;

/// Reads a policy.
pub(super) fn policy(text: &[u8]) -> Result<Policy, ParseError> {
    let at = |place: &str| {
        let place = place.to_owned();
        move |fault: Fault| ParseError { place, fault }
    };
    if text.len() > MAX_POLICY {
        return Err(at("")(Fault::TooLarge));
    }
    let all = json::object(text, &["default", "transports"]).map_err(|error| at("")(error.into()))?;
    let default = all.get("default").ok_or_else(|| at("")(json::Error::Missing("default").into()))?;
    let default = requirements(default).map_err(at("default: "))?;
    let mut transports = BTreeMap::new();
    let listed: Option<Members> = given(&all, "transports").map_err(at(""))?;
    for (transport, scopes) in listed.iter().flat_map(Members::iter) {
        let place = format!("transports.{transport:?}");
        let scopes = object(scopes).map_err(at(&format!("{place}: ")))?;
        let mut read = BTreeMap::new();
        for (scope, list) in scopes.iter() {
            let place = format!("{place}.{scope:?}: ");
            if !scope::is_valid(transport, scope) {
                return Err(at(&place)(Fault::Other("there can be no such scope")));
            }
            read.insert(scope.to_owned(), requirements(list).map_err(at(&place))?);
        }
        transports.insert(transport.to_owned(), read);
    }
    Ok(Policy {
        default,
        transports,
        #[cfg(feature = "openpgp")]
        lookaside: None,
    })
}

fn requirements(text: &RawValue) -> Result<Vec<Requirement>> {
    let list: Vec<Box<RawValue>> =
        serde_json::from_str(text.get()).map_err(|_| Fault::Other("it is no list of requirements"))?;
    if list.is_empty() {
        return Err(Fault::Other("the list of requirements is empty"));
    }
    list.iter().map(|text| requirement(&object(text)?)).collect()
}

fn requirement(members: &Members) -> Result<Requirement> {
    match required(members, "type")?.as_str() {
        "insecureAcceptAnything" => json::only(members, &["type"]).map(|()| Requirement::AcceptAnything),
        "reject" => json::only(members, &["type"]).map(|()| Requirement::Reject),
        "signedBy" => return signed_by(members),
        "signedBaseLayer" => {
            json::only(members, &["type", "baseLayerIdentity"])?;
            let identity = members.get("baseLayerIdentity").ok_or(json::Error::Missing("baseLayerIdentity"))?;
            identity_of(&object(identity)?)?;
            Ok(Requirement::Unsupported("signedBaseLayer, which is not supported"))
        }
        "sigstoreSigned" => return sigstore_signed(members).map(Requirement::Signed),
        other => return Err(unknown("the requirement", other)),
    }
    .map_err(Fault::from)
}

fn signed_by(members: &Members) -> Result<Requirement> {
    json::only(members, &GPG)?;
    let kind = required(members, "keyType")?;
    if !GPG_KINDS.contains(&kind.as_str()) {
        return Err(unknown("the type of key", &kind));
    }
    let keys = key_sources(members, &["keyPath", "keyPaths", "keyData"])?;
    let keys = keys.ok_or(Fault::Other("one of keyPath, keyPaths and keyData must be there"))?;
    let identity = signed_identity(members)?;
    Ok(match kind.as_str() {
        "GPGKeys" => openpgp(keys, identity),
        // containers/image does none of these either.
        _ => Requirement::Unsupported("signedBy with another keyType than GPGKeys, which is not supported"),
    })
}

#[cfg(feature = "openpgp")]
fn openpgp(keys: Vec<KeySource>, identity: Identity) -> Requirement {
    Requirement::SignedBy(super::SignedBy { keys, identity })
}

#[cfg(not(feature = "openpgp"))]
fn openpgp(_: Vec<KeySource>, _: Identity) -> Requirement {
    Requirement::Unsupported("signedBy (OpenPGP), which needs a build with the feature \"openpgp\"")
}

fn sigstore_signed(members: &Members) -> Result<Signed> {
    json::only(members, &SIGSTORE)?;
    let identity = signed_identity(members)?;
    let keys = key_sources(members, &["keyPath", "keyPaths", "keyData", "keyDatas"])?;
    let fulcio = nested(members, "fulcio", fulcio)?;
    let pki = nested(members, "pki", pki)?;
    if usize::from(keys.is_some()) + usize::from(fulcio.is_some()) + usize::from(pki.is_some()) != 1 {
        return Err(Fault::Other("exactly one of keyPath, keyPaths, keyData, keyDatas, fulcio and pki must be there"));
    }
    let rekor = ["rekorPublicKeyPath", "rekorPublicKeyPaths", "rekorPublicKeyData", "rekorPublicKeyDatas"];
    let logs = key_sources(members, &rekor)?;
    let trust = match (fulcio, pki, keys.unwrap_or_default(), logs) {
        (Some(_), _, _, None) => {
            return Err(Fault::Other("fulcio needs one of rekorPublicKeyPath, -Paths, -Data and -Datas"));
        }
        (_, Some(_), _, Some(_)) => return Err(Fault::Other("pki is asked for without rekorPublicKey…")),
        (Some(fulcio), _, _, Some(logs)) => Trust::Fulcio(Fulcio { logs, ..fulcio }),
        (None, Some(pki), _, None) => Trust::Pki(pki),
        (None, None, keys, Some(logs)) => Trust::Logged { keys, logs },
        (None, None, keys, None) => Trust::Keys(keys),
    };
    Ok(Signed { trust, identity })
}

/// Reads the one of several members that names keys: files or base64, one or a list; nothing when there is none.
fn key_sources(members: &Members, names: &[&'static str]) -> Result<Option<Vec<KeySource>>> {
    let mut found = None;
    for &name in names {
        let texts = if name.ends_with('s') {
            given::<Vec<String>>(members, name)?
        } else {
            given::<String>(members, name)?.map(|text| vec![text])
        };
        let Some(texts) = texts else { continue };
        if found.is_some() {
            return Err(Fault::Other("keys are named in more than one way"));
        }
        if texts.is_empty() {
            return Err(Fault::Other("the list of keys is empty"));
        }
        let is_data = name.contains("Data");
        if !is_data && texts.iter().any(String::is_empty) {
            return Err(Fault::Other("the path of a key is empty"));
        }
        let source =
            |text: String| if is_data { data(&text).map(KeySource::Data) } else { Ok(KeySource::File(text.into())) };
        found = Some(texts.into_iter().map(source).collect::<Result<_>>()?);
    }
    Ok(found)
}

/// Go's decoder passes over the ends of lines.
fn data(text: &str) -> Result<Vec<u8>> {
    decode(&text.replace(['\r', '\n'], "")).ok_or(Fault::Other("the data of a key is not base64"))
}

/// Reads who may have signed by Fulcio; the logs stand outside of it.
fn fulcio(members: &Members) -> Result<Fulcio> {
    json::only(members, &FULCIO)?;
    Ok(Fulcio {
        authorities: one_of(members, "caPath", "caData")?.ok_or(NO_CERTIFICATES)?,
        issuer: non_empty(members, "oidcIssuer")?,
        email: non_empty(members, "subjectEmail")?,
        logs: Vec::new(),
    })
}

fn pki(members: &Members) -> Result<Pki> {
    json::only(members, &PKI)?;
    let named = |name| Ok::<_, Fault>(given::<String>(members, name)?.filter(|text| !text.is_empty()));
    let pki = Pki {
        roots: one_of(members, "caRootsPath", "caRootsData")?.ok_or(NO_CERTIFICATES)?,
        intermediates: one_of(members, "caIntermediatesPath", "caIntermediatesData")?,
        email: named("subjectEmail")?,
        hostname: named("subjectHostname")?,
    };
    if pki.email.is_none() && pki.hostname.is_none() {
        return Err(Fault::Other("one of subjectEmail and subjectHostname must be there"));
    }
    Ok(pki)
}

const NO_CERTIFICATES: Fault = Fault::Other("certificates are missing");

fn one_of(members: &Members, path: &'static str, inline: &'static str) -> Result<Option<KeySource>> {
    let path = given::<String>(members, path)?.filter(|path| !path.is_empty());
    let inline = given::<String>(members, inline)?.map(|text| data(&text)).transpose()?;
    match (path, inline) {
        (Some(_), Some(_)) => Err(Fault::Other("certificates are named in more than one way")),
        (Some(path), None) => Ok(Some(KeySource::File(path.into()))),
        (None, inline) => Ok(inline.map(KeySource::Data)),
    }
}

fn non_empty(members: &Members, name: &'static str) -> Result<String> {
    let text = required(members, name)?;
    if text.is_empty() { Err(json::Error::Missing(name).into()) } else { Ok(text) }
}

fn nested<T>(members: &Members, name: &'static str, read: fn(&Members) -> Result<T>) -> Result<Option<T>> {
    given::<Members>(members, name)?.map(|inner| read(&inner)).transpose()
}

fn signed_identity(members: &Members) -> Result<Identity> {
    match given::<Members>(members, "signedIdentity")? {
        Some(identity) => identity_of(&identity),
        None => Ok(Identity::MatchRepoDigestOrExact),
    }
}

fn identity_of(members: &Members) -> Result<Identity> {
    let kind = required(members, "type")?;
    let plain = |identity| json::only(members, &["type"]).map(|()| identity);
    let identity = match kind.as_str() {
        "matchExact" => plain(Identity::MatchExact)?,
        "matchRepoDigestOrExact" => plain(Identity::MatchRepoDigestOrExact)?,
        "matchRepository" => plain(Identity::MatchRepository)?,
        "exactReference" => {
            let reference = reference(members, "dockerReference")?;
            if reference.is_repository_only() {
                return Err(Fault::Other("dockerReference has neither a tag nor a digest"));
            }
            Identity::ExactReference(reference)
        }
        // A tag says nothing here, as in containers/image.
        "exactRepository" => Identity::ExactRepository(reference(members, "dockerRepository")?.repository),
        "remapIdentity" => {
            json::only(members, &["type", "prefix", "signedPrefix"])?;
            Identity::RemapIdentity {
                prefix: beginning(members, "prefix")?,
                signed_prefix: beginning(members, "signedPrefix")?,
            }
        }
        other => return Err(unknown("the signedIdentity", other)),
    };
    Ok(identity)
}

fn reference(members: &Members, name: &'static str) -> Result<Reference> {
    json::only(members, &["type", name])?;
    let text = required(members, name)?;
    text.parse().map_err(|_| Fault::Invalid(text))
}

fn beginning(members: &Members, name: &'static str) -> Result<String> {
    let text = required(members, name)?;
    if is_name_beginning(&text) { Ok(text) } else { Err(Fault::Invalid(text)) }
}

fn object(text: &RawValue) -> Result<Members> {
    serde_json::from_str(text.get()).map_err(|_| Fault::Other("it is no object"))
}

fn required(members: &Members, name: &'static str) -> Result<String> {
    given(members, name)?.ok_or(Fault::Json(json::Error::Missing(name)))
}

/// Returns a member if it is there. `null` is not the same as absence: whoever wrote it meant something.
fn given<T: DeserializeOwned>(members: &Members, name: &'static str) -> Result<Option<T>> {
    match members.get(name) {
        None => Ok(None),
        Some(_) if !members.has(name) => Err(json::Error::Type(name).into()),
        Some(value) => serde_json::from_str(value.get()).map(Some).map_err(|_| json::Error::Type(name).into()),
    }
}

fn unknown(what: &'static str, value: &str) -> Fault {
    Fault::Unknown { what, value: value.chars().take(64).collect() }
}
