//! The files of an artifact, written into a folder.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};

use super::folder::Folder;
use super::title::{self, Title};
use super::unpack::unpack;
use super::{Error, Result, TAR_DIGEST, TITLE, UNPACK};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::image::Image;
use crate::pool::Pool;
use crate::transport::{self, Source};
use crate::watch::{Event, Outcome, Watch};

/// Where files go, and which.
#[derive(Clone, Debug)]
pub struct Pull<'a> {
    /// The folder, which need not exist.
    pub folder: &'a Path,
    /// The names of the files that are wanted; all when there are none.
    pub names: &'a [String],
    /// Whether files that are there are replaced.
    pub replaces: bool,
    /// How many are fetched at a time.
    pub jobs: NonZeroUsize,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The files, in the artifact's order.
    pub files: Vec<PulledFile>,
    /// Blobs without a name, which stay where they are.
    pub nameless: Vec<Descriptor>,
}

/// A file or folder that was written.
#[derive(Clone, Debug)]
pub struct PulledFile {
    /// Its name in the artifact.
    pub title: String,
    /// The blob.
    pub descriptor: Descriptor,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is a folder that was unpacked.
    pub is_folder: bool,
}

/// A blob with a name.
struct Wanted<'a> {
    title: Title,
    blob: &'a Descriptor,
    is_folder: bool,
}

/// Returns the blobs with a name, and those without; the empty one of an artifact that has nothing else is neither.
pub fn files(artifact: &Image) -> (Vec<(&str, &Descriptor)>, Vec<&Descriptor>) {
    let (mut named, mut nameless) = (Vec::new(), Vec::new());
    for blob in artifact.layers() {
        match blob.annotations.get(TITLE) {
            Some(title) => named.push((title.as_str(), blob)),
            None if blob.media_type == crate::media_type::MediaType::OCI_EMPTY => {}
            None => nameless.push(blob),
        }
    }
    (named, nameless)
}

/// Writes the files of an artifact into a folder. They get their names when all have been fetched and verified; folders are unpacked.
///
/// # Errors
/// Before anything is fetched when a name would lead out of the folder, two files have one, or something is in the way; else when the place
/// fails or content is not what it should be. Nothing is ever written outside the folder.
pub fn pull(source: &dyn Source, artifact: &Image, pull: &Pull<'_>, watch: &Watch) -> Result<Pulled> {
    let (named, nameless) = files(artifact);
    if named.is_empty() && !nameless.is_empty() {
        return Err(Error::Nameless { blobs: nameless.len() });
    }
    let wanted = choose(named, pull.names)?;
    let folder = Folder::open(pull.folder, pull.replaces)?;
    wanted.iter().try_for_each(|each| folder.check(&each.title, each.is_folder))?;
    // In the folder itself: from another filesystem nothing could be renamed to here.
    let failed = |source| Error::Write { path: pull.folder.to_owned(), source };
    let stage = tempfile::Builder::new().prefix(".stevedore-").tempdir_in(pull.folder).map_err(failed)?;
    fetch_all(source, &wanted, stage.path(), pull.jobs, watch)?;
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let staged = openat(CWD, stage.path(), flags, Mode::empty()).map_err(|errno| failed(errno.into()))?;
    let mut files = Vec::new();
    for (number, Wanted { title, blob, is_folder }) in wanted.iter().enumerate() {
        folder.place(&staged, &number.to_string(), title)?;
        files.push(PulledFile {
            title: title.as_str().to_owned(),
            descriptor: (*blob).clone(),
            path: folder.at(title),
            is_folder: *is_folder,
        });
    }
    Ok(Pulled { files, nameless: nameless.into_iter().cloned().collect() })
}

fn choose<'a>(named: Vec<(&'a str, &'a Descriptor)>, names: &[String]) -> Result<Vec<Wanted<'a>>> {
    let offered: BTreeSet<&str> = named.iter().map(|(title, _)| *title).collect();
    if let Some(missing) = names.iter().find(|name| !offered.contains(name.as_str())) {
        let offered = offered.into_iter().map(str::to_owned).collect();
        return Err(Error::NoFile { title: missing.clone(), offered });
    }
    let mut wanted = Vec::new();
    for (title, blob) in named {
        if !names.is_empty() && !names.iter().any(|name| name == title) {
            continue;
        }
        let is_folder = blob.annotations.get(UNPACK).is_some_and(|text| text == "true");
        wanted.push(Wanted { title: Title::parse(title)?, blob, is_folder });
    }
    title::check(wanted.iter().map(|each| (&each.title, each.is_folder)))?;
    Ok(wanted)
}

/// Fetches everything into the stage, under the numbers of the files.
fn fetch_all(
    source: &dyn Source,
    wanted: &[Wanted<'_>],
    stage: &Path,
    jobs: NonZeroUsize,
    watch: &Watch,
) -> Result<()> {
    let bytes = wanted.iter().map(|each| each.blob.size).fold(0, u64::saturating_add);
    watch.tell(&Event::Planned { blobs: wanted.len(), bytes });
    let numbered: Vec<(usize, &Wanted<'_>)> = wanted.iter().enumerate().collect();
    Pool::new(jobs).each(watch, &numbered, |(number, each), watch| {
        let into = stage.join(number.to_string());
        watch.tell(&Event::Started { blob: each.blob });
        let blob = source.blob(each.blob)?.watched(watch);
        if each.is_folder {
            let tar = each.blob.annotations.get(TAR_DIGEST).map(String::as_str).filter(|tar| !tar.is_empty());
            unpack(&each.title, blob, tar, &into, watch)?;
        } else {
            write(blob, &into)?;
        }
        watch.tell(&Event::Finished { blob: each.blob, outcome: Outcome::Copied });
        Ok::<(), Error>(())
    })?;
    Ok(())
}

fn write(mut blob: Blob<'_>, into: &Path) -> Result<()> {
    let failed = |source| Error::Write { path: into.to_owned(), source };
    let mut file = File::options().write(true).create_new(true).mode(0o666).open(into).map_err(failed)?;
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let n = match io::Read::read(&mut blob, &mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) => return Err(transport::Error::from_read(error).into()),
        };
        file.write_all(&buffer[..n]).map_err(failed)?;
    }
    file.sync_all().map_err(failed)
}
