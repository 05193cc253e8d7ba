//! Symbolic and hard links, which a [`Store`](crate::store::Store) does not know: tags are the former, shared blobs the latter.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use super::names::{FILES, NEW_LINK, TAGS};
use crate::digest::{Algorithm, Digest};
use crate::durable;
use crate::manifest::is_digest_tag;
use crate::reference::Tag;
use crate::store::is_absent;
use crate::transport::{Error, Result};

/// What the link of a referrers tag begins with when it is of our own making, and no other link does.
const OWN: &str = "./";
/// What the link of a tag begins with when it is in a folder of its own.
const ASIDE: &str = "../";

/// Makes the directories from `root` down `below`, none of them behind a link, which whoever placed it would have us write through.
pub(super) fn make_directories(root: &Path, below: &str) -> Result<PathBuf> {
    fs::create_dir_all(root).map_err(Error::io("create", root))?;
    let mut at = root.to_path_buf();
    for component in below.split('/') {
        at.push(component);
        match fs::create_dir(&at) {
            Ok(()) => sync_parent(&at)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_directory(&at)? => {}
            Err(error) => return Err(Error::io("create", at)(error)),
        }
    }
    Ok(at)
}

/// Says whether there is a directory at this very path, links not followed.
pub(super) fn is_directory(path: &Path) -> Result<bool> {
    Ok(look(path)?.is_some_and(|found| found.is_dir()))
}

/// Says whether there is a symbolic link.
pub(super) fn is_link(path: &Path) -> Result<bool> {
    Ok(look(path)?.is_some_and(|found| found.is_symlink()))
}

fn look(path: &Path) -> Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

/// Reads what a tag names. Where links were replaced by what they lead to, as copying a tree may do, the manifest itself tells.
pub(super) fn read_tag(folder: &Path, tag: &str) -> Result<Option<Digest>> {
    match read_tag_at(folder, &folder.join(TAGS).join(tag))? {
        Some(digest) => Ok(Some(digest)),
        None => read_tag_at(folder, &folder.join(tag)),
    }
}

fn read_tag_at(folder: &Path, path: &Path) -> Result<Option<Digest>> {
    let Some(found) = look(path)? else {
        return Ok(None);
    };
    if found.is_dir() {
        return read_copied_tag(folder, path);
    }
    if !found.is_symlink() {
        return Ok(None);
    }
    let target = match fs::read_link(path) {
        Ok(target) => target,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    let bare = |target: &str| [OWN, ASIDE].iter().find_map(|prefix| target.strip_prefix(prefix)).map(str::to_owned);
    match target.to_str().and_then(|target| bare(target).as_deref().unwrap_or(target).parse().ok()) {
        Some(digest) => Ok(Some(digest)),
        None => Err(Error::Malformed {
            place: path.display().to_string(),
            reason: format!("a tag links to a digest beside it, and this one to {}", target.display()),
        }),
    }
}

/// Reads what a referrers tag of our own names; nothing for what somebody else put there.
pub(super) fn read_own(path: &Path) -> Result<Option<Digest>> {
    if !is_link(path)? {
        return Ok(None);
    }
    let target = fs::read_link(path).map_err(Error::io("read", path))?;
    Ok(target.to_str().and_then(|target| target.strip_prefix(OWN)?.parse().ok()))
}

/// Says whether there is anything at this very path.
pub(super) fn is_there(path: &Path) -> Result<bool> {
    Ok(look(path)?.is_some())
}

/// Lists what is in a folder, which may be missing.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", folder)(error)),
    };
    entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>().map_err(Error::io("list", folder))
}

fn read_copied_tag(folder: &Path, path: &Path) -> Result<Option<Digest>> {
    for (file, _) in FILES {
        let file = path.join(file);
        let Some(found) = look(&file)?.filter(fs::Metadata::is_file) else {
            continue;
        };
        if found.len() > crate::manifest::MAX_SIZE {
            return Ok(None);
        }
        let raw = fs::read(&file).map_err(Error::io("read", &file))?;
        for algorithm in Algorithm::ALL {
            let digest = algorithm.digest(&raw);
            if is_directory(&folder.join(digest.to_string()))? {
                return Ok(Some(digest));
            }
        }
    }
    Ok(None)
}

/// Lists the tags in a folder of manifests, sorted; nothing when there is no such folder.
pub(super) fn list_tags(folder: &Path) -> Result<Option<Vec<String>>> {
    let Some(mut tags) = list_tags_in(folder)? else {
        return Ok(None);
    };
    tags.extend(list_tags_in(&folder.join(TAGS))?.unwrap_or_default());
    tags.sort();
    tags.dedup();
    Ok(Some(tags))
}

fn list_tags_in(folder: &Path) -> Result<Option<Vec<String>>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(Error::io("list", folder)(error)),
    };
    let mut tags = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("list", folder))?;
        let Some(name) = entry.file_name().to_str().filter(|name| name.parse::<Tag>().is_ok()).map(String::from) else {
            continue;
        };
        let kind = entry.file_type().map_err(Error::io("read", entry.path()))?;
        // A list of referrers is no image; in a copied tree it is a directory.
        let is_list = || match kind.is_symlink() {
            true => Ok(read_own(&entry.path())?.is_some()),
            false => Ok::<_, Error>(entry.path().join("m.oci-index").is_file()),
        };
        if is_digest_tag(&name) && is_list()? {
            continue;
        }
        // A directory is a repository below this one, or a tag whose link was replaced.
        if kind.is_symlink() || kind.is_dir() && FILES.iter().any(|(file, _)| entry.path().join(file).is_file()) {
            tags.push(name);
        }
    }
    Ok(Some(tags))
}

/// Points a tag at a digest beside it: readers see the old one or the new one. Where a repository has the tag's name, the link is in a folder
/// of its own. The caller holds the folder's lock.
pub(super) fn point_tag(folder: &Path, tag: &str, digest: &Digest) -> Result<()> {
    let is_aside = is_directory(&folder.join(tag))? || is_there(&folder.join(TAGS).join(tag))?;
    if !is_aside {
        return point(folder, tag, &digest.to_string());
    }
    put_aside(folder, tag, digest)
}

/// Moves a tag's link to where it is not in the way of a repository of its name. The caller holds the folder's lock.
pub(super) fn make_way(folder: &Path, tag: &str) -> Result<()> {
    match read_tag(folder, tag)? {
        Some(digest) => put_aside(folder, tag, &digest),
        None => Ok(()),
    }
}

fn put_aside(folder: &Path, tag: &str, digest: &Digest) -> Result<()> {
    point(&make_directories(folder, TAGS)?, tag, &format!("{ASIDE}{digest}"))?;
    // Readers look aside first, so that the tag is there all the time.
    let old = folder.join(tag);
    if is_link(&old)? { remove(&old).map(drop) } else { Ok(()) }
}

/// Points a referrers tag of our own at a digest, in the same way.
pub(super) fn point_own(folder: &Path, tag: &str, digest: &Digest) -> Result<()> {
    point(folder, tag, &format!("{OWN}{digest}"))
}

/// Removes a tag's links; says whether there was one. After a crash they may be back.
pub(super) fn unlink_tag(folder: &Path, tag: &str) -> Result<bool> {
    let mut was_there = false;
    for at in [folder.join(TAGS), folder.to_path_buf()] {
        let path = at.join(tag);
        was_there |= is_link(&path)? && unlink(&path)?;
    }
    Ok(was_there)
}

/// Makes the absence of tags survive a crash, and removes the folder for those that are in the way when it is empty.
pub(super) fn sync_tags(folder: &Path) -> Result<()> {
    let aside = folder.join(TAGS);
    if is_directory(&aside)? {
        remove(&aside.join(NEW_LINK))?;
        sync_parent(&aside.join(NEW_LINK))?;
        match fs::remove_dir(&aside) {
            Err(error) if !is_absent(&error) && error.kind() != io::ErrorKind::DirectoryNotEmpty => {
                return Err(Error::io("delete", aside)(error));
            }
            _ => {}
        }
    }
    sync_parent(&aside)
}

fn point(folder: &Path, tag: &str, target: &str) -> Result<()> {
    let path = folder.join(tag);
    if fs::read_link(&path).is_ok_and(|old| old.as_os_str() == target) {
        return Ok(());
    }
    let new = folder.join(NEW_LINK);
    remove(&new)?;
    symlink(target, &new).map_err(Error::io("create", &new))?;
    durable::rename(&new, &path).map_err(Error::io("replace", &path))
}

/// Removes a file or link; says whether it was there.
pub(super) fn remove(path: &Path) -> Result<bool> {
    let was_there = unlink(path)?;
    if was_there {
        sync_parent(path)?;
    }
    Ok(was_there)
}

/// Removes a file or link that may be back after a crash; says whether it was there.
pub(super) fn unlink(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(Error::io("delete", path)(error)),
    }
}

/// Returns how many bytes removing a name of a file frees: all of them with its last name.
pub(super) fn last_name(path: &Path) -> Result<u64> {
    Ok(look(path)?.filter(|found| found.nlink() == 1).map_or(0, |found| found.len()))
}

/// Removes a folder below `root` and the folders above it as far as they are empty; the root's own folders stay.
pub(super) fn remove_empty(root: &Path, below: &str) -> Result<()> {
    let mut below = below;
    while let Some((above, _)) = below.rsplit_once('/') {
        let folder = root.join(below);
        match fs::remove_dir(&folder) {
            Ok(()) => sync_parent(&folder)?,
            Err(error) if is_absent(&error) => {}
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => return Ok(()),
            Err(error) => return Err(Error::io("delete", folder)(error)),
        }
        below = above;
    }
    Ok(())
}

/// Gives a file a second name; says whether it now has it. Where links cannot be made (another file system, too many of them, no right to
/// the other's file), a copy does as well.
pub(super) fn share(from: &Path, to: &Path, size: u64) -> Result<bool> {
    let is_whole = |path| Ok::<_, Error>(look(path)?.is_some_and(|found| found.is_file() && found.len() == size));
    if !is_whole(from)? {
        return Ok(false);
    }
    match fs::hard_link(from, to) {
        Ok(()) => sync_parent(to).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_whole(to),
        Err(_) => Ok(false),
    }
}

/// Makes what happened in the directory of `path` survive a crash.
pub(super) fn sync_parent(path: &Path) -> Result<()> {
    durable::sync_parent(path).map_err(Error::io("sync", path))
}
