//! `ls`: what is in an image, or in one of its layers.

mod layers;
mod selection;
mod tree;

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

use stevedore::filesystem::usage;
use stevedore::transport::Location;

use crate::cli::entries::{self, Heading, Row, Rows, Style};
use crate::cli::image_flags::{ImageFlags, Opened};
use crate::cli::locations::location;
use crate::cli::{Result, Ui, Usage, output, warnings};
use layers::LayerTable;
use selection::Selection;

/// List what is in an image
///
/// All layers are merged as a container would see them: one path a line, the whole image or what is at and below PATH. PATH may be a
/// pattern: * and ? within a name, ** across directories, [a-z]. In text, control characters and bytes that are no UTF-8 are written as
/// \xNN; --null and --json give every byte.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    /// A file, a directory, or a pattern for paths
    path: Option<OsString>,
    /// Show type, mode, owner, size, time, and the number of the layer that has it
    #[arg(short, long, conflicts_with_all = ["null", "tree"])]
    long: bool,
    /// Print the paths as they are, each with a NUL behind it
    #[arg(short = '0', long, conflicts_with_all = ["tree", "digests"])]
    null: bool,
    /// Show directories with the size of all that is in them
    #[arg(long)]
    tree: bool,
    /// Show no more than so many levels
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// Show the digest of each file's content
    #[arg(long)]
    digests: bool,
    /// Show extended attributes
    #[arg(long, conflicts_with_all = ["null", "tree"])]
    xattrs: bool,
    /// List the layers instead: sizes, hidden bytes, whiteouts, and what made them
    #[arg(long, conflicts_with_all = ["path", "layer", "long", "null", "tree", "depth", "digests", "xattrs"])]
    layers: bool,
    /// List the entries of this layer alone, whiteouts included, as its tar has them; the lowest is 0
    #[arg(long, value_name = "N", conflicts_with = "tree")]
    layer: Option<usize>,
    #[command(flatten)]
    image: ImageFlags,
}

const EXAMPLES: &str = "\
Examples:
  stevedore ls docker://alpine:3.20
  stevedore ls -l docker://alpine:3.20 /etc
  stevedore ls oci:images:app '**/*.so*'
  stevedore ls --layers docker://python:3.12
  stevedore ls --tree --depth 2 docker://python:3.12 /usr
  stevedore ls --json --digests oci:images:app | jq -r '.entries[] | select(.type == \"file\") | .digest'";

/// Lists the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let opened = args.image.open(&args.reference, args.digests, ui)?;
    if args.layers {
        return list_layers(args, &opened, ui);
    }
    if let Some(number) = args.layer {
        return list_layer(args, &opened, number, ui);
    }
    let merged = opened.layers()?.merge()?;
    warnings::of_layers(merged.warnings(), ui);
    let path = args.path.as_deref().map(OsStrExt::as_bytes);
    let selection = Selection::new(path, &merged)?;
    let base = selection.base();
    if args.tree && !ui.wants_json() {
        return print(ui, |out| tree::write(out, &merged, &selection, args.depth));
    }
    let rows = || -> Box<dyn Iterator<Item = Row<'static>> + '_> {
        let rows = selection.entries(&merged).map(Row::of);
        Box::new(rows.filter(|row| is_shallow(&row.path, base, args.depth)))
    };
    show(args, &opened, &rows, ui)
}

fn list_layers(args: &Args, opened: &Opened, ui: &Ui) -> Result<()> {
    let layers = opened.layers()?;
    let read = layers.read_all()?;
    let merged = layers.merge_read(&read)?;
    warnings::of_layers(merged.warnings(), ui);
    ui.report(&LayerTable::new(&args.reference, opened.image(), &read, &usage(&read, &merged)?))
}

fn list_layer(args: &Args, opened: &Opened, number: usize, ui: &Ui) -> Result<()> {
    let count = opened.image().layers().len();
    if number >= count {
        let hint = "stevedore ls --layers shows them";
        return Err(Usage::new(format!("the image has {count} layers, numbered from 0"), hint).into());
    }
    let layer = opened.layers()?.read(number)?;
    let path = args.path.as_deref().map(OsStrExt::as_bytes);
    let rows = || -> Box<dyn Iterator<Item = Row<'static>> + '_> {
        let rows = layer.members.iter().map(Row::of_member).filter(|row| path.is_none_or(|path| row.is_at(path)));
        Box::new(rows.filter(|row| is_shallow(&row.path, b"", args.depth)))
    };
    show(args, opened, &rows, ui)
}

fn is_shallow(path: &[u8], base: &[u8], depth: Option<usize>) -> bool {
    depth.is_none_or(|depth| entries::level(path, base) <= depth)
}

fn show<'a>(args: &Args, opened: &Opened, rows: &'a Rows<'a>, ui: &Ui) -> Result<()> {
    if ui.wants_json() {
        let heading = Heading::new(&args.reference, opened.image());
        return print(ui, |out| entries::write_json(out, &heading, rows));
    }
    let style = Style { long: args.long, null: args.null, digests: args.digests, xattrs: args.xattrs };
    print(ui, |out| entries::write_text(out, rows, style))
}

/// Prints as it comes: a listing can be large.
fn print(ui: &Ui, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    ui.close();
    output::stream(|out| fill(out).map_err(output::failure))
}
