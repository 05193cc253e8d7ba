//! From files to an artifact: the same files give the same bytes.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};

use super::title::{self, Title};
use super::{Artifact, CREATED, Content, Error, Result, TAR_DIGEST, TITLE, UNPACK};
use crate::build::{self, Addition, Contents};
use crate::descriptor::{Annotations, Descriptor};
use crate::digest::{Algorithm, Digest, Hasher};
use crate::draft::Packing;
use crate::manifest::{Image, Manifest};
use crate::media_type::{Format, MediaType};
use crate::watch::Watch;

/// What oras and others call an artifact that nobody gave a type.
pub const UNKNOWN: &str = "application/vnd.unknown.artifact.v1";
/// What a config is whose type was not given.
const UNKNOWN_CONFIG: MediaType = MediaType::from_static("application/vnd.unknown.config.v1+json");
/// The content of the empty descriptor.
const EMPTY: &[u8] = b"{}";
/// The same in base64.
const EMPTY_DATA: &str = "e30=";

/// A file or folder that goes into an artifact.
#[derive(Clone, Debug)]
pub struct Input {
    /// Where it is; links are followed.
    pub path: PathBuf,
    /// The name that it gets.
    pub title: String,
    /// What it is; without it, a file is a tar layer and a folder a packed one, as oras has it.
    pub media_type: Option<MediaType>,
    /// More about it.
    pub annotations: Annotations,
}

impl Input {
    /// Makes one without anything but a name.
    pub fn named(path: impl Into<PathBuf>, title: impl Into<String>) -> Self {
        Self { path: path.into(), title: title.into(), media_type: None, annotations: Annotations::new() }
    }
}

/// What an artifact is made of.
#[derive(Clone, Debug, Default)]
pub struct Recipe {
    /// The files, in their order.
    pub files: Vec<Input>,
    /// What the artifact is; without it and without a config, [`UNKNOWN`].
    pub artifact_type: Option<String>,
    /// A file for the config; without it, the empty one. Its title counts for nothing.
    pub config: Option<Input>,
    /// The manifest's annotations.
    pub annotations: Annotations,
    /// When it was made (RFC 3339); without it, nothing is said.
    pub created: Option<String>,
    /// The manifest that it refers to.
    pub subject: Option<Descriptor>,
}

/// How folders are packed.
#[derive(Clone, Debug)]
pub struct Options(build::Options);

impl Options {
    /// Makes options: gzip, one thread, times of 0, and packed folders in `scratch` until they are written.
    pub fn new(scratch: impl Into<PathBuf>) -> Self {
        Self(build::Options::new(scratch))
    }

    /// Sets how many threads compress, on which no byte depends.
    pub fn threads(mut self, threads: std::num::NonZeroUsize) -> Self {
        self.0.packing = Packing { threads, ..self.0.packing };
        self
    }

    /// Sets the time of packed files.
    pub fn times(mut self, times: build::Times) -> Self {
        self.0.times = times;
        self
    }
}

/// Makes an artifact. Files are read twice: now for their digests, and when the artifact is copied.
///
/// # Errors
/// [`Error::Title`], [`Error::Twice`] and [`Error::Below`] for names that nobody could unpack, others when something cannot be read.
pub fn pack(recipe: &Recipe, options: &Options, watch: &Watch) -> Result<Artifact> {
    let files = look(recipe)?;
    let mut contents = BTreeMap::new();
    let mut layers = Vec::new();
    for (input, title, metadata) in files {
        let (mut descriptor, content) = if metadata.is_dir() {
            pack_folder(input, &title, options, watch)?
        } else {
            read_file(input, &MediaType::OCI_LAYER, watch)?
        };
        descriptor.annotations.extend(input.annotations.clone());
        descriptor.annotations.insert(TITLE.into(), title.as_str().into());
        contents.insert(descriptor.digest.clone(), content);
        layers.push(descriptor);
    }
    let config = match &recipe.config {
        Some(input) => {
            stat(&input.path)?;
            let (mut descriptor, content) = read_file(input, &UNKNOWN_CONFIG, watch)?;
            descriptor.annotations.clone_from(&input.annotations);
            contents.insert(descriptor.digest.clone(), content);
            descriptor
        }
        None => empty(&mut contents),
    };
    if layers.is_empty() {
        // image-spec: "layers … MUST have at least one entry", and what has nothing to say has the empty one.
        layers.push(empty(&mut contents));
    }
    let manifest = Manifest::image(Format::Oci, &image(recipe, config, layers))?;
    Ok(Artifact::new(manifest, contents))
}

fn image(recipe: &Recipe, config: Descriptor, layers: Vec<Descriptor>) -> Image {
    let mut annotations = recipe.annotations.clone();
    if let Some(created) = &recipe.created {
        annotations.entry(CREATED.into()).or_insert_with(|| created.clone());
    }
    let unknown = || recipe.config.is_none().then(|| UNKNOWN.to_owned());
    let subject = recipe.subject.as_ref();
    Image {
        config,
        layers,
        subject: subject.map(|to| Descriptor::new(to.media_type.clone(), to.digest.clone(), to.size)),
        annotations,
        artifact_type: recipe.artifact_type.clone().or_else(unknown),
    }
}

/// Looks at all files before any of them is read: names first.
fn look(recipe: &Recipe) -> Result<Vec<(&Input, Title, Metadata)>> {
    let looked = recipe.files.iter().map(|input| Ok((input, Title::parse(&input.title)?, stat(&input.path)?)));
    let files: Vec<_> = looked.collect::<Result<_>>()?;
    title::check(files.iter().map(|(_, title, metadata)| (title, metadata.is_dir())))?;
    Ok(files)
}

fn stat(path: &Path) -> Result<Metadata> {
    let metadata = fs::metadata(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    match metadata.is_file() || metadata.is_dir() {
        true => Ok(metadata),
        // It could not be read twice.
        false => Err(Error::Kind { path: path.to_owned() }),
    }
}

/// Returns the empty descriptor with its content in it, as oras writes it.
fn empty(contents: &mut BTreeMap<Digest, Content>) -> Descriptor {
    let mut descriptor = Descriptor::of(MediaType::OCI_EMPTY, EMPTY);
    contents.insert(descriptor.digest.clone(), Content::Bytes(EMPTY.to_vec()));
    descriptor.data = Some(EMPTY_DATA.to_owned());
    descriptor
}

fn read_file(input: &Input, unknown: &MediaType, watch: &Watch) -> Result<(Descriptor, Content)> {
    let failed = |source| Error::Read { path: input.path.clone(), source };
    watch.check()?;
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let size = hasher.update_from(File::open(&input.path).map_err(failed)?).map_err(failed)?;
    let media_type = input.media_type.clone().unwrap_or_else(|| unknown.clone());
    Ok((Descriptor::new(media_type, hasher.finish(), size), Content::File(input.path.clone())))
}

/// Packs a folder as oras does: a tar, every name in it below the title, compressed with gzip.
fn pack_folder(input: &Input, title: &Title, options: &Options, watch: &Watch) -> Result<(Descriptor, Content)> {
    // The folder that a link names, not the link.
    let real = input.path.canonicalize().map_err(|source| Error::Read { path: input.path.clone(), source })?;
    let destination = title.as_str().as_bytes().to_vec();
    let mut contents = Contents::default();
    contents.add(&Addition { source: real, destination, ..Addition::default() })?;
    let made = build::pack(contents, &options.0, watch)?;
    let mut descriptor = made.descriptor.clone();
    if let Some(media_type) = &input.media_type {
        descriptor.media_type = media_type.clone();
    }
    descriptor.annotations.insert(UNPACK.into(), "true".into());
    descriptor.annotations.insert(TAR_DIGEST.into(), made.diff_id.to_string());
    Ok((descriptor, Content::Made(Box::new(made))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("hi.txt"), "hi\n").expect("written");
        fs::create_dir_all(folder.path().join("d/sub")).expect("made");
        fs::write(folder.path().join("d/sub/x"), "x").expect("written");
        folder
    }

    fn text(recipe: &Recipe, scratch: &Path) -> String {
        let artifact = pack(recipe, &Options::new(scratch), &Watch::default()).expect("packs");
        String::from_utf8(artifact.manifest().raw().to_vec()).expect("UTF-8")
    }

    #[test]
    fn the_manifest() {
        let folder = folder();
        let mut file = Input::named(folder.path().join("hi.txt"), "./hi.txt");
        file.annotations.insert("k".into(), "v".into());
        let recipe = Recipe {
            files: vec![file],
            annotations: Annotations::from([("made".to_owned(), "here".to_owned())]),
            created: Some("2024-01-02T03:04:05Z".into()),
            subject: Some(Descriptor {
                artifact_type: Some("dropped".into()),
                ..Descriptor::of(MediaType::OCI_MANIFEST, b"image")
            }),
            ..Recipe::default()
        };
        let wanted = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.unknown.artifact.v1","config":{"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","data":"e30="},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","size":3,"digest":"sha256:98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4","annotations":{"k":"v","org.opencontainers.image.title":"hi.txt"}}],"subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":5,"digest":"sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d"},"annotations":{"made":"here","org.opencontainers.image.created":"2024-01-02T03:04:05Z"}}"#;
        assert_eq!(text(&recipe, folder.path()), wanted);
    }

    #[test]
    fn configs_and_nothing_at_all() {
        let folder = folder();
        let config = Some(Input {
            media_type: Some(MediaType::new("application/vnd.config")),
            ..Input::named(folder.path().join("hi.txt"), "")
        });
        let with = text(&Recipe { config: config.clone(), ..Recipe::default() }, folder.path());
        assert!(with.contains(r#""config":{"mediaType":"application/vnd.config","size":3"#), "{with}");
        assert!(!with.contains("artifactType"), "{with}");
        let typed = Recipe { config, artifact_type: Some("a/b".into()), ..Recipe::default() };
        assert!(text(&typed, folder.path()).contains(r#""artifactType":"a/b""#));
        let nothing = text(&Recipe::default(), folder.path());
        assert_eq!(nothing.matches(r#""data":"e30=""#).count(), 2, "{nothing}");
    }

    #[test]
    fn folders_are_the_same_each_time() {
        let (one, two) = (folder(), folder());
        let of = |folder: &tempfile::TempDir| {
            let recipe = Recipe { files: vec![Input::named(folder.path().join("d"), "a/d")], ..Recipe::default() };
            text(&recipe, folder.path())
        };
        assert_eq!(of(&one), of(&two));
        assert!(of(&one).contains(r#""io.deis.oras.content.unpack":"true","org.opencontainers.image.title":"a/d""#));
    }

    #[test]
    fn what_cannot_be_packed() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        let link = at("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&link).expect("bound");
        for (files, wanted) in [
            (vec![("hi.txt", "../hi")], r#""../hi" is no name for a file: it leads upwards"#.to_owned()),
            (vec![("hi.txt", "a"), ("d/sub/x", "a")], r#"two files have the name "a""#.into()),
            (vec![("hi.txt", "a"), ("d", "a/d")], r#""a/d" cannot be in "a", which is a file"#.into()),
            (vec![("none", "a")], format!("cannot read {}", at("none").display())),
            (vec![("socket", "a")], format!("{} is neither a file nor a folder", link.display())),
        ] {
            let files = files.into_iter().map(|(path, title)| Input::named(at(path), title)).collect();
            let recipe = Recipe { files, ..Recipe::default() };
            let error = pack(&recipe, &Options::new(folder.path()), &Watch::default()).expect_err("refused");
            assert_eq!(error.to_string(), wanted);
        }
    }
}
