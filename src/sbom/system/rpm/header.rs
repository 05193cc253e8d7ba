//! A package's header: an index of tags, and the store that they point into.
//!
//! "RPM v4 header format": <https://rpm-software-management.github.io/rpm/manual/format_header.html>.

use super::big;
use crate::sbom::{Kind, Package};

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const LICENSE: u32 = 1014;
const ARCH: u32 = 1022;
const SOURCE_RPM: u32 = 1044;

const TYPE_INT32: u32 = 4;
const ENTRY: usize = 16;
/// The longest text that is taken.
const MAX_TEXT: usize = 4096;

/// Reads what makes a package of a header; nothing for keys, which lie among the packages.
pub(super) fn parse(blob: &[u8]) -> Result<Option<Package>, &'static str> {
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
        ("upstream", header.text(SOURCE_RPM).filter(|source| source != "(none)")),
    ];
    package.qualifiers = qualifiers.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    package.licenses.extend(header.text(LICENSE));
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
        let texts = [(NAME, "curl"), (VERSION, "8.0"), (RELEASE, "1.el9"), (LICENSE, "MIT"), (ARCH, "x86_64")];
        let package = parse(&header(&texts, Some(2))).expect("parses").expect("no key");
        assert_eq!((package.name.as_str(), package.version.as_str()), ("curl", "2:8.0-1.el9"));
        assert_eq!(format!("{:?}", package.qualifiers), r#"{"arch": "x86_64", "epoch": "2"}"#);
        assert_eq!(package.licenses, ["MIT"]);
        assert_eq!(parse(&header(&[(NAME, "gpg-pubkey")], None)), Ok(None));
        assert_eq!(parse(&header(&[(NAME, "x")], None)), Err("it has no version"));
    }

    #[test]
    fn every_cut_and_flip_ends() {
        let good = header(&[(NAME, "a"), (VERSION, "1"), (RELEASE, "2")], Some(1));
        for end in 0..good.len() {
            assert!(parse(&good[..end]).is_err(), "{end}");
        }
        for at in 0..good.len() {
            for value in [0, 0x7f, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                // Whatever it says, it ends.
                let _ = parse(&bad);
            }
        }
    }
}
