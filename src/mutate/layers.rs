//! New layers from old ones: merged, thinned out, compressed anew.

use std::io::Read;

use super::{Error, Options, Result};
use crate::draft::{Layer, LayerWriter, Made, Packing};
use crate::filesystem::{Entry, Glob, Kind, Layers, Member, Sink, Writer};

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

/// Compresses a layer anew.
pub(super) fn recompress(layers: &Layers<'_>, number: usize, packing: Packing, options: &Options) -> Result<Made> {
    let mut writer = LayerWriter::new(&options.scratch, packing)?.watched(&options.watch);
    layers.copy_tar(number, &mut writer)?;
    Ok(writer.finish()?)
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
    if !read.members.iter().any(|member| rewriting.concerns(member)) {
        return Ok(None);
    }
    if let Some((link, target)) = read.members.iter().find_map(|member| rewriting.broken(member)) {
        return Err(Error::Stripped { link, target });
    }
    let made = write(packing, options, |sink| {
        layers.pass_on_layer(number, &mut Rewriter { rewriting, sink }).map_err(Error::Layer)
    });
    made.map(Some)
}

fn write(packing: Packing, options: &Options, fill: impl FnOnce(&mut dyn Sink) -> Result<()>) -> Result<Made> {
    let mut writer = Writer::new(LayerWriter::new(&options.scratch, packing)?.watched(&options.watch));
    fill(&mut writer)?;
    Ok(writer.finish()?.finish()?)
}

/// What becomes of a layer's entries.
#[derive(Clone, Copy)]
pub(super) struct Rewriting<'a> {
    pub(super) strip: &'a [Glob],
    pub(super) time: Option<i64>,
}

impl Rewriting<'_> {
    fn concerns(self, member: &Member) -> bool {
        let entry = &member.entry;
        self.time.is_some_and(|time| entry.mtime != time || entry.mtime_nanos != 0) || self.strips(&path(&member.name))
    }

    /// Says whether an entry goes: it is meant, or a directory that it lies in.
    fn strips(self, path: &[u8]) -> bool {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let mut prefixes = ends.chain([path.len()]).map(|end| &path[..end]);
        !path.is_empty() && prefixes.any(|prefix| self.strip.iter().any(|glob| glob.matches(prefix)))
    }

    /// Returns a hard link that stays while its target goes, and the target.
    fn broken(self, member: &Member) -> Option<(Vec<u8>, Vec<u8>)> {
        let link = member.entry.link.as_deref().filter(|_| member.entry.kind == Kind::HardLink)?;
        let (name, target) = (path(&member.name), path(link));
        (self.strips(&target) && !self.strips(&name)).then_some((name, target))
    }
}

/// Takes the noise out of a name; those with `..` never get further.
fn path(name: &[u8]) -> Vec<u8> {
    let parts = name.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b"."));
    parts.collect::<Vec<_>>().join(&b'/')
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

/// Says whether a layer has to be compressed anew to be as wanted.
pub(super) fn differs(layer: &Layer, packing: Packing) -> bool {
    let now = layer.descriptor().media_type.layer_compression();
    now != Some(packing.compression) || (packing.level.is_some() && matches!(layer, Layer::Kept { .. }))
}
