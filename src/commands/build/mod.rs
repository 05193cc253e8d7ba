//! `build`: an image from files.

mod inputs;
mod report;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use clap::builder::{OsStringValueParser, TypedValueParser};
use stevedore::build::{self, Addition, Exclude, Options, Recipe, Times};
use stevedore::copy::{self, Platforms, Request, Side};
use stevedore::descriptor::Descriptor;
use stevedore::draft::{ConfigEdit, Drafts, Layer, Made, Packing};
use stevedore::image::Image;
use stevedore::media_type::{Compression, Format};
use stevedore::platform::Platform;
use stevedore::transport::{Location, Selector, Source};

use crate::cli::config_flags::{ConfigFlags, changes, pair};
use crate::cli::flags::{FormatName, Registries, Work};
use crate::cli::locations::location;
use crate::cli::policies::PolicyFlag;
use crate::cli::{Context, Result, Ui, Usage};
use inputs::Meant;
use report::{Built, BuiltImage};

/// Build an image from files
///
/// Files become layers on top of a base image (--from) or of nothing: the same bytes for the same files, whoever builds, where and when.
/// Files belong to 0:0; their times are 0, or, where SOURCE_DATE_EPOCH is set, their own but none later than that. Prints the digest.
///
/// Several --platform make an index. Whatever takes a path can be meant for one platform: --add linux/arm64=app-arm64:/bin/app.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where the image goes
    #[arg(short, long, value_name = "IMAGE", value_parser = location)]
    pub(crate) output: Location,
    /// Build on top of this image
    #[arg(long, value_name = "IMAGE", value_parser = location)]
    pub(crate) from: Option<Location>,
    /// Lay the contents of a directory over everything, as they are
    #[arg(long, value_name = "[PLATFORM=]DIR", value_parser = OsStringValueParser::new().try_map(|text| inputs::path(&text)))]
    dir: Vec<Meant<PathBuf>>,
    /// Add a file, or the contents of a directory, at a path in the image; with a slash behind it, a file goes into it. Links of the base
    /// on the way there are followed
    #[arg(
        long, value_name = "[PLATFORM=]SRC:DEST[:owner=U:G,mode=M]",
        value_parser = OsStringValueParser::new().try_map(|text| inputs::addition(&text))
    )]
    add: Vec<Meant<Addition>>,
    /// Add a tar as a layer of its own, bit by bit as it is: plain, gzip or zstd
    #[arg(long, value_name = "[PLATFORM=]TAR", value_parser = OsStringValueParser::new().try_map(|text| inputs::path(&text)))]
    layer: Vec<Meant<PathBuf>>,
    /// Remove a path of the base
    #[arg(long, value_name = "PATH")]
    remove: Vec<OsString>,
    /// Leave out what matches this pattern, as in .dockerignore
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Leave out what matches the patterns in this file, as in .dockerignore
    #[arg(long, value_name = "FILE")]
    exclude_from: Vec<PathBuf>,
    /// Build for this platform [default: this host's]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Vec<Platform>,
    /// Lay the members of an image config in a JSON file over the base's
    #[arg(
        long, value_name = "[PLATFORM=]FILE", value_parser = OsStringValueParser::new().try_map(|text| inputs::path(&text)),
        help_heading = "Config"
    )]
    config: Vec<Meant<PathBuf>>,
    #[command(flatten)]
    edit: ConfigFlags,
    /// Annotate the manifest, and the index where there is one
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = pair)]
    annotation: Vec<(String, String)>,
    /// Write these media types [default: oci]
    #[arg(short, long)]
    format: Option<FormatName>,
    /// Compress new layers: gzip, zstd or none [default: gzip]
    #[arg(long, value_name = "HOW[:LEVEL]", value_parser = inputs::compression)]
    compress: Option<(Compression, Option<i32>)>,
    /// Keep the owners that files have here
    #[arg(long)]
    keep_owner: bool,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    policy: PolicyFlag,
    #[command(flatten)]
    registries: Registries,
}

const EXAMPLES: &str = "\
Examples:
  stevedore build --dir rootfs --entrypoint /bin/app -o oci:images:app
  stevedore build --from docker://alpine:3.20 --add app:/usr/local/bin/:mode=755 --user 1000 -o docker://registry.example.com/app
  stevedore build --layer base.tar --layer app.tar.gz --platform linux/amd64 --cmd /bin/app -o docker-archive:app.tar:app:1.0
  stevedore build --from docker://alpine --platform linux/amd64 --platform linux/arm64 \\
    --add linux/amd64=app-amd64:/bin/app --add linux/arm64=app-arm64:/bin/app -o oci:images:app
  stevedore build --from oci:images:app --remove /etc/motd -o oci:images:app2";

/// Builds the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let begin = Instant::now();
    args.check()?;
    let options = args.options(ui)?;
    ui.title("build");
    let input = args.from.as_ref().map_or(&args.output.place, |from| &from.place);
    let (from, to, takes_output) = args.registries.options(&args.work, input, &args.output.place, ui)?;
    let open = |base: &Location| -> Result<_> { args.policy.guard(base.place.open_source(&from)?, base, &from.watch) };
    let base = args.from.as_ref().map(open).transpose()?;
    args.check_narrowing(base.as_deref(), ui)?;
    let destination = args.output.place.open_destination(&to);
    let destination = destination.map_err(copy::Error::at(Side::Destination, &args.output.place))?;

    let mut drafts = Drafts::default();
    let (images, needs_conversion) = args.draft_all(base.as_deref(), &options, &mut drafts, ui)?;
    let copying = copy::Options {
        platforms: Platforms::All,
        format: needs_conversion.then_some(Format::Docker),
        scratch: Some(options.scratch.clone()),
        ..copy::Options::default()
    };
    let request = Request {
        source: &drafts,
        from: &Selector::Sole,
        destination: &*destination,
        to: &args.output.at,
        options: &copying,
    };
    let report = copy::copy(&request, args.work.jobs, &from.watch)?;
    ui.done(&report.manifest.digest, &report.totals, begin.elapsed());
    let built = Built::new(&args.output, &report, images);
    let mut summary = built.summary(begin.elapsed());
    if takes_output {
        summary.push_str(&format!("; digest {}", built.digest()));
    } else {
        ui.report(&built)?;
    }
    ui.summary(&summary);
    Ok(())
}

impl Args {
    /// Refuses what contradicts itself.
    fn check(&self) -> Result<(), Usage> {
        let platforms = self.platforms();
        let meant = self.dir.iter().chain(&self.layer).chain(&self.config).map(|meant| &meant.platform);
        let meant = meant.chain(self.add.iter().map(|meant| &meant.platform));
        if let Some(other) = meant.flatten().find(|meant| !platforms.contains(meant)) {
            let hint = format!("add --platform {other}");
            return Err(Usage::new(format!("something is meant for {other}, which is not built"), hint));
        }
        if let Some(twice) = platforms.iter().enumerate().find(|(at, each)| platforms[..*at].contains(each)) {
            return Err(Usage::new(format!("{} is asked for twice", twice.1), "leave one --platform out"));
        }
        if matches!(self.format, Some(FormatName::Docker)) && !self.annotation.is_empty() {
            let hint = "use --label, or leave --format docker out";
            return Err(Usage::new("Docker's format has no annotations", hint));
        }
        if matches!((self.format, self.compress), (Some(FormatName::Docker), Some((Compression::Zstd, _)))) {
            return Err(Usage::new(
                "Docker's format has no zstd layers",
                "leave --format docker or --compress zstd out",
            ));
        }
        if !self.remove.is_empty() && self.from.is_none() {
            return Err(Usage::new("there is no base to remove anything from", "name one with --from"));
        }
        Ok(())
    }

    /// Never replaces an index by one of its images unasked, and says elsewhere which one is taken.
    fn check_narrowing(&self, base: Option<&dyn Source>, ui: &Ui) -> Result<()> {
        let (Some(source), Some(from)) = (base, &self.from) else { return Ok(()) };
        if !self.platform.is_empty() {
            return Ok(());
        }
        let root = source.manifest(&from.at)?;
        let Some(index) = root.as_index() else { return Ok(()) };
        let images = index.manifests.iter().filter(|entry| !entry.is_attestation());
        let platforms: Vec<String> =
            images.filter_map(|entry| entry.platform.as_ref()).map(ToString::to_string).collect();
        if platforms.len() < 2 {
            return Ok(());
        }
        let flags: Vec<String> = platforms.iter().map(|platform| format!("--platform {platform}")).collect();
        if *from == self.output {
            let message = format!("{from} names an index of {}, and one image would replace it", platforms.join(", "));
            return Err(Usage::new(message, format!("build for all of them with {}", flags.join(" "))).into());
        }
        let taken = Platform::host();
        ui.note(&format!("built for {taken} alone; for all platforms of the base use {}", flags.join(" ")));
        Ok(())
    }

    fn platforms(&self) -> Vec<Platform> {
        if self.platform.is_empty() { vec![Platform::host()] } else { self.platform.clone() }
    }

    fn options(&self, ui: &Ui) -> Result<Options> {
        let format = self.format.map_or(Format::Oci, Into::into);
        let (compression, level) = self.compress.unwrap_or((Compression::Gzip, None));
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let epoch = ui.environment().source_date_epoch()?;
        Ok(Options {
            packing: Packing { format, compression, level, threads },
            times: epoch.map_or(Times::Fixed(0), Times::Clamped),
            keep_owner: self.keep_owner,
            scratch: self.work.scratch(),
        })
    }

    /// Builds the image for each platform, and the index of several; says also whether a base has layers without a form in the format.
    fn draft_all<'a>(
        &self,
        base: Option<&'a dyn Source>,
        options: &Options,
        drafts: &mut Drafts<'a>,
        ui: &Ui,
    ) -> Result<(Vec<BuiltImage>, bool)> {
        let (mut images, mut tars) = (Vec::new(), BTreeMap::new());
        let mut needs_conversion = false;
        for platform in self.platforms() {
            let image = match (base, &self.from) {
                (Some(source), Some(from)) => {
                    let wanted = (!self.platform.is_empty()).then_some(&platform);
                    Some((source, Image::find(source, &from.at, wanted)?))
                }
                _ => None,
            };
            let base_image = image.as_ref().map(|(source, image)| (*source, image));
            let mut recipe = self.recipe(&platform, base_image)?;
            recipe.tars = self.open_tars(&platform, options.packing.format, &mut tars)?;
            let draft = build::build(recipe, options, &ui.watch()?)?;
            needs_conversion |= options.packing.format == Format::Docker && draft.layers.iter().any(is_zstd);
            images.push(BuiltImage::new(drafts.add(&draft, base)?, &draft));
        }
        if images.len() > 1 {
            let manifests: Vec<Descriptor> = images.iter().map(|image| image.manifest.clone()).collect();
            let annotations = self.annotation.iter().cloned().collect();
            drafts.add_index(options.packing.format, manifests, annotations).context("cannot write the index")?;
        }
        Ok((images, needs_conversion))
    }

    /// Reads the tars that are meant for a platform, each once whatever the number of platforms.
    fn open_tars(&self, platform: &Platform, format: Format, known: &mut BTreeMap<PathBuf, Made>) -> Result<Vec<Made>> {
        let mut tars = Vec::new();
        for path in chosen(&self.layer, platform) {
            let made = match known.get(&path) {
                Some(made) => made.clone(),
                None => Made::open(&path, format)?,
            };
            known.insert(path, made.clone());
            tars.push(made);
        }
        Ok(tars)
    }

    fn recipe<'a>(&self, platform: &Platform, base: Option<(&'a dyn Source, &'a Image)>) -> Result<Recipe<'a>> {
        let exclude = self.exclude()?;
        let base_name = self.from.as_ref().and_then(Location::name);
        let mut recipe = Recipe { base, base_name, ..Recipe::new(platform.clone()) };
        for path in chosen(&self.dir, platform) {
            // With a slash a link to a directory is that directory.
            let source = path.join("");
            recipe.directories.push(Addition { source, exclude: exclude.clone(), ..Addition::default() });
        }
        for addition in chosen(&self.add, platform) {
            recipe.additions.push(Addition { exclude: exclude.clone(), ..addition });
        }
        recipe.removals = self.remove.iter().map(|path| path.clone().into_encoded_bytes()).collect();
        recipe.config = self.config_edit(platform)?;
        recipe.annotations = changes(&self.annotation, &[]);
        Ok(recipe)
    }

    fn config_edit(&self, platform: &Platform) -> Result<ConfigEdit> {
        let mut edit = self.edit.edit()?;
        for path in chosen(&self.config, platform) {
            let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let wrong = || format!("{} is no image config in JSON", path.display());
            edit.lay_over(&text).with_context(wrong)?;
        }
        Ok(edit)
    }

    fn exclude(&self) -> Result<Exclude> {
        let mut exclude = Exclude::default();
        for path in &self.exclude_from {
            let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            exclude.extend(Exclude::parse(&text));
        }
        for pattern in &self.exclude {
            exclude.push(pattern.as_bytes());
        }
        Ok(exclude)
    }
}

/// Says whether a layer has no form in Docker's media types.
fn is_zstd(layer: &Layer) -> bool {
    layer.descriptor().media_type.layer_compression() == Some(Compression::Zstd)
}

/// Returns what is meant for a platform, in the order in which it was given.
fn chosen<T: Clone>(all: &[Meant<T>], platform: &Platform) -> Vec<T> {
    all.iter().filter(|meant| meant.is_for(platform)).map(|meant| meant.value.clone()).collect()
}
