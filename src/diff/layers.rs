//! Two images' layers, read as far as it takes to compare them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::ops::Range;

use super::change::compare;
use super::{Change, Options};
use crate::digest::Digest;
use crate::filesystem::{self, DiffIds, Entry, Layer, Layers, Result, Tree, Visitor, Warning};
use crate::image::Image;
use crate::pool::Pool;
use crate::transport::Source;

/// An image to be compared.
#[derive(Clone)]
pub struct Side<'a> {
    /// Where it is.
    pub source: &'a dyn Source,
    /// The image.
    pub image: &'a Image,
    /// How its layers are read; whether files are hashed is decided here.
    pub options: filesystem::Options,
}

/// What is different between two filesystems.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Filesystems {
    /// The paths that are not the same, in the order of their bytes.
    pub changes: Vec<Change>,
    /// How that was found out.
    pub basis: Basis,
    /// What was odd about the layers of the first and of the second image.
    pub warnings: [Vec<Warning>; 2],
}

/// How two filesystems were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Basis {
    /// By the digests of their layers, which are all equal; none was read. The configs' word is taken for it: an image whose config lies
    /// about its layers can be neither unpacked nor run.
    Layers,
    /// By their content.
    Content,
}

impl Side<'_> {
    fn layers(&self, digests: bool) -> Result<Layers<'_>> {
        Layers::new(self.source, self.image, filesystem::Options { digests, ..self.options.clone() })
    }

    fn count(&self) -> usize {
        self.image.layers().len()
    }
}

/// Compares the filesystems of two images.
///
/// # Errors
/// When layers cannot be read.
pub fn filesystems(before: &Side<'_>, after: &Side<'_>, options: Options) -> Result<Filesystems> {
    match Merged::read(before, after, None)? {
        None => Ok(Filesystems::same()),
        Some(merged) => merged.compare(options),
    }
}

impl Filesystems {
    /// Makes what is known of images whose layers are equal.
    pub(super) fn same() -> Self {
        Self { changes: Vec::new(), basis: Basis::Layers, warnings: Default::default() }
    }
}

/// Who is shown files: those of the equal layers at the bottom, of the rest of the first image, and of the rest of the second.
pub(super) type Visitors<'v> = [&'v dyn Visitor; 3];

/// Two images' filesystems.
pub(super) struct Merged<'a> {
    /// The layers of both.
    pub(super) layers: [Layers<'a>; 2],
    /// What they make.
    pub(super) trees: [Tree; 2],
    /// How many layers at the bottom are equal.
    common: usize,
}

impl<'a> Merged<'a> {
    /// Reads the layers of both, those that are equal once; nothing when all are.
    pub(super) fn read(
        before: &'a Side<'_>,
        after: &'a Side<'_>,
        visitors: Option<Visitors<'_>>,
    ) -> Result<Option<Self>> {
        let (old, new) = (before.layers(true)?, after.layers(true)?);
        let common =
            (0..before.count().min(after.count())).take_while(|number| is_same(before, after, *number)).count();
        if common == before.count() && common == after.count() {
            return Ok(None);
        }
        let shared = before.layers(false)?;
        let parts = [(&shared, 0..common, 0), (&old, common..before.count(), 1), (&new, common..after.count(), 2)];
        let read = |(layers, range, visitor): &(&Layers<'_>, Range<usize>, usize)| match visitors {
            None => layers.read_range(range.clone()),
            Some(visitors) => layers.visit_range(range.clone(), visitors[*visitor]),
        };
        let mut read = Pool::new(NonZeroUsize::MIN.saturating_add(2)).map(&parts, read).into_iter();
        let mut next = || read.next().expect("one result a part");
        let (mut layers, rest, others) = (next()?, next()?, next()?);
        layers.extend(rest);
        let first = old.merge_read(&layers)?;
        layers.truncate(common);
        layers.extend(others);
        let second = new.merge_read(&layers)?;
        Ok(Some(Self { layers: [old, new], trees: [first, second], common }))
    }

    /// Compares them.
    pub(super) fn compare(&self, options: Options) -> Result<Filesystems> {
        let ([first, second], common) = (&self.trees, self.common);
        // Of files in equal layers the content is unknown so far, and seldom needed.
        let missing = RefCell::new(BTreeSet::new());
        compare(first, second, options, |a, b| {
            let unknown = [a, b].into_iter().filter(|entry| entry.digest.is_none() && !is_same_member(a, b, common));
            missing.borrow_mut().extend(unknown.map(|entry| entry.layer));
            true
        });
        let found = digests(&self.layers[0], missing.into_inner())?;
        let digest = |entry: &Entry| entry.digest.clone().or_else(|| found.get(&(entry.layer, entry.member)).cloned());
        let same_content = |a: &Entry, b: &Entry| is_same_member(a, b, common) || digest(a) == digest(b);
        let changes = compare(first, second, options, same_content);
        let warnings = [first.warnings().to_vec(), second.warnings().to_vec()];
        Ok(Filesystems { changes, basis: Basis::Content, warnings })
    }
}

/// Says whether both images have the same layer at this place, however it is compressed.
fn is_same(before: &Side<'_>, after: &Side<'_>, number: usize) -> bool {
    let blob = |side: &Side<'_>| side.image.layers()[number].digest.clone();
    // Where diff_ids are not checked they prove nothing.
    let diff_id = |side: &Side<'_>| {
        let diff_id = side.image.diff_ids().get(number).cloned();
        diff_id.filter(|_| side.options.diff_ids == DiffIds::Refuse)
    };
    blob(before) == blob(after) || diff_id(before).is_some_and(|own| diff_id(after) == Some(own))
}

/// Says whether two files are one file of an equal layer.
fn is_same_member(a: &Entry, b: &Entry, common: usize) -> bool {
    a.layer < common && (a.layer, a.member) == (b.layer, b.member)
}

/// Reads layers again, for the digests of their files.
fn digests(layers: &Layers<'_>, numbers: BTreeSet<usize>) -> Result<BTreeMap<(usize, usize), Digest>> {
    let mut found = BTreeMap::new();
    for number in numbers {
        let Layer { members, .. } = layers.read(number)?;
        let entries = members.iter().map(|member| member.entry);
        found.extend(entries.filter_map(|entry| Some(((number, entry.member), entry.digest?))));
    }
    Ok(found)
}
