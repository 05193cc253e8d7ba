//! `diff`: what is different between two images.

mod report;

use stevedore::class::Class;
#[cfg(feature = "sbom")]
use stevedore::diff::{Filesystems, Side, contents, packages};
use stevedore::diff::{Options, Scope, documents, filesystems, indexes};
use stevedore::platform::Platform;
#[cfg(feature = "sbom")]
use stevedore::sbom::catalogers;
use stevedore::transport::{ArchivePath, Location, Place};

use crate::cli::image_flags::ImageFlags;
use crate::cli::locations::location;
use crate::cli::output::Closed;
use crate::cli::{Different, Error, Result, Ui, Usage, warnings};
#[cfg(feature = "sbom")]
use report::Versions;
use report::{Compared, Differences};

/// Show what is different between two images
///
/// Files are compared as a container would see them, by their content and attributes: A is added, D deleted, M modified, T of another type.
/// When the layers of both are equal, nothing is read. The exit code is 0 when there is no difference, 1 when there are some, and 2 when
/// that could not be found out. Times of modification count unless --semantic is given; configs, manifests and packages do only when asked
/// for.
#[derive(clap::Args)]
#[command(after_long_help = [EXAMPLES, PACKAGES_EXAMPLE].concat())]
pub(crate) struct Args {
    /// The first image
    #[arg(value_parser = location)]
    pub(crate) before: Location,
    /// The second image
    #[arg(value_parser = location)]
    pub(crate) after: Location,
    /// Pass over times, history, and names: what makes no difference to a running container
    #[arg(long)]
    semantic: bool,
    /// Compare what the configs say, and the manifests' annotations, too
    #[arg(long)]
    config: bool,
    /// Compare the packages, too, as sbom lists them: which were added, removed, and have other versions
    #[cfg(feature = "sbom")]
    #[arg(long)]
    packages: bool,
    /// Compare everything: descriptors and media types, too
    #[arg(long, conflicts_with_all = ["semantic", "config"])]
    strict: bool,
    /// Take the second image for this platform [default: as the first]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    other_platform: Option<Platform>,
    #[command(flatten)]
    image: ImageFlags,
}

const EXAMPLES: &str = "\
Examples:
  stevedore diff docker://alpine:3.19 docker://alpine:3.20
  stevedore diff --semantic --config oci:old:app oci:new:app && echo reproduced
  stevedore diff --strict oci-archive:app.tar docker://registry.example/app:1
  stevedore diff --platform linux/amd64 --other-platform linux/arm64 docker://alpine:3.20 docker://alpine:3.20";

#[cfg(feature = "sbom")]
const PACKAGES_EXAMPLE: &str =
    "\n  stevedore diff --packages --json docker://debian:12.4 docker://debian:12.5 | jq .packages";
#[cfg(not(feature = "sbom"))]
const PACKAGES_EXAMPLE: &str = "";

impl Args {
    /// Returns what errors are about when both images are the same.
    pub(crate) fn reference(&self) -> Option<String> {
        (self.before == self.after).then(|| self.before.to_string())
    }

    fn scope(&self) -> Option<Scope> {
        match (self.strict, self.config, self.semantic) {
            (true, ..) => Some(Scope::All),
            (_, true, true) => Some(Scope::Semantic),
            (_, true, false) => Some(Scope::Config),
            _ => None,
        }
    }
}

/// Compares the images.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    if is_stream(&args.before.place) && is_stream(&args.after.place) {
        let hint = "write one of the archives to a file";
        return Err(Usage::new("standard input can be one image only", hint).into());
    }
    let before = args.image.open(&args.before, true, ui)?;
    let after = args.image.open_for(&args.after, args.other_platform.as_ref(), true, ui)?;
    let options = Options { times: !args.semantic };
    let (old, new) = (before.side(), after.side());
    #[cfg(feature = "sbom")]
    let read = args.packages.then(|| with_packages(&old, &new, options, ui)).transpose()?;
    #[cfg(not(feature = "sbom"))]
    let read = None;
    let (files, packages) = match read {
        Some((files, packages)) => (files, Some(packages)),
        None => (filesystems(&old, &new, options)?, None),
    };
    files.warnings.iter().for_each(|warnings| warnings::of_layers(warnings, ui));
    let mut fields = args.scope().map(|scope| documents(before.image(), after.image(), scope));
    if !args.image.names_platform() && args.other_platform.is_none() {
        let roots = [before.root(&args.before)?, after.root(&args.after)?];
        let has_index = roots.iter().any(|root| root.as_index().is_some()) && roots[0].digest() != roots[1].digest();
        match &mut fields {
            Some(fields) if has_index && args.strict => fields.extend(indexes(&roots[0], &roots[1])),
            _ if has_index => ui.note(&format!(
                "compared the image for {} alone; --strict compares the indexes, --platform other images",
                before.platform()
            )),
            _ => {}
        }
    }
    let compared = [Compared::new(&args.before, before.image()), Compared::new(&args.after, after.image())];
    let differences = Differences::new(compared, &files, fields.as_deref(), packages);
    match ui.report(&differences) {
        // Whoever reads only the beginning still learns that there are some.
        Err(error) if error.is::<Closed>() && !differences.is_empty() => return Err(Different.into()),
        reported => reported?,
    }
    if files.changes.is_empty() {
        ui.summary(&differences.summary());
    }
    if differences.is_empty() { Ok(()) } else { Err(Different.into()) }
}

/// Compares the packages in the same reading as the files.
#[cfg(feature = "sbom")]
fn with_packages(old: &Side<'_>, new: &Side<'_>, options: Options, ui: &Ui) -> Result<(Filesystems, Vec<Versions>)> {
    let contents = contents(old, new, options, &catalogers())?;
    let Some([old, new]) = &contents.inventories else { return Ok((contents.filesystems, Vec::new())) };
    [old, new].into_iter().for_each(|inventory| warnings::of_packages(inventory, ui));
    let changes = packages(old, new).into_iter().map(Versions::from).collect();
    Ok((contents.filesystems, changes))
}

/// Returns the exit code: as of `diff`, and of whatever is interrupted.
pub(crate) fn exit_code(_: &Error, class: Class) -> Option<u8> {
    (class != Class::Interrupted).then_some(2)
}

fn is_stream(place: &Place) -> bool {
    matches!(place, Place::OciArchive(ArchivePath::Standard) | Place::DockerArchive(ArchivePath::Standard))
}
