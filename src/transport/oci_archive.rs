//! `oci-archive:`, an OCI image layout in a tar archive, which may be compressed as a whole.
//!
//! Read in place; written anew from what it holds and what was put, without owners and times and in a fixed order, so that the same images
//! give the same bytes.

use std::sync::Arc;

use super::archive::{self, INDEX_FILE, Kind, Part, Writer};
use super::{ArchivePath, Layout, Options, Place, Result};
use crate::store::{Store, Tar};

/// Opens an archive for reading.
pub(super) fn open(at: &ArchivePath, place: &Place, options: &Options) -> Result<Layout> {
    let tar = archive::open(at, place, options)?;
    check(&tar, place)?;
    Ok(Layout::over(Arc::new(tar), place.to_string(), options))
}

fn check(tar: &Tar, place: &Place) -> Result<()> {
    let index = INDEX_FILE.parse().expect("a name is a key");
    if tar.get(&index)?.is_some() {
        return Ok(());
    }
    Err(archive::malformed(place, "it has no index.json, so it is no OCI archive"))
}

const KIND: Kind = Kind {
    view: |tar, place, _| {
        check(&tar, place)?;
        Ok(Arc::new(tar))
    },
    complete: |at, _| Ok(at.clone()),
    lists: |_, _, kept, _| Ok(vec![Part { name: INDEX_FILE, content: kept.raw }]),
};

/// Opens an archive for writing; images under other names stay.
pub(super) fn create(at: &ArchivePath, place: &Place, options: &Options) -> Result<Writer> {
    Writer::open(&KIND, at, place, options)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::transport::{Selector, Transport, contract};

    #[test]
    fn keeps_the_contract() {
        let folder = tempfile::tempdir().expect("a folder");
        let number = AtomicUsize::new(0);
        let make = || -> Box<dyn Transport> {
            let path = folder.path().join(number.fetch_add(1, Ordering::SeqCst).to_string());
            let place = Place::OciArchive(ArchivePath::File(path));
            place.open_destination(&Options::default()).expect("opens")
        };
        contract::holds_many(&make, false);
        let announced = || {
            let place = make();
            place.expect(&contract::sample("a").contents()).expect("hears");
            place
        };
        contract::holds_many(&announced, false);
        contract::holds_one(&make, &Selector::Sole);
    }

    /// Announced, a copy is written where it stands; the archive is the same, also where something else came, or not all.
    #[test]
    fn announced_contents_give_the_same_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.tar");
        let (own, other) = (contract::sample("a"), contract::sample("b"));
        for put in [vec![&own], vec![&other], vec![&own, &other]] {
            let mut written = Vec::new();
            for announced in [None, Some(own.contents())] {
                let place = Place::OciArchive(ArchivePath::File(path.clone()));
                let place = place.open_destination(&Options::default()).expect("opens");
                announced.iter().for_each(|contents| place.expect(contents).expect("hears"));
                for (number, sample) in put.iter().enumerate() {
                    contract::put(&*place, &contract::tag(&format!("v{number}")), sample);
                }
                let beside = std::fs::read_dir(folder.path().join("a.tar.partial")).expect("a folder");
                let is_new = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("new-");
                assert_eq!(
                    beside.filter(|entry| is_new(entry.as_ref().expect("an entry"))).count(),
                    announced.iter().count()
                );
                place.finish().expect("finishes");
                assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
                written.push(std::fs::read(&path).expect("an archive"));
                std::fs::remove_file(&path).expect("there");
            }
            assert!(written[0] == written[1], "{} and {} bytes", written[0].len(), written[1].len());
        }
    }

    /// What was announced and never came leaves nothing.
    #[test]
    fn an_announcement_alone_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::OciArchive(ArchivePath::File(folder.path().join("a.tar")));
        let place = place.open_destination(&Options::default()).expect("opens");
        place.expect(&contract::sample("a").contents()).expect("hears");
        drop(place);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn keeps_every_writers_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::OciArchive(ArchivePath::File(folder.path().join("k.tar")));
        let open = || -> Box<dyn Transport> { place.open_destination(&Options::default()).expect("opens") };
        contract::keeps_every_writers_names(&open, ["a", "b", "c"]);
        contract::keeps_every_update(&open, "d");
    }
}
