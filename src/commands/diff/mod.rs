//! `diff`: what is different between two images.

mod platforms;
mod report;

use stevedore::class::Class;
#[cfg(feature = "sbom")]
use stevedore::diff::{Filesystems, contents, packages};
use stevedore::diff::{Options, Scope, Side, documents, filesystems, indexes};
use stevedore::manifest::Manifest;
use stevedore::platform::Platform;
#[cfg(feature = "sbom")]
use stevedore::sbom::catalogers;
use stevedore::transport::{ArchivePath, Location, Place};

use crate::cli::image_flags::{ImageFlags, Located};
use crate::cli::locations::location;
use crate::cli::output::Closed;
use crate::cli::report::Report;
use crate::cli::{Different, Error, Result, Ui, Usage, warnings};
#[cfg(feature = "sbom")]
use report::Versions;
use report::{Compared, Comparison, Differences, Indexes};

/// Show what is different between two images
///
/// Files are compared as a container would see them, by their content and attributes: A is added, D deleted, M modified, T of another type.
/// When the layers of both are equal, nothing is read. Of indexes the images of each platform are compared, and those that both have are not
/// read; a platform that only one has is a difference. The exit code is 0 when there is no difference, 1 when there are some, and 2 when
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
    /// Compare everything: descriptors and media types, and the indexes themselves, too
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
    let places = [args.image.locate(&args.before, true, ui)?, args.image.locate(&args.after, true, ui)?];
    let platform = args.image.platform();
    if platform.is_none() && args.other_platform.is_none() {
        let roots = [places[0].source().manifest(&args.before.at)?, places[1].source().manifest(&args.after.at)?];
        if roots.iter().any(|root| root.as_index().is_some()) {
            return run_indexes(args, &places, &roots, ui);
        }
    }
    let before = places[0].image(&args.before.at, platform)?;
    let after = places[1].image(&args.after.at, args.other_platform.as_ref().or(platform))?;
    let comparison = compare(args, [&places[0].side(&before), &places[1].side(&after)], ui)?;
    let compared = [Compared::new(&args.before, &before), Compared::new(&args.after, &after)];
    let differences = Differences::new(compared, &comparison);
    let summary = comparison.files.changes.is_empty().then(|| differences.summary());
    finish(&differences, differences.is_empty(), summary.as_deref(), ui)
}

/// Compares two indexes, or an index and an image.
fn run_indexes(args: &Args, places: &[Located; 2], roots: &[Manifest; 2], ui: &Ui) -> Result<()> {
    let platforms = platforms::each(places, roots, &|sides| compare(args, sides, ui))?;
    let is_other_kind = roots[0].as_index().is_some() != roots[1].as_index().is_some();
    // Beside an image an index has nothing in common with it but what the strict want to know.
    let scope = args.scope().filter(|scope| !is_other_kind || *scope == Scope::All);
    let fields = scope.map(|scope| indexes(&roots[0], &roots[1], scope));
    let before = (args.before.to_string(), roots[0].digest().clone());
    let after = (args.after.to_string(), roots[1].digest().clone());
    let differences = Indexes::new([before, after], fields.as_deref(), &platforms);
    finish(&differences, differences.is_empty(), differences.summary().as_deref(), ui)
}

/// Compares two images.
fn compare(args: &Args, [old, new]: [&Side<'_>; 2], ui: &Ui) -> Result<Comparison> {
    let options = Options { times: !args.semantic };
    #[cfg(feature = "sbom")]
    let read = args.packages.then(|| with_packages(old, new, options, ui)).transpose()?;
    #[cfg(not(feature = "sbom"))]
    let read = None;
    let (files, packages) = match read {
        Some((files, packages)) => (files, Some(packages)),
        None => (filesystems(old, new, options)?, None),
    };
    files.warnings.iter().for_each(|warnings| warnings::of_layers(warnings, ui));
    let fields = args.scope().map(|scope| documents(old.image, new.image, scope));
    Ok(Comparison { files, fields, packages })
}

/// Reports what was found, and says by the exit code whether there is any.
fn finish(found: &impl Report, is_same: bool, summary: Option<&str>, ui: &Ui) -> Result<()> {
    match ui.report(found) {
        // Whoever reads only the beginning still learns that there are some.
        Err(error) if error.is::<Closed>() && !is_same => return Err(Different.into()),
        reported => reported?,
    }
    if let Some(summary) = summary {
        ui.summary(summary);
    }
    if is_same { Ok(()) } else { Err(Different.into()) }
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
