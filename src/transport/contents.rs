//! Single blobs and manifests, got and put by who knows what they are for.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{Error, Result, Selector, Source, Transport};
use crate::blob::{Blob, Fault};
use crate::descriptor::Descriptor;
use crate::digest::{Algorithm, Digest, Hasher};
use crate::manifest::Manifest;
use crate::media_type::MediaType;
use crate::watch::{Outcome, Watch};

/// Finds a blob by its digest alone, and its size.
///
/// # Errors
/// [`Error::NotFound`] when the place has none.
pub fn blob_of<'s>(source: &'s dyn Source, digest: &Digest) -> Result<Blob<'s>> {
    // Of size 0, a place is asked for the size.
    source.blob(&Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), 0))
}

/// Writes the content of a blob piece by piece. It is checked with its last piece, so that what was written before a failure is not to be used.
///
/// # Errors
/// Those of reading; those of writing, as `failed` makes them.
pub fn write_blob<E: From<Error>>(
    mut blob: Blob<'_>,
    into: &mut dyn Write,
    failed: impl Fn(io::Error) -> E,
) -> Result<(), E> {
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let n = blob.read(&mut buffer).map_err(Error::from_read)?;
        if n == 0 {
            return Ok(());
        }
        into.write_all(&buffer[..n]).map_err(&failed)?;
    }
}

/// Puts the content of a file, which must not change meanwhile; with `wanted`, only content of that digest. The place's `finish` is left to the
/// caller.
///
/// # Errors
/// [`Error::Content`] before anything is put when the content has another digest than wanted.
pub fn put_file(
    destination: &dyn Transport,
    path: &Path,
    wanted: Option<&Digest>,
    watch: &Watch,
) -> Result<(Descriptor, Outcome)> {
    let failed = |error| Error::io("read", path)(error);
    let mut hasher = Hasher::new(wanted.map_or(Algorithm::Sha256, Digest::algorithm));
    let size = hasher.update_from(File::open(path).map_err(failed)?).map_err(failed)?;
    let got = hasher.finish();
    if let Some(wanted) = wanted.filter(|wanted| **wanted != got) {
        let wanted = Box::new(Descriptor::new(MediaType::OCTET_STREAM, wanted.clone(), size));
        return Err(Fault::Mismatch { wanted, got, size }.into());
    }
    let descriptor = Descriptor::new(MediaType::OCTET_STREAM, got, size);
    let blob = Blob::new(descriptor.clone(), move |at| {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(at))?;
        Ok(Box::new(file))
    })?;
    let outcome = destination.put_blob(blob.watched(watch), None)?;
    Ok((descriptor, outcome))
}

/// Puts a manifest where everything that it needs is there already, and finishes the place. A registry checks that by itself.
///
/// # Errors
/// [`Error::Unsupported`] before the first write when a part of it is missing; [`Error::Content`] when `at` is a digest that it does not have.
pub fn put_whole(destination: &dyn Transport, at: &Selector, manifest: &Manifest) -> Result<()> {
    destination.accepts(manifest)?;
    if destination.origin().is_none() {
        let hint = "put what it needs first: blobs with `blob put`, manifests with `manifest put`";
        let refused = |what: String| Error::unsupported(&format!("a manifest that needs {what}"), destination, hint);
        for blob in manifest.blobs() {
            if !blob.media_type.is_nondistributable() && !destination.has_blob(blob)? {
                return Err(refused(format!("blob {}, which is not there,", blob.digest)));
            }
        }
        for child in manifest.children().iter().filter(|child| child.media_type.is_manifest()) {
            if destination.resolve(&Selector::from(child.clone()))?.is_none() {
                return Err(refused(format!("manifest {}, which is not there,", child.digest)));
            }
        }
    }
    destination.put_manifest(at, manifest)?;
    destination.finish()
}
