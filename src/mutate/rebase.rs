//! An image on another base.
//!
//! image-spec, "Pre-Defined Annotation Keys", `org.opencontainers.image.base.*`:
//! <https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys>.

use super::{Error, Rebase, Result};
use crate::digest::Digest;
use crate::draft::{ConfigEdit, Draft, Drafts};
use crate::image::Image;
use crate::manifest::{Body, Manifest};
use crate::transport::{Selector, Source};

const NAME: &str = "org.opencontainers.image.base.name";
const DIGEST: &str = "org.opencontainers.image.base.digest";

/// What an image says that it stands upon.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Base {
    /// The name of the other image.
    pub name: Option<String>,
    /// The digest of its manifest, or of the index that it is in.
    pub digest: Option<Digest>,
}

/// Returns what an image, or the first one of an index that says so, stands upon.
///
/// # Errors
/// Those of the place.
pub fn base(source: &dyn Source, at: &Selector) -> Result<Option<Base>> {
    let manifest = source.manifest(at)?;
    if let Some(base) = annotated(&manifest) {
        return Ok(Some(base));
    }
    for child in manifest.children().iter().filter(|child| !child.is_attestation() && !child.media_type.is_index()) {
        if let Some(base) = annotated(&source.manifest(&Selector::from(child.clone()))?) {
            return Ok(Some(base));
        }
    }
    Ok(None)
}

fn annotated(manifest: &Manifest) -> Option<Base> {
    let annotations = match manifest.body() {
        Body::Image(image) => &image.annotations,
        Body::Index(index) => &index.annotations,
        _ => return None,
    };
    let name = annotations.get(NAME).cloned();
    // What is no digest names nothing.
    let digest = annotations.get(DIGEST).and_then(|digest| digest.parse().ok());
    (name.is_some() || digest.is_some()).then_some(Base { name, digest })
}

/// Puts an image on another base: its layers and history above the old one's stay, and its config but for the platform.
pub(super) fn rebase<'a>(draft: &mut Draft, image: &Image, rebase: &Rebase<'a>, drafts: &mut Drafts<'a>) -> Result<()> {
    let platform = image.config().map(crate::config::Config::platform).filter(|platform| !platform.os.is_empty());
    let find = |place: &super::Place<'a>| Image::find(place.source, place.at, platform.as_ref());
    let (old, new) = (find(&rebase.old)?, find(&rebase.new)?);
    let count = old.diff_ids().len();
    let differs = |number: &usize| image.diff_ids().get(*number) != old.diff_ids().get(*number);
    if let Some(layer) = (0..count).find(differs) {
        let digest = image.manifest().digest().clone();
        return Err(Error::NotUpon { digest, old: old.manifest().digest().clone(), layer });
    }
    let (below, above) = (Draft::of(&old)?, Draft::of(&new)?);
    draft.layers.splice(..count, above.layers);
    // A history that does not begin like the old base's is told from the layers' steps alone.
    let told = draft.history.len().min(below.history.len());
    draft.history.splice(..told, above.history);
    if let Some(platform) = new.config().map(crate::config::Config::platform) {
        draft.config = ConfigEdit { platform: Some(platform), ..std::mem::take(&mut draft.config) };
    }
    draft.annotations.insert(NAME.to_owned(), rebase.name.clone());
    draft.annotations.insert(DIGEST.to_owned(), Some(new.manifest().digest().to_string()));
    // Its layers are found where it is.
    drafts.add_manifest(new.manifest().clone(), Some(rebase.new.source));
    Ok(())
}
