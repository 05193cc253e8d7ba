//! Which packages an image has: evidence is read while the layers are, and counts when the merged filesystem shows it.
//!
//! A file is known by the layer and the member of that layer's tar that has its content. So evidence that a higher layer hides or replaces
//! vanishes with all that it declared, a file with several names is evidence once, and the lower layers' versions of a file tell since when
//! a package is there.

mod history;
mod names;
mod owned;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use super::system::OsRelease;
use super::system::os_release::PLACES;
use super::{Cataloger, Evidence, Facts, Kind, Package, Purl, Unreadable};
use crate::filesystem::{Content, Entry, Error, Found, Layers, Path, Result, Tree, Visitor};
use crate::locks;
use history::History;
use names::purl;
use owned::{CopyrightFiles, Owned};

/// More than so many bytes of packages are not held; those of the largest images take a few MiB.
const MAX_HELD: usize = 128 * 1024 * 1024;

/// The packages of an image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inventory {
    /// The distribution.
    pub os: Option<OsRelease>,
    /// The packages, sorted by package URL and path.
    pub packages: Vec<Installed>,
    /// Evidence that could not be read, whole or in part, sorted by path.
    pub warnings: Vec<Warning>,
    /// How many executables belong to no package: no database lists them, and nothing in them says what they are.
    pub unidentified: usize,
}

/// A package in an image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Installed {
    /// What the evidence says.
    pub package: Package,
    /// What it is called everywhere.
    pub purl: Purl,
    /// The path of the evidence.
    pub path: Path,
    /// Who read the evidence.
    pub cataloger: &'static str,
    /// The number of the layer that the evidence comes from, from 0.
    pub layer: usize,
    /// The number of the lowest layer in which the evidence at this path declares the package.
    pub first_layer: usize,
}

/// Evidence that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Warning {
    /// The path of the evidence.
    pub path: Path,
    /// Who read it.
    pub cataloger: &'static str,
    /// The number of the layer that it comes from.
    pub layer: usize,
    /// What is wrong, in a clause whose subject is the file.
    pub reason: String,
}

impl Inventory {
    /// Reads the layers of an image, and the evidence in them.
    ///
    /// # Errors
    /// When the layers cannot be read. Broken evidence is no error but a [`Warning`].
    pub fn read(layers: &Layers<'_>, catalogers: &[Box<dyn Cataloger>]) -> Result<Self> {
        let collector = Collector::new(catalogers);
        let tree = layers.merge_read(&layers.visit_all(&collector)?)?;
        collector.finish(layers, &tree)
    }

    fn assemble(catalogers: &[Box<dyn Cataloger>], tree: &Tree, visible: Visible, held: &mut Held) -> Self {
        let mut os = None;
        for place in PLACES {
            os = os.or_else(|| {
                let entry = tree.get(&tree.resolve(place.as_bytes(), true).ok()?)?;
                held.readings.get(&(entry.layer, entry.member, OS_RELEASE))?.as_ref()?.os.clone()
            });
        }
        let owned = Owned::of(held, &visible);
        let unidentified = owned.unidentified(tree, held, &visible);
        let copyright = CopyrightFiles::of(held, &visible);
        let history = History::of(held, &visible);
        let (mut packages, mut warnings) = (Vec::new(), Vec::new());
        for ((layer, member, reader), evidence) in visible {
            let Some(cataloger) = catalogers.get(reader).map(|cataloger| cataloger.name()) else { continue };
            let Some(Some(reading)) = held.readings.remove(&(layer, member, reader)) else { continue };
            let path = evidence.path;
            warnings.extend(reading.failure.map(|failure| {
                let reason = failure.reason;
                Warning { path: path.clone(), cataloger, layer, reason }
            }));
            for mut package in reading.packages {
                if package.licenses.is_empty()
                    && package.kind == Kind::Deb
                    && let Some(own) = copyright.get(tree, &package.name)
                {
                    package.licenses.clone_from(own);
                }
                package.licenses = super::licenses::clean(package.licenses);
                // A database that lists the file says more of it.
                if package.kind == Kind::Generic && owned.has(&path) {
                    continue;
                }
                let Some(purl) = purl(&package, os.as_ref()) else { continue };
                let first_layer = history.first(&path, reader, &package).unwrap_or(layer).min(layer);
                packages.push(Installed { package, purl, path: path.clone(), cataloger, layer, first_layer });
            }
        }
        packages.sort_by(|a, b| {
            (&a.purl, &a.path, &a.package.inside, a.cataloger).cmp(&(&b.purl, &b.path, &b.package.inside, b.cataloger))
        });
        packages.dedup_by(|a, b| {
            // A program and its library are one.
            let is_same =
                a.package.kind == Kind::Generic || (&a.path, &a.package.inside) == (&b.path, &b.package.inside);
            a.purl == b.purl && is_same
        });
        warnings.sort();
        Self { os, packages, warnings, unidentified }
    }
}

/// The number of the reader of os-release; those of catalogers are their places in the list.
const OS_RELEASE: usize = usize::MAX;

/// The layer and the member that have a file's content, and who reads it.
type Key = (usize, usize, usize);

/// The evidence that is there in the end.
type Visible = BTreeMap<Key, Seen>;

/// Evidence in the merged filesystem.
struct Seen {
    /// Where it is; of several names the one that sorts first.
    path: Path,
    /// The name under which its cataloger knows it.
    place: Path,
}

/// What was read so far.
#[derive(Clone, Default)]
struct Held {
    /// What was found in each file; nothing, where that is all there is to know.
    readings: BTreeMap<Key, Option<Box<Reading>>>,
    weight: usize,
}

/// What one cataloger found in one file.
#[derive(Clone, Default)]
struct Reading {
    path: Path,
    packages: Vec<Package>,
    os: Option<OsRelease>,
    facts: Facts,
    failure: Option<Unreadable>,
}

/// Reads evidence as it passes, for whoever reads the layers of an image for more than its packages: a visitor of all its layers, then
/// [`finish`](Self::finish).
pub struct Collector<'a> {
    catalogers: &'a [Box<dyn Cataloger>],
    held: Mutex<Held>,
    /// Who reads which member, when a layer is read again; otherwise whoever wants it does.
    again: Option<BTreeMap<usize, Vec<usize>>>,
}

impl<'a> Collector<'a> {
    /// Makes one that has seen nothing yet.
    pub fn new(catalogers: &'a [Box<dyn Cataloger>]) -> Self {
        Self { catalogers, held: Mutex::default(), again: None }
    }

    /// Adds what another one has read of layers that this image has, too, in the same places.
    pub fn add(&self, other: &Collector<'_>) {
        let other = other.held().clone();
        let mut held = self.held();
        held.weight += other.weight;
        held.readings.extend(other.readings);
    }

    /// Returns the packages that are there in the end, in the filesystem that all the layers make. Evidence that links lead to is read from
    /// its layer now.
    ///
    /// # Errors
    /// When layers cannot be read any more.
    pub fn finish(self, layers: &Layers<'_>, tree: &Tree) -> Result<Inventory> {
        let catalogers = self.catalogers;
        let mut held = self.into_held();
        let visible = visible(tree, catalogers);
        reread(layers, catalogers, &visible, &mut held)?;
        read_companions(layers, tree, catalogers, &visible, &mut held)?;
        Ok(Inventory::assemble(catalogers, tree, visible, &mut held))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        locks::lock(&self.held)
    }

    fn into_held(self) -> Held {
        locks::into_inner(self.held)
    }

    fn readers(&self, path: &[u8], entry: &Entry) -> Vec<usize> {
        match &self.again {
            Some(again) => again.get(&entry.member).cloned().unwrap_or_default(),
            None => readers(self.catalogers, path, entry),
        }
    }
}

impl Visitor for Collector<'_> {
    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        !self.readers(path, entry).is_empty()
    }

    fn recognizes(&self, path: &[u8], entry: &Entry, start: &[u8]) -> bool {
        let recognizes = |reader: &usize| self.catalogers.get(*reader).is_none_or(|reader| reader.recognizes(start));
        let (wanting, others): (Vec<usize>, Vec<usize>) = self.readers(path, entry).into_iter().partition(recognizes);
        let mut held = self.held();
        for reader in others {
            held.readings.insert((entry.layer, entry.member, reader), None);
        }
        !wanting.is_empty()
    }

    fn take(&self, path: &[u8], entry: &Entry, content: &mut dyn Content) {
        for reader in self.readers(path, entry) {
            if self.held().readings.contains_key(&(entry.layer, entry.member, reader)) {
                continue;
            }
            let mut reading = Reading { path: path.to_vec(), ..Reading::default() };
            let result = content.rewind().map_err(Unreadable::from).and_then(|()| match self.catalogers.get(reader) {
                Some(cataloger) => {
                    let mut evidence =
                        Evidence { path, size: entry.size, content: &mut *content, facts: &mut reading.facts };
                    cataloger.read(&mut evidence, &mut reading.packages)
                }
                None => {
                    reading.os = Some(OsRelease::read(&mut *content)?);
                    Ok(())
                }
            });
            reading.failure = result.err();
            self.held().put((entry.layer, entry.member, reader), reading);
        }
    }

    fn miss(&self, path: &[u8], entry: &Entry, reason: &str) {
        for reader in self.readers(path, entry) {
            let failure = Some(Unreadable::new(reason));
            let reading = Reading { path: path.to_vec(), failure, ..Reading::default() };
            self.held().put((entry.layer, entry.member, reader), reading);
        }
    }
}

impl Held {
    fn put(&mut self, key: Key, mut reading: Reading) {
        if reading.packages.is_empty() && reading.os.is_none() && reading.failure.is_none() && reading.facts.is_empty()
        {
            self.readings.insert(key, None);
            return;
        }
        let weight = reading.packages.iter().map(weight).sum::<usize>() + reading.path.len() + 256;
        let weight = weight + reading.facts.owned().len() * 8;
        if self.weight.saturating_add(weight) > MAX_HELD {
            reading.packages = Vec::new();
            reading.facts = Facts::default();
            reading.failure = Some(Unreadable::new("has packages that cannot be held: the image declares too many"));
        } else {
            self.weight += weight;
        }
        reading.packages.shrink_to_fit();
        self.readings.insert(key, Some(Box::new(reading)));
    }
}

fn weight(package: &Package) -> usize {
    let texts = package
        .licenses
        .iter()
        .chain(&package.cpes)
        .chain(&package.supplier)
        .chain(package.qualifiers.iter().flat_map(|(key, value)| [key, value]));
    let own = package.name.len() + package.version.len() + package.inside.as_ref().map_or(0, String::len);
    size_of::<Package>() + own + texts.map(|text| text.len() + 32).sum::<usize>()
}

/// Says who reads a file.
fn readers(catalogers: &[Box<dyn Cataloger>], path: &[u8], entry: &Entry) -> Vec<usize> {
    let wanted = catalogers.iter().enumerate().filter(|(_, cataloger)| cataloger.wants(path, entry));
    let os = PLACES.iter().any(|place| place.as_bytes() == path).then_some(OS_RELEASE);
    wanted.map(|(reader, _)| reader).chain(os).collect()
}

/// Finds the evidence that is there in the end: under its own path, and in the places that symbolic links lead to.
fn visible(tree: &Tree, catalogers: &[Box<dyn Cataloger>]) -> Visible {
    let mut visible = Visible::new();
    let mut add = |reader: usize, path: &[u8], place: &[u8], entry: &Entry| {
        let seen = || Seen { path: path.to_vec(), place: place.to_vec() };
        visible.entry((entry.layer, entry.member, reader)).or_insert_with(seen);
    };
    for (path, entry) in tree.iter().filter(|(_, entry)| entry.is_file()) {
        for reader in readers(catalogers, &path, &entry) {
            add(reader, &path, &path, &entry);
        }
    }
    for (path, _) in tree.iter().filter(|(_, entry)| !entry.is_file() && !entry.is_directory()) {
        let Ok(at) = tree.resolve(&path, true) else { continue };
        let Some(entry) = tree.get(&at).filter(|entry| at != path && entry.is_file()) else { continue };
        for reader in readers(catalogers, &path, &entry) {
            if catalogers.get(reader).is_some_and(|cataloger| cataloger.follows_links()) {
                add(reader, &at, &path, &entry);
            }
        }
    }
    let os = PLACES.iter().map(|place| (OS_RELEASE, *place));
    let places = catalogers.iter().enumerate();
    let places = places.flat_map(|(reader, cataloger)| cataloger.places().iter().map(move |place| (reader, *place)));
    for (reader, place) in places.chain(os) {
        let place = place.as_bytes();
        // Nothing there is no evidence.
        let Ok(at) = tree.resolve(place, true) else { continue };
        if at == place {
            continue;
        }
        match tree.get(&at) {
            Some(entry) if entry.is_file() => add(reader, &at, place, &entry),
            Some(entry) if entry.is_directory() => {
                for (path, entry) in tree.below(&at).filter(|(_, entry)| entry.is_file()) {
                    let name = [place, &path[at.len()..]].concat();
                    if catalogers.get(reader).is_some_and(|cataloger| cataloger.wants(&name, &entry)) {
                        add(reader, &path, &name, &entry);
                    }
                }
            }
            _ => {}
        }
    }
    visible
}

/// Reads what was passed over because it had another name where it lies: links lead there.
fn reread(layers: &Layers<'_>, catalogers: &[Box<dyn Cataloger>], visible: &Visible, held: &mut Held) -> Result<()> {
    let mut missing: BTreeMap<usize, BTreeMap<usize, (Path, Vec<usize>)>> = BTreeMap::new();
    for (key @ (layer, member, reader), seen) in visible {
        if !held.readings.contains_key(key) {
            let place = || (seen.place.clone(), Vec::new());
            missing.entry(*layer).or_default().entry(*member).or_insert_with(place).1.push(*reader);
        }
    }
    for (layer, members) in missing {
        let again = members.iter().map(|(member, (_, readers))| (*member, readers.clone())).collect();
        let collector = Collector { catalogers, held: Mutex::new(std::mem::take(held)), again: Some(again) };
        let paths = members.into_iter().map(|(member, (path, _))| (member, path)).collect();
        layers.revisit(layer, &paths, &collector)?;
        *held = collector.into_held();
    }
    Ok(())
}

/// Reads evidence again that another file changes.
fn read_companions(
    layers: &Layers<'_>,
    tree: &Tree,
    catalogers: &[Box<dyn Cataloger>],
    visible: &Visible,
    held: &mut Held,
) -> Result<()> {
    for (key, seen) in visible {
        let Some(cataloger) = catalogers.get(key.2) else { continue };
        let companion = cataloger.companion(&seen.path).and_then(|path| tree.find_file(&path));
        let Some(companion) = companion.filter(|companion| companion.entry.size > 0) else { continue };
        let Some(evidence) = tree.find_file(&seen.path) else { continue };
        let mut reading = Reading { path: seen.path.clone(), ..Reading::default() };
        let result = match (hold(layers, &evidence)?, hold(layers, &companion)?) {
            (Ok(mut content), Ok(mut companion)) => {
                let size = evidence.entry.size;
                let mut evidence =
                    Evidence { path: &seen.place, size, content: &mut *content, facts: &mut reading.facts };
                cataloger.read_with(&mut evidence, &mut *companion, &mut reading.packages)
            }
            (Err(failure), _) | (_, Err(failure)) => Err(failure),
        };
        reading.failure = result.err();
        held.put(*key, reading);
    }
    Ok(())
}

/// Holds a file's content; one that is too large is broken evidence.
fn hold(layers: &Layers<'_>, found: &Found) -> Result<std::result::Result<Box<dyn Content>, Unreadable>> {
    match layers.hold(found) {
        Ok(content) => Ok(Ok(content)),
        Err(Error::Limit { .. }) => Ok(Err(Unreadable::new("is too large"))),
        Err(error) => Err(error),
    }
}
