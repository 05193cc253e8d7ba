//! Whether the storage is one file system: what is written appears by being renamed, which is not possible from one mount into another.

use super::files::Files;
use super::layout::{self, PARTIAL};
use crate::digest::Algorithm;
use crate::store::{Error, Result};

/// Why nothing can be pushed to what is behind a link to another file system.
pub(super) const ELSEWHERE: &str = "is on another file system than the store: nothing can be pushed to it";

/// The device and, where the system tells it, the mount: two mounts of one device are as far apart as two devices.
type Mount = (u64, u64);

/// Says that a folder of the storage is not on the mount of its root, if one is not.
///
/// # Errors
/// The folder, and what to do. What cannot be looked at is passed over: using it will say why.
pub(super) fn check(files: &Files) -> Result<()> {
    let Some(root) = mount(files, ".")? else {
        return Ok(());
    };
    let blobs = format!("{}/blobs", layout::ROOT);
    let mut folders = vec![PARTIAL.to_owned(), layout::repositories(), blobs];
    folders.extend(Algorithm::ALL.map(layout::blobs));
    for folder in folders {
        match mount(files, &folder) {
            Ok(Some(other)) if other != root => {
                let reason = "is a mount of its own, into which nothing can be renamed: mount the whole storage as one";
                return files.odd(&folder, reason);
            }
            // A link that may be followed later; nothing is renamed through one that is not.
            Ok(_) | Err(Error::Malformed { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Says that nothing can be pushed to a repository, if it lies on another mount than the storage: behind a link that is followed.
///
/// # Errors
/// The folder, and why. Nothing was written.
pub(super) fn check_repository(files: &Files, name: &str) -> Result<()> {
    let path = format!("{}/{name}", layout::repositories());
    let mut at = path.as_str();
    loop {
        match mount(files, at)? {
            Some(found) if Some(found) != mount(files, ".")? => return files.odd(at, ELSEWHERE),
            Some(_) => return Ok(()),
            None => {}
        }
        let Some((parent, _)) = at.rsplit_once('/') else {
            return Ok(());
        };
        at = parent;
    }
}

fn mount(files: &Files, path: &str) -> Result<Option<Mount>> {
    let Some(folder) = files.folder(path)? else {
        return Ok(None);
    };
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{AtFlags, StatxFlags};
        // An old kernel, or a container's filter that has not heard of the call, tells devices only.
        if let Ok(stat) = rustix::fs::statx(&folder, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID) {
            let device = u64::from(stat.stx_dev_major) << 32 | u64::from(stat.stx_dev_minor);
            return Ok(Some((device, stat.stx_mnt_id)));
        }
    }
    let stat = rustix::fs::fstat(&folder).map_err(std::io::Error::from).map_err(files.error("read", path))?;
    Ok(Some((super::files::Stamp::from(stat).device(), 0)))
}
