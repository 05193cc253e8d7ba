//! The platforms of two indexes, each compared once.

use stevedore::diff::{Side, pairs};
use stevedore::image;
use stevedore::manifest::Manifest;
use stevedore::transport::Selector;

use super::report::{Comparison, Platform};
use crate::cli::Result;
use crate::cli::image_flags::Located;

/// Compares two images.
pub(super) type Compare<'c> = dyn Fn([&Side<'_>; 2]) -> Result<Comparison> + 'c;

/// Compares the images of each platform; those that both indexes have are not read.
pub(super) fn each(places: &[Located; 2], roots: &[Manifest; 2], compare: &Compare<'_>) -> Result<Vec<Platform>> {
    let all = [image::all(places[0].source(), &roots[0])?, image::all(places[1].source(), &roots[1])?];
    let each = pairs(&all[0], &all[1]).into_iter().map(|pair| {
        let comparison = match (&pair.before, &pair.after) {
            (Some(before), Some(after)) if before.digest != after.digest => {
                let old = places[0].image(&Selector::from(before.clone()), None)?;
                let new = places[1].image(&Selector::from(after.clone()), None)?;
                Some(compare([&places[0].side(&old), &places[1].side(&new)])?)
            }
            _ => None,
        };
        let name = pair.platform.map(|platform| platform.to_string());
        Ok(Platform { name, before: pair.before, after: pair.after, comparison })
    });
    each.collect()
}
