//! New layers from old ones: merged, thinned out, compressed anew.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Error, Options, Result};
use crate::draft::{self, Layer, LayerWriter, Made, Packing};
use crate::filesystem::{self, Entry, Glob, Layers, Member, Sink, Writer};
use crate::media_type::MediaType;

/// Makes one layer of an image's merged filesystem: the same bytes for the same layers, however they are compressed.
///
/// # Errors
/// When a layer cannot be read, or the new one not be written.
pub fn flatten(layers: &Layers<'_>, packing: Packing, options: &Options) -> Result<Made> {
    let mut overwritten = false;
    let made = write(packing, options, |sink| {
        overwritten = layers.pass_on(sink)?.overwritten;
        Ok(())
    })?;
    if !overwritten {
        return Ok(made);
    }
    // Some runtimes refuse a layer that has a path twice.
    write(packing, options, |sink| {
        layers.pass_on_merged(sink)?;
        Ok(())
    })
}

/// Makes one layer of those from `lowest` up.
pub(super) fn squash(layers: &Layers<'_>, lowest: usize, packing: Packing, options: &Options) -> Result<Made> {
    write(packing, options, |sink| layers.pass_on_top(lowest, sink).map_err(Error::Layer))
}

/// Returns a layer compressed as wanted, the same one if it is that already.
pub(super) fn compressed(
    layers: &Layers<'_>,
    number: usize,
    layer: Layer,
    packing: Packing,
    options: &Options,
) -> Result<Layer> {
    let label = &layer.descriptor().media_type;
    let is_wanted = |compression| compression == Some(packing.compression);
    let is_kept = matches!(layer, Layer::Kept { .. });
    // What lies elsewhere cannot be looked into; what was made here is what it says.
    let is_told = !is_kept || label.is_nondistributable();
    let bytes = if is_told { label.layer_compression() } else { Some(layers.compression(number)?) };
    if is_wanted(bytes) && !(packing.level.is_some() && is_kept) {
        let is_labelled = is_wanted(label.layer_compression());
        return Ok(if is_labelled {
            layer
        } else {
            layer.labelled(MediaType::layer(packing.format, packing.compression))
        });
    }
    let mut writer = LayerWriter::new(&options.scratch, packing)?.watched(&options.watch);
    layers.copy_tar(number, &mut writer).map_err(|error| in_scratch(error.into(), options))?;
    Ok(Layer::Made(writer.finish()?))
}

/// Makes a layer without some files, or with other times; none when nothing of it would change.
pub(super) fn rewrite(
    layers: &Layers<'_>,
    number: usize,
    rewriting: Rewriting<'_>,
    packing: Packing,
    options: &Options,
) -> Result<Option<Made>> {
    let read = layers.read(number)?;
    // A layer in which nothing is to be removed may have links to what is removed from one below.
    for placed in read.placed() {
        let (name, target, _) = placed?;
        if let Some(target) = target.filter(|target| rewriting.strips(target) && !rewriting.strips(&name)) {
            return Err(Error::Stripped { link: name, target });
        }
    }
    let mut concerned = false;
    for placed in read.placed() {
        let (name, _, member) = placed?;
        concerned |= rewriting.concerns(&name, &member);
    }
    if !concerned {
        return Ok(None);
    }
    let made = write(packing, options, |sink| {
        layers.pass_on_layer(number, &mut Rewriter { rewriting, sink }).map_err(Error::Layer)
    });
    made.map(Some)
}

fn write(packing: Packing, options: &Options, fill: impl FnOnce(&mut dyn Sink) -> Result<()>) -> Result<Made> {
    let mut writer = Writer::new(LayerWriter::new(&options.scratch, packing)?.watched(&options.watch));
    let done = fill(&mut writer).and_then(|()| Ok(writer.finish()?));
    Ok(done.map_err(|error| in_scratch(error, options))?.finish()?)
}

/// Says where it is that a new layer could not be written.
fn in_scratch(error: Error, options: &Options) -> Error {
    match error {
        Error::Layer(filesystem::Error::Output(source)) => {
            draft::Error::Scratch { path: options.scratch.clone(), source }.into()
        }
        other => other,
    }
}

/// What becomes of a layer's entries.
#[derive(Clone, Copy)]
pub(super) struct Rewriting<'a> {
    pub(super) strip: &'a [Glob],
    /// For each of them, whether it has matched anything.
    pub(super) matched: &'a [AtomicBool],
    pub(super) time: Option<i64>,
}

impl Rewriting<'_> {
    fn concerns(self, name: &[u8], member: &Member) -> bool {
        let entry = &member.entry;
        self.time.is_some_and(|time| entry.mtime != time || entry.mtime_nanos != 0) || self.strips(name)
    }

    /// Says whether an entry goes: it is meant, or a directory that it lies in. What hides a file goes with that file only, for the
    /// file would be back.
    fn strips(self, path: &[u8]) -> bool {
        let (directory, name) = path.split_at(path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1));
        match name.strip_prefix(b".wh.") {
            // An opaque marker goes with its directory.
            Some(marker) if marker.starts_with(b".wh.") => self.takes(directory.strip_suffix(b"/").unwrap_or_default()),
            Some(hidden) => self.takes(&[directory, hidden].concat()),
            None => self.takes(path),
        }
    }

    fn takes(self, path: &[u8]) -> bool {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let prefixes = ends.chain([path.len()]).map(|end| &path[..end]).filter(|_| !path.is_empty());
        let mut takes = false;
        for prefix in prefixes {
            for (glob, matched) in self.strip.iter().zip(self.matched) {
                if glob.matches(prefix) {
                    matched.store(true, Ordering::Relaxed);
                    takes = true;
                }
            }
        }
        takes
    }
}

struct Rewriter<'a> {
    rewriting: Rewriting<'a>,
    sink: &'a mut dyn Sink,
}

impl Sink for Rewriter<'_> {
    fn append(&mut self, path: &[u8], entry: &Entry, content: Option<&mut dyn Read>) -> crate::filesystem::Result<()> {
        if self.rewriting.strips(path) {
            return Ok(());
        }
        let mut entry = entry.clone();
        if let Some(time) = self.rewriting.time {
            (entry.mtime, entry.mtime_nanos) = (time, 0);
        }
        self.sink.append(path, &entry, content)
    }
}
