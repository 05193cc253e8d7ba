//! `pull`: the files of an artifact.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stevedore::artifact::{self, Error, Pull};
use stevedore::descriptor::Descriptor;
use stevedore::digest::Digest;
use stevedore::image::Image;
use stevedore::media_type::MediaType;
use stevedore::platform::Platform;
use stevedore::transport::{self, Location, Source};

use crate::cli::flags::{Registry, Work};
use crate::cli::locations::location;
use crate::cli::policies::PolicyFlag;
use crate::cli::report::{Report, printable};
use crate::cli::units::count;
use crate::cli::{Result, Ui, Usage, output};

/// Fetch the files of an artifact
///
/// Reads what `push`, `attach` and oras write: each blob with a name becomes the file of that name, packed folders are unpacked. Files appear
/// once all have been fetched and verified, and nothing outside the output folder is ever written, whatever the names and links say. Prints
/// the paths.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The artifact
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    /// The names of the files that are wanted [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Write into this folder; - writes one file to standard output, a folder as it is packed
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    output: PathBuf,
    /// Fail rather than replace a file
    #[arg(short, long)]
    keep_old_files: bool,
    /// Of an index, pull the artifact for this platform [default: this host's]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    policy: PolicyFlag,
    #[command(flatten)]
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore pull docker://registry.example.com/docs:1.0
  stevedore pull docker://registry.example.com/docs:1.0 manual.pdf -o downloads
  stevedore pull -o - docker://registry.example.com/app@sha256:… app.spdx.json | jq .";

/// What was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pulled {
    reference: String,
    digest: Digest,
    files: Vec<File>,
    nameless: Vec<Nameless>,
}

/// A file that was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    title: String,
    path: String,
    media_type: MediaType,
    digest: Digest,
    size: u64,
    is_folder: bool,
}

/// A blob without a name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Nameless {
    media_type: MediaType,
    digest: Digest,
    size: u64,
}

/// Fetches the files.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let options = args.registry.reading(&args.reference.place, Some(&args.work), ui)?;
    ui.title("pull");
    let source = args.reference.place.open_source(&options)?;
    let source = args.policy.guard(source, &args.reference, &options.watch)?;
    let artifact = Image::find(&*source, &args.reference.at, args.platform.as_ref())?;
    if args.output == Path::new("-") {
        return to_stdout(args, &*source, &artifact, ui);
    }
    let wanted =
        Pull { folder: &args.output, names: &args.names, replaces: !args.keep_old_files, jobs: args.work.jobs };
    let pulled = artifact::pull(&*source, &artifact, &wanted, &options.watch)?;
    let number = pulled.files.len();
    if !pulled.nameless.is_empty() {
        ui.note(&format!("left out what has no name: {} of the artifact", count(pulled.nameless.len(), "file")));
    }
    let bytes: u64 = pulled.files.iter().map(|file| file.descriptor.size).sum();
    ui.report(&Pulled {
        reference: args.reference.to_string(),
        digest: artifact.manifest().digest().clone(),
        files: pulled.files.into_iter().map(File::from).collect(),
        nameless: pulled.nameless.into_iter().map(Nameless::from).collect(),
    })?;
    ui.summary(&match number {
        0 => "the artifact has no files".to_owned(),
        number => format!("{} pulled, {bytes} bytes", count(number, "file")),
    });
    Ok(())
}

/// Writes one file to standard output: the only one, or the one of that name, or of that digest where it has no name. It is verified with its
/// last byte: on failure, what was written is not to be used.
fn to_stdout(args: &Args, source: &dyn Source, artifact: &Image, ui: &Ui) -> Result<()> {
    let (named, nameless) = artifact::files(artifact);
    let mut files: Vec<(String, &Descriptor)> =
        named.iter().map(|(title, blob)| ((*title).to_owned(), *blob)).collect();
    // What has names is meant by them; the rest of it is wrapping, but for whoever asks for it.
    if files.is_empty() || !args.names.is_empty() {
        files.extend(nameless.iter().map(|blob| (blob.digest.to_string(), *blob)));
    }
    let offered = || files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let wanted = |name: &str| args.names.is_empty() || args.names.iter().any(|wanted| wanted == name);
    let chosen: Vec<&Descriptor> = files.iter().filter(|(name, _)| wanted(name)).map(|(_, blob)| *blob).collect();
    let blob = match *chosen {
        [blob] => blob,
        [] => {
            let title = args.names.first().cloned().unwrap_or_default();
            return Err(Error::NoFile { title, offered: offered() }.into());
        }
        _ => {
            let hint = format!("name one of: {}", offered().join(", "));
            return Err(Usage::new("one file at a time goes to standard output", printable(&hint)).into());
        }
    };
    ui.close();
    let mut content = source.blob(blob)?;
    let mut buffer = vec![0; 128 * 1024];
    output::stream(|out| {
        loop {
            let n = content.read(&mut buffer).map_err(transport::Error::from_read)?;
            if n == 0 {
                return Ok(());
            }
            out.write_all(&buffer[..n]).map_err(output::failure)?;
        }
    })
}

impl From<artifact::PulledFile> for File {
    fn from(file: artifact::PulledFile) -> Self {
        let Descriptor { media_type, digest, size, .. } = file.descriptor;
        let path = file.path.display().to_string();
        Self { title: file.title, path, media_type, digest, size, is_folder: file.is_folder }
    }
}

impl From<Descriptor> for Nameless {
    fn from(blob: Descriptor) -> Self {
        Self { media_type: blob.media_type, digest: blob.digest, size: blob.size }
    }
}

impl Report for Pulled {
    fn text(&self) -> String {
        self.files.iter().map(|file| format!("{}\n", printable(&file.path))).collect()
    }
}
