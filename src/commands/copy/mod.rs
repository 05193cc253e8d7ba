//! `copy`: an image from any place to any other.

mod report;

use std::path::{Path, PathBuf};
use std::time::Instant;

use stevedore::copy::{self, Options, Platforms, Request, Side};
use stevedore::platform::Platform;
use stevedore::reference::Tag;
use stevedore::transport::{self, Location};

use crate::cli::flags::{CompressionName, FormatName, Registries, Work};
use crate::cli::locations::location;
use crate::cli::policies::PolicyFlag;
use crate::cli::report::part_note;
use crate::cli::{Context, Result, Ui, Usage, files};
use report::{Copied, summary};

/// Copy an image between any two places
///
/// Prints the digest of the manifest at the destination. Of a multi-platform image, the one for this host's platform is copied unless
/// --all or --platform says otherwise. What the destination holds already is not sent again, and nothing is converted unless asked for.
#[derive(clap::Args)]
#[command(after_long_help = [EXAMPLES, POLICY_EXAMPLE].concat())]
pub(crate) struct Args {
    /// Where the image is
    #[arg(value_parser = location)]
    pub(crate) source: Location,
    /// Where it goes
    #[arg(value_parser = location)]
    pub(crate) destination: Location,
    /// Copy every platform, the index as it is
    #[arg(short, long, conflicts_with = "platform")]
    all: bool,
    /// With --all, leave attestations out; the index of the rest has another digest
    #[arg(long, requires = "all")]
    no_attestations: bool,
    /// Look for every part at the destination, though the name is right already, and send what is missing; in files, check the bytes too
    #[arg(long)]
    force: bool,
    /// Fail rather than replace what another image has as its name at the destination; looked at before anything is sent, and again when the
    /// name is written
    #[arg(long)]
    no_clobber: bool,
    /// Copy this platform; several make an index with only these
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Vec<Platform>,
    /// Convert to these media types
    #[arg(short, long)]
    format: Option<FormatName>,
    /// Recompress the layers
    #[arg(long, alias = "dest-compress-format", value_name = "HOW")]
    compress: Option<CompressionName>,
    /// The compressor's level
    #[arg(long, alias = "dest-compress-level", value_name = "N", requires = "compress", allow_negative_numbers = true)]
    compression_level: Option<i32>,
    /// Fail rather than change a manifest
    #[arg(long)]
    preserve_digests: bool,
    /// Fail unless the tag beside the source's digest names that very digest
    #[arg(long)]
    check_tag: bool,
    /// Fetch nondistributable layers too, from their own URLs if need be
    #[arg(long)]
    include_external: bool,
    /// Copy signatures, attestations, SBOMs and whatever else refers to the image, too
    #[arg(long)]
    referrers: bool,
    #[command(flatten)]
    policy: PolicyFlag,
    /// Give the manifest this name at the destination too
    #[arg(long, value_name = "TAG")]
    additional_tag: Vec<String>,
    /// Write the digest into this file
    #[arg(long, value_name = "FILE")]
    digestfile: Option<PathBuf>,
    /// Print what would be written, and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    registries: Registries,
}

const EXAMPLES: &str = "\
Examples:
  stevedore copy --all docker://alpine:3.20 docker://registry.example.com/alpine:3.20
  stevedore copy --platform linux/arm64 docker://alpine:3.20 oci:images:alpine
  stevedore copy docker://alpine docker-archive:alpine.tar:alpine:latest
  stevedore copy --all --referrers docker://registry.example.com/app:1.0 oci-archive:app.tar
  stevedore copy --all --no-clobber oci:images:app docker://registry.example.com/app:1.4.2
  stevedore copy docker://alpine docker-archive:- | docker load
  stevedore copy --dest-creds me:secret oci:images:alpine docker://registry.example.com/alpine";

#[cfg(feature = "sign")]
const POLICY_EXAMPLE: &str =
    "\n  stevedore copy --policy policy.json docker://registry.example.com/app:1.0 oci:images:app";
#[cfg(not(feature = "sign"))]
const POLICY_EXAMPLE: &str = "";

/// Copies the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let begin = Instant::now();
    let options = args.options()?;
    ui.title(&format!("copy {}", title(&args.source)));
    let (from, to, takes_output) =
        args.registries.options(&args.work, &args.source.place, &args.destination.place, ui)?;
    let to = transport::Options { verify: args.force, ..to };
    let source = args.source.place.open_source(&from).map_err(copy::Error::at(Side::Source, &args.source.place))?;
    let destination = args.destination.place.open_destination(&to);
    let destination = destination.map_err(copy::Error::at(Side::Destination, &args.destination.place))?;
    let request = Request {
        source: &*source,
        from: &args.source.at,
        destination: &*destination,
        to: &args.destination.at,
        options: &options,
    };
    let report = copy::copy(&request, args.work.jobs, &from.watch)?;
    if let Some(file) = &args.digestfile
        && !args.dry_run
    {
        write_digest(file, &report.manifest.digest.to_string())?;
    }
    if let Some(note) = part_note(&report) {
        ui.note(&note);
    }
    if args.no_clobber && report.up_to_date {
        ui.note(&format!("{} names this very image already", args.destination));
    }
    ui.done(&report.manifest.digest, &report.totals, begin.elapsed());
    let copied = Copied::new(&args.source, &args.destination, report, args.dry_run);
    let mut summary = summary(&copied, begin.elapsed());
    if takes_output && !args.dry_run {
        summary.push_str(&format!("; digest {}", copied.report.manifest.digest));
    } else {
        ui.report(&copied)?;
    }
    ui.summary(&summary);
    Ok(())
}

impl Args {
    fn options(&self) -> Result<Options> {
        Ok(Options {
            platforms: match (self.all, self.platform.as_slice()) {
                (true, _) => Platforms::All,
                (false, []) => Platforms::Host,
                (false, platforms) => Platforms::Only(platforms.to_vec()),
            },
            no_attestations: self.no_attestations,
            force: self.force,
            no_clobber: self.no_clobber,
            format: self.format.map(Into::into),
            compress: self.compress.map(Into::into),
            level: self.compression_level,
            expected: None,
            preserve_digests: self.preserve_digests,
            additional_tags: self.additional_tag.clone(),
            dry_run: self.dry_run,
            include_external: self.include_external,
            check_tag: self.tag_to_check()?,
            referrers: self.referrers,
            max_manifest_bytes: None,
            gate: self.policy.gates()?.map(|gates| gates(&self.source)),
            scratch: Some(self.work.scratch()),
        })
    }

    fn tag_to_check(&self) -> Result<Option<Tag>, Usage> {
        if !self.check_tag {
            return Ok(None);
        }
        let hint = "name both, as in docker://alpine:3.20@sha256:…";
        let missing = || Usage::new("--check-tag needs a source with a tag and a digest", hint);
        self.source.tag.clone().map(Some).ok_or_else(missing)
    }
}

/// Shortens a location to what tells it apart in a line of progress.
fn title(location: &Location) -> String {
    let text = location.to_string();
    let text = text.split_once('@').map_or(text.as_str(), |(name, _)| name);
    text.rsplit('/').next().unwrap_or(text).to_owned()
}

/// Writes the digest so that a reader sees all of it or nothing.
fn write_digest(path: &Path, digest: &str) -> Result<()> {
    files::write_whole(path, |out| out.write_all(digest.as_bytes()))
        .with_context(|| format!("the image is copied, but the digest cannot be written to {}", path.display()))
}

#[cfg(test)]
mod tests {
    use stevedore::media_type::{Compression, Format};

    use super::*;
    use crate::cli;

    fn parse(flags: &[&str]) -> Result<Args, clap::Error> {
        cli::flags_of(&[&["copy", "alpine", "oci:d"], flags].concat())
    }

    #[test]
    fn flags_become_options() {
        let options = parse(&[]).expect("parses").options().expect("options");
        assert_eq!(options.platforms, Platforms::Host);
        assert!(options.format.is_none() && options.compress.is_none() && !options.dry_run);
        assert_eq!(parse(&["-a"]).expect("parses").options().expect("options").platforms, Platforms::All);
        let flags = [
            "--platform=linux/arm64",
            "--platform=linux/amd64",
            "--format=v2s2",
            "--dest-compress-format=zstd",
            "--compression-level=-3",
            "--additional-tag=a",
            "-n",
        ];
        let options = parse(&flags).expect("parses").options().expect("options");
        let platforms = ["linux/arm64", "linux/amd64"].map(|text| text.parse().expect("a platform"));
        assert_eq!(options.platforms, Platforms::Only(platforms.to_vec()));
        assert_eq!(options.format, Some(Format::Docker));
        assert_eq!(options.compress, Some(Compression::Zstd));
        assert_eq!(options.level, Some(-3));
        assert_eq!(options.additional_tags, ["a"]);
        assert!(options.dry_run);
    }

    #[test]
    fn contradictions_are_refused() {
        for flags in [
            &["--all", "--platform=linux/amd64"][..],
            &["--compression-level=3"],
            &["--format=v1"],
            &["--jobs=0"],
            &["--authfile=a", "--src-authfile=b"],
        ] {
            assert!(parse(flags).is_err(), "{flags:?}");
        }
        assert!(parse(&["--check-tag"]).expect("parses").options().is_err());
    }

    #[test]
    fn one_authfile_is_for_both() {
        let [src, dest] = parse(&["--authfile=a"]).expect("parses").registries.sides();
        assert_eq!(src, dest);
        assert_eq!(src.authfile.as_deref(), Some(Path::new("a")));
    }

    #[test]
    fn titles_are_short() {
        let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for (location, text) in [
            ("docker://ex.com:5000/team/app:v1".to_owned(), "app:v1"),
            ("oci:/x/images:v1".to_owned(), "images:v1"),
            (format!("docker://ex.com/app:v1@{digest}"), "app:v1"),
        ] {
            assert_eq!(title(&location.parse().expect("a location")), text);
        }
    }
}
