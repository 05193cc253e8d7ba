//! What was fetched for an upload, kept until the registry has it: a copy between registries that is killed need not fetch it again.
//!
//! Most registries drop an upload that breaks off, so what the last run fetched has to be on this side. A file per blob, `ALG-HEX`, in a
//! folder of the caller's; only its owner can read it. It is a convenience: when it cannot be written, the copy goes on without.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::blob::{Blob, Open};
use crate::digest::Digest;
use crate::locks;

/// Blobs below this size are fetched again sooner than kept.
const SMALLEST: u64 = 64 << 10;

/// The file for one blob; made when the first byte is asked for.
pub(super) struct Spool {
    path: PathBuf,
    size: u64,
    kept: Mutex<Option<Kept>>,
}

/// An open file and how much of it holds the blob's begin.
struct Kept {
    file: File,
    length: u64,
    /// How much was there when it was opened.
    found: u64,
}

impl Spool {
    /// Names the file for a blob in `folder`; nothing for small blobs.
    pub(super) fn new(folder: &Path, digest: &Digest, size: u64) -> Option<Arc<Self>> {
        let path = folder.join(format!("{}-{}", digest.algorithm(), digest.hex()));
        (size >= SMALLEST).then(|| Arc::new(Self { path, size, kept: Mutex::default() }))
    }

    /// Makes the blob read what is kept, and keep what it reads from its source.
    pub(super) fn wrap<'a>(self: &Arc<Self>, blob: Blob<'a>) -> Blob<'a> {
        let spool = self.clone();
        blob.reopened(|open| {
            let source = Arc::new(Mutex::new(open));
            Box::new(move |at| {
                spool.open();
                Ok(Box::new(Reader { spool: spool.clone(), source: source.clone(), at, reader: None }))
            })
        })
    }

    /// Discards what is kept, unless another process is at it. Returns whether anything came from an earlier run.
    pub(super) fn discard(&self) -> bool {
        let mut kept = locks::lock(&self.kept);
        if kept.is_none() && self.path.exists() {
            *kept = self.take();
        }
        // Whoever cannot delete it could not have made it; what is left harms nobody.
        kept.take().is_some_and(|kept| fs::remove_file(&self.path).is_ok() && kept.found > 0)
    }

    fn open(&self) {
        let mut kept = locks::lock(&self.kept);
        if kept.is_none() {
            *kept = self.take();
        }
    }

    /// Opens and locks the file. Nothing when another process has it, or there can be none: the copy goes on without.
    fn take(&self) -> Option<Kept> {
        let folder = self.path.parent()?;
        DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&self.path).ok()?;
        file.try_lock().ok()?;
        let mut length = file.metadata().ok()?.len();
        if length > self.size {
            file.set_len(0).ok()?;
            length = 0;
        }
        Some(Kept { file, length, found: length })
    }

    /// Reads what is kept from `at` on; nothing when that is to come from the source.
    fn read(&self, at: u64, buffer: &mut [u8]) -> Option<usize> {
        let kept = locks::lock(&self.kept);
        let kept = kept.as_ref().filter(|kept| kept.length > at)?;
        let most = usize::try_from(kept.length - at).unwrap_or(usize::MAX).min(buffer.len());
        // What the disk does not give comes from the source.
        kept.file.read_at(&mut buffer[..most], at).ok().filter(|n| *n > 0)
    }

    /// Keeps what came from the source, if it continues what is there.
    fn keep(&self, at: u64, bytes: &[u8]) {
        let mut kept = locks::lock(&self.kept);
        let Some(open) = kept.as_mut().filter(|kept| kept.length == at) else {
            return;
        };
        if open.file.write_all_at(bytes, at).is_ok() {
            open.length += bytes.len() as u64;
        } else {
            // The disk is full: others need the room more.
            let _ = fs::remove_file(&self.path);
            *kept = None;
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let kept = locks::lock(&self.kept).take();
        if kept.is_some_and(|kept| kept.length == 0) {
            // An empty file is of no use, and harms nobody.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Reads what is kept, then the source.
struct Reader<'a> {
    spool: Arc<Spool>,
    source: Arc<Mutex<Open<'a>>>,
    at: u64,
    reader: Option<Box<dyn Read + Send + 'a>>,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.reader.is_none()
            && let Some(n) = self.spool.read(self.at, buffer)
        {
            self.at += n as u64;
            return Ok(n);
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            empty => {
                let open = locks::lock(&self.source);
                empty.insert(open(self.at)?)
            }
        };
        let n = reader.read(buffer)?;
        self.spool.keep(self.at, &buffer[..n]);
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::blob::Fault;
    use crate::descriptor::Descriptor;
    use crate::media_type::MediaType;

    struct Case {
        folder: tempfile::TempDir,
        content: Vec<u8>,
        fetched: AtomicU64,
    }

    impl Case {
        fn new() -> Self {
            let content = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
            Self { folder: tempfile::tempdir().expect("a folder"), content, fetched: AtomicU64::new(0) }
        }

        fn spool(&self) -> Arc<Spool> {
            let digest = Digest::of(&self.content);
            Spool::new(&self.folder.path().join("kept"), &digest, self.content.len() as u64).expect("large enough")
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("kept").join(Digest::of(&self.content).to_string().replace(':', "-"))
        }

        /// Returns the content as a source that counts what is read.
        fn blob(&self) -> Blob<'_> {
            let descriptor = Descriptor::of(MediaType::OCTET_STREAM, &self.content);
            let open = |at| {
                let at = usize::try_from(at).expect("small");
                Ok(Box::new(Counting(&self.content[at..], &self.fetched)) as Box<dyn Read + Send>)
            };
            Blob::new(descriptor, open).expect("made")
        }
    }

    struct Counting<'a>(&'a [u8], &'a AtomicU64);

    impl Read for Counting<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.0.read(buffer)?;
            self.1.fetch_add(n as u64, Ordering::Relaxed);
            Ok(n)
        }
    }

    #[test]
    fn what_was_fetched_is_not_fetched_again() {
        let case = Case::new();
        let mut part = vec![0; 150_000];
        let mut blob = case.spool().wrap(case.blob());
        blob.read_exact(&mut part).expect("reads");
        // A failed upload starts over in the same run too.
        blob.rewind();
        blob.read_exact(&mut part).expect("reads");
        drop(blob);
        assert_eq!(fs::metadata(case.path()).expect("kept").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(case.path()).expect("kept").len(), 150_000);
        let spool = case.spool();
        spool.wrap(case.blob()).check().expect("whole");
        assert_eq!(case.fetched.load(Ordering::Relaxed), 200_000);
        assert!(spool.discard());
        assert!(!case.path().exists());
    }

    #[test]
    fn what_is_wrong_is_found_out_and_discarded() {
        let case = Case::new();
        fs::create_dir_all(case.path().parent().expect("a folder")).expect("made");
        fs::write(case.path(), [1; 100]).expect("written");
        let spool = case.spool();
        let error = spool.wrap(case.blob()).check().expect_err("a wrong begin");
        assert!(Fault::of(&error).is_some_and(Fault::is_mismatch));
        assert!(spool.discard());
        spool.wrap(case.blob()).check().expect("whole");
        fs::write(case.path(), vec![1; 200_001]).expect("written");
        case.spool().wrap(case.blob()).check().expect("one that is too long is no begin");
    }

    #[test]
    fn only_one_at_a_time() {
        let case = Case::new();
        let (first, second) = (case.spool(), case.spool());
        let mut blob = first.wrap(case.blob());
        blob.read_exact(&mut [0; 10]).expect("reads");
        second.wrap(case.blob()).check().expect("without a file");
        assert!(!second.discard());
        assert!(case.path().exists());
        drop(blob);
        first.discard();
        assert!(!case.path().exists());
        // One that nothing was read of leaves nothing.
        drop(case.spool());
        assert!(!case.path().exists());
        // A folder that cannot be made.
        fs::remove_dir_all(case.folder.path()).expect("removed");
        fs::write(case.folder.path(), b"").expect("written");
        case.spool().wrap(case.blob()).check().expect("without a file");
        fs::remove_file(case.folder.path()).expect("removed");
    }
}
