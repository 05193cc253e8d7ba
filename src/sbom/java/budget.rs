//! What one file may cost, whatever it says: archives can claim any size, and overlapping entries multiply it.

use crate::sbom::Package;

/// What is left of each bound.
pub(super) struct Budget {
    entries: u64,
    inflated: u64,
    memory: u64,
    packages: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { entries: 1_000_000, inflated: 1 << 30, memory: 64 << 20, packages: 16 << 20 }
    }
}

impl Budget {
    /// Takes one entry; says whether there was one left.
    pub(super) fn enter(&mut self) -> bool {
        self.entries = self.entries.saturating_sub(1);
        self.entries > 0
    }

    /// Takes the place of a package in memory; says whether there was some left.
    pub(super) fn hold(&mut self, package: &Package) -> bool {
        let text = [&package.name, &package.version].into_iter().chain(&package.namespace).chain(&package.inside);
        let size = size_of::<Package>() + text.chain(&package.licenses).map(String::len).sum::<usize>();
        self.packages = self.packages.saturating_sub(size as u64);
        self.packages > 0
    }

    /// Returns how many bytes may still be inflated.
    pub(super) fn inflated(&self) -> u64 {
        self.inflated
    }

    /// Takes bytes that were inflated.
    pub(super) fn inflate(&mut self, bytes: u64) {
        self.inflated = self.inflated.saturating_sub(bytes);
    }

    /// Returns how many bytes of archives may still be held.
    pub(super) fn memory(&self) -> u64 {
        self.memory
    }

    /// Takes bytes that are held.
    pub(super) fn take_memory(&mut self, bytes: u64) {
        self.memory = self.memory.saturating_sub(bytes);
    }

    /// Gives back bytes that are held no more.
    pub(super) fn return_memory(&mut self, bytes: u64) {
        self.memory += bytes;
    }
}
