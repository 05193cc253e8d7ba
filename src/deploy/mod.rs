//! Registries of plain files: images into a tree that any web server can serve, and the server's configuration.
//!
//! [`run`] puts images into a tree of [`Place::Static`]; it may be run again over a tree that is being served, and readers see the old
//! image or the new one. [`Server::configuration`] makes the text that turns the tree into a registry for nginx, Caddy or Apache httpd; it
//! does not know the images, so it changes only with the tree's place and the server's address.

mod names;
#[cfg(feature = "sync")]
mod plan;
mod server;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use serde::Serialize;

use crate::copy::{self, Error, Report, Request, Result, Session, Side};
use crate::digest::Digest;
use crate::transport::{self, Keep, Place, Pruned, Selector, Source, Transport, Tree};

pub use names::{Name, NameError, Target, names};
#[cfg(feature = "sync")]
pub use plan::run_plan;
pub use server::{Refused, Server, Site, Tls};

/// An image to be deployed.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    /// Where it is.
    pub source: &'a dyn Source,
    /// Which image there.
    pub from: &'a Selector,
    /// The repository in the tree.
    pub repository: &'a str,
    /// The tag, or the digest of an image without one.
    pub to: &'a Selector,
}

/// How images are deployed.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How each is copied.
    pub copy: copy::Options,
    /// Whether everything else in the tree is removed.
    pub prune: bool,
}

/// What a deployment did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// The images, in the order given.
    pub images: Vec<Deployed>,
    /// What was removed, if that was asked for.
    pub pruned: Option<Pruned>,
}

/// One image that was deployed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployed {
    /// The repository.
    pub repository: String,
    /// The tag, if it has one.
    pub tag: Option<String>,
    /// What the copy did.
    #[serde(flatten)]
    pub report: Report,
}

/// Copies images into the tree at `root`, one after the other, and finishes the tree.
///
/// # Errors
/// What failed and on which side. The images before the one that failed are deployed then, and nothing is pruned.
pub fn run(
    images: &[Image<'_>],
    root: &Path,
    options: &Options,
    places: &transport::Options,
    jobs: NonZeroUsize,
) -> Result<Deployment> {
    let session = Session::new(jobs, places.watch.clone());
    let mut repositories = BTreeMap::new();
    for image in images {
        if !repositories.contains_key(image.repository) {
            repositories.insert(image.repository, open(root, image.repository, places)?);
        }
    }
    let copied: Result<Vec<Deployed>> =
        images.iter().map(|image| deploy(&session, image, &*repositories[image.repository], options)).collect();
    // Also after a failure: what was put before it is to be seen.
    let finished = finish(repositories.into_values());
    let images = copied?;
    finished?;
    let pruned = if options.prune && !options.copy.dry_run { Some(prune(&images, root, places)?) } else { None };
    Ok(Deployment { images, pruned })
}

fn open(root: &Path, repository: &str, places: &transport::Options) -> Result<Box<dyn Transport>> {
    let place = Place::Static { root: root.into(), repository: repository.into() };
    place.open_destination(places).map_err(Error::at(Side::Destination, &place))
}

fn deploy(session: &Session, image: &Image<'_>, destination: &dyn Transport, options: &Options) -> Result<Deployed> {
    let Image { source, from, repository, to } = *image;
    let report = session.copy(&Request { source, from, destination, to, options: &options.copy })?;
    Ok(Deployed { repository: repository.into(), tag: to.tag().map(Into::into), report })
}

fn finish(repositories: impl Iterator<Item = Box<dyn Transport>>) -> Result<()> {
    let mut result = Ok(());
    for repository in repositories {
        let finished = repository.finish().map_err(Error::at(Side::Destination, &*repository));
        result = result.and(finished);
    }
    result
}

fn prune(images: &[Deployed], root: &Path, places: &transport::Options) -> Result<Pruned> {
    let images = images.iter().map(|image| (&*image.repository, image.tag.as_deref(), image.digest()));
    prune_others(images, root, places)
}

/// Removes everything but these: repository, tag, digest.
fn prune_others<'a>(
    images: impl Iterator<Item = (&'a str, Option<&'a str>, &'a Digest)>,
    root: &Path,
    places: &transport::Options,
) -> Result<Pruned> {
    let mut keep = BTreeMap::<String, Keep>::new();
    for (repository, tag, digest) in images {
        let keep = keep.entry(repository.into()).or_default();
        keep.tags.extend(tag.map(Into::into));
        keep.digests.insert(digest.clone());
    }
    Tree::open(root, places).prune(&keep).map_err(Error::at(Side::Destination, &root.display()))
}

impl Deployed {
    /// Returns the digest of the manifest in the tree.
    pub fn digest(&self) -> &Digest {
        &self.report.manifest.digest
    }
}
