//! The layers of an image: what each costs, brings and hides.

use serde::Serialize;
use stevedore::config::Config;
use stevedore::digest::Digest;
use stevedore::filesystem::{self, Usage};
use stevedore::image::Image;
use stevedore::transport::Location;

use crate::cli::entries::Heading;
use crate::cli::report::{Report, printable, table};
use crate::cli::units::bytes;

/// The layers of an image. The member names are those of docs/JSON.md.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LayerTable {
    #[serde(flatten)]
    heading: Heading,
    layers: Vec<Layer>,
    file_bytes: u64,
    hidden_bytes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    digest: Digest,
    diff_id: Digest,
    media_type: String,
    compression: String,
    size: u64,
    uncompressed_size: u64,
    entries: usize,
    file_bytes: u64,
    hidden_bytes: u64,
    whiteouts: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
}

impl LayerTable {
    /// Gathers what is known of each layer.
    pub(super) fn new(reference: &Location, image: &Image, layers: &[filesystem::Layer], usage: &[Usage]) -> Self {
        let created_by = created_by(image.config(), layers.len());
        let rows = layers.iter().zip(usage).zip(created_by);
        let layers: Vec<Layer> = rows.map(|((layer, usage), by)| Layer::new(layer, usage, by)).collect();
        Self {
            heading: Heading::new(reference, image),
            file_bytes: layers.iter().map(|layer| layer.file_bytes).sum(),
            hidden_bytes: layers.iter().map(|layer| layer.hidden_bytes).sum(),
            layers,
        }
    }
}

impl Layer {
    fn new(layer: &filesystem::Layer, usage: &Usage, created_by: Option<String>) -> Self {
        Self {
            digest: layer.descriptor.digest.clone(),
            diff_id: layer.diff_id.clone(),
            media_type: layer.descriptor.media_type.to_string(),
            compression: layer.compression.to_string(),
            size: layer.descriptor.size,
            uncompressed_size: layer.size,
            entries: usage.entries,
            file_bytes: usage.file_bytes,
            hidden_bytes: usage.hidden_bytes,
            whiteouts: usage.whiteouts,
            created_by,
        }
    }
}

/// Finds the step of the history that made each layer.
fn created_by(config: Option<&Config>, count: usize) -> Vec<Option<String>> {
    let mut steps = vec![None; count];
    for (step, layer) in config.map(Config::history_with_layers).unwrap_or_default() {
        if let Some(place) = layer.and_then(|layer| steps.get_mut(layer))
            && !step.created_by.is_empty()
        {
            *place = Some(step.created_by.clone());
        }
    }
    steps
}

impl Report for LayerTable {
    fn text(&self) -> String {
        let head = ["LAYER", "DIGEST", "SIZE", "TAR", "ENTRIES", "FILES", "HIDDEN", "WHITEOUTS", "CREATED BY"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for (number, layer) in self.layers.iter().enumerate() {
            rows.push(vec![
                number.to_string(),
                layer.digest.short().to_owned(),
                bytes(layer.size),
                bytes(layer.uncompressed_size),
                layer.entries.to_string(),
                bytes(layer.file_bytes),
                bytes(layer.hidden_bytes),
                layer.whiteouts.to_string(),
                shorten(layer.created_by.as_deref().unwrap_or_default()),
            ]);
        }
        let hidden = bytes(self.hidden_bytes);
        format!("{}{} in files, {hidden} of them hidden by layers above\n", table(&rows), bytes(self.file_bytes))
    }
}

/// Cuts a command to what fits on a line; --json has all of it.
fn shorten(text: &str) -> String {
    const LONGEST: usize = 60;
    let text = printable(text);
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
