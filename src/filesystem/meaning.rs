//! What the names in a layer mean: paths, and the whiteouts of other paths.

use super::Member;

/// What a member's name means when layers are merged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// An entry at this path; the empty path is the root.
    Path(Vec<u8>),
    /// Hides this path of lower layers.
    Whiteout(Vec<u8>),
    /// Hides everything that lower layers have in this directory.
    Opaque(Vec<u8>),
    /// A name of the whiteout kind that hides nothing: a leftover of aufs.
    Leftover(Vec<u8>),
    /// Leads out of the filesystem by `..`.
    Outside,
}

impl Member {
    /// Says what the name means: image-spec, "Whiteouts":
    /// <https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts>.
    pub fn meaning(&self) -> Meaning {
        let Some(path) = normalize(&self.name) else {
            return Meaning::Outside;
        };
        let (parent, base) = split(&path);
        if base == b".wh..wh..opq" {
            return Meaning::Opaque(parent.to_vec());
        }
        if base.starts_with(b".wh..wh.") {
            return Meaning::Leftover(path);
        }
        let Some(name) = base.strip_prefix(b".wh.") else {
            return Meaning::Path(path);
        };
        // `.wh.` alone and `.wh...` name nothing that can be there; they must not reach the directory or its parent.
        if matches!(name, b"" | b"." | b"..") {
            return Meaning::Leftover(path);
        }
        Meaning::Whiteout(join(parent, name))
    }

    /// Returns the length of the path that the name says, in bytes; 0 when it leads out of the filesystem.
    pub(super) fn path_length(&self) -> usize {
        normalize(&self.name).map_or(0, |path| path.len())
    }
}

/// Makes a path of a name, lexically: no leading slash, no empty parts, no `.`. Nothing when it has `..`.
pub(super) fn normalize(name: &[u8]) -> Option<Vec<u8>> {
    let mut path = Vec::with_capacity(name.len());
    for part in name.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => return None,
            part => {
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(part);
            }
        }
    }
    Some(path)
}

/// Splits a path into its directory and its last part.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"", path),
    }
}

/// Puts a name below a directory.
pub(crate) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() { name.to_vec() } else { [directory, b"/", name].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filesystem::{Entry, Kind};

    #[test]
    fn meanings() {
        let path = |text: &str| Meaning::Path(text.into());
        let leftover = |text: &str| Meaning::Leftover(text.into());
        let table: &[(&str, Meaning)] = &[
            ("etc/passwd", path("etc/passwd")),
            ("./etc//passwd", path("etc/passwd")),
            ("/abs/./x", path("abs/x")),
            ("./", path("")),
            ("", path("")),
            ("a/../b", Meaning::Outside),
            ("..", Meaning::Outside),
            ("a/..b", path("a/..b")),
            (".wh", path(".wh")),
            (".wh-like", path(".wh-like")),
            (".wh.etc/file", path(".wh.etc/file")),
            ("a/.wh.b", Meaning::Whiteout("a/b".into())),
            ("./.wh.b", Meaning::Whiteout("b".into())),
            ("a/.wh..wh..opq", Meaning::Opaque("a".into())),
            (".wh..wh..opq", Meaning::Opaque("".into())),
            (".wh..wh.plnk", leftover(".wh..wh.plnk")),
            (".wh..wh.aufs", leftover(".wh..wh.aufs")),
            ("a/.wh.", leftover("a/.wh.")),
            ("a/.wh..", leftover("a/.wh..")),
            ("a/.wh...", leftover("a/.wh...")),
        ];
        for (name, meaning) in table {
            let member = Member { name: name.as_bytes().into(), entry: Entry::new(Kind::File, 0o644) };
            assert_eq!(member.meaning(), *meaning, "{name}");
        }
    }
}
