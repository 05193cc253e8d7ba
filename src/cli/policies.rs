//! Policies, from the files that are named: no file is read because of where it lies.
//!
//! Without the feature `sign` there are none, and no flag that asks for one.

#[cfg(feature = "sign")]
use std::fs::File;
#[cfg(feature = "sign")]
use std::io::Read;
#[cfg(feature = "sign")]
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stevedore::copy::Gate;
#[cfg(feature = "sign")]
use stevedore::sign::policy::{Guard, Guarded};
#[cfg(feature = "sign")]
use stevedore::sign::{Error, Policy};
use stevedore::transport::{Location, Source};
use stevedore::watch::Watch;

#[cfg(feature = "sign")]
use super::Context;
use super::Result;

/// More than any policy that is read.
#[cfg(feature = "sign")]
const LIMIT: u64 = (4 << 20) + 1;
/// The name of the policy that podman and skopeo read on this machine.
#[cfg(feature = "sign")]
const DEFAULT: &str = "default";

/// Which images may be used.
#[derive(clap::Args, Debug)]
pub(crate) struct PolicyFlag {
    /// Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read
    #[cfg(feature = "sign")]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// What makes a gate for the image at a location.
pub(crate) type Gates = Box<dyn Fn(&Location) -> Arc<dyn Gate> + Sync>;

#[cfg(feature = "sign")]
impl PolicyFlag {
    /// Says whether there is to be one.
    #[cfg(feature = "sync")]
    pub(crate) fn is_given(&self) -> bool {
        self.policy.is_some()
    }

    fn read(&self) -> Result<Option<Arc<Policy>>> {
        Ok(self.policy.as_deref().map(policy).transpose()?.map(Arc::new))
    }

    /// Returns what makes the gates of images, if there is a policy.
    pub(crate) fn gates(&self) -> Result<Option<Gates>> {
        Ok(self.read()?.map(|policy| {
            Box::new(move |location: &Location| Arc::new(Guard::new(policy.clone(), location.clone())) as Arc<dyn Gate>)
                as Gates
        }))
    }

    /// Puts the policy, if there is one, before the image at a location.
    pub(crate) fn guard(&self, source: Box<dyn Source>, at: &Location, watch: &Watch) -> Result<Box<dyn Source>> {
        Ok(match self.read()? {
            Some(policy) => Box::new(Guarded::new(source, policy, at.clone(), watch.clone())),
            None => source,
        })
    }
}

#[cfg(not(feature = "sign"))]
impl PolicyFlag {
    /// Says that there is none.
    #[cfg(feature = "sync")]
    pub(crate) fn is_given(&self) -> bool {
        false
    }

    /// Returns no gates.
    pub(crate) fn gates(&self) -> Result<Option<Gates>> {
        Ok(None)
    }

    /// Puts nothing before the image.
    pub(crate) fn guard(&self, source: Box<dyn Source>, _: &Location, _: &Watch) -> Result<Box<dyn Source>> {
        Ok(source)
    }
}

/// Reads the policy in a file.
#[cfg(feature = "sign")]
pub(crate) fn policy(path: &Path) -> Result<Policy> {
    let found =
        if path == Path::new(DEFAULT) { super::environment::Environment::read().policy() } else { path.to_owned() };
    let mut text = Vec::new();
    let read = File::open(&found).and_then(|file| file.take(LIMIT).read_to_end(&mut text));
    read.with_context(|| format!("cannot read the policy {}", found.display()))?;
    let policy = Policy::parse(&text).map_err(|source| Error::Policy { name: found.display().to_string(), source })?;
    #[cfg(feature = "openpgp")]
    let policy = policy.with_lookaside(lookaside());
    Ok(policy)
}

/// Returns where podman and skopeo look for signatures by OpenPGP keys. Nothing is read there before a policy asks for one.
#[cfg(feature = "openpgp")]
fn lookaside() -> stevedore::sign::Lookaside {
    let environment = super::environment::Environment::read();
    let (folder, default) = (environment.registries_d(), environment.lookaside());
    let client = move || {
        let mut options = stevedore::registry::Options::default();
        environment.apply(&mut options);
        Ok(stevedore::registry::Client::new(options))
    };
    stevedore::sign::Lookaside::new(folder, default, stevedore::transport::LazyClient::new(client))
}
