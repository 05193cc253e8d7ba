//! A docker-archive as a layout: a store whose `index.json` lists every image with its whole name.
//!
//! The blobs of the OCI half are read where they lie. Of an image that only Docker's list describes, a manifest is made here, of the layers
//! as they lie in the archive; each file is hashed once, when the first manifest is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};

use serde::Serialize;

use super::images::{self, From, Image, Roots};
use super::list::{self, Item};
use super::names;
use super::roots;
use super::unpacked::{self, Damage};
use crate::config;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::locks;
use crate::manifest::{self, Manifest};
use crate::media_type::{Compression, Format, MediaType};
use crate::store::{self, Body, Content, Depth, Key, Keys, Lock, LockKind, Object, Stage, Store, Tar};
use crate::transport::archive::{INDEX_FILE, LAYOUT, LAYOUT_FILE, blob_key, into_store, malformed, read};
use crate::transport::{Error, Place, Result};
use crate::watch::Watch;

/// The largest list of images that is read, in bytes.
const MAX_LIST: u64 = 16 * 1024 * 1024;

/// A docker-archive as a layout, for reading.
pub(super) struct View {
    place: Place,
    watch: Watch,
    tar: Tar,
    items: Vec<Item>,
    roots: Roots,
    images: Vec<Image>,
    /// The names that the layout has.
    known: BTreeSet<String>,
    made: Mutex<Option<Arc<Made>>>,
}

/// What the archive lacks to be a layout.
struct Made {
    /// The images' manifests, in the images' order.
    manifests: Vec<Descriptor>,
    /// Small objects.
    objects: BTreeMap<Key, Small>,
    /// Blobs that lie elsewhere in the archive.
    aliases: BTreeMap<Key, Key>,
    /// What must not be handed on, by its manifest.
    damaged: BTreeMap<Digest, (Damage, Digest)>,
}

/// A small object.
struct Small {
    content: Arc<[u8]>,
    etag: String,
}

impl View {
    /// Finds the images of an archive.
    pub(super) fn open(tar: Tar, place: &Place, watch: &Watch) -> Result<Self> {
        let list = read(&tar, list::FILE, MAX_LIST)?;
        let roots = match roots::read_all(&tar, place) {
            // Docker's list is enough for what Docker itself would load.
            Err(error) if list.is_some() => {
                watch.note(&format!("the OCI half of {place} is not used: {error}"));
                None
            }
            other => other?,
        };
        if roots.is_none() && list.is_none() {
            return Err(malformed(place, explain(&tar)?));
        }
        let roots = roots.unwrap_or_default();
        let items = match list {
            Some(list) => list::parse(&list).map_err(|error| malformed(place, format!("manifest.json: {error}")))?,
            None => Vec::new(),
        };
        let images = images::find(&items, &roots);
        let names = images.iter().flat_map(|image| image.names.iter().map(move |name| (image, name)));
        let known = names.map(|(image, name)| known(&roots, image, name)).collect();
        let (place, watch, made) = (place.clone(), watch.clone(), Mutex::default());
        Ok(Self { place, watch, tar, items, roots, images, known, made })
    }

    /// Returns the images.
    pub(super) fn images(&self) -> &[Image] {
        &self.images
    }

    /// Returns the manifest of the image with a number.
    pub(super) fn manifest(&self, number: usize) -> Result<Option<Descriptor>> {
        Ok(self.made()?.manifests.get(number).cloned())
    }

    /// Fails when the image of a manifest is damaged.
    pub(super) fn check(&self, manifest: &Digest) -> Result<()> {
        match self.made()?.damaged.get(manifest) {
            Some((damage, config)) => Err(damage.error(&self.place, config)),
            None => Ok(()),
        }
    }

    /// Says whether an image is found under this very name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    fn made(&self) -> Result<Arc<Made>> {
        let mut slot = locks::lock(&self.made);
        if let Some(made) = &*slot {
            return Ok(made.clone());
        }
        let mut maker = Maker { view: self, hashed: BTreeMap::new(), made: Made::new() };
        for image in &self.images {
            let manifest = match image.from {
                From::Index(number) => self.roots.entries[number].descriptor.clone(),
                From::List(number) => maker.manifest(&self.items[number])?,
            };
            maker.made.manifests.push(manifest);
        }
        let mut made = maker.made;
        made.set(INDEX_FILE, self.index(&made.manifests));
        Ok(slot.insert(Arc::new(made)).clone())
    }

    /// Makes the list of images in the form that the layout goes by.
    fn index(&self, manifests: &[Descriptor]) -> Vec<u8> {
        let mut entries = Vec::new();
        for (image, manifest) in self.images.iter().zip(manifests) {
            let mut entry = manifest.clone();
            let names: Vec<Option<String>> =
                image.names.iter().map(|name| Some(known(&self.roots, image, name))).collect();
            for name in if names.is_empty() { vec![None] } else { names } {
                names::set_known(&mut entry.annotations, name.as_deref());
                entries.push(entry.clone());
            }
        }
        encode_index(&entries)
    }
}

/// Returns the name that an image of an archive is found by.
fn known(roots: &Roots, image: &Image, name: &str) -> String {
    match image.from {
        // A tag alone is a name in the index, but would be a repository in Docker's list.
        From::Index(number) if names::of_entry(&roots.entries[number].descriptor).as_deref() == Some(name) => {
            name.into()
        }
        _ => names::known(name),
    }
}

impl Made {
    fn new() -> Self {
        let mut made = Self {
            manifests: Vec::new(),
            objects: BTreeMap::new(),
            aliases: BTreeMap::new(),
            damaged: BTreeMap::new(),
        };
        made.set(LAYOUT_FILE, LAYOUT.to_vec());
        made
    }

    fn set(&mut self, name: &str, content: Vec<u8>) {
        self.put(name.parse().expect("a name is a key"), content.into());
    }

    fn put(&mut self, key: Key, content: Arc<[u8]>) {
        let etag = Digest::of(&content).to_string();
        self.objects.insert(key, Small { content, etag });
    }
}

/// Encodes a layout's list of images.
pub(super) fn encode_index(entries: &[Descriptor]) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Index<'a> {
        schema_version: u8,
        media_type: MediaType,
        manifests: &'a [Descriptor],
    }
    let index = Index { schema_version: 2, media_type: MediaType::OCI_INDEX, manifests: entries };
    serde_json::to_vec(&index).expect("descriptors are always writable")
}

/// Says why an archive without lists is none that can be read.
fn explain(tar: &Tar) -> Result<&'static str> {
    Ok(match read(tar, "repositories", MAX_LIST)? {
        Some(_) => "it has no manifest.json, as archives of Docker before 1.10; load and save it with a newer Docker",
        None => "it has neither manifest.json nor index.json, so it holds no images",
    })
}

/// Makes manifests of what Docker's list says.
struct Maker<'a> {
    view: &'a View,
    /// What was hashed, by its place: layers are shared.
    hashed: BTreeMap<Key, (Descriptor, unpacked::Content)>,
    made: Made,
}

impl Maker<'_> {
    fn manifest(&mut self, item: &Item) -> Result<Descriptor> {
        let (config, object) = self.file(&item.config)?;
        let raw = object.read_all(config::MAX_SIZE).map_err(Error::io("read", config.as_str()))?;
        let (mut config, _) = self.hash(&config)?;
        let mut layers = Vec::new();
        for path in &item.layers {
            let (layer, _) = self.file(path)?;
            layers.push(self.hash(&layer)?);
        }
        let damage = unpacked::compare(&raw, &item.layers, &layers);
        let mut layers: Vec<Descriptor> = layers.into_iter().map(|(layer, _)| layer).collect();
        let config_digest = config.digest.clone();
        // Docker has no type for zstd layers, but OCI does.
        let is_zstd = |layer: &Descriptor| layer.media_type.layer_compression() == Some(Compression::Zstd);
        let format = if layers.iter().any(is_zstd) { Format::Oci } else { Format::Docker };
        config.media_type = MediaType::OCI_CONFIG.in_format(format);
        for layer in &mut layers {
            layer.media_type = layer.media_type.in_format(format);
        }
        let image =
            manifest::Image { config, layers, subject: None, annotations: BTreeMap::new(), artifact_type: None };
        let manifest = Manifest::image(format, &image)
            .map_err(|error| malformed(&self.view.place, format!("manifest.json: {error}")))?;
        self.made.put(blob_key(manifest.digest()), manifest.raw().into());
        if let Some(damage) = damage {
            self.made.damaged.insert(manifest.digest().clone(), (damage, config_digest));
        }
        Ok(manifest.descriptor())
    }

    /// Finds a file that the list names.
    fn file(&self, path: &str) -> Result<(Key, Object)> {
        let place = &self.view.place;
        let missing = || malformed(place, format!("manifest.json names {path:?}, which is not in the archive"));
        let key: Key = path.trim_start_matches("./").parse().map_err(|_| missing())?;
        let object = self.view.tar.get(&key)?.ok_or_else(missing)?;
        Ok((key, object))
    }

    /// Hashes a file and makes it a blob. The type says how it is compressed, whatever its name says.
    fn hash(&mut self, key: &Key) -> Result<(Descriptor, unpacked::Content)> {
        if let Some(known) = self.hashed.get(key) {
            return Ok(known.clone());
        }
        let failed = || Error::io("read", key.as_str());
        let object = self.view.tar.get(key)?.expect("found before");
        let reader = object.open(0).map_err(failed())?.into_reader();
        let hashed = unpacked::hash(reader, &self.view.watch).map_err(failed())?;
        let media_type = MediaType::layer(Format::Docker, hashed.compression);
        let descriptor = Descriptor::new(media_type, hashed.digest, object.size);
        self.made.aliases.insert(blob_key(&descriptor.digest), key.clone());
        self.hashed.insert(key.clone(), (descriptor.clone(), hashed.content.clone()));
        Ok((descriptor, hashed.content))
    }
}

/// Says whether a key may be one of what is made here.
fn is_made(key: &Key) -> bool {
    key.as_str() == INDEX_FILE || key.as_str() == LAYOUT_FILE || key.as_str().starts_with("blobs/")
}

impl Store for View {
    fn get(&self, key: &Key) -> store::Result<Option<Object>> {
        if !is_made(key) {
            return Ok(None);
        }
        if key.as_str().starts_with("blobs/")
            && let Some(object) = self.tar.get(key)?
        {
            return Ok(Some(object));
        }
        let made = self.made().map_err(into_store)?;
        if let Some(object) = made.objects.get(key) {
            return Ok(Some(in_memory(object)));
        }
        match made.aliases.get(key) {
            Some(at) => self.tar.get(at),
            None => Ok(None),
        }
    }

    fn put(&self, _: &Key, _: Content<'_>) -> store::Result<()> {
        Err(store::Error::Unsupported { what: "writing" })
    }

    fn stage(&self, _: &Key) -> store::Result<Box<dyn Stage>> {
        Err(store::Error::Unsupported { what: "writing" })
    }

    fn delete(&self, _: &Key) -> store::Result<bool> {
        Err(store::Error::Unsupported { what: "deleting" })
    }

    fn list(&self, prefix: &Key, after: Option<&Key>, depth: Depth) -> store::Result<Keys> {
        self.tar.list(prefix, after, depth)
    }

    fn lock(&self, _: &Key, _: LockKind) -> store::Result<Lock> {
        Ok(Lock::trivial())
    }
}

fn in_memory(small: &Small) -> Object {
    let content = small.content.clone();
    let mut object = Object::new(content.len() as u64, move |at| {
        let mut reader = io::Cursor::new(content.clone());
        reader.set_position(at);
        Ok(Body::Reader(Box::new(reader)))
    });
    object.etag = Some(small.etag.clone());
    object
}
