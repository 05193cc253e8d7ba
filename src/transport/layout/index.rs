//! The entries of an `index.json`, edited so that other tools' fields keep their text.
//!
//! image-spec, "index.json file": <https://github.com/opencontainers/image-spec/blob/main/image-layout.md#indexjson-file>

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::value::RawValue;

use super::keys::Keys;
use crate::descriptor::{Annotations, Descriptor};
use crate::digest::Digest;
use crate::splice::Members;

/// The annotation that holds an entry's name.
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation in which containerd and BuildKit keep the full reference.
pub(super) const IMAGE_NAME: &str = "io.containerd.image.name";

const EMPTY: &[u8] = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;

/// An `index.json`.
///
/// A hundred thousand entries fit below the limit on its size, so names and manifests are looked up, not searched for, also while it is
/// edited.
#[derive(Clone, Debug)]
pub(super) struct Index {
    members: Members,
    /// In their order. A number stays with its entry until [`Index::remove`] counts anew, so that a removal moves no other.
    pub(super) entries: BTreeMap<usize, Entry>,
    /// Entries whose digest is of an algorithm unknown here, numbered together with the others: kept as they are, never found.
    strangers: BTreeMap<usize, Members>,
    pub(super) keys: Keys,
    /// Whether there is a list of entries at all, which the specification requires.
    has_list: bool,
}

/// An entry as it stands there and what it says.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    members: Members,
    pub(super) descriptor: Descriptor,
}

/// An entry as it is read.
enum Read {
    Known(Box<Entry>),
    Stranger(Members),
}

/// A change that is merged into whatever the file says by then.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// Gives a manifest a name.
    Tag(String, Descriptor),
    /// Makes sure that a manifest has an entry.
    Add(Descriptor),
}

impl Edit {
    /// Returns what is named or has an entry then.
    pub(super) fn descriptor(&self) -> &Descriptor {
        match self {
            Self::Tag(_, descriptor) | Self::Add(descriptor) => descriptor,
        }
    }
}

impl Index {
    /// Makes one without entries.
    pub(super) fn empty() -> Self {
        Self::parse(EMPTY).expect("the empty index is an index")
    }

    pub(super) fn parse(raw: &[u8]) -> Result<Self, serde_json::Error> {
        let members = Members::parse(raw)?;
        let texts: Option<Vec<Box<RawValue>>> = members.decode("manifests")?;
        let has_list = texts.is_some();
        let entries =
            texts.iter().flatten().map(|text| read(text.get())).collect::<Result<Vec<_>, serde_json::Error>>()?;
        Ok(Self::of(members, entries, has_list))
    }

    fn of(members: Members, all: impl IntoIterator<Item = Read>, has_list: bool) -> Self {
        let entries = BTreeMap::new();
        let mut index = Self { members, entries, strangers: BTreeMap::new(), keys: Keys::default(), has_list };
        for entry in all {
            match entry {
                Read::Known(entry) => index.push(*entry),
                Read::Stranger(members) => {
                    let at = index.next();
                    index.strangers.insert(at, members);
                }
            }
        }
        index
    }

    /// Returns the number that the next entry gets.
    fn next(&self) -> usize {
        let last = |last: Option<usize>| last.map_or(0, |last| last + 1);
        last(self.entries.keys().next_back().copied()).max(last(self.strangers.keys().next_back().copied()))
    }

    fn push(&mut self, entry: Entry) {
        self.put(self.next(), entry);
    }

    fn put(&mut self, at: usize, entry: Entry) {
        self.keys.add(at, &entry.descriptor);
        self.entries.insert(at, entry);
    }

    /// Takes an entry out, to be changed and put back.
    fn take(&mut self, at: usize) -> Entry {
        let entry = self.entries.remove(&at).expect("a number that was looked up");
        self.keys.remove(at, &entry.descriptor);
        entry
    }

    pub(super) fn to_vec(&self) -> Vec<u8> {
        let mut members = self.members.clone();
        let mut entries: BTreeMap<usize, &Members> =
            self.strangers.iter().map(|(at, members)| (*at, members)).collect();
        entries.extend(self.entries.iter().map(|(at, entry)| (*at, &entry.members)));
        let entries: Vec<&Members> = entries.into_values().collect();
        members.set("manifests", &entries).expect("text members are always writable");
        members.to_vec()
    }

    /// Says whether the file has a list of entries, be it empty. One without is damaged, and what it named is not known.
    pub(super) fn has_list(&self) -> bool {
        self.has_list
    }

    /// Returns what the entries say, in their order.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        self.entries.values().map(|entry| &entry.descriptor)
    }

    /// Returns the entry with a number, counted from 0.
    pub(super) fn nth(&self, number: usize) -> Option<&Descriptor> {
        let is_counted = self.next() == self.entries.len() + self.strangers.len();
        let at = match is_counted {
            true => number,
            false => {
                let all: BTreeSet<usize> = self.entries.keys().chain(self.strangers.keys()).copied().collect();
                all.into_iter().nth(number)?
            }
        };
        self.entries.get(&at).map(|entry| &entry.descriptor)
    }

    /// Returns the number of entries whose digest is of an unknown algorithm.
    pub(super) fn strangers(&self) -> usize {
        self.strangers.len()
    }

    /// Returns the first entry for a manifest.
    pub(super) fn entry_of(&self, digest: &Digest) -> Option<&Descriptor> {
        self.keys.holding.get(digest).and_then(BTreeSet::first).map(|at| &self.entries[at].descriptor)
    }

    /// Says whether this is itself the index of one image: entries without names, each for another platform, as BuildKit and pack write.
    pub(super) fn is_image(&self) -> bool {
        let mut images = self.descriptors().filter(|each| !each.is_attestation()).peekable();
        let mut platforms = HashSet::new();
        self.entries.len() > 1
            && self.strangers.is_empty()
            && images.peek().is_some()
            && images.all(|each| each.platform.as_ref().is_some_and(|platform| platforms.insert(platform)))
            && self.descriptors().all(|each| name(each).is_none())
    }

    /// Makes a change.
    pub(super) fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Tag(name, descriptor) => self.tag(name, descriptor),
            Edit::Add(descriptor) => self.add(descriptor),
        }
    }

    /// Removes the entries that `gone` says, and returns how many there were.
    pub(super) fn remove(&mut self, gone: impl Fn(usize, &Descriptor) -> bool) -> usize {
        let before = self.entries.len();
        let known = std::mem::take(&mut self.entries).into_iter().map(|(at, entry)| (at, Read::Known(Box::new(entry))));
        let mut all: BTreeMap<usize, Read> = known.collect();
        all.extend(std::mem::take(&mut self.strangers).into_iter().map(|(at, members)| (at, Read::Stranger(members))));
        let kept = all.into_values().enumerate().filter(|(number, entry)| match entry {
            Read::Known(entry) => !gone(*number, &entry.descriptor),
            Read::Stranger(_) => true,
        });
        *self = Self::of(std::mem::take(&mut self.members), kept.map(|(_, entry)| entry), self.has_list);
        before - self.entries.len()
    }

    /// Like containers/image: the old entry stays without its name, and an entry without a name for the same manifest gets it.
    fn tag(&mut self, wanted: &str, descriptor: &Descriptor) {
        let mut named = self.keys.named.get(wanted).into_iter().flatten();
        if named.any(|at| self.entries[at].descriptor.digest == descriptor.digest) {
            return;
        }
        while let Some(old) = self.keys.named.get(wanted).and_then(BTreeSet::first).copied() {
            let mut entry = self.take(old);
            entry.untag(wanted);
            if !self.has(&entry.descriptor.digest) {
                self.put(old, entry);
            }
        }
        let nameless = self.keys.nameless.get(&descriptor.digest).and_then(BTreeSet::first).copied();
        let (at, mut entry) = match nameless {
            Some(at) => (Some(at), self.take(at)),
            None => (None, Entry::of(descriptor)),
        };
        let mut annotations = entry.descriptor.annotations.clone();
        annotations.insert(REF_NAME.into(), wanted.into());
        entry.annotate(annotations);
        match at {
            Some(at) => self.put(at, entry),
            None => self.push(entry),
        }
    }

    fn add(&mut self, descriptor: &Descriptor) {
        if !self.has(&descriptor.digest) {
            self.push(Entry::of(descriptor));
        }
    }

    /// Says whether a manifest has an entry.
    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.keys.holding.contains_key(digest)
    }
}

impl Entry {
    /// Makes an entry in the order of fields that the specification and the Go tools have.
    fn of(descriptor: &Descriptor) -> Self {
        let mut members = Members::default();
        let written = "text and numbers are always writable";
        members.set("mediaType", &descriptor.media_type).expect(written);
        members.set("digest", &descriptor.digest).expect(written);
        members.set("size", &descriptor.size).expect(written);
        if let Some(artifact_type) = &descriptor.artifact_type {
            members.set("artifactType", artifact_type).expect(written);
        }
        let mut entry = Self { members, descriptor: descriptor.clone() };
        entry.annotate(descriptor.annotations.clone());
        entry
    }

    fn annotate(&mut self, annotations: Annotations) {
        if annotations.is_empty() {
            self.members.remove("annotations");
        } else {
            self.members.set("annotations", &annotations).expect("text is always writable");
        }
        self.descriptor.annotations = annotations;
    }

    fn untag(&mut self, wanted: &str) {
        let mut annotations = self.descriptor.annotations.clone();
        annotations.remove(REF_NAME);
        // The full reference would still answer to the name.
        if annotations.get(IMAGE_NAME).is_some_and(|full| full == wanted || last_tag(full) == Some(wanted)) {
            annotations.remove(IMAGE_NAME);
        }
        self.annotate(annotations);
    }
}

/// Reads an entry. One whose digest is of an unknown algorithm must not hide the others.
fn read(text: &str) -> Result<Read, serde_json::Error> {
    let members = Members::parse(text.as_bytes())?;
    match serde_json::from_str(text) {
        Ok(descriptor) => Ok(Read::Known(Box::new(Entry { members, descriptor }))),
        Err(error) => match members.decode::<String>("digest") {
            Ok(Some(digest)) if Digest::is_of_unknown_algorithm(&digest) => Ok(Read::Stranger(members)),
            _ => Err(error),
        },
    }
}

/// Returns an entry's name.
pub(super) fn name(entry: &Descriptor) -> Option<&str> {
    annotation(entry, REF_NAME).or_else(|| annotation(entry, IMAGE_NAME))
}

pub(super) fn annotation<'d>(entry: &'d Descriptor, key: &str) -> Option<&'d str> {
    entry.annotations.get(key).map(String::as_str).filter(|text| !text.is_empty())
}

pub(super) fn last_tag(reference: &str) -> Option<&str> {
    reference.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media_type::MediaType;

    fn manifest(content: &str) -> Descriptor {
        Descriptor::of(MediaType::OCI_MANIFEST, content.as_bytes())
    }

    fn entry(content: &str, rest: &str) -> String {
        let it = manifest(content);
        format!(r#"{{"mediaType":"{}","digest":"{}","size":{}{rest}}}"#, it.media_type.as_str(), it.digest, it.size)
    }

    fn index(entries: &[String]) -> Index {
        Index::parse(format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(",")).as_bytes()).expect("valid")
    }

    fn named(name: &str) -> String {
        format!(r#","annotations":{{"{REF_NAME}":"{name}"}}"#)
    }

    #[test]
    fn tagging() {
        let [a, b] = ["a", "b"].map(manifest);
        let cases: &[(&str, Vec<String>, Edit, Vec<String>)] = &[
            ("first", vec![], Edit::Tag("v1".into(), a.clone()), vec![entry("a", &named("v1"))]),
            (
                "second name",
                vec![entry("a", &named("v1"))],
                Edit::Tag("v2".into(), a.clone()),
                vec![entry("a", &named("v1")), entry("a", &named("v2"))],
            ),
            (
                "replaced",
                vec![entry("a", &named("v1"))],
                Edit::Tag("v1".into(), b.clone()),
                vec![entry("a", ""), entry("b", &named("v1"))],
            ),
            (
                "replaced one of two",
                vec![entry("a", &named("v1")), entry("a", &named("v2"))],
                Edit::Tag("v1".into(), b.clone()),
                vec![entry("a", &named("v2")), entry("b", &named("v1"))],
            ),
            (
                "named what had no name, with unknown fields",
                vec![entry("a", r#","x":[ 1.50 ]"#)],
                Edit::Tag("v1".into(), a.clone()),
                vec![entry("a", &format!(r#","x":[ 1.50 ]{}"#, named("v1")))],
            ),
            (
                "again",
                vec![entry("a", &named("v1"))],
                Edit::Tag("v1".into(), a.clone()),
                vec![entry("a", &named("v1"))],
            ),
            ("added", vec![entry("a", "")], Edit::Add(b), vec![entry("a", ""), entry("b", "")]),
            ("added again", vec![entry("a", &named("v"))], Edit::Add(a), vec![entry("a", &named("v"))]),
        ];
        for (what, before, edit, after) in cases {
            let mut edited = index(before);
            edited.apply(edit);
            let text = String::from_utf8(edited.to_vec()).expect("UTF-8");
            assert_eq!(text, format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, after.join(",")), "{what}");
        }
    }

    #[test]
    fn finding() {
        let full = |name: &str| format!(r#","annotations":{{"{IMAGE_NAME}":"{name}"}}"#);
        let index = index(&[
            entry("a", &named("ex.com:5000/x:v1")),
            entry("b", &named("v1")),
            entry("c", &full("docker.io/library/c:v2")),
            entry("d", &named("ex.com/x:v3")),
            entry("e", &named("ex.com/y:v3")),
            entry("f", ""),
        ]);
        let found = |name: &str| index.find(name).into_iter().map(|each| each.digest.clone()).collect::<Vec<_>>();
        let digests = |contents: &[&str]| contents.iter().map(|each| manifest(each).digest).collect::<Vec<_>>();
        for (name, contents) in [
            ("v1", &["b"][..]),
            ("ex.com:5000/x:v1", &["a"]),
            ("v2", &["c"]),
            ("v3", &["d", "e"]),
            ("docker.io/library/c:v2", &["c"]),
            ("5000/x", &[]),
            ("", &[]),
        ] {
            assert_eq!(found(name), digests(contents), "{name}");
        }
        assert_eq!(index.names(), ["ex.com:5000/x:v1", "v1", "docker.io/library/c:v2", "ex.com/x:v3", "ex.com/y:v3"]);
    }

    #[test]
    fn an_index_that_is_the_image() {
        let platform = |architecture: &str| format!(r#","platform":{{"architecture":"{architecture}","os":"linux"}}"#);
        let (amd, arm) = (platform("amd64"), platform("arm64"));
        for (entries, expected) in [
            (vec![entry("a", &amd), entry("b", &arm)], true),
            (vec![entry("a", &amd), entry("b", &amd)], false),
            (vec![entry("a", &amd), entry("b", "")], false),
            (vec![entry("a", &amd)], false),
            (vec![entry("a", &format!("{amd}{}", named("v1"))), entry("b", &arm)], false),
        ] {
            assert_eq!(index(&entries).is_image(), expected, "{entries:?}");
        }
    }
}
