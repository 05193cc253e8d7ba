//! An edit applied to one image.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;

use super::layers::{self, Rewriting};
use super::{Edit, Error, Options, Result};
use crate::config::History;
use crate::descriptor::Descriptor;
use crate::draft::{Base, Draft, Drafts, Layer, Made, Packing};
use crate::filesystem::{self, Layers, escape};
use crate::image::Image;
use crate::media_type::{Compression, Format};
use crate::transport::{Selector, Source};

/// An image on its way through an edit.
pub(super) struct Change<'c, 'a> {
    pub(super) source: &'a dyn Source,
    pub(super) edit: &'c Edit<'a>,
    pub(super) options: &'c Options,
    /// What the new base is called, where there is one.
    pub(super) upon: Option<&'c Base>,
    pub(super) drafts: &'c mut Drafts<'a>,
    /// For each pattern of [`Edit::strip`], whether it has matched anything.
    pub(super) matched: &'c [AtomicBool],
}

impl Change<'_, '_> {
    /// Makes the new image; what is not changed stays as it is.
    pub(super) fn apply(&mut self, image: &Image) -> Result<Draft> {
        let edit = self.edit;
        let mut draft = Draft::of(image)?;
        if let Some(raw) = &edit.replace_config {
            draft.replace_config(raw.clone())?;
        }
        draft.config = edit.config.clone();
        if let (Some(rebase), Some(upon)) = (&edit.rebase, self.upon) {
            super::rebase::rebase(&mut draft, image, rebase, upon, self.drafts)?;
        }
        let no_zstd = || Error::NoZstd { digest: image.manifest().digest().clone() };
        if edit.compress == Some(Compression::Zstd) && draft.final_format() == Format::Docker {
            return Err(no_zstd());
        }
        self.remove_layers(&mut draft, image)?;
        self.rewrite(&mut draft)?;
        self.append(&mut draft, image)?;
        self.squash(&mut draft, image)?;
        if edit.flatten {
            self.flatten(&mut draft)?;
        }
        self.recompress(&mut draft)?;
        let old: HashSet<&Descriptor> = image.layers().iter().collect();
        let is_new_zstd = |layer: &Layer| {
            let descriptor = layer.descriptor();
            descriptor.media_type.layer_compression() == Some(Compression::Zstd) && !old.contains(descriptor)
        };
        if draft.final_format() == Format::Docker && draft.layers.iter().any(is_new_zstd) {
            return Err(no_zstd());
        }
        draft.annotations.extend(edit.annotations.clone());
        Ok(draft)
    }

    /// Puts tars on top as they are; says where they change the type of something, as far as layers need not be fetched for that.
    fn append(&mut self, draft: &mut Draft, image: &Image) -> Result<()> {
        let is_windows = image.config().is_some_and(|config| config.platform().os == "windows");
        for path in &self.edit.append {
            let made = Made::open(path, draft.final_format())?;
            if is_windows {
                made.check_for_windows()?;
            }
            let is_plain = draft.layers.iter().all(|layer| layer.descriptor().media_type.layer_compression().is_some());
            if self.source.origin().is_none() && is_plain && !draft.layers.is_empty() {
                let tree = self.with_layers(draft, |layers, _| Ok(layers.merge()?))?;
                for (path, was) in made.retyped(&tree)? {
                    let note = format!("{} is {was} in the image; this layer replaces it", escape(&path));
                    self.options.watch.note(&note);
                }
            }
            draft.push(Layer::Made(made), Some(&step("append")));
        }
        Ok(())
    }

    fn remove_layers(&self, draft: &mut Draft, image: &Image) -> Result<()> {
        let mut numbers = self.edit.remove_layers.clone();
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers.into_iter().rev() {
            check_number(image, draft.layers.len(), number)?;
            draft.remove(number);
        }
        Ok(())
    }

    fn rewrite(&mut self, draft: &mut Draft) -> Result<()> {
        let Edit { strip, time, .. } = self.edit;
        if strip.is_empty() && time.is_none() {
            return Ok(());
        }
        let rewriting = Rewriting { strip, matched: self.matched, time: *time };
        let (packing, options) = (self.packing(draft), self.options);
        let made = self.with_layers(draft, |layers, count| {
            (0..count)
                .map(|number| layers::rewrite(layers, number, rewriting, packing, options))
                .collect::<Result<Vec<_>>>()
        })?;
        for (layer, made) in draft.layers.iter_mut().zip(made) {
            if let Some(made) = made {
                *layer = Layer::Made(made);
            }
        }
        Ok(())
    }

    fn squash(&mut self, draft: &mut Draft, image: &Image) -> Result<()> {
        // One layer is one already.
        let Some(count) = self.edit.squash_last.filter(|count| *count > 1) else { return Ok(()) };
        if count > draft.layers.len() {
            let digest = image.manifest().digest().clone();
            return Err(Error::TooFewLayers { digest, count: draft.layers.len(), wanted: count });
        }
        let lowest = draft.layers.len() - count;
        let (packing, options) = (self.packing(draft), self.options);
        let made = self.with_layers(draft, |layers, _| layers::squash(layers, lowest, packing, options))?;
        for number in (lowest..draft.layers.len()).rev() {
            draft.remove(number);
        }
        draft.push(Layer::Made(made), Some(&step("squash-last")));
        Ok(())
    }

    fn flatten(&mut self, draft: &mut Draft) -> Result<()> {
        if draft.layers.is_empty() {
            return Ok(());
        }
        let (packing, options) = (self.packing(draft), self.options);
        let made = self.with_layers(draft, |layers, _| layers::flatten(layers, packing, options))?;
        draft.layers.clear();
        draft.history.clear();
        draft.push(Layer::Made(made), Some(&step("flatten")));
        Ok(())
    }

    /// Compresses layers anew that are not as wanted. Their bytes tell, for many a tool labels them wrongly; what has the right bytes keeps
    /// them and gets the right label.
    fn recompress(&mut self, draft: &mut Draft) -> Result<()> {
        let packing = self.packing(draft);
        if self.edit.compress.is_none() || draft.layers.is_empty() {
            return Ok(());
        }
        let (options, old) = (self.options, draft.layers.clone());
        draft.layers = self.with_layers(draft, |layers, _| {
            let numbered = old.into_iter().enumerate();
            numbered.map(|(number, layer)| layers::compressed(layers, number, layer, packing, options)).collect()
        })?;
        Ok(())
    }

    /// Reads the layers that the draft has so far.
    fn with_layers<T>(&mut self, draft: &Draft, read: impl FnOnce(&Layers<'_>, usize) -> Result<T>) -> Result<T> {
        let descriptor = self.drafts.add(draft, Some(self.source))?;
        let image = Image::find(self.drafts, &Selector::from(descriptor), None)?;
        let options = filesystem::Options {
            parallel: self.options.threads,
            scratch: Some(self.options.scratch.clone()),
            ..filesystem::Options::default()
        };
        read(&Layers::new(self.drafts, &image, options)?, image.layers().len())
    }

    fn packing(&self, draft: &Draft) -> Packing {
        Packing {
            format: draft.final_format(),
            compression: self.edit.compress.unwrap_or(Compression::Gzip),
            level: self.edit.level,
            threads: self.options.threads,
        }
    }
}

fn check_number(image: &Image, count: usize, wanted: usize) -> Result<()> {
    if wanted < count {
        return Ok(());
    }
    Err(Error::NoSuchLayer { digest: image.manifest().digest().clone(), count, wanted })
}

/// Says how a layer came about; without a time, so that the same change gives the same digest.
fn step(change: &str) -> History {
    History { created_by: format!("stevedore mutate --{change}"), ..History::default() }
}
