//! Signatures that a registry keeps itself, apart from manifests: OpenShift's extension of the API.
//!
//! containers/image, "signature access protocols":
//! <https://github.com/containers/image/blob/main/docs/signature-protocols.md>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::error::Result;
use super::remote::Remote;
use super::wire::Request;
use crate::digest::Digest;

/// The largest list that is read, in bytes.
const MAX_LIST: u64 = 4 << 20;
const SUPPORT: &str = "x-registry-supports-signatures";

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    signatures: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    schema_version: i64,
    #[serde(default, rename = "type")]
    kind: String,
    /// Base64.
    #[serde(default)]
    content: String,
}

impl Remote {
    /// Lists the OpenPGP signatures that the registry keeps of an image; nothing when it keeps none of any image.
    ///
    /// # Errors
    /// When the registry cannot tell.
    pub fn signatures(&self, image: &Digest) -> Result<Option<Vec<Vec<u8>>>> {
        let session = &self.session;
        let ping = session.send(Request::new("GET", session.registry.url("/v2/")), &[])?;
        if !matches!(ping.status, 200 | 401 | 403) {
            return Err(session.error(ping));
        }
        let has_them = ping.header(SUPPORT) == Some("1");
        ping.discard();
        if !has_them {
            return Ok(None);
        }
        let url = session.registry.url(&format!("/extensions/v2/{}/signatures/{image}", session.repository));
        let (response, content) = session.expect(Request::new("GET", url), &self.scopes, &[200])?.read(MAX_LIST)?;
        let list: List = serde_json::from_slice(&content)
            .map_err(|error| response.senseless(format!("its list of signatures cannot be read: {error}")))?;
        let signatures = list.signatures.unwrap_or_default().into_iter();
        // Of other versions and kinds it may have more.
        let ours = signatures.filter(|entry| entry.schema_version == 2 && entry.kind == "atomic");
        let content: std::result::Result<Vec<_>, _> =
            ours.map(|entry| STANDARD.decode(entry.content.replace(['\r', '\n'], ""))).collect();
        match content {
            Ok(content) => Ok(Some(content)),
            Err(_) => Err(response.senseless("its list of signatures has one that is not base64")),
        }
    }
}
