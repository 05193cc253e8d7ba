//! `serve` and many clients at once: what each of them pushes into one repository, all of them pull with the same digest.

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::clients::{Clients, digest_of};
use crate::support::command::stevedore;
use crate::support::docker::{Engine, engine};
use crate::support::fixture::{self, Fixture};
use crate::support::oracle::{Tool, oracle};
use crate::support::served::Served;

/// What was pushed: under which tag of the one repository, and with which digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pushed {
    tag: &'static str,
    digest: String,
}

struct Scene {
    clients: Clients,
    /// Only if there is one.
    engine: Option<Engine>,
    /// A cosign with a home of its own.
    copier: Tool,
    host: String,
    image: Fixture,
}

impl Scene {
    fn name(&self) -> String {
        format!("{}/team/app", self.host)
    }

    /// Has one client push the image under a tag that is its name.
    fn push(&self, tag: &'static str) -> Pushed {
        let (layout, name) = (self.image.dir.display().to_string(), format!("{}:{tag}", self.name()));
        let mut digest = self.image.digest.clone();
        match tag {
            "skopeo" | "skopeo-new" => {
                let skopeo = &self.clients.skopeos[usize::from(tag == "skopeo-new")];
                let (from, to) = (self.image.reference(), format!("docker://{name}"));
                skopeo.run(&["copy", "-q", "-a", "--dest-tls-verify=false", &from, &to]);
            }
            "crane" => drop(self.clients.crane.run(&["push", &layout, &name])),
            "oras" => {
                let from = format!("{layout}:{}", fixture::TAG);
                self.clients.oras.run(&["cp", "--from-oci-layout", "--to-plain-http", &from, &name]);
            }
            // It has no way from a folder to a registry, but one between repositories.
            "cosign" => drop(self.copier.run(&["copy", "--allow-http-registry", &self.seed(), &name])),
            "stevedore" => {
                let target = format!("docker://{name}");
                let run = stevedore(&["copy", "--all", &self.image.reference(), &target]).ok();
                assert_eq!(run.text(), digest);
            }
            "buildah" => digest = self.push_by_buildah(&name),
            "docker" => digest = self.push_by_docker(&name),
            other => panic!("no client {other}"),
        }
        Pushed { tag, digest }
    }

    /// Returns where the image was before everybody came.
    fn seed(&self) -> String {
        format!("{}/seed/app:{}", self.host, fixture::TAG)
    }

    /// Buildah and docker keep images unpacked, and write manifests of their own.
    fn push_by_buildah(&self, name: &str) -> String {
        let clients = &self.clients;
        let platform = ["--os=linux", "--arch=amd64"];
        clients.buildah(&[&["pull", "-q", "--tls-verify=false"], &platform, &[&self.seed()]]);
        let to = format!("docker://{name}");
        clients.buildah(&[&["push", "-q", "--tls-verify=false", "--digestfile=pushed", &self.seed(), &to]]);
        fs::read_to_string(clients.buildah.home().join("pushed")).expect("a digest")
    }

    fn push_by_docker(&self, name: &str) -> String {
        let engine = self.engine.as_ref().expect("it pushes only if it is there");
        let digest = engine.push_copy(&self.seed(), name);
        engine.forget(&[&self.seed(), name]);
        digest
    }

    /// Has one client pull what another has pushed, by tag and by digest.
    fn pull(&self, client: &str, pushed: &Pushed) {
        let (tag, by_digest) =
            (format!("{}:{}", self.name(), pushed.tag), format!("{}@{}", self.name(), pushed.digest));
        let folder =
            |tool: &Tool| tool.home().join("tmp").join(format!("{client}-{}", pushed.tag)).display().to_string();
        match client {
            "skopeo" | "skopeo-new" => {
                let skopeo = &self.clients.skopeos[usize::from(client == "skopeo-new")];
                let to = folder(skopeo);
                let copy = ["copy", "-q", "-a", "--src-tls-verify=false"];
                skopeo.run(&[&copy[..], &[&format!("docker://{tag}"), &format!("dir:{to}")]].concat());
                assert_eq!(digest_of(&Path::new(&to).join("manifest.json")), pushed.digest);
                skopeo.run(&[&copy[..], &[&format!("docker://{by_digest}"), &format!("dir:{to}-again")]].concat());
            }
            "crane" => {
                assert_eq!(self.clients.crane.run(&["digest", &tag]).text(), pushed.digest);
                self.clients.crane.run(&["pull", "--format", "oci", &by_digest, &folder(&self.clients.crane)]);
            }
            "oras" => {
                let oras = &self.clients.oras;
                assert_eq!(oras.run(&["resolve", "--plain-http", &tag]).text(), pushed.digest);
                let to = format!("{}:x", folder(oras));
                oras.run(&["cp", "--from-plain-http", "--to-oci-layout", &by_digest, &to]);
            }
            "cosign" => {
                let to = format!("{}/copied/{}:x", self.host, pushed.tag);
                self.copier.run(&["copy", "--allow-http-registry", &tag, &to]);
                assert_eq!(stevedore(&["digest", &format!("docker://{to}")]).ok().text(), pushed.digest);
            }
            "stevedore" => {
                let room = TempDir::new().expect("a temporary directory");
                for (number, from) in [&tag, &by_digest].into_iter().enumerate() {
                    let to = format!("oci:{}", room.path().join(number.to_string()).display());
                    let run = stevedore(&["copy", "--all", &format!("docker://{from}"), &to]).ok();
                    assert_eq!(run.text(), pushed.digest);
                }
            }
            "buildah" => {
                for from in [&tag, &by_digest] {
                    let platform = ["--os=linux", "--arch=amd64"];
                    self.clients.buildah(&[&["pull", "-q", "--tls-verify=false"], &platform, &[from]]);
                }
            }
            "docker" => {
                let engine = self.engine.as_ref().expect("it pulls only if it is there");
                assert_eq!(engine.pull(&tag), pushed.digest);
                assert_eq!(engine.pull(&by_digest), pushed.digest);
                engine.forget(&[&tag, &by_digest]);
            }
            other => panic!("no client {other}"),
        }
    }
}

#[test]
fn all_push_and_pull_the_same_digests_at_once() {
    let (Some(clients), Some(copier)) = (Clients::find(None), oracle("cosign")) else { return };
    let room = TempDir::new().expect("a temporary directory");
    let served = Served::start(&["--store", &room.path().join("store").display().to_string(), "--anonymous-push"]);
    let image = fixture::app(&room.path().join("image"));
    let scene = Scene { clients, engine: engine(), copier, host: served.host(), image };
    stevedore(&["copy", "--all", &scene.image.reference(), &format!("docker://{}", scene.seed())]).ok();
    let mut names = vec!["skopeo", "skopeo-new", "crane", "oras", "cosign", "stevedore", "buildah"];
    if scene.engine.is_some() {
        names.push("docker");
    }
    let scene = &scene;
    let pushed: Vec<Pushed> = thread::scope(|scope| {
        let threads: Vec<_> = names.iter().map(|name| scope.spawn(|| scene.push(name))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client pushes")).collect()
    });
    let mut tags = names.clone();
    tags.sort_unstable();
    let listed = served.client().get("/v2/team/app/tags/list").expect(200).json();
    let mut listed: Vec<&str> = listed["tags"].as_array().expect("tags").iter().filter_map(Value::as_str).collect();
    // cosign names every manifest that it copies by a tag made of the digest.
    listed.retain(|tag| !tag.starts_with("sha256-"));
    assert_eq!(listed, tags);
    let own: Vec<&Pushed> = pushed.iter().filter(|one| one.digest != scene.image.digest).collect();
    assert!(own.iter().all(|one| ["buildah", "docker"].contains(&one.tag)), "{own:?}");
    thread::scope(|scope| {
        for (number, name) in names.iter().enumerate() {
            // What the next one has pushed, and what is somebody's alone.
            let next = &pushed[(number + 1) % pushed.len()];
            let mut asked: Vec<&Pushed> = own.iter().copied().chain([next]).collect();
            asked.dedup_by_key(|one| one.tag);
            scope.spawn(move || asked.into_iter().for_each(|one| scene.pull(name, one)));
        }
    });
}
