//! What was odd about an image, as notes.

use stevedore::filesystem::{Warning, escape};

use super::Ui;

/// How many warnings are printed; more help nobody.
const MAX_NOTES: usize = 100;

/// Tells what was odd about layers.
pub(crate) fn of_layers(warnings: &[Warning], ui: &Ui) {
    for warning in warnings.iter().take(MAX_NOTES) {
        ui.note(&format!("layer {}: {} {}", warning.layer, escape(&warning.name), warning.oddity.text()));
    }
    if warnings.len() > MAX_NOTES {
        ui.note(&format!("and {} more entries like these", warnings.len() - MAX_NOTES));
    }
}

/// Tells what was odd about files with packages.
#[cfg(feature = "sbom")]
pub(crate) fn of_packages(inventory: &stevedore::sbom::Inventory, ui: &Ui) {
    for warning in inventory.warnings.iter().take(MAX_NOTES) {
        let (path, layer) = (escape(&warning.path), warning.layer);
        ui.note(&format!("/{path} in layer {layer} {}", super::report::printable(&warning.reason)));
    }
    if inventory.warnings.len() > MAX_NOTES {
        ui.note(&format!("and {} more files like these", inventory.warnings.len() - MAX_NOTES));
    }
    if inventory.packages.is_empty() {
        ui.note("no package was found in the image");
    }
    match inventory.unidentified {
        0 => {}
        1 => ui.note("1 executable belongs to no package"),
        count => ui.note(&format!("{count} executables belong to no package")),
    }
}
