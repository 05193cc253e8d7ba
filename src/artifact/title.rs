//! Names of files in artifacts, which come from strangers.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::{Error, Result};

/// The longest part of a name that a filesystem takes, in bytes.
const MAX_PART: usize = 255;
/// The most parts; deeper ones are an attack.
pub(super) const MAX_PARTS: usize = 128;

/// A name that stays in the folder that it is put into: parts without `.` and `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Title {
    text: String,
    parts: Vec<String>,
}

impl Title {
    /// Checks a name.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let refuse = |reason| Error::Title { title: text.to_owned(), reason };
        if text.starts_with('/') {
            return Err(refuse("it begins with a slash"));
        }
        if text.contains('\0') {
            return Err(refuse("it has a NUL"));
        }
        let parts = text.split('/').filter(|part| !matches!(*part, "" | "."));
        let parts: Vec<String> = parts.map(str::to_owned).collect();
        if parts.iter().any(|part| part == "..") {
            return Err(refuse("it leads upwards"));
        }
        if parts.is_empty() {
            return Err(refuse("it is empty"));
        }
        if parts.len() > MAX_PARTS || parts.iter().any(|part| part.len() > MAX_PART) {
            return Err(refuse("it is too long"));
        }
        Ok(Self { text: parts.join("/"), parts })
    }

    /// Returns the name, without what has no meaning in it.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the folders on the way, and the last part.
    pub(super) fn split(&self) -> (&[String], &str) {
        let (last, above) = self.parts.split_last().expect("a title has a part");
        (above, last)
    }

    /// Returns the parts.
    pub(super) fn parts(&self) -> &[String] {
        &self.parts
    }
}

/// Refuses names that cannot all be there: twice the same, or one in another that is a file. Each comes with whether it is a folder.
pub(super) fn check<'a>(titles: impl IntoIterator<Item = (&'a Title, bool)>) -> Result<()> {
    let mut seen: BTreeMap<&[String], bool> = BTreeMap::new();
    for (title, is_folder) in titles {
        if seen.insert(title.parts(), is_folder).is_some() {
            return Err(Error::Twice { title: title.text.clone() });
        }
    }
    for parts in seen.keys() {
        for length in 1..parts.len() {
            if seen.get(&parts[..length]) == Some(&false) {
                return Err(Error::Below { title: parts.join("/"), parent: parts[..length].join("/") });
            }
        }
    }
    Ok(())
}

/// Returns the name that a path of this machine gives a file: the path as it is typed, or its last part when it is absolute or leads
/// upwards.
///
/// # Errors
/// [`Error::Title`] when that is no text, and [`Error::Read`] when the path does not exist.
pub fn title(path: &Path) -> Result<String> {
    let stays = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let parts: PathBuf = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    let named = if stays && !parts.as_os_str().is_empty() {
        parts
    } else {
        let real = match path.file_name() {
            Some(name) => PathBuf::from(name),
            None => path.canonicalize().map_err(|source| Error::Read { path: path.to_owned(), source })?,
        };
        real.file_name().map(PathBuf::from).unwrap_or_default()
    };
    let refuse = |reason| Error::Title { title: path.display().to_string(), reason };
    let text = named.to_str().ok_or_else(|| refuse("it is not UTF-8"))?;
    Ok(Title::parse(text)?.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        for (text, wanted) in [
            ("a", Some("a")),
            ("a/b.txt", Some("a/b.txt")),
            ("./a//b/", Some("a/b")),
            ("..a/b..", Some("..a/b..")),
            ("a\\..\\b", Some("a\\..\\b")),
            ("a\nb", Some("a\nb")),
            ("", None),
            (".", None),
            ("./", None),
            ("/", None),
            ("/etc/passwd", None),
            ("//a", None),
            ("..", None),
            ("../a", None),
            ("a/../b", None),
            ("a/..", None),
            ("a\0b", None),
            (&"a/".repeat(MAX_PARTS + 1), None),
            (&"a".repeat(MAX_PART + 1), None),
        ] {
            let parsed = Title::parse(text).ok().map(|title| title.text);
            assert_eq!(parsed.as_deref(), wanted, "{text:?}");
        }
    }

    #[test]
    fn names_can_all_be_there() {
        let check = |titles: &[(&str, bool)]| {
            let titles: Vec<(Title, bool)> =
                titles.iter().map(|(text, folder)| (Title::parse(text).expect("a title"), *folder)).collect();
            super::check(titles.iter().map(|(title, folder)| (title, *folder))).map_err(|error| error.to_string())
        };
        assert_eq!(check(&[("a", false), ("b", false), ("c/a", false), ("c/b", true)]), Ok(()));
        assert_eq!(check(&[("d", true), ("d/x", false)]), Ok(()));
        assert_eq!(check(&[("a", false), ("./a", false)]), Err(r#"two files have the name "a""#.into()));
        assert_eq!(check(&[("d", true), ("d", false)]), Err(r#"two files have the name "d""#.into()));
        let below = check(&[("a/b/c", false), ("ab", false), ("a", false)]);
        assert_eq!(below, Err(r#""a/b/c" cannot be in "a", which is a file"#.into()));
    }

    #[test]
    fn paths_give_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("x");
        std::fs::create_dir(&inside).expect("made");
        for (path, wanted) in [
            ("a.txt", "a.txt"),
            ("./a.txt", "a.txt"),
            ("d/", "d"),
            ("d/./e", "d/e"),
            ("../a.txt", "a.txt"),
            ("d/../a.txt", "a.txt"),
            ("/etc/hosts", "hosts"),
            ("/etc/", "etc"),
            (&format!("{}/.", inside.display()), "x"),
            (&format!("{}/y/..", inside.display()), "x"),
        ] {
            std::fs::create_dir_all(inside.join("y")).expect("made");
            assert_eq!(title(Path::new(path)).expect("a name"), wanted, "{path}");
        }
        assert!(title(Path::new("/")).is_err());
    }
}
