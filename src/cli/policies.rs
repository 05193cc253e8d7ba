//! Policies, from the files that are named: no file is read because of where it lies.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use stevedore::copy::Gate;
use stevedore::sign::policy::Guard;
use stevedore::sign::{Error, Policy};
use stevedore::transport::Location;

use super::{Context, Result};

/// More than any policy that is read.
const LIMIT: u64 = (4 << 20) + 1;

/// Reads the policy in a file.
pub(crate) fn policy(path: &Path) -> Result<Policy> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LIMIT).read_to_end(&mut text));
    read.with_context(|| format!("cannot read the policy {}", path.display()))?;
    Ok(Policy::parse(&text).map_err(|source| Error::Policy { name: path.display().to_string(), source })?)
}

/// Returns what makes the gates of images from the policy in a file, if one is given.
pub(crate) fn gates(file: Option<&Path>) -> Result<Option<impl Fn(&Location) -> Arc<dyn Gate> + Sync>> {
    let policy = file.map(policy).transpose()?.map(Arc::new);
    Ok(policy.map(|policy| move |from: &Location| Arc::new(Guard::new(policy.clone(), from.clone())) as Arc<dyn Gate>))
}
