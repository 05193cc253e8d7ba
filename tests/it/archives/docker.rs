//! What `docker-archive:` writes.

use serde_json::{Value, json};

use super::{Bench, member, names};
use crate::support::fixture;
use crate::support::oracle::oracle;
use crate::support::registry::Registry;
use crate::support::seed;

#[test]
fn both_halves_in_the_form_of_docker() {
    let bench = Bench::new();
    let app = fixture::app(&bench.path().join("app"));
    let archive = bench.path().join("k.tar");
    let at = format!("docker-archive:{}:ex.com/a:1", archive.display());
    assert_eq!(bench.copy(&app.reference(), &at), app.digest);
    assert_eq!(bench.digest(&at), app.digest);
    assert_eq!(bench.tags(&at), ["ex.com/a:1"]);
    let members = names(&archive);
    assert_eq!(members[..2], ["blobs/", "blobs/sha256/"]);
    assert_eq!(members[members.len() - 3..], ["index.json", "manifest.json", "oci-layout"]);

    let read = |name: &str| -> Value { serde_json::from_slice(&member(&archive, name).expect(name)).expect("JSON") };
    let path = |digest: &str| format!("blobs/{}", digest.replacen(':', "/", 1));
    let amd = app.part("linux/amd64");
    let layers: Vec<String> = amd.layers.iter().map(|layer| path(layer)).collect();
    assert_eq!(
        read("manifest.json"),
        json!([{"Config": path(&amd.config), "RepoTags": ["ex.com/a:1"], "Layers": layers}])
    );
    assert_eq!(read("index.json")["manifests"][0]["digest"], json!(app.digest));
    assert_eq!(
        read("index.json")["manifests"][0]["annotations"],
        json!({"io.containerd.image.name": "ex.com/a:1", "org.opencontainers.image.ref.name": "1"})
    );
    // The OCI half is for everybody who reads layouts.
    assert_eq!(bench.digest(&format!("oci-archive:{}:1", archive.display())), app.digest);
}

#[test]
fn others_read_it() {
    let bench = Bench::new();
    let app = fixture::single(&bench.path().join("app"));
    let archive = bench.file("k.tar");
    let at = format!("docker-archive:{archive}:ex.com/a:1");
    bench.copy(&app.reference(), &at);

    for name in ["skopeo", "skopeo-new"] {
        let Some(skopeo) = oracle(name) else { continue };
        let to = skopeo.home().join("dir").display().to_string();
        skopeo.run(&["copy", "-q", &at, &format!("dir:{to}")]);
        let listed = skopeo.run(&["list-tags", &format!("docker-archive:{archive}")]).json();
        assert_eq!(listed["Tags"], json!(["ex.com/a:1"]));
    }
    let (Some(crane), Some(skopeo), Some(registry)) = (oracle("crane"), oracle("skopeo"), Registry::start()) else {
        return;
    };
    crane.run(&["validate", "--tarball", &archive]);
    let host = registry.host();
    crane.run(&["push", &archive, &format!("{host}/pushed:1")]);
    seed::push_as(&app.dir, "v1", &registry.client(), "app", "1");
    let converted = format!("docker://{host}/converted:1");
    skopeo.run(&[
        "copy",
        "-q",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        "--format",
        "v2s2",
        &format!("docker://{host}/app:1"),
        &converted,
    ]);
    let digest = |name: &str| crane.run(&["digest", &format!("{host}/{name}:1")]).text().to_owned();
    assert_eq!(digest("pushed"), digest("converted"));

    // The original digest comes back, which no other tool's archive of this kind does.
    assert_eq!(bench.copy(&at, &format!("docker://{host}/back:1")), app.digest);
    assert_eq!(digest("back"), digest("app"));
}

#[test]
fn what_docker_cannot_load_is_said() {
    let bench = Bench::new();
    let zstd = fixture::zstd(&bench.path().join("zstd"));
    let archive = bench.path().join("k.tar");
    let at = format!("docker-archive:{}:z:1", archive.display());
    assert_eq!(bench.copy(&zstd.reference(), &at), zstd.digest);
    assert!(member(&archive, "manifest.json").is_none());
    assert_eq!(
        bench.notes(),
        [format!(
            "docker load cannot read docker.io/library/z:1 from docker-archive:{}: a layer is compressed with zstd",
            archive.display()
        )]
    );
    assert_eq!(bench.digest(&at), zstd.digest);
    assert_eq!(bench.tags(&at), ["docker.io/library/z:1"]);
    let artifact = fixture::artifact(&bench.path().join("artifact"));
    let at = format!("docker-archive:{}", bench.file("artifact.tar"));
    assert_eq!(bench.copy(&artifact.reference(), &at), artifact.digest);
    assert_eq!(bench.digest(&at), artifact.digest);
}

#[test]
fn names_are_completed_or_refused() {
    let bench = Bench::new();
    let app = fixture::single(&bench.path().join("app"));
    let archive = bench.file("k.tar");
    bench.copy(&app.reference(), &format!("docker-archive:{archive}:a"));
    for name in ["a", "a:latest", "docker.io/library/a", "docker.io/library/a:latest", "@0"] {
        assert_eq!(bench.digest(&format!("docker-archive:{archive}:{name}")), app.digest, "{name}");
    }
    let error = bench.try_copy(&app.reference(), &format!("docker-archive:{archive}:A:1"), &super::all());
    let error = error.expect_err("no name that Docker takes");
    assert!(super::chain(&*error).contains("the name \"A:1\" is not possible in docker-archive:"));
    let (source, at) = bench.source(&format!("docker-archive:{archive}:b:1")).expect("opens");
    assert!(source.resolve(&at).expect("looked up").is_none());
    let (source, at) = bench.source(&format!("docker-archive:{archive}:@1")).expect("opens");
    assert!(source.resolve(&at).expect("looked up").is_none());
}

#[test]
fn an_image_without_a_name() {
    let bench = Bench::new();
    let app = fixture::single(&bench.path().join("app"));
    let at = format!("docker-archive:{}", bench.file("k.tar"));
    assert_eq!(bench.copy(&app.reference(), &at), app.digest);
    let list = member(&bench.path().join("k.tar"), "manifest.json").expect("a list");
    assert!(String::from_utf8(list).expect("JSON").contains(r#""RepoTags":null"#));
    assert!(bench.tags(&at).is_empty());
    assert_eq!(bench.digest(&at), app.digest);
    // Another one without a name takes its place.
    let other = fixture::docker(&bench.path().join("other"));
    assert_eq!(bench.copy(&other.reference(), &at), other.digest);
    assert_eq!(bench.digest(&at), other.digest);
}
