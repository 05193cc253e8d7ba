//! Which images an archive holds: those that `manifest.json` lists, and those that `index.json` does.
//!
//! Docker's list says what is meant and knows the names; the OCI half has the original manifests. An image that both describe alike is read
//! from the OCI half, so that its digest is the original's.

use super::list::{Item, digest_of_path};
use super::names;
use crate::descriptor::Descriptor;
use crate::digest::Digest;

/// An entry of `index.json` with what is below it.
#[derive(Clone, Debug)]
pub(super) struct Root {
    /// The entry.
    pub(super) descriptor: Descriptor,
    /// The images that it leads to.
    pub(super) contents: Vec<Content>,
}

/// What makes up one image.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum From {
    /// By the entry of `index.json` with this number.
    Index(usize),
    /// Only by the item of `manifest.json` with this number.
    List(usize),
}

/// Returns the images in the order of Docker's list, followed by those that only the index knows.
pub(super) fn find(items: &[Item], roots: &[Root]) -> Vec<Image> {
    let mut images: Vec<Image> = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let start = images.len();
        for name in item.names() {
            let from = matching(item, Some(name), roots).map_or(From::List(number), From::Index);
            match images[start..].iter_mut().find(|image| image.from == from) {
                Some(image) => image.names.push(name.clone()),
                None => images.push(Image { names: vec![name.clone()], from }),
            }
        }
        if item.names().is_empty() {
            let from = matching(item, None, roots).map_or(From::List(number), From::Index);
            images.push(Image { names: Vec::new(), from });
        }
    }
    for (number, root) in roots.iter().enumerate() {
        let from = From::Index(number);
        if !images.iter().any(|image| image.from == from) {
            let names = names::of_entry(&root.descriptor).into_iter().collect();
            images.push(Image { names, from });
        }
    }
    images
}

/// Finds the entry of the index that means the same image: the one with the name, else any.
fn matching(item: &Item, name: Option<&str>, roots: &[Root]) -> Option<usize> {
    let config = digest_of_path(&item.config)?;
    let layers: Vec<Digest> = item.layers.iter().map(|path| digest_of_path(path)).collect::<Option<_>>()?;
    let wanted = Content { config, layers };
    let name = name.map(names::known);
    let mut same = roots.iter().enumerate().filter(|(_, root)| root.contents.contains(&wanted));
    let first = same.clone().next().map(|(number, _)| number);
    same.find(|(_, root)| names::of_entry(&root.descriptor) == name).map(|(number, _)| number).or(first)
}

#[cfg(test)]
mod tests {
    use super::super::list::blob_path;
    use super::*;
    use crate::media_type::MediaType;

    fn content(text: &str) -> Content {
        Content { config: Digest::of(text.as_bytes()), layers: vec![Digest::of(b"layer")] }
    }

    fn root(name: Option<&str>, contents: &[&str]) -> Root {
        let mut descriptor = Descriptor::of(MediaType::OCI_MANIFEST, contents.concat().as_bytes());
        names::set_known(&mut descriptor.annotations, name);
        Root { descriptor, contents: contents.iter().map(|each| content(each)).collect() }
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
            [root(Some("docker.io/library/b:1"), &["one"]), root(Some("docker.io/library/a:1"), &["one", "two"])];
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
        let roots = [root(None, &["one"])];
        assert_eq!(
            find(&[changed, classic], &roots),
            [image(&["a:1"], From::List(0)), image(&[], From::List(1)), image(&[], From::Index(0)),]
        );
        assert_eq!(find(&[], &roots), [image(&[], From::Index(0))]);
    }
}
