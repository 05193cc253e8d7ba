//! Uploads, crashes and collections in the orders that once put other bytes under a digest, or lost some.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::step::tests::watched;
use super::*;

struct Site {
    storage: Arc<Storage>,
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { storage: Arc::new(Storage::open(folder.path()).expect("opens")), folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn started(&self) -> (String, PathBuf) {
        let id = self.storage.start_session("a").expect("starts");
        let path = self.path(&layout::upload("a", &id));
        (id, path)
    }

    fn session(&self, id: &str) -> Session<'_> {
        match self.storage.open_session("a", id).expect("opens") {
            Opened::Session(session) => session,
            Opened::Busy => panic!("the upload is busy"),
            Opened::Unknown => panic!("the upload is unknown"),
        }
    }

    fn read(&self, digest: &Digest) -> Option<Vec<u8>> {
        std::fs::read(self.path(&layout::data(digest))).ok()
    }
}

fn crash(path: &str) -> Error {
    Error::io("write", path)(io::Error::other("killed"))
}

fn make_old(path: &Path) {
    let file = File::options().write(true).open(path).expect("opens");
    file.set_modified(SystemTime::now() - Duration::from_secs(7200)).expect("sets the time");
}

fn age(path: &Path) -> Duration {
    path.metadata().and_then(|found| found.modified()).expect("is there").elapsed().unwrap_or_default()
}

#[test]
fn an_upload_is_not_created_by_opening_it() {
    let site = Site::new();
    let (id, path) = site.started();
    std::fs::remove_file(path.join("data")).expect("removed");
    assert!(path.join("startedat").exists());
    assert!(matches!(site.storage.open_session("a", &id).expect("looks"), Opened::Unknown));
    assert_eq!(site.storage.session_length("a", &id).expect("looks"), None);
    assert!(!path.join("data").exists());
}

#[test]
fn nobody_joins_an_upload_that_is_being_finished() {
    let site = Site::new();
    let (id, path) = site.started();
    let mut session = site.session(&id);
    session.append(&mut &b"good"[..]).expect("written");
    let (storage, other) = (site.storage.clone(), id.clone());
    let committed = watched(
        move |step| {
            let opened = storage.open_session("a", &other).expect("looks");
            match step {
                "commit: synced" | "commit: renewed" => assert!(matches!(opened, Opened::Busy)),
                "commit: renamed" => assert!(matches!(opened, Opened::Unknown)),
                other => panic!("an unknown step: {other}"),
            }
            Ok(())
        },
        || session.commit(&Digest::of(b"good")),
    );
    assert!(matches!(committed.expect("commits"), Put::Done));
    assert!(!path.exists());
    assert_eq!(site.read(&Digest::of(b"good")).as_deref(), Some(&b"good"[..]));
}

/// Another program that writes to the same directory may replace the file.
#[test]
fn only_the_file_that_was_hashed_is_renamed() {
    let site = Site::new();
    let good = Digest::of(b"good");
    site.storage.put_blob("victim", &good, &mut &b"good"[..]).expect("written");
    let (id, path) = site.started();
    let mut session = site.session(&id);
    session.append(&mut &b"good"[..]).expect("written");
    std::fs::write(path.join("other"), b"evil").expect("written");
    std::fs::rename(path.join("other"), path.join("data")).expect("renamed");
    session.commit(&good).expect_err("refused");
    assert_eq!(site.read(&good).as_deref(), Some(&b"good"[..]));
}

#[test]
fn a_blob_is_new_before_it_has_its_name() {
    let site = Site::new();
    let digest = Digest::of(b"good");
    let data = site.path(&layout::data(&digest));
    site.storage.put_blob("a", &digest, &mut &b"good"[..]).expect("written");
    let (id, path) = site.started();
    let mut session = site.session(&id);
    session.append(&mut &b"good"[..]).expect("written");
    make_old(&path.join("data"));
    let killed = |at: &'static str| move |step| if step == at { Err(crash("data")) } else { Ok(()) };
    watched(killed("commit: renamed"), || session.commit(&digest)).expect_err("killed");
    assert!(!path.join("data").exists(), "it was renamed");
    assert!(age(&data) < Duration::from_secs(3600));

    std::fs::remove_file(&data).expect("removed");
    let partial = site.path(layout::PARTIAL);
    let mut aging = AgingReader { content: b"good", partial };
    watched(killed("put: renamed"), || site.storage.put_blob("a", &digest, &mut aging)).expect_err("killed");
    assert!(age(&data) < Duration::from_secs(3600));
}

/// Gives its content, and makes old what was written of it: a slow client.
struct AgingReader {
    content: &'static [u8],
    partial: PathBuf,
}

impl Read for AgingReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.content.read(into)?;
        if n == 0 {
            for entry in std::fs::read_dir(&self.partial)? {
                make_old(&entry?.path());
            }
        }
        Ok(n)
    }
}

#[test]
fn an_upload_that_goes_on_is_not_removed_for_its_age() {
    let site = Site::new();
    let (id, path) = site.started();
    site.session(&id).append(&mut &b"1"[..]).expect("written");
    for file in ["data", "startedat"] {
        make_old(&path.join(file));
    }
    let options = Collection { upload_age: Duration::from_secs(3600), ..Collection::default() };
    let (storage, other) = (site.storage.clone(), id.clone());
    let report = watched(
        move |step| {
            if step == "upload: is old"
                && let Opened::Session(mut session) = storage.open_session("a", &other)?
            {
                session.append(&mut &b"2"[..])?;
            }
            Ok(())
        },
        || site.storage.collect(&options),
    );
    assert_eq!(report.expect("collects").uploads, 0);
    assert_eq!(site.storage.session_length("a", &id).expect("looks"), Some(2));
    for file in ["data", "startedat"] {
        make_old(&path.join(file));
    }
    assert_eq!(site.storage.collect(&options).expect("collects").uploads, 1);
    assert!(!path.exists());
}

#[test]
fn a_dry_run_writes_nothing() {
    let site = Site::new();
    site.storage.put_blob("a", &Digest::of(b"x"), &mut &b"x"[..]).expect("written");
    let (_, begun) = site.started();
    std::fs::remove_file(begun.join("data")).expect("removed");
    site.started();
    std::fs::remove_file(site.path(layout::GATE)).expect("removed");
    std::fs::remove_file(site.path(layout::LOCK)).expect("removed");
    std::fs::remove_dir(site.path(layout::PARTIAL)).expect("removed");
    let list = || {
        let mut found = Vec::new();
        let mut folders = vec![site.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("lists") {
                let entry = entry.expect("an entry");
                let stat = entry.metadata().expect("is there");
                found.push((entry.path(), stat.modified().expect("a time")));
                if stat.is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        found.sort();
        found
    };
    let before = list();
    let zero = Duration::ZERO;
    let options =
        Collection { dry_run: true, grace: zero, upload_age: zero, delete_untagged: true, ..Collection::default() };
    let report = site.storage.collect(&options).expect("collects");
    assert_eq!((report.blobs, report.uploads), (1, 2));
    assert_eq!(list(), before);
}
