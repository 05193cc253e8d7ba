//! Which names of a list are shown, and in which order.

use std::num::NonZeroUsize;

#[cfg(feature = "sync")]
use stevedore::sync::{Filter, Order, Pattern};

use super::Result;

/// Which names are listed.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Choice")]
pub(crate) struct NameFlags {
    /// List names that match: a glob (3.*), a regular expression (/^v[0-9]/) or a version requirement (semver:>=1.2,<2); several times for any of
    /// them
    #[cfg(feature = "sync")]
    #[arg(long = "match", value_name = "PATTERN")]
    wanted: Vec<Pattern>,
    /// Leave out names that match, whatever --match says
    #[cfg(feature = "sync")]
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<Pattern>,
    /// Sort by name, natural (v2 before v10) or semver; with a dash before it, from the end, as in -semver for the newest version first [default:
    /// as the place has them]
    #[cfg(feature = "sync")]
    #[arg(long, value_name = "ORDER", allow_hyphen_values = true)]
    sort: Option<Order>,
    /// List no more than the first N of what is left
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
}

impl NameFlags {
    /// Passes on the names of a list that are wanted: in the list's order page by page, and no further than it has to be read, or else sorted, all
    /// at once. `is_wanted` has the first word.
    ///
    /// # Errors
    /// Those of the list and of `show`.
    pub(crate) fn list<E: Into<super::Error>>(
        &self,
        pages: impl Iterator<Item = Result<Vec<String>, E>>,
        is_wanted: impl Fn(&str) -> bool,
        mut show: impl FnMut(Vec<String>) -> Result<()>,
    ) -> Result<()> {
        let mut left = self.limit.map_or(usize::MAX, NonZeroUsize::get);
        let mut kept = Vec::new();
        for page in pages {
            let mut page = page.map_err(Into::into)?;
            page.retain(|name| is_wanted(name) && self.takes(name));
            if self.is_sorted() {
                kept.append(&mut page);
                continue;
            }
            page.truncate(left);
            left -= page.len();
            show(page)?;
            if left == 0 {
                return Ok(());
            }
        }
        self.sort(&mut kept);
        kept.truncate(left);
        show(kept)
    }
}

#[cfg(feature = "sync")]
impl NameFlags {
    fn takes(&self, name: &str) -> bool {
        Filter::allows(&self.wanted, &self.exclude, name)
    }

    fn is_sorted(&self) -> bool {
        self.sort.is_some()
    }

    fn sort(&self, names: &mut Vec<String>) {
        if let Some(order) = self.sort {
            order.sort(names);
        }
    }
}

#[cfg(not(feature = "sync"))]
impl NameFlags {
    fn takes(&self, _: &str) -> bool {
        true
    }

    fn is_sorted(&self) -> bool {
        false
    }

    fn sort(&self, _: &mut Vec<String>) {}
}
