//! Writing a docker-archive.

use std::sync::Arc;

use super::view::{View, encode_index};
use super::{list, names, save};
use crate::manifest::is_digest_tag;
use crate::transport::archive::{INDEX_FILE, Kept, Kind, Part, Workspace, Writer};
use crate::transport::{ArchivePath, Error, Options, Place, Result, Selector};
use crate::watch::Watch;

const KIND: Kind = Kind { view: |tar, place, watch| Ok(Arc::new(View::open(tar, place, watch)?)), complete, lists };

/// Opens an archive for writing; images under other names stay.
pub(in crate::transport) fn create(at: &ArchivePath, place: &Place, options: &Options) -> Result<Writer> {
    Writer::open(&KIND, at, place, options)
}

/// Completes a name; Docker loads no other.
fn complete(at: &Selector, place: &Place) -> Result<Selector> {
    match at {
        // A signature's name belongs to the image's digest, and is no image for Docker.
        Selector::Tag(name) if !is_digest_tag(name) => {
            let hint = "use a name with a tag, such as example.com/app:1.0";
            let complete = names::complete(name).map(Selector::Tag);
            complete.ok_or_else(|| Error::unsupported(&format!("the name {name:?}"), place, hint))
        }
        _ => Ok(at.clone()),
    }
}

/// Makes Docker's list beside OCI's.
fn lists(workspace: &Workspace, place: &Place, mut kept: Kept, watch: &Watch) -> Result<Vec<Part>> {
    let items = save::list(workspace, place, &kept.entries, watch)?;
    for entry in &mut kept.entries {
        if let Some(name) = names::of_entry(entry) {
            names::set_docker(&mut entry.annotations, &name);
        }
    }
    let mut parts = vec![Part { name: INDEX_FILE, content: encode_index(&kept.entries) }];
    if !items.is_empty() {
        parts.push(Part { name: list::FILE, content: list::encode(&items) });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::transport::{Transport, contract};

    #[test]
    fn keeps_the_contract() {
        let folder = tempfile::tempdir().expect("a folder");
        let number = AtomicUsize::new(0);
        let make = || -> Box<dyn Transport> {
            let path = folder.path().join(number.fetch_add(1, Ordering::SeqCst).to_string());
            let place = Place::DockerArchive(ArchivePath::File(path));
            place.open_destination(&Options::default()).expect("opens")
        };
        contract::holds_one(&make, &contract::tag("example.com/a:1"));
        let announced = || {
            let place = make();
            place.expect(&contract::sample("a").contents()).expect("hears");
            place
        };
        contract::holds_one(&announced, &contract::tag("example.com/a:1"));
        contract::holds_one(&make, &Selector::Sole);
    }

    #[test]
    fn keeps_every_writers_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::DockerArchive(ArchivePath::File(folder.path().join("k.tar")));
        let open = || -> Box<dyn Transport> { place.open_destination(&Options::default()).expect("opens") };
        contract::keeps_every_writers_names(&open, ["ex.com/a:1", "ex.com/b:1", "ex.com/c:1"]);
        contract::keeps_every_update(&open, "ex.com/d:1");
    }
}
