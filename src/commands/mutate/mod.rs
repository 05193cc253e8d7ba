//! `mutate`: change an image, and leave the rest of it as it is.

mod editor;
mod report;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Instant;

use clap::ValueEnum;
use stevedore::copy::{self, Platforms, Request, Side};
use stevedore::digest::Digest;
use stevedore::draft::Drafts;
use stevedore::filesystem::Glob;
use stevedore::image::Image;
use stevedore::mutate::{self, Edit, Entry, Mutated, Options, Place, Rebase};
use stevedore::platform::Platform;
use stevedore::transport::{self, Location, Selector, Source};

use crate::cli::client::attach_streams;
use crate::cli::config_flags::{ConfigFlags, changes, pair};
use crate::cli::files::Input;
use crate::cli::flags::{CompressionName, Registry, Work};
use crate::cli::locations::location;
use crate::cli::policies::PolicyFlag;
use crate::cli::{Context, Error, Result, Ui, Usage};
use report::{Outcome, note};

/// Change an image: its config, annotations, layers, base, or the entries of an index
///
/// The new image gets the name of the old one, unless --to names another. An index stays an index: each of its images is changed, or with
/// --platform those for one platform. What is not changed keeps its bytes and is neither transferred nor compressed again, and a change
/// that changes nothing writes nothing. Attestations of changed images are dropped from an index, for they describe another image;
/// signatures and other referrers stay with what they refer to.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location, required_unless_present = "rebase")]
    reference: Option<Location>,
    /// Give the new image this name [default: the image's own]
    #[arg(short, long, visible_alias = "tag", value_name = "REFERENCE", value_parser = location)]
    to: Option<Location>,
    /// Of an index, change only the images for this platform
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    /// Print the digest of what would be written, and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    config: ConfigFlags,
    #[command(flatten)]
    facts: Facts,
    #[command(flatten)]
    layers: LayerFlags,
    #[command(flatten)]
    index: IndexFlags,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    policy: PolicyFlag,
    #[command(flatten)]
    registry: Registry,
}

#[derive(clap::Args)]
struct Facts {
    /// Say what the image runs on
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", help_heading = "Config")]
    set_platform: Option<Platform>,
    /// Annotate the manifests of the images
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = pair)]
    annotation: Vec<(String, String)>,
    /// Remove an annotation from the manifests of the images
    #[arg(long, value_name = "NAME")]
    unset_annotation: Vec<String>,
    /// Open the config or the manifest in $VISUAL or $EDITOR
    #[arg(long, value_name = "WHAT")]
    edit: Option<Part>,
}

/// What can be edited by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The config of the image
    Config,
    /// The manifest, or the index
    Manifest,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Layers")]
struct LayerFlags {
    /// Put the image, which stands upon OLD, upon NEW; without OLD, its annotations say what it stands upon
    #[arg(long, value_name = "[OLD] NEW", num_args = 1..=2, value_parser = location)]
    rebase: Vec<Location>,
    /// Remove a layer; the lowest is 0
    #[arg(long, value_name = "N")]
    remove_layer: Vec<usize>,
    /// Remove the files that match from the layers, directories with all that is in them; layers without any stay as they are
    #[arg(long, value_name = "PATTERN")]
    strip: Vec<OsString>,
    /// Set the time of the last change of all files, in seconds since 1970
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    set_time: Option<i64>,
    /// Add a tar file as a layer, bit by bit as it is: gzip, zstd or plain; - is standard input
    #[arg(long, value_name = "FILE")]
    append: Vec<PathBuf>,
    /// Make one layer of the N at the top
    #[arg(long, value_name = "N")]
    squash_last: Option<usize>,
    /// Make one layer of all
    #[arg(long, conflicts_with = "squash_last")]
    flatten: bool,
    /// Recompress the layers that are compressed otherwise
    #[arg(long, value_name = "HOW")]
    compress: Option<CompressionName>,
    /// The compressor's level; layers are recompressed whatever they are
    #[arg(long, value_name = "N", requires = "compress", allow_negative_numbers = true)]
    compression_level: Option<i32>,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Index")]
struct IndexFlags {
    /// Annotate the index
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    index_annotation: Vec<(String, String)>,
    /// Remove an annotation from the index
    #[arg(long, value_name = "NAME")]
    unset_index_annotation: Vec<String>,
    /// Add an image to the index, or all images of another index; an image becomes an index
    #[arg(long, value_name = "REFERENCE", value_parser = location)]
    index_add: Vec<Location>,
    /// Remove entries from the index
    #[arg(long, value_name = "DIGEST|PLATFORM", value_parser = entry)]
    index_remove: Vec<Entry>,
    /// Keep only these platforms in the index
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',')]
    index_filter: Vec<Platform>,
}

const EXAMPLES: &str = "\
Examples:
  stevedore mutate docker://registry.example.com/app:1.0 --label team=web --env MODE=production
  stevedore mutate oci:images:app --entrypoint /bin/app --cmd '[]' --to oci:images:app2
  stevedore mutate docker://registry.example.com/app:1.0 --rebase docker://debian:12.1 docker://debian:12.2
  stevedore mutate oci:images:app --flatten --compress zstd
  stevedore mutate oci:images:app --strip '/usr/share/doc/**' --set-time 0
  stevedore mutate docker://registry.example.com/app:1.0 --index-filter linux/amd64,linux/arm64
  EDITOR=vim stevedore mutate --edit config --platform linux/amd64 oci:images:app";

fn entry(text: &str) -> Result<Entry, String> {
    if text.contains(':') {
        return text.parse::<Digest>().map(Entry::Digest).map_err(|error| error.to_string());
    }
    text.parse().map(Entry::Platform).map_err(|_| "expected a digest, or a platform as in linux/arm64".to_owned())
}

/// Changes the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let begin = Instant::now();
    if args.reference.is_none() && args.rebase().is_empty() {
        let hint = "name it first, as in stevedore mutate IMAGE --rebase NEW";
        return Err(Usage::new("there is no image to be put upon another: --rebase took the only one", hint).into());
    }
    let target = args.to.as_ref().unwrap_or(args.reference());
    if args.to.is_none() && args.reference().at.digest().is_some() {
        let hint = "name the new image with --to";
        return Err(Usage::new("what is named by a digest cannot change in its place", hint).into());
    }
    ui.title("mutate");
    let mut places = args.registry.options(Some(&args.work), ui)?;
    let takes_output = attach_streams(&args.reference().place, Some(&target.place), &mut places)?;
    let options = Options {
        scratch: args.work.scratch(),
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        watch: places.watch.clone(),
    };
    let input = Input::spool(&args.layers.append, &options.scratch)?;
    let append: Vec<PathBuf> = args.layers.append.iter().map(|path| input.path(path)).collect();
    let mut tries = 0;
    let (mutated, report) = loop {
        tries += 1;
        match change(args, target, &places, &options, &append) {
            // Somebody else has changed it meanwhile: the same change to what is there now. What was edited by hand was something else.
            Err(error) if tries < MAX_TRIES && args.facts.edit.is_none() && is_moved(&error) => {}
            other => break other?,
        }
    };
    mutated.notes.iter().for_each(|each| ui.note(&note(each, &args.layers.strip)));
    let outcome = Outcome::new(args.reference(), target, mutated, report, args.dry_run);
    if !takes_output {
        ui.report(&outcome)?;
    }
    ui.summary(&outcome.summary(begin.elapsed()));
    Ok(())
}

/// How often a change is made before those of others are too many.
const MAX_TRIES: u32 = 50;

fn is_moved(error: &Error) -> bool {
    matches!(error.downcast_ref(), Some(copy::Error::Moved { .. }))
}

/// Makes the change to what is there, and writes it.
fn change(
    args: &Args,
    target: &Location,
    places: &transport::Options,
    options: &Options,
    append: &[PathBuf],
) -> Result<(Mutated, Option<copy::Report>)> {
    let source =
        args.reference().place.open_source(places).map_err(copy::Error::at(Side::Source, &args.reference().place))?;
    let source = args.policy.guard(source, args.reference(), &places.watch)?;
    let is_in_place = target == args.reference();
    // While somebody edits by hand, the name may come to stand for something else.
    let begun =
        (is_in_place && args.facts.edit.is_some()).then(|| source.manifest(&args.reference().at)).transpose()?;
    let others = Others::open(args, &*source, places)?;
    let edit = args.edit(&*source, &others, append)?;
    let mut drafts = Drafts::default();
    let mutated = mutate::mutate(&*source, &args.reference().at, &edit, options, &mut drafts)?;
    let is_same = args.to.is_none() && mutated.after.digest == mutated.before.digest;
    let before = begun.map_or_else(|| mutated.before.digest.clone(), |begun| begun.digest().clone());
    let expected = is_in_place.then_some(before);
    let report =
        if args.dry_run || is_same { None } else { Some(write(target, expected, &drafts, places, options, args)?) };
    Ok((mutated, report))
}

fn write(
    target: &Location,
    expected: Option<Digest>,
    drafts: &Drafts<'_>,
    places: &transport::Options,
    options: &Options,
    args: &Args,
) -> Result<copy::Report> {
    let destination =
        target.place.open_destination(places).map_err(copy::Error::at(Side::Destination, &target.place))?;
    let scratch = Some(options.scratch.clone());
    let copying = copy::Options { platforms: Platforms::All, expected, scratch, ..copy::Options::default() };
    let request = Request {
        source: drafts,
        from: &Selector::Sole,
        destination: &*destination,
        to: &target.at,
        options: &copying,
    };
    Ok(copy::copy(&request, args.work.jobs, &places.watch)?)
}

/// The other images that a change needs.
struct Others {
    old: Option<(Box<dyn Source>, Selector)>,
    new: Option<(Box<dyn Source>, Selector)>,
    added: Vec<(Box<dyn Source>, Selector)>,
}

impl Others {
    fn open(args: &Args, source: &dyn Source, places: &transport::Options) -> Result<Self> {
        let open = |location: &Location| -> Result<(Box<dyn Source>, Selector)> {
            let source = args.policy.guard(location.place.open_source(places)?, location, &places.watch)?;
            Ok((source, location.at.clone()))
        };
        let (old, new) = match args.rebase() {
            [] => (None, None),
            [old, new, ..] => (Some(open(old)?), Some(open(new)?)),
            [new] => (Some(open(&args.own_base(source)?)?), Some(open(new)?)),
        };
        Ok(Self { old, new, added: args.index.index_add.iter().map(open).collect::<Result<_, _>>()? })
    }
}

impl Args {
    /// Returns the image that is changed. As crane and regctl have it, it may come last, and --rebase takes it for a second value then.
    pub(crate) fn reference(&self) -> &Location {
        let last = self.layers.rebase.last();
        self.reference.as_ref().or(last).expect("clap wants one of them")
    }

    /// Returns the base that the image names.
    fn own_base(&self, source: &dyn Source) -> Result<Location> {
        let reference = self.reference();
        mutate::base_location(source, &reference.at).with_context(|| format!("cannot tell the base of {reference}"))
    }

    /// Returns the bases named: OLD and NEW, or NEW alone.
    fn rebase(&self) -> &[Location] {
        let given = &self.layers.rebase[..];
        if self.reference.is_some() { given } else { &given[..given.len().saturating_sub(1)] }
    }

    fn edit<'a>(&'a self, source: &dyn Source, others: &'a Others, append: &[PathBuf]) -> Result<Edit<'a>> {
        let place = |(source, at): &'a (Box<dyn Source>, Selector)| Place { source: &**source, at };
        let rebase = others.old.as_ref().zip(others.new.as_ref());
        let name = self.rebase().last().and_then(Location::name);
        let mut edit = Edit {
            platform: self.platform.clone(),
            rebase: rebase.map(|(old, new)| Rebase { old: place(old), new: place(new), name: name.clone() }),
            remove_layers: self.layers.remove_layer.clone(),
            strip: self.layers.strip.iter().map(|pattern| Glob::new(pattern.as_bytes())).collect(),
            time: self.layers.set_time,
            append: append.to_vec(),
            squash_last: self.layers.squash_last,
            flatten: self.layers.flatten,
            compress: self.layers.compress.map(Into::into),
            level: self.layers.compression_level,
            config: self.config.edit()?,
            annotations: changes(&self.facts.annotation, &self.facts.unset_annotation),
            index_annotations: changes(&self.index.index_annotation, &self.index.unset_index_annotation),
            index_remove: self.index.index_remove.clone(),
            index_filter: self.index.index_filter.clone(),
            index_add: others.added.iter().map(place).collect(),
            ..Edit::default()
        };
        edit.config.platform.clone_from(&self.facts.set_platform);
        match self.facts.edit {
            Some(Part::Config) => edit.replace_config = self.edit_config(source)?,
            // What is edited by hand is taken as it is: anything else would be passed over.
            Some(Part::Manifest) if !edit.is_empty() => {
                let hint = "make one change after the other";
                return Err(Usage::new("--edit manifest goes with no other change", hint).into());
            }
            Some(Part::Manifest) => {
                let manifest = source.manifest(&self.reference().at)?;
                edit.replace_manifest = editor::edit(manifest.raw(), "manifest-", &editor_name()?)?;
            }
            None => {}
        }
        Ok(edit)
    }

    fn edit_config(&self, source: &dyn Source) -> Result<Option<Vec<u8>>> {
        let several = source.manifest(&self.reference().at)?.as_index().is_some();
        if several && self.platform.is_none() {
            return Err(Usage::new("an index has several configs", "name one image with --platform").into());
        }
        let image = Image::find(source, &self.reference().at, self.platform.as_ref())?;
        let Some(config) = image.config() else {
            return Err(Usage::new("there is no config of an image", "look at it with stevedore inspect").into());
        };
        editor::edit(config.raw(), "config-", &editor_name()?)
    }
}

fn editor_name() -> Result<OsString> {
    let named = ["VISUAL", "EDITOR"].into_iter().filter_map(std::env::var_os).find(|name| !name.is_empty());
    named.ok_or_else(|| Usage::new("there is no editor", "set EDITOR, as in EDITOR=vi").into())
}
