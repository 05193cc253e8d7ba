//! Since when packages are there: what the lower layers' versions of a file say.

use std::collections::{BTreeMap, BTreeSet};

use super::{Held, Reading, Visible};
use crate::filesystem::Path;
use crate::sbom::{Kind, Package};

/// What makes two packages the same.
type Identity = (Kind, Option<String>, String, String, Option<String>, Option<String>);

fn identity(package: &Package) -> Identity {
    let Package { kind, namespace, name, version, inside, .. } = package;
    let arch = package.qualifiers.get("arch").cloned();
    (*kind, namespace.clone(), name.clone(), version.clone(), inside.clone(), arch)
}

/// What each layer's version of one file says.
type Versions<'a> = Vec<(usize, &'a Reading)>;

/// Since when packages are there.
pub(super) struct History(BTreeMap<(Path, usize), BTreeMap<Identity, usize>>);

impl History {
    /// Finds out for the evidence that several layers have.
    pub(super) fn of(held: &Held, visible: &Visible) -> Self {
        let seen: BTreeSet<(&[u8], usize)> = visible.iter().map(|(key, seen)| (&seen.path[..], key.2)).collect();
        let mut versions: BTreeMap<(&[u8], usize), Versions<'_>> = BTreeMap::new();
        for ((layer, _, reader), reading) in &held.readings {
            let Some(reading) = reading else { continue };
            if seen.contains(&(&reading.path[..], *reader)) {
                versions.entry((&reading.path, *reader)).or_default().push((*layer, reading));
            }
        }
        let mut first: BTreeMap<(Path, usize), BTreeMap<Identity, usize>> = BTreeMap::new();
        for ((path, reader), readings) in versions.into_iter().filter(|(_, readings)| readings.len() > 1) {
            let packages = first.entry((path.to_vec(), reader)).or_default();
            // The lowest layer comes first.
            for (layer, reading) in readings {
                for package in &reading.packages {
                    packages.entry(identity(package)).or_insert(layer);
                }
            }
        }
        Self(first)
    }

    pub(super) fn first(&self, path: &[u8], reader: usize, package: &Package) -> Option<usize> {
        self.0.get(&(path.to_vec(), reader))?.get(&identity(package)).copied()
    }
}
