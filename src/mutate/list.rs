//! A new index of images that are there, in any places.

use std::collections::HashSet;

use super::{Place, Result};
use crate::config::Config;
use crate::descriptor::{Annotations, Descriptor};
use crate::draft::Drafts;
use crate::image::Image;
use crate::manifest::{Index, Manifest};
use crate::media_type::Format;
use crate::transport::Selector;

/// What a new index says.
#[derive(Clone, Default)]
pub struct List<'a> {
    /// The images in their order, each once; of an index its entries.
    pub images: Vec<Place<'a>>,
    /// Its annotations.
    pub annotations: Annotations,
    /// The type of artifact that it is, if it is one.
    pub artifact_type: Option<String>,
    /// The manifest that it refers to.
    pub subject: Option<Descriptor>,
}

/// Makes an index of images; it is in `drafts`, under their only name. The entries have the platforms that the images' configs name.
///
/// # Errors
/// When an image cannot be found or read, or the index is too large.
pub fn list<'a>(list: &List<'a>, drafts: &mut Drafts<'a>) -> Result<Descriptor> {
    let mut manifests = entries(&list.images, drafts)?;
    let mut seen = HashSet::new();
    manifests.retain(|entry| seen.insert(entry.digest.clone()));
    let List { annotations, artifact_type, subject, .. } = list.clone();
    let index = Manifest::index(Format::Oci, &Index { manifests, annotations, artifact_type, subject })?;
    Ok(drafts.add_manifest(index, None))
}

/// Returns the entries that images get in an index, and adds the images; of an index its entries.
pub(super) fn entries<'a>(images: &[Place<'a>], drafts: &mut Drafts<'a>) -> Result<Vec<Descriptor>> {
    let mut entries = Vec::new();
    for Place { source, at } in images {
        let manifest = source.manifest(at)?;
        if manifest.as_index().is_some() {
            entries.extend_from_slice(manifest.children());
            drafts.add_manifest(manifest, Some(*source));
            continue;
        }
        let image = Image::find(*source, &Selector::from(manifest.descriptor()), None)?;
        entries.push(Descriptor { platform: image.config().map(Config::platform), ..manifest.descriptor() });
        drafts.add_manifest(manifest, Some(*source));
    }
    Ok(entries)
}
