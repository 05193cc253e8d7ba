//! What `inspect` found, as JSON and for people.

use serde::Serialize;
use stevedore::config::{self, Config, Execution, History};
use stevedore::descriptor::{Annotations, Descriptor};
use stevedore::digest::Digest;
use stevedore::manifest::{Body, Manifest};
use stevedore::transport::Location;

use crate::cli::report::{Report, printable, table};
use crate::cli::units::bytes;

/// What there is to know about a manifest. The member names are those of docs/JSON.md.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inspection {
    reference: String,
    digest: Digest,
    media_type: String,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Descriptor>,
    #[serde(skip_serializing_if = "Annotations::is_empty")]
    annotations: Annotations,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifests: Option<Vec<Descriptor>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Image>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Descriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<Vec<Layer>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_size: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<String>,
}

/// What the config says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    platform: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(flatten)]
    execution: Execution,
}

/// A layer, with its uncompressed digest where the config has it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    #[serde(flatten)]
    descriptor: Descriptor,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff_id: Option<Digest>,
}

/// A step of the history, with the layer it made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    #[serde(flatten)]
    step: History,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

impl Inspection {
    /// Gathers what a manifest and its config say.
    pub(crate) fn new(reference: &Location, manifest: &Manifest, config: Option<&Config>) -> Self {
        let (annotations, layers, blob) = match manifest.body() {
            Body::Index(index) => (index.annotations.clone(), None, None),
            Body::Image(image) => (image.annotations.clone(), Some(&image.layers), Some(&image.config)),
            Body::Artifact(artifact) => (Annotations::new(), Some(&artifact.blobs), None),
            Body::Schema1(schema1) => (Annotations::new(), Some(&schema1.layers), None),
            _ => (Annotations::new(), None, None),
        };
        let own = manifest.descriptor();
        let sized = layers.filter(|_| !matches!(manifest.body(), Body::Schema1(_)));
        Self {
            reference: reference.to_string(),
            media_type: own.media_type.to_string(),
            size: own.size,
            artifact_type: artifact_type(manifest),
            digest: own.digest,
            subject: manifest.subject().cloned(),
            annotations,
            manifests: manifest.as_index().map(|index| index.manifests.clone()),
            image: config.map(Image::new),
            total_size: sized
                .map(|layers| layers.iter().chain(blob).map(|blob| blob.size).fold(0, u64::saturating_add)),
            history: config.map(|config| steps(config, layers.map_or(&[], Vec::as_slice))).unwrap_or_default(),
            layers: layers.map(|layers| pair(layers, config)),
            config: blob.cloned(),
            faults: Vec::new(),
        }
    }

    /// Adds what cannot be read of the config.
    pub(crate) fn with(self, faults: Vec<String>) -> Self {
        Self { faults, ..self }
    }
}

/// An image without the field is an artifact by its config's type.
fn artifact_type(manifest: &Manifest) -> Option<String> {
    let config = manifest.as_image().map(|image| &image.config.media_type).filter(|_| !manifest.is_runnable());
    manifest.descriptor().artifact_type.or_else(|| config.map(ToString::to_string))
}

fn pair(layers: &[Descriptor], config: Option<&Config>) -> Vec<Layer> {
    let diff_ids = config.map_or(&[][..], |config| &config.body().rootfs.diff_ids);
    let layer = |(number, descriptor): (usize, &Descriptor)| Layer {
        descriptor: descriptor.clone(),
        diff_id: diff_ids.get(number).cloned(),
    };
    layers.iter().enumerate().map(layer).collect()
}

fn steps(config: &Config, layers: &[Descriptor]) -> Vec<Step> {
    let step = |(step, number): (&History, Option<usize>)| {
        let layer = number.and_then(|number| layers.get(number));
        Step { step: step.clone(), layer: layer.map(|layer| layer.digest.clone()), size: layer.map(|layer| layer.size) }
    };
    config.history_with_layers().into_iter().map(step).collect()
}

impl Image {
    fn new(config: &Config) -> Self {
        let config::Body { created, author, config: execution, .. } = config.body().clone();
        Self { platform: config.platform().to_string(), created, author, execution }
    }

    /// Lists what is set, a name and a value each.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let words = |words: &[String]| serde_json::to_string(words).unwrap_or_default();
        let run = &self.execution;
        let keys = |map: &std::collections::BTreeMap<String, serde_json::Value>| {
            map.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        let facts = [
            ("Platform", self.platform.clone()),
            ("Created", self.created.clone().unwrap_or_default()),
            ("Author", self.author.clone().unwrap_or_default()),
            ("Entrypoint", if run.entrypoint.is_empty() { String::new() } else { words(&run.entrypoint) }),
            ("Command", if run.cmd.is_empty() { String::new() } else { words(&run.cmd) }),
            ("Directory", run.working_dir.clone()),
            ("User", run.user.clone()),
            ("Ports", keys(&run.exposed_ports)),
            ("Volumes", keys(&run.volumes)),
            ("Stop signal", run.stop_signal.clone()),
        ];
        facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

impl Report for Inspection {
    fn text(&self) -> String {
        let mut text = String::new();
        let mut fact = |name: &str, value: &str| text.push_str(&format!("{name:<12} {}\n", printable(value)));
        fact("Reference", &self.reference);
        fact("Digest", &self.digest.to_string());
        fact("Media type", &self.media_type);
        if let Some(kind) = &self.artifact_type {
            fact("Artifact", kind);
        }
        if let Some(subject) = &self.subject {
            fact("Subject", &subject.digest.to_string());
        }
        for (name, value) in self.image.iter().flat_map(Image::facts) {
            fact(name, &value);
        }
        if let Some(total) = self.total_size {
            fact("Size", &bytes(total));
        }
        for (title, rows) in self.sections() {
            if !rows.is_empty() {
                text.push_str(&format!("\n{title}\n{}", table(&rows)));
            }
        }
        text
    }
}

impl Inspection {
    fn sections(&self) -> Vec<(String, Vec<Vec<String>>)> {
        let run = self.image.as_ref().map(|image| &image.execution);
        let pairs =
            |map: &Annotations| map.iter().map(|(name, value)| vec![printable(&format!("{name}={value}"))]).collect();
        let environment = run.map(|run| run.env.iter().map(|value| vec![printable(value)]).collect());
        let count = self.layers.as_ref().map_or(0, Vec::len);
        vec![
            ("Annotations".into(), pairs(&self.annotations)),
            ("Manifests".into(), self.manifests.iter().flatten().map(manifest_row).collect()),
            ("Environment".into(), environment.unwrap_or_default()),
            ("Labels".into(), run.map(|run| pairs(&run.labels)).unwrap_or_default()),
            (format!("Layers ({count})"), self.layers.iter().flatten().map(layer_row).collect()),
            ("History".into(), self.history.iter().map(step_row).collect()),
        ]
    }
}

fn manifest_row(entry: &Descriptor) -> Vec<String> {
    let platform = entry.platform.as_ref().map(ToString::to_string);
    let what = match (platform, entry.is_attestation()) {
        (_, true) => "attestation".to_owned(),
        (Some(platform), false) => platform,
        (None, false) => entry.artifact_type.clone().unwrap_or_else(|| entry.media_type.to_string()),
    };
    vec![printable(&what), entry.digest.to_string(), bytes(entry.size)]
}

fn layer_row(layer: &Layer) -> Vec<String> {
    let blob = &layer.descriptor;
    let title =
        blob.annotations.get("org.opencontainers.image.title").map(|title| printable(title)).unwrap_or_default();
    vec![blob.digest.to_string(), known_size(blob), printable(blob.media_type.as_str()), title]
}

/// The layers of a schema 1 manifest come without sizes.
fn known_size(blob: &Descriptor) -> String {
    if blob.size == 0 { "-".into() } else { bytes(blob.size) }
}

fn step_row(step: &Step) -> Vec<String> {
    let layer = step.layer.as_ref().map_or_else(|| "-".to_owned(), |digest| digest.short().to_owned());
    let size = step.size.map_or_else(|| "-".to_owned(), bytes);
    vec![layer, size, printable(&step.step.created_by)]
}

#[cfg(test)]
mod tests {
    use stevedore::media_type::MediaType;

    use super::*;

    const CONFIG: &str = r#"{"created":"2026-01-02T03:04:05Z","architecture":"arm","variant":"v7","os":"linux","config":{"User":"app","ExposedPorts":{"80/tcp":{}},"Env":["PATH=/bin","EVIL=\u001b[31m"],"Entrypoint":["/bin/app"],"Cmd":["--port","80"],"WorkingDir":"/srv","Labels":{"a":"b"}},"rootfs":{"type":"layers","diff_ids":["sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]},"history":[{"created_by":"COPY app /bin/app"},{"created_by":"ENTRYPOINT [\"/bin/app\"]","empty_layer":true}]}"#;

    fn compare(name: &str, text: &str) {
        let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, text).expect("writing a golden file");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{path}");
    }

    fn image() -> Inspection {
        let config = Config::parse(CONFIG.as_bytes()).expect("a config");
        let blob = Descriptor::of(MediaType::OCI_CONFIG, CONFIG.as_bytes());
        let layer = Descriptor::new(MediaType::OCI_LAYER_GZIP, Digest::of(b"layer"), 2_949_120);
        let raw = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": blob,
            "layers": [layer],
            "annotations": {"org.opencontainers.image.source": "https://example.com"},
        });
        let manifest = Manifest::parse(raw.to_string().into_bytes(), None).expect("a manifest");
        Inspection::new(&"oci:d:v1".parse().expect("a location"), &manifest, Some(&config))
    }

    #[test]
    fn an_image() {
        compare("inspect-image.txt", &image().text());
        compare("inspect-image.json", &(serde_json::to_string_pretty(&image()).expect("serializes") + "\n"));
    }

    #[test]
    fn an_index() {
        let mut entries = Vec::new();
        for platform in ["linux/amd64", "linux/arm64/v8", "unknown/unknown"] {
            let mut entry = Descriptor::of(MediaType::OCI_MANIFEST, platform.as_bytes());
            entry.platform = Some(platform.parse().expect("a platform"));
            entries.push(entry);
        }
        let raw = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": entries,
        });
        let manifest = Manifest::parse(raw.to_string().into_bytes(), None).expect("an index");
        let index = Inspection::new(&"oci:d:v1".parse().expect("a location"), &manifest, None);
        compare("inspect-index.txt", &index.text());
    }
}
