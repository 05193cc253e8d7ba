//! Which packages two images have, whatever files they came in.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::{Merged, Visitors};
use super::{Filesystems, Options, Side};
use crate::filesystem::Result;
use crate::sbom::{Cataloger, Collector, Inventory, Kind};

/// Two images compared, with what is in them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Contents {
    /// What is different between their filesystems.
    pub filesystems: Filesystems,
    /// The packages of both; none when all layers are equal, for nothing was read then.
    pub inventories: Option<[Inventory; 2]>,
}

/// Compares the filesystems of two images and finds their packages, reading each layer once.
///
/// # Errors
/// When layers cannot be read.
pub fn contents(
    before: &Side<'_>,
    after: &Side<'_>,
    options: Options,
    catalogers: &[Box<dyn Cataloger>],
) -> Result<Contents> {
    let [shared, old, new] = [(); 3].map(|()| Collector::new(catalogers));
    let visitors: Visitors<'_> = [&shared, &old, &new];
    let Some(merged) = Merged::read(before, after, Some(visitors))? else {
        return Ok(Contents { filesystems: Filesystems::same(), inventories: None });
    };
    let filesystems = merged.compare(options)?;
    old.add(&shared);
    new.add(&shared);
    let ([first, second], [one, other]) = (&merged.layers, &merged.trees);
    let inventories = Some([old.finish(first, one)?, new.finish(second, other)?]);
    Ok(Contents { filesystems, inventories })
}

/// A package of which two images do not have the same versions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackageChange {
    /// The kind.
    pub kind: Kind,
    /// The name, with its namespace.
    pub name: String,
    /// The versions that only the first image has; none when the package was added.
    pub before: Vec<String>,
    /// The versions that only the second image has; none when the package was removed.
    pub after: Vec<String>,
}

/// Compares the packages of two images, by kind and name. Where in the image they are, and for which architecture, makes no difference.
pub fn packages(before: &Inventory, after: &Inventory) -> Vec<PackageChange> {
    let (old, new) = (versions(before), versions(after));
    let names: BTreeSet<&Name> = old.keys().chain(new.keys()).collect();
    let none = BTreeSet::new();
    let change = |name: &&Name| {
        let (old, new) = (old.get(*name).unwrap_or(&none), new.get(*name).unwrap_or(&none));
        let only = |own: &BTreeSet<&str>, other: &BTreeSet<&str>| {
            own.difference(other).map(|version| (*version).to_owned()).collect()
        };
        PackageChange { kind: name.0, name: name.1.clone(), before: only(old, new), after: only(new, old) }
    };
    names.iter().map(change).filter(|change| !(change.before.is_empty() && change.after.is_empty())).collect()
}

type Name = (Kind, String);

fn versions(inventory: &Inventory) -> BTreeMap<Name, BTreeSet<&str>> {
    let mut versions: BTreeMap<Name, BTreeSet<&str>> = BTreeMap::new();
    for package in inventory.packages.iter().map(|installed| &installed.package) {
        versions.entry((package.kind, package.full_name())).or_default().insert(&package.version);
    }
    versions
}
