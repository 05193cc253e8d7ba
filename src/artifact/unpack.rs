//! Packed folders: a tar whose names all lie below the folder's own.
//!
//! What could reach out of the folder is refused: names and hard links that lead out of it, symbolic links that do, devices and pipes. Owners,
//! extended attributes and the set-user-ID bit are nothing that files of strangers are given.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::title::{MAX_PARTS, Title};
use super::{Error, Result};
use crate::blob::Fault;
use crate::digest::{Algorithm, Digest, Hashing};
use crate::filesystem::{Entry, Kind, Member, Sink, Unpack, escape};
use crate::layer::decompress;
use crate::tar::Archive;
use crate::transport;
use crate::watch::Watch;

/// Unpacks the folder `title` as the new folder `into`; `tar` is what its annotation says of it.
pub(super) fn unpack(
    title: &Title,
    packed: impl Read + Send,
    tar: Option<&str>,
    into: &Path,
    watch: &Watch,
) -> Result<()> {
    let malformed = |error| match Fault::take(error) {
        Ok(fault) => Error::Place(transport::Error::Content(fault)),
        Err(source) => Error::Malformed { title: title.as_str().to_owned(), source },
    };
    let (_, content) = decompress(packed).map_err(malformed)?;
    let mut archive = Archive::new(Hashing::new(content, algorithm(tar)));
    let mut folder = Unpack::new(into)?;
    let owner = owner(into)?;
    while let Some(Member { name, entry }) = archive.next().map_err(malformed)? {
        watch.check()?;
        let (path, entry) = accept(title, &name, entry, owner)?;
        let content: Option<&mut dyn Read> = if entry.is_file() { Some(&mut archive) } else { None };
        folder.append(&path, &entry, content).map_err(|error| unwrap(error, title))?;
    }
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(malformed)?;
    let got = rest.hasher.finish();
    if let Some(wanted) = tar.filter(|wanted| got.to_string() != **wanted) {
        return Err(Error::Tar { title: title.as_str().to_owned(), wanted: wanted.to_owned(), got });
    }
    folder.finish()?;
    Ok(())
}

/// Content that failed while a file was written is the blob's failure, not the file's.
fn unwrap(error: crate::filesystem::Error, title: &Title) -> Error {
    match error {
        crate::filesystem::Error::Content { source, path } => match Fault::take(source) {
            Ok(fault) => Error::Place(transport::Error::Content(fault)),
            Err(source) if source.kind() == io::ErrorKind::InvalidData => {
                Error::Malformed { title: title.as_str().to_owned(), source }
            }
            Err(source) => crate::filesystem::Error::Content { source, path }.into(),
        },
        other => other.into(),
    }
}

fn algorithm(tar: Option<&str>) -> Algorithm {
    tar.and_then(|digest| digest.parse::<Digest>().ok()).map_or(Algorithm::Sha256, |digest| digest.algorithm())
}

/// Returns who owns what is made here: files that are given to somebody else are not wanted.
fn owner(into: &Path) -> Result<(u64, u64)> {
    let folder = into.parent().unwrap_or(into);
    let metadata = fs::metadata(folder).map_err(|source| Error::Read { path: folder.to_owned(), source })?;
    Ok((metadata.uid().into(), metadata.gid().into()))
}

/// Makes of a member what is unpacked: its path in the folder, and what may be set.
fn accept(title: &Title, name: &[u8], mut entry: Entry, owner: (u64, u64)) -> Result<(Vec<u8>, Entry)> {
    let refuse = |reason| Error::Member { title: title.as_str().to_owned(), member: escape(name).to_string(), reason };
    let parts = inside(title, name).ok_or_else(|| refuse("is outside the folder"))?;
    if parts.len() > MAX_PARTS {
        return Err(refuse("lies too deep"));
    }
    if parts.is_empty() && !entry.is_directory() {
        return Err(refuse("is the folder itself, and none"));
    }
    match entry.kind {
        Kind::File | Kind::Directory => {}
        Kind::Symlink if stays_inside(parts.len() - 1, entry.link.as_deref().unwrap_or_default()) => {}
        Kind::Symlink => return Err(refuse("is a symbolic link that may lead out of the folder")),
        Kind::HardLink => {
            let target = inside(title, entry.link.as_deref().unwrap_or_default()).filter(|parts| !parts.is_empty());
            let target = target.ok_or_else(|| refuse("is a hard link that leads out of the folder"))?;
            entry.link = Some(target.join(&b'/').into());
        }
        _ => return Err(refuse("is a device or a pipe")),
    }
    (entry.uid, entry.gid) = owner;
    entry.xattrs.clear();
    // Who makes a folder must be able to put files into it, the next time too.
    entry.mode = entry.mode & 0o777 | if entry.is_directory() { 0o700 } else { 0 };
    Ok((parts.join(&b'/'), entry))
}

/// Returns the parts of a name behind those of the title; nothing for a name that is not at or below it.
fn inside<'a>(title: &Title, name: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    if name.starts_with(b"/") || name.contains(&0) {
        return None;
    }
    let mut parts = name.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b"."));
    if !title.parts().iter().all(|part| parts.next() == Some(part.as_bytes())) {
        return None;
    }
    let rest: Vec<&[u8]> = parts.collect();
    rest.iter().all(|part| *part != b"..").then_some(rest)
}

/// Says whether a link `depth` folders below the root stays inside, whatever other links it meets: it may go up at its beginning only, where
/// the folders are none, and no higher than the root.
fn stays_inside(depth: usize, target: &[u8]) -> bool {
    if target.is_empty() || target.starts_with(b"/") {
        return false;
    }
    let parts: Vec<&[u8]> = target.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).collect();
    let up = parts.iter().take_while(|part| **part == b"..").count();
    up <= depth && parts[up..].iter().all(|part| *part != b"..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filesystem::Writer;

    fn title(text: &str) -> Title {
        Title::parse(text).expect("a title")
    }

    #[test]
    fn links_stay_inside_whatever_they_meet() {
        for (depth, target, wanted) in [
            (0, "x", true),
            (0, "a/b", true),
            (0, "./a//b/.", true),
            (1, "../x", true),
            (2, "../../x", true),
            (0, "../x", false),
            (1, "../../x", false),
            // Harmless by its text, and not where `a` is a link.
            (0, "a/..", false),
            (1, "../a/../b", false),
            (0, "/etc", false),
            (0, "", false),
        ] {
            assert_eq!(stays_inside(depth, target.as_bytes()), wanted, "{depth} {target}");
        }
    }

    #[test]
    fn names_are_below_the_title() {
        for (name, wanted) in [
            ("d/e", Some("")),
            ("d/e/", Some("")),
            ("./d/e/x", Some("x")),
            ("d//e/x/y", Some("x/y")),
            ("d", None),
            ("d/ex", None),
            ("x", None),
            ("/d/e/x", None),
            ("d/e/../../x", None),
            ("d/../d/e/x", None),
        ] {
            let parts = inside(&title("d/e"), name.as_bytes()).map(|parts| parts.join(&b'/'));
            assert_eq!(parts.as_deref(), wanted.map(str::as_bytes), "{name}");
        }
    }

    #[test]
    fn only_what_is_harmless_is_unpacked() {
        let with = |entry: Entry, name: &str| {
            let folder = tempfile::tempdir().expect("a folder");
            let mut writer = Writer::new(Vec::new());
            writer.append(b"d/file", &Entry::file(0o4755, 2), Some(&mut &b"hi"[..])).expect("appends");
            let content = vec![b'x'; usize::try_from(entry.size).expect("small")];
            writer.append(name.as_bytes(), &entry, Some(&mut &content[..])).expect("appends");
            let tar = writer.finish().expect("memory");
            let into = folder.path().join("new");
            let done = unpack(&title("d"), &tar[..], Some(&Digest::of(&tar).to_string()), &into, &Watch::default());
            assert_eq!(into.exists(), done.is_ok());
            if done.is_ok() {
                assert_eq!(fs::metadata(into.join("file")).expect("there").mode() & 0o7777, 0o755);
            }
            done.map_err(|error| error.to_string())
        };
        let file = || Entry::file(0o644, 1);
        assert_eq!(with(file(), "d/more"), Ok(()));
        assert_eq!(with(Entry::symlink(b"file"), "d/link"), Ok(()));
        assert_eq!(with(Entry::symlink(b"../file"), "d/sub/link"), Ok(()));
        assert_eq!(with(Entry::hard_link(b"d/file", &file()), "d/link"), Ok(()));
        for (entry, name, wanted) in [
            (file(), "e/more", r#""e/more" in "d" is outside the folder"#),
            (file(), "d/../more", r#""d/../more" in "d" is outside the folder"#),
            (file(), "d", r#""d" in "d" is the folder itself, and none"#),
            (Entry::symlink(b"/etc"), "d/l", r#""d/l" in "d" is a symbolic link that may lead out of the folder"#),
            (Entry::symlink(b".."), "d/l", r#""d/l" in "d" is a symbolic link that may lead out of the folder"#),
            (Entry::hard_link(b"etc/x", &file()), "d/l", r#""d/l" in "d" is a hard link that leads out of the folder"#),
            (Entry::fifo(0o644), "d/p", r#""d/p" in "d" is a device or a pipe"#),
        ] {
            assert_eq!(with(entry, name), Err(wanted.to_owned()));
        }
    }

    #[test]
    fn what_the_annotation_says_holds() {
        let folder = tempfile::tempdir().expect("a folder");
        let tar = Writer::new(Vec::new()).finish().expect("memory");
        let wanted = Digest::of(b"other").to_string();
        let into = folder.path().join("new");
        let error = unpack(&title("d"), &tar[..], Some(&wanted), &into, &Watch::default()).expect_err("refused");
        assert!(matches!(error, Error::Tar { .. }), "{error}");
        assert!(!into.exists());
        let error = unpack(&title("d"), &b"\x1f\x8b\x08xyz"[..], None, &into, &Watch::default());
        assert!(matches!(error, Err(Error::Malformed { .. })));
    }
}
