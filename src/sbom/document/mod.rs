//! Lists of packages as documents that other tools read. The same image gives the same bytes: everything in them comes from the image.

mod cyclonedx;
mod spdx;

use serde::ser::SerializeSeq as _;
use sha2::{Digest as _, Sha256};

use super::{Installed, Inventory, Purl};
use crate::digest::{Digest, hex};
use crate::image::Image;
use crate::timestamp;

pub use cyclonedx::write_cyclonedx;
pub use spdx::write_spdx;

/// The version of this tool, which is part of what a document is derived from.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a document is about: an image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Subject {
    /// What the image is called; never where it lies, for that would make other bytes.
    pub name: String,
    /// The digest of its manifest.
    pub digest: Digest,
    /// The image's package URL.
    pub purl: Option<Purl>,
    /// When the document, or the image that it comes from, was made, in seconds since 1970.
    pub created: Option<i64>,
    /// The layers' digests, the lowest first.
    pub layers: Vec<Digest>,
}

impl Subject {
    /// Describes an image. `repository` is where a registry has it, without a tag.
    pub fn new(name: &str, image: &Image, repository: Option<&str>) -> Self {
        let config = image.config();
        let platform = config.map(|config| config.platform()).filter(|platform| !platform.os.is_empty());
        let digest = image.manifest().digest().clone();
        let arch = platform.map(|platform| ("arch".to_owned(), platform.architecture));
        let url = repository.map(|repository| ("repository_url".to_owned(), repository.to_owned()));
        let short = repository.unwrap_or(name).rsplit('/').next().unwrap_or(name);
        let short = short.split([':', '@']).next().filter(|short| !short.is_empty()).unwrap_or("image");
        let qualifiers = arch.into_iter().chain(url).collect();
        Self {
            name: name.to_owned(),
            purl: Purl::build("oci", None, short, Some(&digest.to_string()), qualifiers, None).ok(),
            digest,
            created: config.and_then(|config| timestamp::parse(config.body().created.as_deref()?)),
            layers: image.layers().iter().map(|layer| layer.digest.clone()).collect(),
        }
    }

    /// Returns a UUID for a document of this format about this image by this version: version 8 of RFC 9562, the beginning of a SHA-256, for
    /// the name-based version 5 would bring in SHA-1.
    fn uuid(&self, format: &str) -> String {
        let mut bytes = [0; 16];
        let input = format!("stevedore {VERSION}\n{format}\n{}\n{}\n{:?}", self.digest, self.name, self.created);
        bytes.copy_from_slice(&Sha256::digest(input)[..16]);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = hex(&bytes);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// Returns when the document was made; none outside the years 0 to 9999, which RFC 3339 cannot say.
    fn time(&self) -> Option<String> {
        const YEARS: std::ops::Range<i64> = -62_167_219_200..253_402_300_800;
        self.created.filter(|created| YEARS.contains(created)).map(timestamp::format)
    }
}

/// Returns a name for a package that no other in the image has, of letters, digits, dots and dashes.
fn reference(installed: &Installed) -> String {
    let Installed { package, purl, path, .. } = installed;
    let mut hasher = Sha256::new();
    let inside = package.inside.as_deref().unwrap_or_default();
    for part in [purl.to_string().as_bytes(), path, inside.as_bytes()] {
        hasher.update(u64::try_from(part.len()).expect("a length fits").to_be_bytes());
        hasher.update(part);
    }
    let name: String =
        package.name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).take(64).collect();
    format!("{}-{name}-{}", purl.kind, &hex(&hasher.finalize())[..16])
}

/// Returns the path of the evidence, with that inside it.
fn location(installed: &Installed) -> String {
    let path = crate::filesystem::escape(&installed.path);
    match &installed.package.inside {
        Some(inside) => format!("/{path}!{inside}"),
        None => format!("/{path}"),
    }
}

/// Some values, and then one for each package, made as it is written, so that all of them are never held.
struct Each<'a, F> {
    first: Vec<serde_json::Value>,
    inventory: &'a Inventory,
    of: F,
}

impl<F: Fn(&Installed) -> serde_json::Value> serde::Serialize for Each<'_, F> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        for value in &self.first {
            sequence.serialize_element(value)?;
        }
        for installed in &self.inventory.packages {
            sequence.serialize_element(&(self.of)(installed))?;
        }
        sequence.end()
    }
}
