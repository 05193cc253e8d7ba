//! Entries of an image, as text and as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use stevedore::digest::Digest;
use stevedore::filesystem::{Entry, Glob, Kind, Meaning, Member, escape};
use stevedore::image::Image;
use stevedore::transport::Location;

use super::Result;
use super::units::minute;

/// A line of a listing.
pub(crate) struct Row<'a> {
    /// The path, or the name as a layer has it.
    pub(crate) path: Cow<'a, [u8]>,
    /// What is there.
    pub(crate) entry: Cow<'a, Entry>,
    /// What it hides of lower layers.
    hides: Option<Meaning>,
}

/// The lines of a listing, as often as they are asked for: they are made one by one, for a listing can be large.
pub(crate) type Rows<'a> = dyn Fn() -> Box<dyn Iterator<Item = Row<'static>> + 'a> + 'a;

/// What is shown of each entry in text.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) long: bool,
    pub(crate) null: bool,
    pub(crate) digests: bool,
    pub(crate) xattrs: bool,
}

/// Which image is listed.
#[derive(Serialize)]
pub(crate) struct Heading {
    reference: String,
    digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
}

impl Heading {
    pub(crate) fn new(reference: &Location, image: &Image) -> Self {
        let platform = image.config().map(|config| config.platform()).filter(|platform| !platform.os.is_empty());
        Self {
            reference: reference.to_string(),
            digest: image.manifest().digest().clone(),
            platform: platform.map(|platform| platform.to_string()),
        }
    }
}

impl<'a> Row<'a> {
    /// Makes a line of a merged entry.
    pub(crate) fn new((path, entry): (&'a [u8], &'a Entry)) -> Self {
        Self { path: path.into(), entry: Cow::Borrowed(entry), hides: None }
    }

    /// Makes a line of a merged entry that nobody else has.
    pub(crate) fn of((path, entry): (Vec<u8>, Entry)) -> Row<'static> {
        Row { path: path.into(), entry: Cow::Owned(entry), hides: None }
    }

    /// Makes a line of a layer's entry.
    pub(crate) fn of_member(member: Member) -> Row<'static> {
        let meaning = member.meaning();
        let hides = matches!(meaning, Meaning::Whiteout(_) | Meaning::Opaque(_)).then_some(meaning);
        Row { path: member.name.into_vec().into(), entry: Cow::Owned(member.entry), hides }
    }

    /// Says whether the line's path is a path or below it, or matches it.
    pub(crate) fn is_at(&self, path: &[u8]) -> bool {
        let (own, path) = (lexical(&self.path), lexical(path));
        is_within(&own, &path) || Glob::is_pattern(&path) && Glob::new(&path).matches(&own)
    }
}

/// Says whether a path is a directory or lies in it.
pub(crate) fn is_within(path: &[u8], directory: &[u8]) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
}

/// Counts the levels between a directory and a path in it.
pub(crate) fn level(path: &[u8], base: &[u8]) -> usize {
    let parts = |path: &[u8]| path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).count();
    parts(path).saturating_sub(parts(base))
}

fn lexical(path: &[u8]) -> Vec<u8> {
    let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).collect();
    parts.join(&b'/')
}

/// Writes a line for each entry.
pub(crate) fn write_text(out: &mut dyn Write, rows: &Rows<'_>, style: Style) -> io::Result<()> {
    if style.null {
        return rows().try_for_each(|row| [&*row.path, b"\0"].iter().try_for_each(|bytes| out.write_all(bytes)));
    }
    let widths = Widths::of(rows, style);
    for row in rows() {
        if style.long {
            write_attributes(out, &row, &widths)?;
        }
        if style.digests {
            let digest = row.entry.digest.as_ref().map(Digest::to_string).unwrap_or_default();
            write!(out, "{digest:71}  ")?;
        }
        write!(out, "{}", escape(&row.path))?;
        if style.long {
            write_link(out, &row.entry)?;
        }
        writeln!(out)?;
        for xattr in row.entry.xattrs.iter().filter(|_| style.xattrs) {
            let hex: String = xattr.value.iter().map(|byte| format!("{byte:02x}")).collect();
            writeln!(out, "    {}=0x{hex}", escape(&xattr.name))?;
        }
    }
    Ok(())
}

/// Writes where a link leads.
pub(crate) fn write_link(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    match &entry.link {
        Some(link) if entry.kind == Kind::Symlink => write!(out, " -> {}", escape(link)),
        Some(link) => write!(out, " link to {}", escape(link)),
        None => Ok(()),
    }
}

/// How wide the columns are that differ.
struct Widths {
    owner: usize,
    size: usize,
}

impl Widths {
    fn of(rows: &Rows<'_>, style: Style) -> Self {
        let mut widths = Self { owner: 0, size: 0 };
        for row in rows().take_while(|_| style.long) {
            widths.owner = widths.owner.max(owner(&row.entry).len());
            widths.size = widths.size.max(size(&row.entry).len());
        }
        widths
    }
}

fn write_attributes(out: &mut dyn Write, row: &Row<'_>, widths: &Widths) -> io::Result<()> {
    let entry = &*row.entry;
    let (owner, size) = (owner(entry), size(entry));
    let time = minute(entry.mtime);
    let layer = if row.hides.is_some() { "hides".to_owned() } else { entry.layer.to_string() };
    let (owner_width, size_width) = (widths.owner, widths.size);
    write!(out, "{} {owner:owner_width$} {size:>size_width$} {time} {layer:>3} ", mode(entry))
}

fn owner(entry: &Entry) -> String {
    format!("{}/{}", entry.uid, entry.gid)
}

fn size(entry: &Entry) -> String {
    match entry.kind {
        Kind::CharacterDevice { major, minor } | Kind::BlockDevice { major, minor } => format!("{major},{minor}"),
        _ => entry.size.to_string(),
    }
}

/// Writes type and mode as `ls` does: `-rwsr-xr-x`.
fn mode(entry: &Entry) -> String {
    let kind = if entry.kind == Kind::File { '-' } else { entry.kind.letter() };
    let mut text = String::from(kind);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = entry.mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (entry.mode & special != 0, bits & 1 != 0) {
            (false, false) => '-',
            (false, true) => 'x',
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
        });
    }
    text
}

/// Writes one object with all entries.
pub(crate) fn write_json<'a>(out: &mut dyn Write, heading: &Heading, rows: &'a Rows<'a>) -> io::Result<()> {
    #[derive(Serialize)]
    struct Listing<'h, 'a> {
        #[serde(flatten)]
        heading: &'h Heading,
        entries: Sequence<'a>,
    }
    struct Sequence<'a>(&'a Rows<'a>);
    impl Serialize for Sequence<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(self.0())
        }
    }
    serde_json::to_writer(&mut *out, &Listing { heading, entries: Sequence(rows) })?;
    writeln!(out)
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = &*self.entry;
        let mut map = serializer.serialize_map(None)?;
        serialize_bytes(&mut map, "path", "rawPath", &self.path)?;
        map.serialize_entry("type", type_name(entry.kind))?;
        map.serialize_entry("mode", &format!("{:04o}", entry.mode))?;
        map.serialize_entry("uid", &entry.uid)?;
        map.serialize_entry("gid", &entry.gid)?;
        map.serialize_entry("size", &entry.size)?;
        map.serialize_entry("mtime", &entry.mtime)?;
        if entry.mtime_nanos != 0 {
            map.serialize_entry("mtimeNanos", &entry.mtime_nanos)?;
        }
        if let Some(link) = &entry.link {
            serialize_bytes(&mut map, "link", "rawLink", link)?;
        }
        if let Kind::CharacterDevice { major, minor } | Kind::BlockDevice { major, minor } = entry.kind {
            map.serialize_entry("major", &major)?;
            map.serialize_entry("minor", &minor)?;
        }
        if !entry.xattrs.is_empty() {
            let pairs = entry.xattrs.iter().map(|xattr| (text(&xattr.name), STANDARD.encode(&xattr.value)));
            map.serialize_entry("xattrs", &pairs.collect::<BTreeMap<_, _>>())?;
            if entry.xattrs.iter().any(|xattr| std::str::from_utf8(&xattr.name).is_err()) {
                let pairs =
                    entry.xattrs.iter().map(|xattr| [STANDARD.encode(&xattr.name), STANDARD.encode(&xattr.value)]);
                map.serialize_entry("rawXattrs", &pairs.collect::<Vec<_>>())?;
            }
        }
        if let Some(digest) = &entry.digest {
            map.serialize_entry("digest", digest)?;
        }
        map.serialize_entry("layer", &entry.layer)?;
        if entry.implicit {
            map.serialize_entry("implicit", &true)?;
        }
        match &self.hides {
            Some(Meaning::Whiteout(path)) => serialize_bytes(&mut map, "hides", "rawHides", path)?,
            Some(Meaning::Opaque(path)) => serialize_bytes(&mut map, "hidesAllIn", "rawHidesAllIn", path)?,
            _ => {}
        }
        map.end()
    }
}

/// JSON has no bytes: what is no UTF-8 is escaped under its name, and whole, in base64, under another.
fn serialize_bytes<M: SerializeMap>(map: &mut M, name: &str, raw: &str, bytes: &[u8]) -> Result<(), M::Error> {
    let (text, encoded) = self::raw(bytes);
    map.serialize_entry(name, &text)?;
    encoded.map_or(Ok(()), |encoded| map.serialize_entry(raw, &encoded))
}

/// Returns bytes as text, and in base64 when they are no UTF-8.
pub(crate) fn raw(bytes: &[u8]) -> (Cow<'_, str>, Option<String>) {
    (text(bytes), std::str::from_utf8(bytes).is_err().then(|| STANDARD.encode(bytes)))
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| escape(bytes).into(), Cow::from)
}

/// Returns the name of a kind.
pub(crate) fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Directory => "directory",
        Kind::Symlink => "symlink",
        Kind::HardLink => "hardlink",
        Kind::CharacterDevice { .. } => "character_device",
        Kind::BlockDevice { .. } => "block_device",
        Kind::Fifo => "fifo",
        _ => "other",
    }
}
