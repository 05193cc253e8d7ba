//! The payload of simple signing: which image was signed under which name.
//!
//! containers-signature(5), "JSON format": <https://github.com/containers/image/blob/main/docs/containers-signature.5.md>

use super::json;
use crate::sign::Claim;
use crate::splice::Members;

/// What a payload says of itself.
pub const KIND: &str = "atomic container signature";

/// Reads a payload whose signature was verified: the members of the specification exactly, and anything under `optional`.
///
/// # Errors
/// When it is anything else. The digest and the name are the caller's to compare.
pub fn parse(payload: &[u8]) -> Result<Claim, json::Error> {
    let claim = crate::sign::classic::parse(payload)?;
    if claim.kind != KIND {
        return Err(json::Error::Type("type"));
    }
    // `optional` must be there, unlike in cosign's payloads, and two of its members have types.
    let optional = claim.annotations.as_ref().ok_or(json::Error::Missing("optional"))?;
    of_type::<String>(optional, "creator")?;
    let time = of_type::<f64>(optional, "timestamp")?;
    if time.is_some_and(|time| time.fract() != 0.0 || time.abs() >= 9e18) {
        return Err(json::Error::Type("timestamp"));
    }
    Ok(claim)
}

fn of_type<T: serde::de::DeserializeOwned>(members: &Members, name: &'static str) -> Result<Option<T>, json::Error> {
    match members.get(name) {
        None => Ok(None),
        Some(text) => serde_json::from_str(text.get()).map(Some).map_err(|_| json::Error::Type(name)),
    }
}
