//! A package's header: an index of tags, and the store that they point into.
//!
//! "RPM v4 header format": <https://rpm-software-management.github.io/rpm/manual/format_header.html>.

use super::big;
use crate::sbom::{Facts, Kind, Package};

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const LICENSE: u32 = 1014;
const ARCH: u32 = 1022;
const SOURCE_RPM: u32 = 1044;
const VENDOR: u32 = 1011;
const OLD_FILE_NAMES: u32 = 1027;
const DIR_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const DIR_NAMES: u32 = 1118;
const MODULARITY: u32 = 5096;

const TYPE_INT32: u32 = 4;
const ENTRY: usize = 16;
/// The longest text that is taken.
const MAX_TEXT: usize = 4096;

/// Reads what makes a package of a header; nothing for keys, which lie among the packages.
pub(super) fn parse(blob: &[u8], facts: &mut Facts) -> Result<Option<Package>, &'static str> {
    let header = Header::new(blob).ok_or("its header is cut off")?;
    let name = header.text(NAME).ok_or("it has no name")?;
    if name == "gpg-pubkey" {
        return Ok(None);
    }
    let version = header.text(VERSION).ok_or("it has no version")?;
    let release = header.text(RELEASE).ok_or("it has no release")?;
    let epoch = header.number(EPOCH);
    let version = match epoch {
        Some(epoch) => format!("{epoch}:{version}-{release}"),
        None => format!("{version}-{release}"),
    };
    let mut package = Package::new(Kind::Rpm, name, version);
    let qualifiers = [
        ("arch", header.text(ARCH)),
        ("epoch", epoch.map(|epoch| epoch.to_string())),
        ("rpmmod", header.text(MODULARITY).filter(|label| label != "(none)")),
        ("upstream", header.text(SOURCE_RPM).filter(|source| source != "(none)")),
    ];
    package.qualifiers = qualifiers.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    package.licenses.extend(header.text(LICENSE));
    package.supplier = header.text(VENDOR).filter(|vendor| vendor != "(none)");
    header.files(facts);
    Ok(Some(package))
}

struct Header<'a> {
    index: &'a [u8],
    store: &'a [u8],
}

impl<'a> Header<'a> {
    fn new(blob: &'a [u8]) -> Option<Self> {
        let entries = usize::try_from(big(blob, 0)?).ok()?;
        let size = usize::try_from(big(blob, 4)?).ok()?;
        let rest = blob.get(8..)?;
        let index = rest.get(..entries.checked_mul(ENTRY)?)?;
        let store = rest[index.len()..].get(..size)?;
        Some(Self { index, store })
    }

    /// Returns the type of a tag's value, and the store from there on.
    fn value(&self, tag: u32) -> Option<(u32, &'a [u8])> {
        let entry = self.index.chunks_exact(ENTRY).find(|entry| big(entry, 0) == Some(tag))?;
        let at = usize::try_from(big(entry, 8)?).ok()?;
        Some((big(entry, 4)?, self.store.get(at..)?))
    }

    fn text(&self, tag: u32) -> Option<String> {
        let (kind, value) = self.value(tag)?;
        // A string, the first of several, or that of the first language.
        if !matches!(kind, 6 | 8 | 9) {
            return None;
        }
        let end = value.iter().take(MAX_TEXT).position(|byte| *byte == 0)?;
        let text = String::from_utf8_lossy(&value[..end]).trim().to_owned();
        Some(text).filter(|text| !text.is_empty())
    }

    /// Returns the texts of a list.
    fn texts(&self, tag: u32) -> impl Iterator<Item = &'a [u8]> {
        let (kind, count, store) = self.list(tag).unwrap_or_default();
        let count = if kind == 8 { count } else { 0 };
        // A list ends where the store does, whatever it says of its length.
        store.split(|byte| *byte == 0).take(count)
    }

    /// Returns the type and the number of a tag's values, and the store from there on.
    fn list(&self, tag: u32) -> Option<(u32, usize, &'a [u8])> {
        let entry = self.index.chunks_exact(ENTRY).find(|entry| big(entry, 0) == Some(tag))?;
        let (kind, store) = self.value(tag)?;
        Some((kind, usize::try_from(big(entry, 12)?).ok()?, store))
    }

    /// Notes the files that the package has installed.
    fn files(&self, facts: &mut Facts) {
        for path in self.texts(OLD_FILE_NAMES) {
            facts.own(path);
        }
        let folders: Vec<&[u8]> = self.texts(DIR_NAMES).collect();
        let Some((TYPE_INT32, _, indexes)) = self.list(DIR_INDEXES) else { return };
        for (number, name) in self.texts(BASE_NAMES).enumerate() {
            let folder = big(indexes, number * 4).and_then(|index| folders.get(usize::try_from(index).ok()?));
            if let Some(folder) = folder {
                facts.own(&[folder, name].concat());
            }
        }
    }

    fn number(&self, tag: u32) -> Option<u32> {
        let (kind, value) = self.value(tag)?;
        if kind == TYPE_INT32 { big(value, 0) } else { None }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Makes a header of texts and an epoch.
    pub(in crate::sbom::system::rpm) fn header(texts: &[(u32, &str)], epoch: Option<u32>) -> Vec<u8> {
        let (mut index, mut store) = (Vec::new(), Vec::new());
        let mut entry = |tag: u32, kind: u32, value: &[u8]| {
            for number in [tag, kind, u32::try_from(store.len()).expect("short"), 1] {
                index.extend_from_slice(&number.to_be_bytes());
            }
            store.extend_from_slice(value);
        };
        for (tag, text) in texts {
            entry(*tag, 6, format!("{text}\0").as_bytes());
        }
        if let Some(epoch) = epoch {
            entry(EPOCH, TYPE_INT32, &epoch.to_be_bytes());
        }
        let count = u32::try_from(index.len() / ENTRY).expect("few");
        let size = u32::try_from(store.len()).expect("short");
        [count.to_be_bytes().to_vec(), size.to_be_bytes().to_vec(), index, store].concat()
    }

    #[test]
    fn packages_and_keys() {
        let texts = [
            (NAME, "curl"),
            (VERSION, "8.0"),
            (RELEASE, "1.el9"),
            (LICENSE, "MIT"),
            (ARCH, "x86_64"),
            (VENDOR, "Acme"),
            (MODULARITY, "a:1:2:c"),
        ];
        let package = parse(&header(&texts, Some(2)), &mut Facts::default()).expect("parses").expect("no key");
        assert_eq!((package.name.as_str(), package.version.as_str()), ("curl", "2:8.0-1.el9"));
        assert_eq!(format!("{:?}", package.qualifiers), r#"{"arch": "x86_64", "epoch": "2", "rpmmod": "a:1:2:c"}"#);
        assert_eq!((package.licenses, package.supplier.as_deref()), (vec!["MIT".to_owned()], Some("Acme")));
        assert_eq!(parse(&header(&[(NAME, "gpg-pubkey")], None), &mut Facts::default()), Ok(None));
        assert_eq!(parse(&header(&[(NAME, "x")], None), &mut Facts::default()), Err("it has no version"));
    }

    #[test]
    fn files() {
        let mut index = Vec::new();
        let store = b"n\x001\x002\0\0\0\0\0\x01\0\0\0\0curl\0libcurl.so\0/usr/lib/\0/usr/bin/\0";
        let entries = [
            (NAME, 6, 0, 1),
            (VERSION, 6, 2, 1),
            (RELEASE, 6, 4, 1),
            (DIR_INDEXES, 4, 7, 2),
            (BASE_NAMES, 8, 15, 2),
            (DIR_NAMES, 8, 31, 2),
        ];
        for (tag, kind, at, count) in entries {
            for number in [tag, kind, at, count] {
                index.extend_from_slice(&u32::to_be_bytes(number));
            }
        }
        let size = u32::try_from(store.len()).expect("short");
        let blob = [&6_u32.to_be_bytes()[..], &size.to_be_bytes(), &index, store].concat();
        let (mut facts, mut wanted) = (Facts::default(), Facts::default());
        parse(&blob, &mut facts).expect("parses").expect("no key");
        wanted.own(b"usr/bin/curl");
        wanted.own(b"/usr/lib/libcurl.so");
        assert_eq!(facts, wanted);
    }

    #[test]
    fn every_cut_and_flip_ends() {
        let good = header(&[(NAME, "a"), (VERSION, "1"), (RELEASE, "2")], Some(1));
        for end in 0..good.len() {
            assert!(parse(&good[..end], &mut Facts::default()).is_err(), "{end}");
        }
        for at in 0..good.len() {
            for value in [0, 0x7f, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                // Whatever it says, it ends.
                let _ = parse(&bad, &mut Facts::default());
            }
        }
    }
}
