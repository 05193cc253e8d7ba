//! An image on another base.

use super::{Error, Rebase, Result};
use crate::digest::Digest;
use crate::draft::{self, BASE_DIGEST, BASE_NAME, ConfigEdit, Draft, Drafts, Step};
use crate::image::Image;
use crate::manifest::{Body, Manifest};
use crate::transport::{Location, Selector, Source};

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

/// Returns where the image lies that an image says it stands upon.
///
/// # Errors
/// Those of the place; [`Error::NoBase`] when it does not say so, [`Error::BaseName`] when that is no image's name.
pub fn base_location(source: &dyn Source, at: &Selector) -> Result<Location> {
    let base = base(source, at)?.and_then(|base| Some((base.name?, base.digest)));
    let (name, digest) = base.ok_or(Error::NoBase)?;
    let digest = digest.map(|digest| format!("@{digest}")).unwrap_or_default();
    format!("docker://{name}{digest}").parse().map_err(|_| Error::BaseName { name })
}

fn annotated(manifest: &Manifest) -> Option<Base> {
    let annotations = match manifest.body() {
        Body::Image(image) => &image.annotations,
        Body::Index(index) => &index.annotations,
        _ => return None,
    };
    let name = annotations.get(BASE_NAME).cloned();
    // What is no digest names nothing.
    let digest = annotations.get(BASE_DIGEST).and_then(|digest| digest.parse().ok());
    (name.is_some() || digest.is_some()).then_some(Base { name, digest })
}

/// Returns the history of an image on another base: the new base's, then the image's own. One that would not fit the layers helps nobody, and
/// some tools refuse the image for it.
fn history(image: &Draft, below: &Draft, above: &Draft) -> Vec<Step> {
    if !(image.is_told() && above.is_told()) {
        return Vec::new();
    }
    let begins_like = |below: &[Step]| {
        image.history.len() >= below.len() && image.history.iter().zip(below).all(|(own, step)| own.is_same(step))
    };
    let own = if below.is_told() && begins_like(&below.history) {
        below.history.len()
    } else {
        // Otherwise what is above the old base's last layer is its own.
        let mut steps = image.history.iter().enumerate().filter(|(_, step)| step.makes_layer());
        below.layers.len().checked_sub(1).and_then(|last| steps.nth(last)).map_or(0, |(at, _)| at + 1)
    };
    above.history.iter().chain(&image.history[own..]).cloned().collect()
}

/// Puts an image on another base: its layers and history above the old one's stay, and its config but for the platform.
pub(super) fn rebase<'a>(
    draft: &mut Draft,
    image: &Image,
    rebase: &Rebase<'a>,
    upon: &draft::Base,
    drafts: &mut Drafts<'a>,
) -> Result<()> {
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
    draft.history = history(draft, &below, &above);
    draft.layers.splice(..count, above.layers);
    if let Some(platform) = new.config().map(crate::config::Config::platform) {
        draft.config = ConfigEdit { platform: Some(platform), ..std::mem::take(&mut draft.config) };
    }
    draft.set_base(upon);
    // Its layers are found where it is.
    drafts.add_manifest(new.manifest().clone(), Some(rebase.new.source));
    Ok(())
}
