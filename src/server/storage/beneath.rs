//! Opens paths below a directory without following a link: whoever can plant one must not choose what is read or written elsewhere.
//!
//! The kernel checks it where it can (`openat2`); otherwise each component is opened by itself.

use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::files::{FOLDER, split};

/// Opens a path below a directory without following a link anywhere.
pub(super) fn beneath(root: BorrowedFd<'_>, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::ResolveFlags;
        let rule = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(root, path, flags, mode, rule) {
            // An old kernel, or a container's filter that has not heard of the call.
            Err(Errno::NOSYS | Errno::PERM | Errno::AGAIN) => {}
            other => return other,
        }
    }
    step_by_step(root, path, flags, mode)
}

fn step_by_step(root: BorrowedFd<'_>, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let (parent, last) = split(path);
    let mut at = rustix::fs::openat(root, ".", FOLDER | OFlags::CLOEXEC, Mode::empty())?;
    for component in parent.split('/').filter(|component| *component != ".") {
        at = rustix::fs::openat(&at, component, FOLDER | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    }
    rustix::fs::openat(&at, last, flags, mode)
}

/// Nothing there, or nothing that may be followed: a link is as good as nothing.
pub(super) fn is_absent(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NXIO)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn no_component_is_a_link() {
        type Open = fn(BorrowedFd<'_>, &str, OFlags, Mode) -> Result<OwnedFd, Errno>;
        let folder = tempfile::tempdir().expect("a folder");
        let (outside, root) = (folder.path().join("outside"), folder.path().join("root"));
        std::fs::create_dir(&outside).expect("made");
        std::fs::write(outside.join("file"), "secret").expect("written");
        std::fs::create_dir_all(root.join("real")).expect("made");
        std::fs::write(root.join("real/own"), "own").expect("written");
        std::os::unix::fs::symlink(&outside, root.join("folder")).expect("linked");
        std::os::unix::fs::symlink(outside.join("file"), root.join("real/file")).expect("linked");
        let root = std::fs::File::open(&root).expect("opens");
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW;
        for open in [beneath as Open, step_by_step] {
            for path in ["folder/file", "real/file", "folder"] {
                assert!(open(root.as_fd(), path, flags, Mode::empty()).is_err_and(is_absent), "{path}");
            }
            assert!(open(root.as_fd(), "real/own", flags, Mode::empty()).is_ok());
        }
    }
}
