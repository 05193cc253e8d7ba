//! What an artifact is made of, as typed: shared by `push` and `attach`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stevedore::artifact::{self, Artifact, Input, Recipe, TITLE};
use stevedore::build::Times;
use stevedore::descriptor::{Annotations, Descriptor};
use stevedore::digest::Digest;
use stevedore::media_type::MediaType;
use stevedore::timestamp;
use stevedore::watch::Watch;

use super::config_flags::{annotations, pair};
use super::{Context, Result, Ui, Usage};

/// The largest file with annotations that is read, in bytes.
const MAX_ANNOTATIONS: u64 = 8 << 20;
/// The name in that file of what the manifest gets.
const MANIFEST: &str = "$manifest";
/// The same of the config.
const CONFIG: &str = "$config";

/// The files of an artifact and what is said about them.
#[derive(clap::Args)]
pub(crate) struct ArtifactFlags {
    /// Files and folders, each with its media type if it is to have one. A file is named by its path as typed, or by its last part when the
    /// path is absolute or leads upwards. Write NAME: for a name with a colon
    #[arg(value_name = "FILE[:TYPE]", value_parser = typed)]
    files: Vec<Typed>,
    /// Add this annotation to the manifest
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = pair)]
    annotation: Vec<(String, String)>,
    /// Add the annotations in this JSON file: an object for each file by its name, for $manifest and for $config
    #[arg(long, value_name = "FILE")]
    annotation_file: Option<PathBuf>,
    /// Give files this media type unless they have one of their own [default: application/vnd.oci.image.layer.v1.tar]
    #[arg(long, value_name = "TYPE", value_parser = media_type)]
    media_type: Option<MediaType>,
    /// Take this file for the config [default: the empty one]
    #[arg(long, value_name = "FILE[:TYPE]", value_parser = typed)]
    config: Option<Typed>,
    /// Say when it was made: seconds since 1970 [default: $SOURCE_DATE_EPOCH, else nothing is said]
    #[arg(long, value_name = "SECONDS")]
    timestamp: Option<i64>,
}

/// A file with its media type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Typed {
    path: PathBuf,
    media_type: Option<MediaType>,
}

/// Reads `FILE`, `FILE:TYPE` or, for a name with a colon, `FILE:`.
pub(crate) fn typed(text: &str) -> Result<Typed, String> {
    let (path, media_type) = match text.rsplit_once(':') {
        None => (text, None),
        Some((path, "")) => (path, None),
        Some((path, kind)) => match media_type(kind) {
            Ok(media_type) => (path, Some(media_type)),
            Err(reason) => return Err(format!("{reason}; if the file's name has a colon, write {text}:")),
        },
    };
    if path.is_empty() {
        return Err("expected FILE or FILE:TYPE".into());
    }
    Ok(Typed { path: path.into(), media_type })
}

/// Reads a media type (RFC 6838, section 4.2).
pub(crate) fn media_type(text: &str) -> Result<MediaType, String> {
    let is_name = |name: &str| {
        name.len() <= 127
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    match text.split_once('/') {
        Some((kind, subtype)) if is_name(kind) && is_name(subtype) => Ok(MediaType::new(text)),
        _ => Err(format!("{text:?} is no media type, which is TYPE/SUBTYPE")),
    }
}

/// Reads the type of an artifact.
pub(crate) fn artifact_type(text: &str) -> Result<String, String> {
    media_type(text).map(|_| text.to_owned())
}

impl ArtifactFlags {
    /// Says whether there is anything to be told.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.annotation.is_empty() && self.annotation_file.is_none() && self.config.is_none()
    }

    /// Makes the artifact; `subject` is what it refers to.
    pub(crate) fn pack(
        &self,
        artifact_type: Option<&str>,
        subject: Option<Descriptor>,
        scratch: &Path,
        ui: &Ui,
        watch: &Watch,
    ) -> Result<Artifact> {
        let seconds = match self.timestamp {
            Some(seconds) => Some(seconds),
            None => ui.environment().source_date_epoch()?,
        };
        let mut annotations = self.annotations()?;
        let mut files = Vec::new();
        for Typed { path, media_type } in &self.files {
            let title = artifact::title(path)?;
            let is_folder = path.is_dir();
            let media_type = media_type.clone().or_else(|| self.media_type.clone().filter(|_| !is_folder));
            let annotations = annotations.remove(&title).unwrap_or_default();
            files.push(Input { path: path.clone(), title, media_type, annotations });
        }
        let config = self.config.as_ref().map(|Typed { path, media_type }| Input {
            media_type: media_type.clone(),
            annotations: annotations.remove(CONFIG).unwrap_or_default(),
            ..Input::named(path, "")
        });
        let of_manifest = annotations.remove(MANIFEST).unwrap_or_default();
        if let Some(name) = annotations.keys().next() {
            let hint = "name the file as the artifact does, or $manifest, or $config with --config";
            return Err(Usage::new(format!("the annotations are of {name:?}, which is no file here"), hint).into());
        }
        let recipe = Recipe {
            files,
            artifact_type: artifact_type.map(str::to_owned),
            config,
            annotations: of_manifest,
            created: seconds.map(timestamp::format),
            subject,
        };
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let options = artifact::Options::new(scratch).threads(threads).times(Times::Fixed(seconds.unwrap_or_default()));
        Ok(artifact::pack(&recipe, &options, watch)?)
    }

    /// Puts the annotations of the file and the flags together.
    fn annotations(&self) -> Result<BTreeMap<String, Annotations>> {
        let mut all: BTreeMap<String, Annotations> = match &self.annotation_file {
            Some(path) => read_annotations(path)?,
            None => BTreeMap::new(),
        };
        all.entry(MANIFEST.into()).or_default().extend(annotations(&self.annotation)?);
        Ok(all)
    }
}

fn read_annotations(path: &Path) -> Result<BTreeMap<String, Annotations>> {
    let failed = || format!("cannot read annotations from {}", path.display());
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_ANNOTATIONS).read_to_end(&mut text)).with_context(failed)?;
    serde_json::from_slice(&text).with_context(failed)
}

/// A file of an artifact, for reports.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Packed {
    title: String,
    media_type: MediaType,
    digest: Digest,
    size: u64,
}

/// Returns the files of an artifact that was made here.
pub(crate) fn packed(artifact: &Artifact) -> Vec<Packed> {
    let layers = artifact.manifest().as_image().map_or(&[][..], |image| &image.layers);
    let named = layers.iter().filter_map(|layer| Some((layer.annotations.get(TITLE)?, layer)));
    let packed = named.map(|(title, layer)| Packed {
        title: title.clone(),
        media_type: layer.media_type.clone(),
        digest: layer.digest.clone(),
        size: layer.size,
    });
    packed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_with_types() {
        let typed = |text: &str| super::typed(text).ok().map(|typed| (typed.path, typed.media_type));
        let with = |path: &str, kind: Option<&str>| Some((PathBuf::from(path), kind.map(MediaType::new)));
        for (text, wanted) in [
            ("a", with("a", None)),
            ("a:text/plain", with("a", Some("text/plain"))),
            ("a:b:text/plain", with("a:b", Some("text/plain"))),
            ("a:", with("a", None)),
            ("a:b:", with("a:b", None)),
            ("a:b", None),
            ("a:b/c/d", None),
            (":text/plain", None),
            ("", None),
        ] {
            assert_eq!(typed(text), wanted, "{text}");
        }
        let error = super::typed("a:b").expect_err("refused");
        assert_eq!(error, r#""b" is no media type, which is TYPE/SUBTYPE; if the file's name has a colon, write a:b:"#);
    }

    #[test]
    fn media_types() {
        for (text, wanted) in [
            ("application/vnd.example+type", true),
            ("text/x.y-z_1", true),
            ("text", false),
            ("text/", false),
            ("/plain", false),
            ("text/plain; charset=utf-8", false),
            ("text/pla in", false),
            (".text/plain", false),
        ] {
            assert_eq!(media_type(text).is_ok(), wanted, "{text}");
        }
    }
}
