//! Programs that no package manager has installed, evidence of other managers, and what is said of what nobody knows.

use std::io::Write;

use serde_json::Value;

use crate::support::command::stevedore;
use crate::support::content::{Member, tar};
use crate::support::fixture::{self, Fixture};

const DEBIAN: &[u8] = b"ID=debian\nVERSION_ID=\"12\"\n";

fn image(members: &[Member<'_>]) -> (tempfile::TempDir, Fixture) {
    let room = tempfile::tempdir().expect("a temporary directory");
    let image = fixture::of_tars(room.path(), &[tar(members)]);
    (room, image)
}

fn list(members: &[Member<'_>]) -> Value {
    let (_room, image) = image(members);
    stevedore(&["sbom", "--json", "--quiet", &image.reference()]).ok().json()
}

fn purls(list: &Value) -> Vec<String> {
    let packages = list["packages"].as_array().expect("packages").iter();
    packages.map(|package| package["purl"].as_str().expect("a package URL").to_owned()).collect()
}

/// A file that begins like a program and has this text in it.
fn program(text: &str) -> Vec<u8> {
    let header = [&b"\x7fELF\x02\x01\x01"[..], &[0; 9], &[3, 0, 62, 0, 1, 0, 0, 0], &[0; 500]].concat();
    [&header, &b"\0"[..], text.as_bytes(), &[0; 500]].concat()
}

#[test]
fn owned_and_unowned() {
    let nginx = program("nginx version: nginx/1.22.1");
    let status = b"Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.22.1-9\n\n";
    let (list_of, sums) = (b"/.\n/usr/sbin\n/usr/sbin/nginx\n", format!("{}  usr/sbin/nginx\n", "0".repeat(32)));
    let apk = b"P:nginx\nV:1.24.0-r1\nA:x86_64\nF:usr/sbin\nR:nginx\n\n";
    let here = Member::File("usr/sbin/nginx", &nginx);
    let generic = "pkg:generic/nginx@1.22.1";
    let table: &[(&str, Vec<Member<'_>>, &[&str], u64)] = &[
        ("nobody's", vec![here], &[generic], 0),
        (
            "dpkg's",
            vec![
                Member::File("etc/os-release", DEBIAN),
                Member::File("var/lib/dpkg/status", status),
                Member::File("var/lib/dpkg/info/nginx.list", list_of),
                Member::File("usr/sbin/nginx", &nginx),
            ],
            &["pkg:deb/debian/nginx@1.22.1-9?arch=amd64&distro=debian-12"],
            0,
        ),
        (
            "distroless's",
            vec![
                Member::File("var/lib/dpkg/status.d/nginx", status),
                Member::File("var/lib/dpkg/status.d/nginx.md5sums", sums.as_bytes()),
                Member::File("usr/sbin/nginx", &nginx),
            ],
            &["pkg:deb/nginx@1.22.1-9?arch=amd64"],
            0,
        ),
        (
            "apk's",
            vec![Member::File("lib/apk/db/installed", apk), Member::File("usr/sbin/nginx", &nginx)],
            &["pkg:apk/nginx@1.24.0-r1?arch=x86_64"],
            0,
        ),
        (
            "dpkg's, before sbin was merged into usr",
            vec![
                Member::File("var/lib/dpkg/status", status),
                Member::File("var/lib/dpkg/info/nginx.list", b"/sbin/nginx\n"),
                Member::File("usr/sbin/nginx", &nginx),
            ],
            &["pkg:deb/nginx@1.22.1-9?arch=amd64"],
            0,
        ),
        (
            "dpkg's, and another of nobody",
            vec![
                Member::File("var/lib/dpkg/status", status),
                Member::File("var/lib/dpkg/info/nginx.list", list_of),
                Member::File("usr/sbin/nginx", &nginx),
                Member::File("opt/nginx", &nginx),
                Member::File("opt/tool", &nginx),
            ],
            &["pkg:deb/nginx@1.22.1-9?arch=amd64", generic],
            1,
        ),
    ];
    for (name, members, wanted, unidentified) in table {
        let list = list(members);
        assert_eq!(purls(&list), *wanted, "{name}");
        assert_eq!(list["unidentifiedExecutables"], *unidentified, "{name}");
    }
}

#[test]
fn what_nobody_knows_is_said() {
    let tool = program("nothing that is known");
    let (_room, image) = image(&[Member::File("app/tool", &tool), Member::File("usr/lib/libx.so.1", &tool)]);
    let run = stevedore(&["sbom", "--format", "spdx-json", &image.reference()]).ok();
    let notes: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(notes, ["note: no package was found in the image", "note: 1 executable belongs to no package"]);
    assert!(run.text().contains("unidentified executables, which belong to no package: 1"));
    let run = stevedore(&["sbom", "--quiet", "--format", "cyclonedx-json", &image.reference()]).ok();
    assert!(run.stderr.is_empty());
    let properties = &run.json()["metadata"]["properties"][0];
    assert_eq!((&properties["name"], &properties["value"]), (&"stevedore:unidentifiedExecutables".into(), &"1".into()));
    // Text is no program, whatever it is called.
    let list = list(&[Member::File("usr/local/bin/node", b"#!/bin/sh\necho node.js/v20.20.2\n")]);
    assert_eq!((purls(&list).len(), &list["unidentifiedExecutables"]), (0, &0.into()));
}

#[test]
fn programs_in_documents() {
    let node = program("node.js/v20.20.2");
    let (_room, image) = image(&[Member::File("usr/local/bin/node", &node)]);
    let cpe = "cpe:2.3:a:nodejs:node.js:20.20.2:*:*:*:*:*:*:*";
    let run = |format: &str| stevedore(&["sbom", "--format", format, &image.reference()]).ok();
    let component = &run("cyclonedx-json").json()["components"][0];
    assert_eq!((&component["cpe"], &component["type"]), (&cpe.into(), &"application".into()));
    assert!(run("spdx-json").text().contains(cpe));
    assert_eq!(run("json").json()["packages"][0]["cpes"][0], cpe);
}

fn zstd(content: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    encoder.write_all(content).expect("in memory");
    encoder.finish().expect("in memory")
}

#[test]
fn evidence_of_every_kind() {
    let wall = zstd(
        b"{\"jsonwall\":\"1.0\"}\n{\"kind\":\"package\",\"name\":\"libc6\",\"version\":\"2.39-0ubuntu8.3\",\"arch\":\"amd64\"}\n{\"kind\":\"path\",\"path\":\"/etc/\"}\n",
    );
    let spdx = br#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"redis","licenseDeclared":"BSD-3-Clause","externalRefs":[{"referenceType":"cpe23Type","referenceLocator":"no cpe"},{"referenceType":"purl","referenceLocator":"pkg:bitnami/redis@7.2.4-3?arch=amd64"}]}]}"#;
    let pecl = br#"a:5:{s:4:"name";s:5:"redis";s:7:"channel";s:12:"pecl.php.net";s:7:"version";a:2:{s:7:"release";s:5:"6.0.2";s:3:"api";s:5:"6.0.0";}}"#;
    let rpms = b"openssl-libs\t1.1.1k-28.cm2\t1\t2\tMicrosoft Corporation\t(none)\t580\tx86_64\t0\topenssl-1.1.1k-28.cm2.src.rpm\nshadow\t4.9-1\t1\t2\tX\t(none)\t1\tx86_64\t2\t(none)\n";
    let table: &[(&str, &[u8], &str, &[&str])] = &[
        (
            "var/lib/rpmmanifest/container-manifest-2",
            rpms,
            "ID=mariner\nVERSION_ID=\"2.0\"\n",
            &[
                "pkg:rpm/mariner/openssl-libs@1.1.1k-28.cm2?arch=x86_64&distro=mariner-2.0&upstream=openssl-1.1.1k-28.cm2.src.rpm",
                "pkg:rpm/mariner/shadow@4.9-1?arch=x86_64&distro=mariner-2.0&epoch=2",
            ],
        ),
        (
            "var/lib/chisel/manifest.wall",
            &wall,
            "ID=ubuntu\nVERSION_ID=24.04\n",
            &["pkg:deb/ubuntu/libc6@2.39-0ubuntu8.3?arch=amd64&distro=ubuntu-24.04"],
        ),
        (
            "app/app.deps.json",
            br#"{"libraries":{"app/1":{"type":"project"},"runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1":{"type":"runtimepack"}}}"#,
            "",
            &["pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@8.0.1"],
        ),
        ("opt/bitnami/redis/.spdx-redis.spdx", spdx, "", &["pkg:bitnami/redis@7.2.4-3?arch=amd64"]),
        (
            "opt/conda/conda-meta/openssl-3.2.1-h0.json",
            br#"{"name":"openssl","version":"3.2.1","build":"h0","subdir":"linux-64","files":["a"]}"#,
            "",
            &["pkg:conda/openssl@3.2.1?build=h0&subdir=linux-64"],
        ),
        ("opt/conda/conda-meta/history.json", b"{}", "", &[]),
        (
            "usr/local/lib/R/site-library/dplyr/DESCRIPTION",
            b"Package: dplyr\nVersion: 1.1.4\nLicense: MIT + file LICENSE\nBuilt: R 4.3.2\n",
            "",
            &["pkg:cran/dplyr@1.1.4"],
        ),
        ("src/dplyr/DESCRIPTION", b"Package: dplyr\nVersion: 1.1.4\n", "", &[]),
        ("usr/local/lib/php/.registry/.channel.pecl.php.net/redis.reg", pecl, "", &["pkg:generic/redis@6.0.2"]),
        (
            "var/www/html/wp-content/plugins/akismet/akismet.php",
            b"<?php\n/**\n * Plugin Name: Akismet Anti-spam\n * Version: 5.3\n */\n",
            "",
            &["pkg:generic/akismet@5.3"],
        ),
        ("var/www/html/wp-content/plugins/akismet/class.php", b"<?php\n// Version: 5\n", "", &[]),
        (
            "var/lib/pacman/local/bash-5.2.026-2/desc",
            b"%NAME%\nbash\n\n%VERSION%\n5.2.026-2\n\n%BASE%\nbash\n\n%ARCH%\nx86_64\n\n%LICENSE%\nGPL-3.0-or-later\n\n",
            "ID=arch\n",
            &["pkg:alpm/arch/bash@5.2.026-2?arch=x86_64&distro=arch"],
        ),
    ];
    for (path, content, os, wanted) in table {
        let mut members = vec![Member::File(path, content)];
        if !os.is_empty() {
            members.push(Member::File("etc/os-release", os.as_bytes()));
        }
        let list = list(&members);
        assert_eq!(purls(&list), *wanted, "{path}");
        assert_eq!(list["warnings"].as_array().map(Vec::len), Some(0), "{path}: {}", list["warnings"]);
    }
    // Broken evidence is told.
    for (path, content) in [
        ("var/lib/rpmmanifest/container-manifest-2", &b"name\n"[..]),
        ("var/lib/chisel/manifest.wall", b"{\"kind\":\"package\"}\n"),
        ("var/lib/pacman/local/a-1/desc", b"%NAME%\na\n"),
        ("usr/lib/php/.registry/a.reg", b"a:1:{"),
    ] {
        let list = list(&[Member::File(path, content)]);
        assert_eq!((purls(&list).len(), list["warnings"].as_array().map(Vec::len)), (0, Some(1)), "{path}");
    }
}

#[test]
fn documents_say_only_what_is_known() {
    let long = format!(r#"{{"name":"long","version":"1.{}"}}"#, "0".repeat(2000));
    let status = b"Package: adduser\nStatus: install ok installed\nMaintainer: Adduser Developers <adduser@example.org>\nArchitecture: all\nVersion: 3.134\n\n";
    let copyright =
        b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+\n";
    let jar_name = "opt/acme-tool-1.0.jar";
    let jar = {
        let mut output = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut output);
        let (entry, config) = archive.new_file("a.class").start().expect("starts");
        let writer = config.wrap(entry);
        let (entry, descriptor) = writer.finish().expect("in memory");
        entry.finish(descriptor).expect("in memory");
        archive.finish().expect("in memory");
        output
    };
    let (_room, image) = image(&[
        Member::File("app/node_modules/long/package.json", long.as_bytes()),
        Member::File(
            "app/node_modules/linked/real.json",
            br#"{"name":"linked","version":"4.5.6","license":"MIT","licenses":["MIT",""]}"#,
        ),
        Member::Symlink("app/node_modules/linked/package.json", "real.json"),
        Member::File("var/lib/dpkg/status", status),
        Member::File("usr/share/doc/adduser/copyright", copyright),
        Member::File(jar_name, &jar),
    ]);
    let run = |format: &str| stevedore(&["sbom", "--format", format, &image.reference()]).ok();
    let json = run("json").json();
    let package = |name: &str| {
        let all = json["packages"].as_array().expect("packages");
        all.iter().find(|package| package["name"] == name).unwrap_or_else(|| panic!("{name} in {json}")).clone()
    };
    assert_eq!(package("adduser")["purl"], "pkg:deb/adduser@3.134?arch=all");
    assert_eq!(package("adduser")["licenses"], serde_json::json!(["GPL-2.0-or-later"]));
    assert_eq!(package("adduser")["supplier"], "Adduser Developers <adduser@example.org>");
    assert_eq!(package("linked")["licenses"], serde_json::json!(["MIT"]));
    assert_eq!(package("acme-tool:acme-tool")["guessed"], "group");
    assert_eq!(package("linked").get("guessed"), None);

    let table = run("table");
    assert!(table.text().lines().all(|line| line.chars().count() < 300), "{}", table.text());
    assert!(table.text().lines().next().is_some_and(|heading| heading.contains("GUESSED")));

    let cyclone = run("cyclonedx-json").json();
    for component in cyclone["components"].as_array().expect("components") {
        assert!(component["version"].as_str().is_none_or(|version| version.len() <= 1024), "{component}");
        let is_guess = component["properties"].to_string().contains("stevedore:guessed");
        assert_eq!(is_guess, component["name"] == "acme-tool", "{component}");
        if component["name"] == "adduser" {
            assert_eq!(component["supplier"]["name"], "Adduser Developers <adduser@example.org>");
        }
    }
    let spdx = run("spdx-json").json();
    for package in spdx["packages"].as_array().expect("packages") {
        let is_guess = package["comment"].as_str().is_some_and(|comment| comment.starts_with("guessed"));
        assert_eq!(is_guess, package["name"] == "acme-tool:acme-tool", "{package}");
        if package["name"] == "adduser" {
            assert_eq!(package["supplier"], "Person: Adduser Developers (adduser@example.org)");
            assert_eq!(package["licenseDeclared"], "GPL-2.0-or-later");
        }
    }
}
