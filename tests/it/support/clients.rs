//! What the clients of others ask of a registry that they read from: skopeo (an old and a new one), crane, oras, cosign and buildah.
//!
//! They find plain http on 127.0.0.1 by flags that say so, and an authority for https by `SSL_CERT_FILE`: no check of a certificate is
//! turned off.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::command::{Run, run};
use super::fixture::{self, Fixture};
use super::oracle::{Tool, oracle};

/// How many checks `Clients::pull_everything` makes.
pub(crate) const CHECKS: usize = 23;

/// All clients, with what they need to trust a registry.
pub(crate) struct Clients {
    pub(crate) skopeos: [Tool; 2],
    pub(crate) crane: Tool,
    pub(crate) oras: Tool,
    pub(crate) cosign: Tool,
    pub(crate) buildah: Tool,
    authority: Option<PathBuf>,
}

/// An index with an image for linux/amd64 first, signed by cosign, as a registry has it.
pub(crate) struct Signed {
    pub(crate) image: Fixture,
    /// The repository it is in, under the fixture's tag.
    pub(crate) repository: String,
    /// The digest of the signature's manifest.
    pub(crate) signature: String,
    key: PathBuf,
}

impl Clients {
    /// Finds all of them; with an authority they speak https only. `None` when one is not installed.
    pub(crate) fn find(authority: Option<&Path>) -> Option<Clients> {
        Some(Clients {
            skopeos: [oracle("skopeo")?, oracle("skopeo-new")?],
            crane: oracle("crane")?,
            oras: oracle("oras")?,
            cosign: oracle("cosign")?,
            buildah: oracle("buildah")?,
            authority: authority.map(Path::to_owned),
        })
    }

    /// Gives all of them a login.
    pub(crate) fn log_in(&self, host: &str, user: &str, password: &str) {
        for tool in self.skopeos.iter().chain([&self.crane, &self.oras, &self.cosign, &self.buildah]) {
            tool.log_in(host, user, password);
        }
    }

    /// Returns the flags for a registry without TLS, and none for one with it.
    fn plain<'a>(&self, flags: &'a [&'a str]) -> &'a [&'a str] {
        if self.authority.is_none() { flags } else { &[] }
    }

    /// Runs a client and asserts that it succeeded.
    #[track_caller]
    pub(crate) fn run(&self, tool: &Tool, parts: &[&[&str]]) -> Run {
        let mut command = tool.command(&parts.concat());
        command.env("COSIGN_PASSWORD", "");
        if let Some(authority) = &self.authority {
            command.env("SSL_CERT_FILE", authority);
        }
        run(command, &[]).ok()
    }

    /// Runs buildah with a storage of its own.
    #[track_caller]
    pub(crate) fn buildah(&self, parts: &[&[&str]]) -> Run {
        let home = self.buildah.home();
        let (root, state) = (home.join("storage").display().to_string(), home.join("state").display().to_string());
        let storage = ["--root", &root, "--runroot", &state, "--storage-driver", "vfs"];
        self.run(&self.buildah, &[&[&storage[..]], parts].concat())
    }

    /// Pushes an image of two platforms with skopeo, and a signature of it with cosign.
    #[track_caller]
    pub(crate) fn push_signed(&self, room: &Path, host: &str, repository: &str) -> Signed {
        let image = fixture::app(&room.join("signed"));
        let name = format!("{host}/{repository}");
        let (source, target) = (image.reference(), format!("docker://{name}:{}", fixture::TAG));
        self.run(
            &self.skopeos[1],
            &[&["copy", "-q", "-a"], self.plain(&["--dest-tls-verify=false"]), &[&source, &target]],
        );
        let prefix = room.join("key").display().to_string();
        self.run(&self.cosign, &[&["generate-key-pair", "--output-key-prefix", &prefix]]);
        let (key, by_digest) = (format!("{prefix}.key"), format!("{name}@{}", image.digest));
        let sign = ["sign", "--key", &key, "--tlog-upload=false", "--use-signing-config=false", "-y"];
        self.run(&self.cosign, &[&sign, self.plain(&["--allow-http-registry"]), &[&by_digest]]);
        let found = self
            .run(&self.oras, &[&["discover", "--format", "json"], self.plain(&["--plain-http"]), &[&by_digest]])
            .json();
        let signature = found["referrers"][0]["digest"].as_str().unwrap_or_else(|| panic!("no referrer: {found}"));
        let signature = signature.to_owned();
        Signed { image, repository: repository.to_owned(), signature, key: room.join("key.pub") }
    }

    /// Has every client read the image in every way it knows; returns how many checks that were.
    #[track_caller]
    pub(crate) fn pull_everything(&self, host: &str, signed: &Signed) -> usize {
        let name = format!("{host}/{}", signed.repository);
        let asked = Asked { name: &name, tag: format!("{name}:{}", fixture::TAG), signed };
        self.skopeos.iter().map(|skopeo| self.ask_skopeo(skopeo, &asked)).sum::<usize>()
            + self.ask_crane(&asked)
            + self.ask_oras(&asked)
            + self.ask_cosign_and_buildah(&asked)
    }

    fn ask_skopeo(&self, skopeo: &Tool, asked: &Asked<'_>) -> usize {
        let image = &asked.signed.image;
        let (tag, repository) = (format!("docker://{}", asked.tag), format!("docker://{}", asked.name));
        let by_digest = format!("docker://{}@{}", asked.name, image.digest);
        let (plain, from) = (self.plain(&["--tls-verify=false"]), self.plain(&["--src-tls-verify=false"]));
        let platform = ["--override-os=linux", "--override-arch=amd64"];
        let inspected = self.run(skopeo, &[&platform, &["inspect"], plain, &[&tag]]).json();
        assert_eq!(inspected["Layers"], json!(image.parts[0].layers), "{inspected}");
        let (one, all) = (fresh(skopeo, "one"), fresh(skopeo, "all"));
        self.run(skopeo, &[&platform, &["copy", "-q"], from, &[&tag, &format!("dir:{one}")]]);
        assert_eq!(digest_of(&Path::new(&one).join("manifest.json")), image.parts[0].digest);
        self.run(skopeo, &[&["copy", "-q", "--all"], from, &[&by_digest, &format!("dir:{all}")]]);
        assert_eq!(digest_of(&Path::new(&all).join("manifest.json")), image.digest);
        let tags = self.run(skopeo, &[&["list-tags"], plain, &[&repository]]).json();
        assert!(tags["Tags"].as_array().is_some_and(|tags| tags.contains(&json!(fixture::TAG))), "{tags}");
        4
    }

    fn ask_crane(&self, asked: &Asked<'_>) -> usize {
        let (crane, image) = (&self.crane, &asked.signed.image);
        let by_digest = format!("{}@{}", asked.name, image.digest);
        assert_eq!(self.run(crane, &[&["digest", &asked.tag]]).text(), image.digest);
        assert_eq!(self.run(crane, &[&["digest", &by_digest]]).text(), image.digest);
        let (tar, layout) = (fresh(crane, "pulled.tar"), fresh(crane, "pulled"));
        self.run(crane, &[&["pull", "--platform", "linux/amd64", &asked.tag, &tar]]);
        self.run(crane, &[&["validate", "--remote", &asked.tag]]);
        self.run(crane, &[&["pull", "--format", "oci", &by_digest, &layout]]);
        assert_eq!(digest_of(&super::layout::blob_path(Path::new(&layout), &image.digest)), image.digest);
        assert!(self.run(crane, &[&["ls", asked.name]]).text().lines().any(|tag| tag == fixture::TAG));
        6
    }

    fn ask_oras(&self, asked: &Asked<'_>) -> usize {
        let (oras, image, signature) = (&self.oras, &asked.signed.image, &asked.signed.signature);
        let plain = self.plain(&["--plain-http"]);
        assert_eq!(self.run(oras, &[&["resolve"], plain, &[&asked.tag]]).text(), image.digest);
        let layout = fresh(oras, "copied");
        let target = format!("{layout}:x");
        self.run(
            oras,
            &[&["copy", "-r"], self.plain(&["--from-plain-http"]), &["--to-oci-layout", &asked.tag, &target]],
        );
        assert_eq!(digest_of(&super::layout::blob_path(Path::new(&layout), signature)), *signature);
        self.run(oras, &[&["discover"], plain, &[&asked.tag]]);
        let found = self.run(oras, &[&["discover", "--format", "json"], plain, &[&asked.tag]]).json();
        assert_eq!(found["referrers"][0]["digest"], **signature, "{found}");
        assert!(
            self.run(oras, &[&["repo", "tags"], plain, &[asked.name]]).text().lines().any(|tag| tag == fixture::TAG)
        );
        let blob = &image.parts[0].layers[0];
        let (file, by_digest) = (fresh(oras, "blob"), format!("{}@{blob}", asked.name));
        self.run(oras, &[&["blob", "fetch"], plain, &["-o", &file, &by_digest]]);
        assert_eq!(digest_of(Path::new(&file)), *blob);
        6
    }

    fn ask_cosign_and_buildah(&self, asked: &Asked<'_>) -> usize {
        let allow = self.plain(&["--allow-http-registry"]);
        let tree = self.run(&self.cosign, &[&["tree"], allow, &[&asked.tag]]);
        let printed = format!("{}{}", tree.text(), tree.stderr);
        assert!(printed.contains(&asked.signed.signature), "{printed}");
        let key = asked.signed.key.display().to_string();
        let verify = ["verify", "--key", &key, "--insecure-ignore-tlog=true"];
        self.run(&self.cosign, &[&verify, allow, &[&asked.tag]]);
        let platform = ["--os=linux", "--arch=amd64"];
        self.buildah(&[&["pull", "-q"], &platform, self.plain(&["--tls-verify=false"]), &[&asked.tag]]);
        3
    }
}

/// What is asked for.
struct Asked<'a> {
    name: &'a str,
    tag: String,
    signed: &'a Signed,
}

/// Returns a path in the tool's home where nothing is.
fn fresh(tool: &Tool, name: &str) -> String {
    let path = tool.home().join("tmp").join(name);
    // It need not be there.
    let _ = fs::remove_dir_all(&path);
    let _ = fs::remove_file(&path);
    path.display().to_string()
}

/// Hashes a file.
#[track_caller]
pub(crate) fn digest_of(file: &Path) -> String {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
