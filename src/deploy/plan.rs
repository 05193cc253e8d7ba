//! Images that a file lists, into a tree.

use std::path::Path;

use super::prune_others;
use crate::copy::{Result, Side};
use crate::sync::{self, Access, Options, Plan, Report};
use crate::transport::{Place, Pruned};

/// Carries out a plan whose destinations are names in the tree at `root` ([`Plan::parse_for_tree`]), several images at a time. With
/// `prune`, everything that the plan does not name is removed from the tree, but only when all of the plan succeeded.
/// [`Options::prune`] removes tags of whole repositories as for any other destination, and nothing else.
///
/// # Errors
/// That of pruning; what failed in the plan is in the report.
pub fn run_plan(plan: &Plan, root: &Path, options: &Options<'_>, prune: bool) -> Result<(Report, Option<Pruned>)> {
    let report = sync::run(plan, options);
    if !prune || options.dry_run || report.class().is_some() || report.not_begun > 0 {
        return Ok((report, None));
    }
    let images = report.images.iter().filter_map(|image| {
        let copied = image.result.as_ref().ok()?;
        let Place::Static { repository, .. } = &copied.at.place else {
            return None;
        };
        Some((&**repository, copied.at.at.tag(), &copied.digest))
    });
    let places = (options.open)(Side::Destination, &Access::default());
    let pruned = prune_others(images, root, &places)?;
    Ok((report, Some(pruned)))
}
