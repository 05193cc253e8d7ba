//! Archives that other tools wrote.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Bench;
use crate::support::fixture;
use crate::support::oracle::{corpus, oracle};
use crate::support::registry::Registry;
use crate::support::seed;

#[test]
fn of_skopeo() {
    let bench = Bench::new();
    let app = fixture::single(&bench.path().join("app"));
    for name in ["skopeo", "skopeo-new"] {
        let Some(skopeo) = oracle(name) else { continue };
        let archive = bench.file(name);
        let at = format!("docker-archive:{archive}:ex.com/a:1");
        skopeo.run(&["copy", "-q", &app.reference(), &at]);
        let listed = skopeo.run(&["list-tags", &format!("docker-archive:{archive}")]).json();
        assert_eq!(json!(bench.tags(&at)), listed["Tags"]);
        assert_eq!(bench.digest(&format!("docker-archive:{archive}")), bench.digest(&at));
        // The layers lie there without compression, and stay so; the config is the original's.
        let manifest = manifest(&bench, &at);
        assert_eq!(manifest["config"]["digest"], json!(app.parts[0].config));
        let layers = manifest["layers"].as_array().expect("layers");
        let digests: Vec<_> = layers.iter().map(|layer| layer["digest"].as_str().expect("a digest")).collect();
        assert_eq!(digests, app.parts[0].diff_ids);
        assert!(layers.iter().all(|layer| layer["mediaType"] == "application/vnd.docker.image.rootfs.diff.tar"));
        let out = format!("oci:{}:1", bench.file(&format!("{name}.out")));
        bench.copy_as_oci(&at, &out);
        skopeo.run(&["copy", "-q", &out, "dir:out"]);

        let archive = format!("oci-archive:{}:v1", bench.file(&format!("{name}.oci")));
        skopeo.run(&["copy", "-q", &app.reference(), &archive]);
        assert_eq!(bench.digest(&archive), app.digest);
    }
}

#[test]
fn of_crane() {
    let (Some(crane), Some(skopeo), Some(registry)) = (oracle("crane"), oracle("skopeo"), Registry::start()) else {
        return;
    };
    let bench = Bench::new();
    let (one, two) = (fixture::docker(&bench.path().join("one")), fixture::single(&bench.path().join("two")));
    seed::push_as(&one.dir, "v1", &registry.client(), "one", "1");
    seed::push_as(&two.dir, "v1", &registry.client(), "two", "1");
    let names = ["one", "two"].map(|name| format!("{}/{name}:1", registry.host()));
    let archive = bench.file("t.tar");
    crane.run(&["pull", &names[0], &names[1], &archive]);
    let listed = skopeo.run(&["list-tags", &format!("docker-archive:{archive}")]).json();
    let at = |name: &str| format!("docker-archive:{archive}:{name}");
    assert_eq!(json!(bench.tags(&at(""))), listed["Tags"]);
    for name in &names {
        // crane keeps the compressed layers, and pushes what is read here.
        let single = bench.file("single.tar");
        crane.run(&["pull", name, &single]);
        let pushed = format!("{}/pushed:1", registry.host());
        crane.run(&["push", &single, &pushed]);
        assert_eq!(crane.run(&["digest", &pushed]).text(), bench.digest(&at(name)));
        let out = format!("oci:{}:1", bench.file("out"));
        bench.copy_as_oci(&at(name), &out);
        skopeo.run(&["copy", "-q", &out, "dir:out"]);
    }
    // What is read can be pushed as it is.
    let plain = format!("docker-archive:{}:ex.com/a:1", bench.file("plain.tar"));
    skopeo.run(&["copy", "-q", &two.reference(), &plain]);
    let to = format!("docker://{}/plain:1", registry.host());
    let digest = bench.copy(&plain, &to);
    let name = format!("{}/plain:1", registry.host());
    assert_eq!(crane.run(&["digest", &name]).text(), digest);
    crane.run(&["copy", &name, &format!("{}/again:1", registry.host())]);
    skopeo.run(&["copy", "-q", "--src-tls-verify=false", &to, "dir:plain"]);
}

#[test]
fn of_the_corpus() {
    let Some(corpus) = corpus() else { return };
    let bench = Bench::new();
    let mut seen = 0;
    for entry in fs::read_dir(corpus.join("images")).expect("images") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
        if !name.contains(".tar") || name == crate::ls::WRONG_DIFF_ID {
            continue;
        }
        seen += 1;
        let expected: Value = serde_json::from_slice(
            &fs::read(corpus.join(format!("expected/{name}.image.json"))).unwrap_or_else(|_| b"null".to_vec()),
        )
        .expect("JSON");
        check(&bench, &path, &name, &expected);
    }
    assert!(seen > 10);
}

/// Reads an archive as each kind that it is, and copies every image of it.
fn check(bench: &Bench, path: &Path, name: &str, expected: &Value) {
    let has = |file: &str| {
        let found = std::process::Command::new("tar").arg("-tf").arg(path).arg(file).output().expect("tar runs");
        found.status.success()
    };
    for (kind, file) in [("oci-archive", "index.json"), ("docker-archive", "manifest.json")] {
        if !has(file) {
            continue;
        }
        let at = format!("{kind}:{}", path.display());
        if name == "snyk-mangled-nginx.tar" {
            let error = bench.try_copy(&at, &format!("oci:{}:1", bench.file("bad")), &super::all());
            let error = super::chain(&*error.expect_err("nothing there has its digest"));
            assert!(error.contains("digest"), "{error}");
            continue;
        }
        let tags = bench.tags(&at);
        for (number, tag) in tags.iter().enumerate() {
            let out = format!("oci:{}:{kind}-{number}", bench.file(&format!("{name}.{kind}")));
            bench.copy(&format!("{at}:{tag}"), &out);
        }
        if tags.len() < 2 {
            let digest = bench.copy(&at, &format!("oci:{}:sole", bench.file(&format!("{name}.{kind}"))));
            if let (Some(wanted), true) = (expected["manifest"].as_str(), name != "busybox-attestation.tar") {
                assert_eq!(digest, wanted, "{at}");
            }
            let manifest = manifest(bench, &at);
            if let Some(layers) = manifest["layers"].as_array() {
                assert_eq!(manifest["config"]["digest"], expected["config"], "{at}");
                let digests: Vec<&Value> = layers.iter().map(|layer| &layer["digest"]).collect();
                let wanted: Vec<&Value> =
                    expected["layers"].as_array().expect("layers").iter().map(|layer| &layer["digest"]).collect();
                assert_eq!(digests, wanted, "{at}");
            }
        }
    }
}

fn manifest(bench: &Bench, at: &str) -> Value {
    let (source, at) = bench.source(at).expect(at);
    serde_json::from_slice(source.manifest(&at).expect("a manifest").raw()).expect("JSON")
}

#[test]
fn old_and_broken_ones() {
    let bench = Bench::new();
    let write = |name: &str, files: &[(&str, &str)]| {
        let mut builder = tar::Builder::new(fs::File::create(bench.file(name)).expect("created"));
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, path, content.as_bytes()).expect("written");
        }
        builder.finish().expect("written");
    };
    type File<'a> = (&'a str, &'a str);
    let table: &[(&str, &[File<'_>], &str)] = &[
        ("old", &[("repositories", "{}")], "it has no manifest.json, as archives of Docker before 1.10"),
        ("none", &[("readme", "")], "it has neither manifest.json nor index.json, so it holds no images"),
        ("bad", &[("manifest.json", "{")], "manifest.json: "),
        (
            "absent",
            &[("manifest.json", r#"[{"Config":"c.json","Layers":[]}]"#)],
            "names \"c.json\", which is not in the",
        ),
        ("outside", &[("manifest.json", r#"[{"Config":"../c","Layers":[]}]"#)], "names \"../c\", which is not in the"),
    ];
    for (name, files, message) in table {
        write(name, files);
        let opened = bench.source(&format!("docker-archive:{}", bench.file(name)));
        let error = opened.and_then(|(source, at)| source.resolve(&at)).expect_err(name);
        assert!(super::chain(&error).contains(message), "{name}: {}", super::chain(&error));
    }
}

#[test]
fn layers_under_any_name_and_compression() {
    let bench = Bench::new();
    let layer = |compress: &dyn Fn(&[u8]) -> Vec<u8>, content: &str| {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, "file", content.as_bytes()).expect("memory");
        compress(&builder.into_inner().expect("memory"))
    };
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).expect("memory");
        encoder.finish().expect("memory")
    };
    let (one, two) = (layer(&gzip, "one"), layer(&|bytes| bytes.to_vec(), "two"));
    let mut builder = tar::Builder::new(fs::File::create(bench.file("t.tar")).expect("created"));
    let mut append = |path: &str, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, path, content).expect("written");
    };
    append(
        "manifest.json",
        br#"[{"Config":"sha256:c","RepoTags":["a:1","b:1"],"Layers":["./l1/layer.tar","2.tar.gz","l1/layer.tar"]}]"#,
    );
    append("sha256:c", b"{}");
    append("one.tar", &one);
    append("2.tar.gz", &two);
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "l1/layer.tar", "../one.tar").expect("written");
    builder.finish().expect("written");
    drop(builder);

    let at = format!("docker-archive:{}:docker.io/library/b:1", bench.file("t.tar"));
    let manifest = manifest(&bench, &at);
    let layer = |bytes: &[u8], kind: &str| {
        json!({"mediaType": format!("application/vnd.docker.image.rootfs.diff.tar{kind}"),
            "size": bytes.len(), "digest": crate::support::layout::sha256(bytes)})
    };
    assert_eq!(manifest["layers"], json!([layer(&one, ".gzip"), layer(&two, ""), layer(&one, ".gzip")]));
    assert_eq!(bench.tags(&at), ["a:1", "b:1"]);
    bench.copy(&at, &format!("docker-archive:{}:c:1", bench.file("u.tar")));
}

/// Writes an archive again, each entry behind an extended header with this attribute.
fn with_attribute(archive: &str, value: &[u8], to: &str) {
    let mut from = tar::Archive::new(fs::File::open(archive).expect("an archive"));
    let mut builder = tar::Builder::new(fs::File::create(to).expect("created"));
    for entry in from.entries().expect("entries") {
        let entry = entry.expect("an entry");
        builder.append_pax_extensions([("SCHILY.xattr.user.note", value)]).expect("written");
        let header = entry.header().clone();
        builder.append(&header, entry).expect("written");
    }
    builder.finish().expect("written");
}

#[test]
fn attributes_with_any_bytes() {
    let bench = Bench::new();
    let app = fixture::app(&bench.path().join("app"));
    let values: [&[u8]; 8] = [
        b"a\nb",
        b"a\n",
        b"\n",
        b"a\n15 path=../x\nb",
        b"\n9 size=0\n",
        b"\0\n\xff",
        b"\n22 GNU.sparse.major=1\n",
        b"",
    ];
    for kind in ["oci-archive", "docker-archive"] {
        let archive = bench.file(kind);
        bench.copy(&app.reference(), &format!("{kind}:{archive}:ex.com/a:1"));
        for value in values {
            let made = bench.file("made.tar");
            with_attribute(&archive, value, &made);
            let at = format!("{kind}:{made}:ex.com/a:1");
            assert_eq!(bench.tags(&at), ["ex.com/a:1"], "{kind} {value:?}");
            assert_eq!(bench.copy(&at, &format!("oci:{}:v1", bench.file("out"))), app.digest, "{kind} {value:?}");
            fs::remove_dir_all(bench.file("out")).expect("a layout");
        }
        // What is cut within the value is no record.
        let made = fs::read(bench.file("made.tar")).expect("an archive");
        let at = made.windows(5).position(|bytes| bytes == b"note=").expect("a record");
        let mut wrong = made;
        wrong[at + 5] = b'x';
        fs::write(bench.file("wrong.tar"), wrong).expect("written");
        let error = bench.source(&format!("{kind}:{}", bench.file("wrong.tar"))).err().expect("refused");
        assert!(super::chain(&error).contains("a pax record does not have the length that it says"), "{error}");
    }
}
