//! The blobs of an image: read whole, or only asked after.

use std::io;

use super::manifests::Need;
use super::{Defect, Options, Part, Report};
use crate::blob::{Blob, Fault};
use crate::descriptor::Descriptor;
use crate::digest::Algorithm;
use crate::error_chain::with_causes;
use crate::filesystem::{Scanned, scan_with};
use crate::pool::Pool;
use crate::transport::{Error, Result, Source};
use crate::watch::{Event, Outcome, Watch};

/// Looks at every blob, and writes down what is wrong.
pub(super) fn look(
    source: &dyn Source,
    options: &Options,
    pool: &Pool,
    watch: &Watch,
    needs: &[Need],
    report: &mut Report,
) -> Result<()> {
    let bytes = needs.iter().map(|need| need.descriptor.size).fold(0, u64::saturating_add);
    if !options.fast {
        watch.tell(&Event::Planned { blobs: needs.len(), bytes });
    }
    let defects = pool.each(watch, needs, |need, watch| match options.fast {
        true => ask(source, need),
        false => read(source, need, watch),
    })?;
    report.blobs += needs.len();
    report.bytes = report.bytes.saturating_add(bytes);
    report.add(defects.into_iter().flatten());
    Ok(())
}

/// Asks whether a blob is there, and how large it is.
fn ask(source: &dyn Source, need: &Need) -> Result<Vec<Defect>> {
    let Descriptor { media_type, digest, size, .. } = &need.descriptor;
    // Of size 0, a place is asked for the size.
    let there = match source.blob(&Descriptor::new(media_type.clone(), digest.clone(), 0)) {
        Ok(blob) => blob.size(),
        Err(error) => return Ok(vec![need.defect(error)?]),
    };
    // Schema 1 says no sizes.
    if there == *size || *size == 0 {
        return Ok(Vec::new());
    }
    Ok(vec![need.damaged(format!("it has {there} bytes, and its manifest says {size}"))])
}

/// Reads a blob whole.
fn read(source: &dyn Source, need: &Need, watch: &Watch) -> Result<Vec<Defect>> {
    let blob = match source.blob(&need.descriptor) {
        Ok(blob) => blob.watched(watch),
        Err(error) => return Ok(vec![need.defect(error)?]),
    };
    let descriptor = blob.descriptor().clone();
    watch.tell(&Event::Started { blob: &descriptor });
    let defects = match need.part {
        Part::Layer => layer(blob, need),
        _ => match blob.check() {
            Ok(()) => Ok(Vec::new()),
            Err(error) => need.defect(Error::from_read(error)).map(|defect| vec![defect]),
        },
    };
    watch.tell(&Event::Finished { blob: &descriptor, outcome: Outcome::Copied });
    defects
}

/// Reads a layer through its decompression and its tar to its last byte.
fn layer(mut blob: Blob<'_>, need: &Need) -> Result<Vec<Defect>> {
    let algorithm = need.diff_ids.first().map_or(Algorithm::Sha256, |diff_id| diff_id.algorithm());
    let scanned = scan_with(&mut blob, algorithm);
    let scanned = match scanned {
        Err(error) if Fault::of(&error).is_some() => return Ok(vec![need.defect(Error::from_read(error))?]),
        other => other,
    };
    // Bytes that are not the layer's explain better than what they look like.
    if let Err(error) = io::copy(&mut blob, &mut io::sink()) {
        return Ok(vec![need.defect(Error::from_read(error))?]);
    }
    let Scanned { compression, diff_id, .. } = match scanned {
        Ok(scanned) => scanned,
        Err(error) => return Ok(vec![need.damaged(format!("it is no layer: {}", with_causes(&error)))]),
    };
    let mut defects = Vec::new();
    if let Some(said) = need.descriptor.media_type.layer_compression().filter(|said| *said != compression) {
        defects.push(need.damaged(format!("its media type says {said}, and it is {compression}")));
    }
    let others = need.diff_ids.iter().filter(|wanted| **wanted != diff_id);
    defects
        .extend(others.map(|wanted| need.damaged(format!("its diff_id is {diff_id}, and its config says {wanted}"))));
    Ok(defects)
}

impl Need {
    fn damaged(&self, reason: String) -> Defect {
        Defect::damaged(&self.descriptor.digest, self.part, Some(&self.of), reason)
    }

    fn defect(&self, error: Error) -> Result<Defect> {
        Defect::of(error, Some(&self.descriptor.digest), self.part, Some(&self.of))
    }
}
