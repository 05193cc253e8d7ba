//! `export`: an image's merged filesystem as a tar, or as files in a folder.

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::filesystem::{Error, Layers, Omitted, Unpack, Warning, Writer};
use stevedore::transport::Location;

use crate::cli::image_flags::{ImageFlags, Opened};
use crate::cli::locations::location;
use crate::cli::report::Report;
use crate::cli::{Context, Result, Ui, Usage, files, output, warnings};

/// Write the filesystem of an image as a tar, or as files
///
/// All layers are merged as a container would see them, and each is read once and verified. The same image always gives the same bytes: its
/// entries come by layer, the top one first, each in the order of its layer. Without -o the tar goes to standard output, with --json too.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    /// Write to this file, or, when it ends with a slash or is a folder, unpack into this new or empty folder; - is standard output
    #[arg(short, long, value_name = "FILE|DIR/")]
    output: Option<PathBuf>,
    /// Write the tar of this layer alone, as it is, whiteouts included; the lowest is 0
    #[arg(long, value_name = "N")]
    layer: Option<usize>,
    #[command(flatten)]
    image: ImageFlags,
}

const EXAMPLES: &str = "\
Examples:
  stevedore export docker://alpine:3.20 | tar t
  stevedore export oci:images:app -o app.tar
  stevedore export --platform linux/arm64 docker://alpine:3.20 -o rootfs/
  stevedore export --layer 0 oci-archive:app.tar -o base.tar

Unpacking needs no rights: owners, devices and extended attributes that only root can set are counted on
standard error. Nothing outside the folder is ever written to, and it appears once it is complete.";

/// What was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    reference: String,
    manifest: Digest,
    output: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted: Option<Counts>,
}

/// What could not be set on unpacked files.
#[derive(Debug, Serialize)]
struct Counts {
    owners: u64,
    devices: u64,
    xattrs: u64,
}

/// Exports the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let path = args.output.as_deref().filter(|path| *path != Path::new("-"));
    if path.is_none() && output::is_terminal() {
        return Err(Usage::new("a tar is not for a terminal", "name a file with -o, or redirect the output").into());
    }
    let opened = args.image.open(&args.reference, false, ui)?;
    let count = opened.image().layers().len();
    if args.layer.is_some_and(|layer| layer >= count) {
        let hint = "stevedore ls --layers shows them";
        return Err(Usage::new(format!("the image has {count} layers, numbered from 0"), hint).into());
    }
    let Some(path) = path else {
        return to_stdout(args, &opened, ui);
    };
    let omitted = if path.is_dir() || path.as_os_str().as_bytes().ends_with(b"/") {
        Some(to_folder(args, &opened, path, ui)?)
    } else {
        to_file(args, &opened, path, ui)?;
        None
    };
    ui.report(&Exported {
        reference: args.reference.to_string(),
        manifest: opened.image().manifest().digest().clone(),
        output: path.display().to_string(),
        layer: args.layer,
        omitted: omitted.map(|Omitted { owners, devices, xattrs, .. }| Counts { owners, devices, xattrs }),
    })
}

fn to_stdout(args: &Args, opened: &Opened, ui: &Ui) -> Result<()> {
    ui.close();
    let layers = opened.layers()?;
    let warnings = output::stream(|out| write(args, &layers, false, out).map_err(output::of_layers))?;
    warnings::of_layers(&warnings, ui);
    Ok(())
}

/// Writes a file that appears once it is whole; what is no file, a device or a pipe, is written to.
fn to_file(args: &Args, opened: &Opened, path: &Path, ui: &Ui) -> Result<()> {
    let failed = || format!("cannot write {}", path.display());
    let layers = opened.layers()?;
    // A device or pipe has what was written; a file can be begun again.
    let may_repeat = std::fs::metadata(path).map_or(true, |metadata| metadata.is_file());
    let mut warnings = Vec::new();
    let mut attempt = |merged| -> (io::Result<()>, Option<Error>) {
        let mut fault = None;
        let written = files::write_whole(path, |out| match write(args, &layers, merged, out) {
            Ok(odd) => {
                warnings = odd;
                Ok(())
            }
            Err(Error::Output(error)) => Err(error),
            Err(error) => {
                fault = Some(error);
                Err(io::ErrorKind::Other.into())
            }
        });
        (written, fault)
    };
    let (written, fault) = match attempt(false) {
        (_, Some(Error::Replaced { .. })) if may_repeat => attempt(true),
        other => other,
    };
    if let Some(fault) = fault {
        return Err(fault.into());
    }
    written.with_context(failed)?;
    warnings::of_layers(&warnings, ui);
    Ok(())
}

/// Writes a tar; with `merged` each path once, which takes a look at the layers before.
fn write(args: &Args, layers: &Layers<'_>, merged: bool, into: &mut dyn Write) -> Result<Vec<Warning>, Error> {
    if let Some(number) = args.layer {
        return layers.copy_tar(number, into).map(|_| Vec::new());
    }
    let mut writer = Writer::new(into);
    let passed = if merged { layers.pass_on_merged(&mut writer)? } else { layers.pass_on(&mut writer)? };
    if let Some(path) = passed.replaced {
        return Err(Error::Replaced { path });
    }
    writer.finish()?;
    Ok(passed.warnings)
}

fn to_folder(args: &Args, opened: &Opened, path: &Path, ui: &Ui) -> Result<Omitted> {
    let layers = opened.layers()?;
    let omitted = match args.layer {
        Some(number) => {
            let mut folder = Unpack::new(path)?;
            layers.pass_on_layer(number, &mut folder)?;
            folder.finish()?
        }
        None => {
            let (passed, omitted) = layers.unpack(path)?;
            warnings::of_layers(&passed.warnings, ui);
            omitted
        }
    };
    tell_omitted(omitted, ui);
    Ok(omitted)
}

fn tell_omitted(omitted: Omitted, ui: &Ui) {
    let tell = |count: u64, text: &str| {
        if count > 0 {
            let (noun, verb) = if count == 1 { ("entry", "has") } else { ("entries", "have") };
            ui.note(&format!("{count} {noun} {verb} {text}"));
        }
    };
    tell(omitted.owners, "not the owner of the image; only root can give files away");
    tell(omitted.rights, "lost set-user-ID or set-group-ID with the owner");
    tell(omitted.devices, "been left out: only root can make devices");
    tell(omitted.xattrs, "not all extended attributes: the system or the filesystem refused them");
}

impl Report for Exported {
    fn text(&self) -> String {
        format!("{}\n", self.output)
    }
}
