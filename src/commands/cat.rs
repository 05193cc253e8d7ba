//! `cat`: a file's content out of an image.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use stevedore::transport::Location;

use crate::cli::image_flags::ImageFlags;
use crate::cli::locations::location;
use crate::cli::{Result, Ui, output};

/// Print files of an image
///
/// Symbolic links are followed inside the image. Layers are read from the top until the files are found, and no others are fetched. What
/// the layers hide or replace is not there. Nothing is printed unless all paths are files; with --json, too, their bytes are printed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    /// The files, from the root of the image
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<OsString>,
    #[command(flatten)]
    image: ImageFlags,
}

const EXAMPLES: &str = "\
Examples:
  stevedore cat docker://alpine:3.20 /etc/os-release
  stevedore cat --platform linux/arm64 oci:images:app /bin/app > app
  stevedore cat oci-archive:app.tar etc/passwd etc/group";

/// Prints the files.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let opened = args.image.open(&args.reference, true, ui)?;
    let layers = opened.layers()?;
    let paths: Vec<&[u8]> = args.paths.iter().map(|path| path.as_bytes()).collect();
    let found = layers.find(&paths)?;
    output::stream(|out| {
        found.iter().try_for_each(|file| layers.copy_content(file, out).map(drop).map_err(output::of_layers))
    })
}
