//! Which images an archive holds: those that `manifest.json` lists, and those that `index.json` does.
//!
//! Docker's list says what is meant and knows the names; the OCI half has the original manifests. An image that both describe alike is read
//! from the OCI half, so that its digest is the original's.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::list::{Item, digest_of_path};
use super::names;
use crate::descriptor::Descriptor;
use crate::digest::Digest;

/// The OCI half: the entries of `index.json` and the images that they lead to.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots {
    pub(super) entries: Vec<Root>,
    /// The images' numbers.
    pub(super) contents: HashMap<Content, usize>,
}

/// An entry of `index.json` with what is below it.
#[derive(Clone, Debug)]
pub(super) struct Root {
    /// The entry.
    pub(super) descriptor: Descriptor,
    /// The numbers of the images that it leads to.
    pub(super) contents: Vec<usize>,
}

/// What makes up one image.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Content {
    pub(super) config: Digest,
    pub(super) layers: Vec<Digest>,
}

/// An image of the archive.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Image {
    /// Its names as the archive has them.
    pub(super) names: Vec<String>,
    /// Where it is described.
    pub(super) from: From,
}

/// Where an image is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum From {
    /// By the entry of `index.json` with this number.
    Index(usize),
    /// Only by the item of `manifest.json` with this number.
    List(usize),
}

/// Returns the images in the order of Docker's list, followed by those that only the index knows.
pub(super) fn find(items: &[Item], roots: &Roots) -> Vec<Image> {
    let matching = Matching::of(roots);
    let mut images: Vec<Image> = Vec::new();
    let mut listed = HashSet::new();
    for (number, item) in items.iter().enumerate() {
        let content = content(item).and_then(|content| roots.contents.get(&content)).copied();
        let from = |name| content.and_then(|it| matching.find(it, name)).map_or(From::List(number), From::Index);
        let mut places = HashMap::new();
        for name in item.names() {
            let from = from(Some(names::known(name)));
            let at = *places.entry(from).or_insert(images.len());
            match images.get_mut(at) {
                Some(image) => image.names.push(name.clone()),
                None => images.push(Image { names: vec![name.clone()], from }),
            }
        }
        if item.names().is_empty() {
            let from = from(None);
            places.insert(from, images.len());
            images.push(Image { names: Vec::new(), from });
        }
        listed.extend(places.into_keys());
    }
    for (number, root) in roots.entries.iter().enumerate() {
        let from = From::Index(number);
        if !listed.contains(&from) {
            let names = names::of_entry(&root.descriptor).into_iter().collect();
            images.push(Image { names, from });
        }
    }
    images
}

/// Returns what an item's paths name; nothing when they are not those of blobs.
fn content(item: &Item) -> Option<Content> {
    let config = digest_of_path(&item.config)?;
    let layers = item.layers.iter().map(|path| digest_of_path(path)).collect::<Option<_>>()?;
    Some(Content { config, layers })
}

/// The first entries of the index by the image that they lead to, and by their name as well.
struct Matching {
    any: HashMap<usize, usize>,
    named: HashMap<(usize, Option<Arc<str>>), usize>,
}

impl Matching {
    fn of(roots: &Roots) -> Self {
        let (mut any, mut named) = (HashMap::new(), HashMap::new());
        for (number, root) in roots.entries.iter().enumerate() {
            let name: Option<Arc<str>> = names::of_entry(&root.descriptor).map(Into::into);
            for content in &root.contents {
                any.entry(*content).or_insert(number);
                named.entry((*content, name.clone())).or_insert(number);
            }
        }
        Self { any, named }
    }

    /// Finds the entry that means an image: the one with the name, else any.
    fn find(&self, content: usize, name: Option<String>) -> Option<usize> {
        let named = self.named.get(&(content, name.map(Into::into)));
        named.or_else(|| self.any.get(&content)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::list::blob_path;
    use super::*;
    use crate::media_type::MediaType;

    fn content(text: &str) -> Content {
        Content { config: Digest::of(text.as_bytes()), layers: vec![Digest::of(b"layer")] }
    }

    fn roots(entries: &[(Option<&str>, &[&str])]) -> Roots {
        let mut roots = Roots::default();
        for (name, contents) in entries {
            let mut descriptor = Descriptor::of(MediaType::OCI_MANIFEST, contents.concat().as_bytes());
            names::set_known(&mut descriptor.annotations, *name);
            let numbers = contents.iter().map(|each| {
                let next = roots.contents.len();
                *roots.contents.entry(content(each)).or_insert(next)
            });
            let contents = numbers.collect();
            roots.entries.push(Root { descriptor, contents });
        }
        roots
    }

    fn item(names: &[&str], text: &str) -> Item {
        let content = content(text);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Item {
            config: blob_path(&content.config),
            repo_tags: Some(names),
            layers: content.layers.iter().map(blob_path).collect(),
        }
    }

    fn image(names: &[&str], from: From) -> Image {
        Image { names: names.iter().map(|name| (*name).to_owned()).collect(), from }
    }

    #[test]
    fn both_halves() {
        let roots =
            roots(&[(Some("docker.io/library/b:1"), &["one"]), (Some("docker.io/library/a:1"), &["one", "two"])]);
        // The name decides between entries that lead to the same image.
        assert_eq!(
            find(&[item(&["a:1"], "one"), item(&["b:1"], "one")], &roots),
            [image(&["a:1"], From::Index(1)), image(&["b:1"], From::Index(0)),]
        );
        // One item with the names of two entries is two images.
        assert_eq!(
            find(&[item(&["a:1", "b:1", "c:1"], "one")], &roots),
            [image(&["a:1"], From::Index(1)), image(&["b:1", "c:1"], From::Index(0)),]
        );
        assert_eq!(
            find(&[item(&[], "two")], &roots),
            [image(&[], From::Index(1)), image(&["docker.io/library/b:1"], From::Index(0)),]
        );
    }

    #[test]
    fn halves_that_disagree() {
        let mut changed = item(&["a:1"], "one");
        changed.layers = vec![blob_path(&Digest::of(b"other"))];
        let classic = Item { config: "c.json".into(), layers: vec!["l.tar".into()], ..Item::default() };
        let roots = roots(&[(None, &["one"])]);
        assert_eq!(
            find(&[changed, classic], &roots),
            [image(&["a:1"], From::List(0)), image(&[], From::List(1)), image(&[], From::Index(0)),]
        );
        assert_eq!(find(&[], &roots), [image(&[], From::Index(0))]);
    }
}
