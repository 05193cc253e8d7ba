//! All tags of a place, a page at a time.

use super::{Error, Result, Source};
use crate::pages::{OF_TAGS, Walk};

/// The pages of a place's list of tags, from [`tag_pages`].
pub struct TagPages<'a> {
    source: &'a dyn Source,
    after: Option<String>,
    walk: Walk,
    is_over: bool,
}

/// Lists all tags of a place, in its order, a page for each item; it ends after the first error. A list that leads in circles, or does
/// not end, is [`Error::Endless`].
pub fn tag_pages(source: &dyn Source) -> TagPages<'_> {
    TagPages { source, after: None, walk: Walk::new("its list of tags", OF_TAGS), is_over: false }
}

impl TagPages<'_> {
    fn page(&mut self) -> Result<Vec<String>> {
        let page = self.source.tags(self.after.as_deref())?;
        if let Some(next) = &page.next {
            let bytes = page.names.iter().map(|name| name.len() as u64).sum();
            let endless = |reason| Error::Endless { place: self.source.to_string(), reason };
            self.walk.step(page.names.len(), bytes, next).map_err(endless)?;
        }
        self.is_over = page.next.is_none();
        self.after = page.next;
        Ok(page.names)
    }
}

impl Iterator for TagPages<'_> {
    type Item = Result<Vec<String>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let page = self.page();
        self.is_over |= page.is_err();
        Some(page)
    }
}
