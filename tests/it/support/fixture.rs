//! Images as OCI layouts, the same bytes each time, written without the library under test.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::content::{File, Layer, gzip_layer, gzip_tar, random_layer, zstd_layer};
use super::layout::{Descriptor, INDEX, Layout, blob_path, read_json};

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const OCI_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub(crate) const OCI_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
pub(crate) const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
pub(crate) const DOCKER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
pub(crate) const DOCKER_FOREIGN: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

/// The tag of every fixture.
pub(crate) const TAG: &str = "v1";
const CREATED: &str = "2024-01-02T03:04:05Z";

/// A layout with one tag, `v1`.
#[derive(Debug)]
pub(crate) struct Fixture {
    pub(crate) dir: PathBuf,
    /// The digest of what the tag names.
    pub(crate) digest: String,
    pub(crate) media_type: String,
    /// Each manifest, of an index in its order; those of a nested index come where that index is.
    pub(crate) parts: Vec<Part>,
}

/// A manifest and what it names.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// As in `linux/arm64/v8`; empty for an artifact.
    pub(crate) platform: String,
    pub(crate) digest: String,
    pub(crate) config: String,
    pub(crate) layers: Vec<String>,
    pub(crate) diff_ids: Vec<String>,
    descriptor: Descriptor,
}

impl Fixture {
    fn new(layout: &Layout, dir: &Path, top: &Descriptor, parts: Vec<Part>) -> Fixture {
        layout.tag(top, TAG);
        let text = |name: &str| top[name].as_str().expect("a descriptor has it").to_owned();
        Fixture { dir: dir.to_owned(), digest: text("digest"), media_type: text("mediaType"), parts }
    }

    fn image(layout: &Layout, dir: &Path, part: Part) -> Fixture {
        Fixture::new(layout, dir, &part.descriptor.clone(), vec![part])
    }

    fn index(layout: &Layout, dir: &Path, parts: Vec<Part>) -> Fixture {
        let index = write_index(layout, &descriptors(&parts));
        Fixture::new(layout, dir, &index, parts)
    }

    /// Returns `oci:DIR:v1`.
    pub(crate) fn reference(&self) -> String {
        format!("oci:{}:{TAG}", self.dir.display())
    }

    /// Returns the manifest of a platform.
    #[track_caller]
    pub(crate) fn part(&self, platform: &str) -> &Part {
        self.parts.iter().find(|part| part.platform == platform).unwrap_or_else(|| panic!("no {platform} in {self:?}"))
    }

    /// Tags each manifest with its architecture, too: `amd64`, `arm64`.
    pub(crate) fn tag_parts(&self) {
        let layout = Layout::open(&self.dir);
        for part in &self.parts {
            let architecture = part.platform.split('/').nth(1).expect("an image has an architecture");
            layout.tag(&part.descriptor, architecture);
        }
    }

    /// Reads a blob or manifest.
    pub(crate) fn read(&self, digest: &str) -> Vec<u8> {
        let path = blob_path(&self.dir, digest);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Reads a manifest or config as JSON.
    pub(crate) fn json(&self, digest: &str) -> Value {
        read_json(&blob_path(&self.dir, digest))
    }
}

/// An index of linux/amd64 and linux/arm64/v8, each with one gzip layer.
pub(crate) fn app(dir: &Path) -> Fixture {
    platforms(dir, &["linux/amd64", "linux/arm64/v8"])
}

/// An index of linux/amd64, linux/arm64/v8, linux/arm/v7 and linux/s390x.
pub(crate) fn four_platforms(dir: &Path) -> Fixture {
    platforms(dir, &["linux/amd64", "linux/arm64/v8", "linux/arm/v7", "linux/s390x"])
}

fn platforms(dir: &Path, platforms: &[&str]) -> Fixture {
    let layout = Layout::create(dir);
    let parts = platforms.iter().map(|platform| plain(&layout, platform)).collect();
    Fixture::index(&layout, dir, parts)
}

/// An index of images for these platforms, whose entries say so only where that is wanted; their configs do.
pub(crate) fn partly_named(dir: &Path, platforms: &[(&str, bool)]) -> Fixture {
    let layout = Layout::create(dir);
    let part = |(platform, is_named): &(&str, bool)| {
        let mut part = plain(&layout, platform);
        if !is_named {
            part.descriptor.as_object_mut().expect("a descriptor").remove("platform");
        }
        part
    };
    Fixture::index(&layout, dir, platforms.iter().map(part).collect())
}

/// One image for linux/amd64 with one gzip layer.
pub(crate) fn single(dir: &Path) -> Fixture {
    let layout = Layout::create(dir);
    Fixture::image(&layout, dir, plain(&layout, "linux/amd64"))
}

/// An index of an index (linux/amd64 and linux/arm64/v8) and of an image for linux/riscv64.
pub(crate) fn nested(dir: &Path) -> Fixture {
    let layout = Layout::create(dir);
    let parts: Vec<_> =
        ["linux/amd64", "linux/arm64/v8", "linux/riscv64"].map(|platform| plain(&layout, platform)).into();
    let inner = write_index(&layout, &descriptors(&parts[..2]));
    let outer = write_index(&layout, &[inner, parts[2].descriptor.clone()]);
    Fixture::new(&layout, dir, &outer, parts)
}

/// One image for linux/amd64 with `layers` gzip layers of about `size` bytes that do not compress.
pub(crate) fn big(dir: &Path, layers: u64, size: u64) -> Fixture {
    let layout = Layout::create(dir);
    let layers: Vec<_> = (0..layers).map(|seed| random_layer(&layout, OCI_GZIP, seed, size)).collect();
    Fixture::image(&layout, dir, oci_image(&layout, "linux/amd64", &layers))
}

/// An index of linux/amd64 and linux/arm64/v8, each of [`big`]'s first layer and one of its own, made from `seed` and from the
/// number after it.
pub(crate) fn twins(dir: &Path, seed: u64, size: u64) -> Fixture {
    let layout = Layout::create(dir);
    let shared = || random_layer(&layout, OCI_GZIP, 0, size);
    let own = |platform, seed| oci_image(&layout, platform, &[shared(), random_layer(&layout, OCI_GZIP, seed, size)]);
    let parts = vec![own("linux/amd64", seed), own("linux/arm64/v8", seed + 1)];
    Fixture::index(&layout, dir, parts)
}

/// One image for linux/amd64 of layers that are given as tars, the lowest first.
pub(crate) fn of_tars(dir: &Path, tars: &[Vec<u8>]) -> Fixture {
    let layout = Layout::create(dir);
    let layers: Vec<_> = tars.iter().map(|tar| gzip_tar(&layout, OCI_GZIP, tar)).collect();
    Fixture::image(&layout, dir, oci_image(&layout, "linux/amd64", &layers))
}

/// One image for linux/amd64 and an attestation of BuildKit's kind with these statements, each with the type of its predicate.
pub(crate) fn attested_with(dir: &Path, statements: impl Fn(&str) -> Vec<(&'static str, String)>) -> Fixture {
    let layout = Layout::create(dir);
    let image = plain(&layout, "linux/amd64");
    let layers: Vec<Layer> = statements(&image.digest)
        .iter()
        .map(|(predicate, text)| {
            let mut descriptor = layout.blob("application/vnd.in-toto+json", text.as_bytes());
            descriptor["annotations"] = json!({"in-toto.io/predicate-type": predicate});
            let diff_id = digest(&descriptor).to_owned();
            Layer { descriptor, diff_id }
        })
        .collect();
    let mut attestation = oci_image(&layout, "unknown/unknown", &layers);
    attestation.descriptor["annotations"] =
        json!({"vnd.docker.reference.digest": image.digest, "vnd.docker.reference.type": "attestation-manifest"});
    Fixture::index(&layout, dir, vec![image, attestation])
}

/// One image for linux/amd64 with a zstd layer.
pub(crate) fn zstd(dir: &Path) -> Fixture {
    let layout = Layout::create(dir);
    let layer = zstd_layer(&layout, OCI_ZSTD, &files("zstd"));
    Fixture::image(&layout, dir, oci_image(&layout, "linux/amd64", &[layer]))
}

/// A Docker v2s2 image for linux/amd64, whose config has fields that only Docker knows.
pub(crate) fn docker(dir: &Path) -> Fixture {
    let layout = Layout::create(dir);
    let layer = gzip_layer(&layout, DOCKER_GZIP, &files("docker"));
    Fixture::image(&layout, dir, docker_image(&layout, &[layer]))
}

/// A Docker v2s2 image whose first layer is foreign, at `url`; returns also that layer's content, which the layout lacks.
pub(crate) fn foreign(dir: &Path, url: &str) -> (Fixture, Vec<u8>) {
    let layout = Layout::create(dir);
    let mut base = gzip_layer(&layout, DOCKER_FOREIGN, &files("foreign"));
    base.descriptor["urls"] = json!([url]);
    let path = blob_path(dir, digest(&base.descriptor));
    let content = fs::read(&path).expect("the layer was written");
    fs::remove_file(&path).expect("the layer was written");
    let layer = gzip_layer(&layout, DOCKER_GZIP, &files("docker"));
    (Fixture::image(&layout, dir, docker_image(&layout, &[base, layer])), content)
}

/// An artifact with an `artifactType`, the empty config and a text file.
pub(crate) fn artifact(dir: &Path) -> Fixture {
    let layout = Layout::create(dir);
    let config = layout.blob(OCI_EMPTY, b"{}");
    let mut file = layout.blob("text/plain", b"an artifact\n");
    file["annotations"] = json!({"org.opencontainers.image.title": "file.txt"});
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example.thing",
        "config": config, "layers": [file],
    });
    let mut descriptor = layout.json(OCI_MANIFEST, &manifest);
    descriptor["artifactType"] = manifest["artifactType"].clone();
    Fixture::image(&layout, dir, part("", descriptor, &config, &[&file], Vec::new()))
}

/// An index of linux/amd64 and of its attestation, for the platform `unknown/unknown`, as BuildKit makes it.
pub(crate) fn attested(dir: &Path) -> Fixture {
    let layout = Layout::create(dir);
    let image = plain(&layout, "linux/amd64");
    let statement = layout.blob("application/vnd.in-toto+json", br#"{"_type":"https://in-toto.io/Statement/v0.1"}"#);
    let diff_id = digest(&statement).to_owned();
    let mut attestation = oci_image(&layout, "unknown/unknown", &[Layer { descriptor: statement, diff_id }]);
    attestation.descriptor["annotations"] =
        json!({"vnd.docker.reference.digest": image.digest, "vnd.docker.reference.type": "attestation-manifest"});
    Fixture::index(&layout, dir, vec![image, attestation])
}

fn files(name: &str) -> [File<'_>; 3] {
    [
        ("bin/app", 0o755, "#!/bin/sh\necho hello\n"),
        ("etc/os-release", 0o644, "NAME=Test\nID=test\nVERSION_ID=1\n"),
        ("etc/platform", 0o644, name),
    ]
}

fn plain(layout: &Layout, platform: &str) -> Part {
    let layer = gzip_layer(layout, OCI_GZIP, &files(platform));
    oci_image(layout, platform, &[layer])
}

fn oci_image(layout: &Layout, platform: &str, layers: &[Layer]) -> Part {
    let config = layout.json(OCI_CONFIG, &config(platform, layers));
    image(layout, OCI_MANIFEST, platform, &config, layers)
}

fn docker_image(layout: &Layout, layers: &[Layer]) -> Part {
    let mut config = config("linux/amd64", layers);
    config["container"] = json!("4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945");
    config["container_config"] =
        json!({"Hostname": "4f53cda18c2b", "Cmd": ["/bin/sh", "-c", "#(nop) CMD"], "Image": "sha256:0"});
    config["docker_version"] = json!("20.10.7");
    config["config"]["OnBuild"] = Value::Null;
    let config = layout.json(DOCKER_CONFIG, &config);
    image(layout, DOCKER_MANIFEST, "linux/amd64", &config, layers)
}

fn config(platform: &str, layers: &[Layer]) -> Value {
    let mut config = platform_json(platform);
    config["created"] = json!(CREATED);
    config["config"] = json!({"Entrypoint": ["/bin/app"], "Env": ["PATH=/bin"], "Labels": {"name": "app"}});
    let diff_ids: Vec<_> = layers.iter().map(|layer| &layer.diff_id).collect();
    config["rootfs"] = json!({"type": "layers", "diff_ids": diff_ids});
    let history = |number| json!({"created": CREATED, "created_by": format!("layer {number}")});
    config["history"] = (0..layers.len()).map(history).collect();
    config
}

fn image(layout: &Layout, media_type: &str, platform: &str, config: &Descriptor, layers: &[Layer]) -> Part {
    let descriptors: Vec<_> = layers.iter().map(|layer| &layer.descriptor).collect();
    let manifest = json!({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": descriptors});
    let mut descriptor = layout.json(media_type, &manifest);
    descriptor["platform"] = platform_json(platform);
    let diff_ids = layers.iter().map(|layer| layer.diff_id.clone()).collect();
    part(platform, descriptor, config, &descriptors, diff_ids)
}

fn part(
    platform: &str,
    descriptor: Descriptor,
    config: &Descriptor,
    layers: &[&Descriptor],
    diff_ids: Vec<String>,
) -> Part {
    Part {
        platform: platform.to_owned(),
        digest: digest(&descriptor).to_owned(),
        config: digest(config).to_owned(),
        layers: layers.iter().map(|layer| digest(layer).to_owned()).collect(),
        diff_ids,
        descriptor,
    }
}

fn platform_json(platform: &str) -> Value {
    let parts: Vec<_> = platform.split('/').collect();
    let mut value = json!({"os": parts[0], "architecture": parts[1]});
    if let Some(variant) = parts.get(2) {
        value["variant"] = json!(variant);
    }
    value
}

fn descriptors(parts: &[Part]) -> Vec<Descriptor> {
    parts.iter().map(|part| part.descriptor.clone()).collect()
}

fn write_index(layout: &Layout, manifests: &[Descriptor]) -> Descriptor {
    layout.json(INDEX, &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}))
}

fn digest(descriptor: &Descriptor) -> &str {
    descriptor["digest"].as_str().expect("a descriptor has a digest")
}
