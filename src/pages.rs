//! The bounds of a list that a stranger hands out page by page, each page with the name of the next.
//!
//! What was read of a list that is given up is not known to be all of it: whoever finds something missing must not take it for absent.

use std::collections::HashSet;

/// How much of a list of tags is read: ten times the largest that are known.
pub(crate) const OF_TAGS: Limits = Limits { pages: 100_000, names: 10_000_000, bytes: 256 << 20 };

/// How long a list may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) pages: usize,
    pub(crate) names: usize,
    pub(crate) bytes: u64,
}

/// A walk along the pages of a list.
#[derive(Debug)]
pub(crate) struct Walk {
    what: &'static str,
    limits: Limits,
    /// Where the pages led.
    seen: HashSet<String>,
    pages: usize,
    names: usize,
    bytes: u64,
}

impl Walk {
    /// Begins at the first page of what an error calls `what`.
    pub(crate) fn new(what: &'static str, limits: Limits) -> Self {
        Self { what, limits, seen: HashSet::new(), pages: 0, names: 0, bytes: 0 }
    }

    /// Counts a page with so many names and bytes, which leads to `next`; says why the walk does not go there.
    pub(crate) fn step(&mut self, names: usize, bytes: u64, next: &str) -> Result<(), String> {
        let Limits { pages: most_pages, names: most_names, bytes: most_bytes } = self.limits;
        self.pages += 1;
        self.names = self.names.saturating_add(names);
        self.bytes = self.bytes.saturating_add(bytes);
        let what = self.what;
        if self.pages >= most_pages {
            Err(format!("{what} does not end after {most_pages} pages"))
        } else if self.names > most_names {
            Err(format!("{what} does not end after {most_names} names"))
        } else if self.bytes > most_bytes {
            Err(format!("{what} does not end after {} MiB", most_bytes >> 20))
        } else if !self.seen.insert(next.to_owned()) {
            Err(format!("{what} leads in circles"))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks along pages that are always new; returns how many there were, and why no more.
    fn walk(names: usize, bytes: u64) -> (usize, String) {
        let mut walk = Walk::new("the list", Limits { pages: 1000, names: 50_000, bytes: 64 << 20 });
        (1..).find_map(|page| Some((page, walk.step(names, bytes, &page.to_string()).err()?))).expect("it ends")
    }

    #[test]
    fn a_list_without_an_end_is_given_up() {
        assert_eq!(walk(0, 0), (1000, "the list does not end after 1000 pages".into()));
        assert_eq!(walk(100, 0), (501, "the list does not end after 50000 names".into()));
        assert_eq!(walk(0, 8 << 20), (9, "the list does not end after 64 MiB".into()));
        assert_eq!(walk(usize::MAX, u64::MAX).0, 1);
        let mut walk = Walk::new("the list", OF_TAGS);
        walk.step(1, 1, "a").expect("a new page");
        walk.step(1, 1, "b").expect("a new page");
        assert_eq!(walk.step(1, 1, "a").expect_err("seen"), "the list leads in circles");
    }
}
