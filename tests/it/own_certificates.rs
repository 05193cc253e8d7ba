//! Certificates of an own authority, without Fulcio and logs: signed and verified here, by cosign 2 and by cosign 3, each with each.

use std::fs;

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};
use serde_json::Value;

use crate::sign::{Room, cosign};
use crate::sign_vectors::vectors;
use crate::support::command::{Program, Run};
use crate::support::fixture;
use crate::support::oracle::{Tool, oracle};
use crate::support::own_authority::{ADDRESS, FileKey, OwnAuthority, Says, address};
use crate::support::scene::{Folder, Scene};

const LOGS: [&str; 2] = ["--insecure-ignore-tlog", "--insecure-ignore-sct"];
/// The password of keys in the vectors that are not on P-256.
const PASSWORD: &str = "other";

fn vector(name: &str) -> String {
    vectors().join("keys").join(name).display().to_string()
}

fn write(folder: &Folder, name: &str, content: &str) -> String {
    fs::write(folder.path(name), content).expect("written");
    folder.text(name)
}

fn run(arguments: &[&str]) -> Run {
    Program::stevedore(arguments).env("COSIGN_PASSWORD", PASSWORD).run()
}

/// The files of an authority, and the flags that trust it.
struct Files {
    root: String,
    between: String,
    chain: String,
}

impl Files {
    fn new(folder: &Folder, name: &str, authority: &OwnAuthority) -> Files {
        Files {
            root: write(folder, &format!("{name}-root.pem"), &authority.root),
            between: write(folder, &format!("{name}-between.pem"), &authority.between),
            chain: write(folder, &format!("{name}-chain.pem"), &authority.chain()),
        }
    }

    fn roots(&self) -> Vec<&str> {
        vec!["--ca-roots", &self.root, "--ca-intermediates", &self.between]
    }
}

fn identity(name: &str) -> Vec<&str> {
    vec!["--certificate-identity", name, "--certificate-oidc-issuer-regexp", ".*", LOGS[0], LOGS[1]]
}

fn classic(tool: &Tool, key: &str, certificate: &[&str], name: &str) {
    let format: &[&str] = match tool.name() {
        "cosign2" => &[],
        _ => &["--use-signing-config=false", "--new-bundle-format=false"],
    };
    let fixed = ["sign", "--key", key, "-y", "--tlog-upload=false"];
    cosign(tool, PASSWORD, &[&fixed[..], format, certificate, &[name]].concat()).ok();
}

/// Returns the bundle beside an image, and how it is known.
fn only_bundle(scene: &Scene, digest: &str) -> Value {
    let list: Value = serde_json::from_slice(&scene.manifest("app", &digest.replace(':', "-"))).expect("an index");
    let manifest = scene.manifest("app", list["manifests"][0]["digest"].as_str().expect("a digest"));
    let manifest: Value = serde_json::from_slice(&manifest).expect("a manifest");
    let blob = manifest["layers"][0]["digest"].as_str().expect("a digest").to_owned();
    serde_json::from_slice(&scene.registry.client().get(&format!("/v2/app/blobs/{blob}")).expect(200).body)
        .expect("a bundle")
}

/// For each kind of key: what is signed here with a certificate is good to cosign 2, cosign 3 and here, and the other way around; with
/// another authority, or for somebody else, to none.
#[test]
fn every_kind_of_key_in_both_directions() {
    let tools = (oracle("cosign"), oracle("cosign2"));
    let (Some(cosign3), Some(cosign2)) = tools else { return };
    for (kind, private) in
        [("alice", "alice.pkcs8.pem"), ("p384", "p384.key"), ("rsa2048", "rsa2048.key"), ("ed25519", "ed25519.key")]
    {
        let Some(room) = Room::new(fixture::single) else { return };
        let (folder, authority, stranger) = (&room.scene.folder, OwnAuthority::new(), OwnAuthority::new());
        let (files, strange) = (Files::new(folder, "own", &authority), Files::new(folder, "strange", &stranger));
        let key = vector(private);
        let leaf = authority.issue(&FileKey::read(&vector(&format!("{kind}.pub"))), &Says::default());
        let leaf = write(folder, "leaf.pem", &leaf);
        let certificate = ["--certificate", &leaf, "--certificate-chain", &files.chain];
        let names = ["app", "two", "three", "none"];
        names[1..].iter().for_each(|name| drop(room.scene.seed(name, fixture::single)));
        let docker = |name: &str| room.scene.docker(&format!("{name}:v1"));
        let again = || run(&[&["sign", "--key", &key][..], &certificate, &[&docker("app")]].concat()).ok();
        again();
        assert!(again().stderr.contains("nothing to do"), "{kind}");
        if kind != "alice" {
            classic(&cosign2, &key, &certificate, &room.scene.name("two:v1"));
            classic(&cosign3, &key, &certificate, &room.scene.name("three:v1"));
        }
        let bundle = only_bundle(&room.scene, &room.image.digest);
        assert!(bundle["verificationMaterial"]["certificate"]["rawBytes"].is_string(), "{bundle}");
        let with_chain = ["--certificate-chain", &files.chain];
        let pinned = [&["--certificate", &leaf][..], &with_chain].concat();
        let strangers = strange.roots();
        for (trust, who, good) in [
            (files.roots(), ADDRESS, true),
            (with_chain.to_vec(), ADDRESS, true),
            (pinned, ADDRESS, true),
            (strangers, ADDRESS, false),
            (files.roots(), "attacker@company.example", false),
            // Its own chain came along, but for the root.
            (vec!["--ca-roots", &files.root], ADDRESS, true),
        ] {
            let flags = [&trust[..], &identity(who)].concat();
            for name in &names[..if kind == "alice" { 1 } else { 3 }] {
                // cosign 3 signs the classic form on P-384 with SHA-384 and on Ed25519 by the hash, which nobody verifies, itself included.
                let is_undone = ["p384", "ed25519"].contains(&kind) && *name == "three";
                // And it leaves the chain's root out, where readers take the last certificate for one.
                let is_cut = trust.len() == 2 && trust[0] == "--ca-roots" && *name == "three";
                let good = good && !is_undone && !is_cut;
                let ours = run(&[&["verify"][..], &flags, &[&docker(name)]].concat());
                assert_eq!(ours.code, if good { 0 } else { 12 }, "{kind} {name} {flags:?}: {}", ours.stderr);
                for (tool, name) in [(&cosign2, name), (&cosign3, name)] {
                    // cosign 3 looks at nothing else where there is a bundle, and takes no such flags for one.
                    if tool.name() == "cosign" && *name == "app" {
                        continue;
                    }
                    let name = room.scene.name(&format!("{name}:v1"));
                    let theirs = cosign(tool, "", &[&["verify"][..], &flags, &[&name]].concat());
                    assert_eq!(theirs.code == 0, good, "{} {kind} {name} {flags:?}: {}", tool.name(), theirs.stderr);
                }
            }
            let unsigned = run(&[&["verify"][..], &flags, &[&docker("none")]].concat());
            assert_eq!(unsigned.code, 10, "{}", unsigned.stderr);
        }
        // The bundle, by a trusted root, which is how cosign 3 is told.
        let trusted = folder.text("trusted.json");
        let fulcio = format!("url=https://ca.example,certificate-chain={}", files.chain);
        cosign(&cosign3, "", &["trusted-root", "create", "--fulcio", &fulcio, "--out", &trusted]).ok();
        for (who, good) in [(ADDRESS, true), ("attacker@company.example", false)] {
            let flags = [&["verify", "--trusted-root", &trusted][..], &identity(who)].concat();
            let theirs = cosign(&cosign3, "", &[&flags[..], &[&room.name()]].concat());
            assert_eq!(theirs.code == 0, good, "{kind} {who}: {}", theirs.stderr);
        }
        // By the key alone, too: the certificate is only beside it.
        let public = vector(&format!("{kind}.pub"));
        run(&["verify", "--key", &public, &docker("app")]).ok();
    }
}

/// A certificate, what is asked of it, and whether it counts.
struct Row {
    what: &'static str,
    root: Says,
    between: Says,
    leaf: Says,
    wanted: &'static str,
    counts: bool,
    /// Whether this is one that cosign 2 takes and that is refused here, on purpose.
    is_stricter: bool,
}

fn row(what: &'static str, counts: bool, change: impl FnOnce(&mut Row)) -> Row {
    let [root, between] = [Says::authority(), Says::authority()];
    let mut row = Row { what, root, between, leaf: Says::default(), wanted: ADDRESS, counts, is_stricter: false };
    change(&mut row);
    row
}

fn rows() -> Vec<Row> {
    let tls = || vec![ExtendedKeyUsagePurpose::ServerAuth];
    let both = || vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::CodeSigning];
    let depth = |number| IsCa::Ca(BasicConstraints::Constrained(number));
    let uri = || SanType::URI("https://company.example/release".try_into().expect("ASCII"));
    let host = || SanType::DnsName("build.company.example".try_into().expect("ASCII"));
    vec![
        row("as it must be", true, |_| {}),
        row("for nothing in particular", true, |row| row.leaf.purposes.clear()),
        row("for anything", true, |row| row.leaf.purposes = vec![ExtendedKeyUsagePurpose::Any]),
        row("for two things", true, |row| row.leaf.purposes = both()),
        row("for servers", false, |row| row.leaf.purposes = tls()),
        row("between for servers", false, |row| row.between.purposes = tls()),
        row("between for code", true, |row| row.between.purposes = vec![ExtendedKeyUsagePurpose::CodeSigning]),
        row("root for servers", false, |row| row.root.purposes = tls()),
        row("expired", false, |row| row.leaf.days = [-9, -1]),
        row("not yet valid", false, |row| row.leaf.days = [1, 9]),
        row("older than its authority", false, |row| row.leaf.days = [-20, 9]),
        row("authority expired since", true, |row| {
            row.between.days = [-10, -2];
            row.leaf.days = [-5, 5];
            row.is_stricter = true;
        }),
        row("root expired since", true, |row| {
            row.root.days = [-10, -2];
            row.leaf.days = [-5, 5];
            row.is_stricter = true;
        }),
        row("between is no authority", false, |row| row.between.is_authority = IsCa::ExplicitNoCa),
        row("between says nothing of that", false, |row| row.between.is_authority = IsCa::NoCa),
        row("root is no authority", false, |row| row.root.is_authority = IsCa::ExplicitNoCa),
        row("root issues directly only", false, |row| row.root.is_authority = depth(0)),
        row("root issues through one", true, |row| row.root.is_authority = depth(1)),
        row("between issues directly", true, |row| row.between.is_authority = depth(0)),
        row("root may not issue", false, |row| row.root.usages = vec![KeyUsagePurpose::DigitalSignature]),
        row("between may not issue", false, |row| row.between.usages = vec![KeyUsagePurpose::DigitalSignature]),
        row("is an authority itself", true, |row| {
            row.leaf.is_authority = depth(0);
            row.is_stricter = true;
        }),
        row("of somebody else", false, |row| row.leaf.names = vec![address("other@company.example")]),
        row("of nobody", false, |row| row.leaf.names.clear()),
        row("of two, the second", true, |row| {
            row.leaf.names = vec![address("other@company.example"), address(ADDRESS)];
        }),
        row("of a URI, and an address", true, |row| row.leaf.names = vec![uri(), address(ADDRESS)]),
        row("of a host", true, |row| {
            row.leaf.names = vec![host()];
            row.wanted = "build.company.example";
        }),
        row("in other letters", false, |row| row.wanted = "Release@company.example"),
        row("only the beginning", false, |row| row.wanted = "release@company.exampl"),
    ]
}

/// Every fact of a certificate, wrong alone, beside cosign 2 and 3: the same answer to all, but for those where this is stricter on purpose,
/// about which cosign 2 and 3 do not agree. Each refusal is of exit code 12 and in words.
#[test]
fn every_fact_of_a_certificate() {
    let tools = (oracle("cosign"), oracle("cosign2"));
    let (Some(cosign3), Some(cosign2)) = tools else { return };
    let Some(room) = Room::new(fixture::single) else { return };
    let (folder, key) = (&room.scene.folder, FileKey::read(&vector("p384.pub")));
    let mut counted = 0;
    for (number, row) in rows().into_iter().enumerate() {
        let repository = format!("image{number}");
        room.scene.seed(&repository, fixture::single);
        let authority = OwnAuthority::that_says(&row.root, &row.between);
        let files = Files::new(folder, &repository, &authority);
        let leaf = write(folder, "leaf.pem", &authority.issue(&key, &row.leaf));
        let name = room.scene.name(&format!("{repository}:v1"));
        classic(&cosign2, &vector("p384.key"), &["--certificate", &leaf], &name);
        let flags = [&files.roots()[..], &identity(row.wanted)].concat();
        let ours = run(&[&["verify"][..], &flags, &[&format!("docker://{name}")]].concat());
        let tools: &[&Tool] = if row.is_stricter { &[&cosign2] } else { &[&cosign2, &cosign3] };
        for tool in tools {
            let theirs = cosign(tool, "", &[&["verify"][..], &flags, &[&name]].concat());
            assert_eq!(theirs.code == 0, row.counts, "{} {}: {}", tool.name(), row.what, theirs.stderr);
        }
        let counts = row.counts && !row.is_stricter;
        assert_eq!(ours.code, if counts { 0 } else { 12 }, "{}: {}", row.what, ours.stderr);
        assert!(
            counts || ["certificate", "not by"].iter().any(|word| ours.stderr.contains(word)),
            "{}: {}",
            row.what,
            ours.stderr
        );
        counted += usize::from(counts);
    }
    assert_eq!(counted, 10);
}

/// What nobody would accept is not signed, in words, and nothing is written.
#[test]
fn certificates_that_sign_nothing() {
    let Some(room) = Room::new(fixture::single) else { return };
    let (folder, authority) = (&room.scene.folder, OwnAuthority::new());
    let (files, strange) = (Files::new(folder, "own", &authority), Files::new(folder, "strange", &OwnAuthority::new()));
    let [alice, other] = ["alice.pub", "p384.pub"].map(|name| FileKey::read(&vector(name)));
    let issue = |name: &str, key: &FileKey, change: fn(&mut Says)| {
        let mut says = Says::default();
        change(&mut says);
        write(folder, name, &authority.issue(key, &says))
    };
    let good = issue("good.pem", &alice, |_| {});
    let expired = issue("expired.pem", &alice, |says| says.days = [-9, -1]);
    let servers = issue("servers.pem", &alice, |says| says.purposes = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    let another = issue("another.pem", &other, |_| {});
    let two = write(folder, "two.pem", &fs::read_to_string(&good).expect("written").repeat(2));
    let key = vector("alice.pkcs8.pem");
    let image = room.scene.docker("app:v1");
    for (certificate, chain, told) in [
        (&expired, Some(&files.chain), "not valid at"),
        (&expired, None, "not valid at"),
        (&servers, Some(&files.chain), "not for signing code"),
        (&good, Some(&strange.chain), "no trusted authority has issued its certificate"),
        (&good, Some(&files.root), "no trusted authority has issued its certificate"),
        (&another, Some(&files.chain), "its key is not the one that signs"),
        (&two, Some(&files.chain), "it has 2 certificates, and one is wanted"),
        (&key, None, "it holds no certificates"),
        (&good, Some(&key), "it holds no certificates"),
        (&folder.text("none"), None, "cannot read"),
    ] {
        let chain = chain.map(|chain| ["--certificate-chain", chain.as_str()]);
        let chain = chain.as_ref().map_or(&[][..], |chain| &chain[..]);
        for verb in [&["sign"][..], &["attest", "--predicate", &good]] {
            let fixed = [verb, &["--key", &key, "--certificate", certificate], chain].concat();
            let failed = run(&[&fixed[..], &[&image]].concat()).code(1);
            assert!(failed.stderr.contains(told), "{told}: {}", failed.stderr);
        }
    }
    run(&["sign", "--key", &key, "--certificate-chain", &files.chain, &image]).code(2);
    let tag = room.image.digest.replace(':', "-");
    assert!(![format!("{tag}.sig"), format!("{tag}.att"), tag].iter().any(|tag| room.scene.has("app", tag)));
}

/// What is attested with a certificate, beside cosign; and files, by a signature that stands alone and by bundles.
#[test]
fn attestations_and_files() {
    let tools = (oracle("cosign"), oracle("cosign2"));
    let (Some(cosign3), Some(cosign2)) = tools else { return };
    let Some(room) = Room::new(fixture::single) else { return };
    let (folder, authority) = (&room.scene.folder, OwnAuthority::new());
    let (files, strange) = (Files::new(folder, "own", &authority), Files::new(folder, "strange", &OwnAuthority::new()));
    let leaf = write(folder, "leaf.pem", &authority.issue(&FileKey::read(&vector("p384.pub")), &Says::default()));
    let key = vector("p384.key");
    let certificate = ["--certificate", &leaf, "--certificate-chain", &files.chain];
    let note = write(folder, "note", "{\"a\":1}");
    room.scene.seed("two", fixture::single);
    let docker = |name: &str| room.scene.docker(&format!("{name}:v1"));
    run(&[&["attest", "--key", &key, "--predicate", &note][..], &certificate, &[&docker("app")]].concat()).ok();
    let fixed = ["attest", "--key", &key, "-y", "--tlog-upload=false", "--predicate", &note];
    cosign(&cosign2, PASSWORD, &[&fixed[..], &certificate, &[&room.scene.name("two:v1")]].concat()).ok();
    let (own, wrong) = (files.roots(), strange.roots());
    for (trust, good) in [(&own, true), (&wrong, false)] {
        let flags = [&trust[..], &identity(ADDRESS)].concat();
        for name in ["app", "two"] {
            let ours = run(&[&["verify-attestation"][..], &flags, &[&docker(name)]].concat());
            assert_eq!(ours.code, if good { 0 } else { 12 }, "{name}: {}", ours.stderr);
            let name = room.scene.name(&format!("{name}:v1"));
            let theirs = cosign(&cosign2, "", &[&["verify-attestation"][..], &flags, &[&name]].concat());
            assert_eq!(theirs.code == 0, good, "{name}: {}", theirs.stderr);
        }
    }
    let signature = folder.text("note.sig");
    let fixed = ["sign-blob", "--key", &key, "-y", "--tlog-upload=false", "--output-signature", &signature, &note];
    cosign(&cosign2, PASSWORD, &fixed).ok();
    let bundle = folder.text("note.json");
    let fixed = ["sign-blob", "--key", &key, "-y", "--use-signing-config=false", "--tlog-upload=false"];
    cosign(&cosign3, PASSWORD, &[&fixed[..], &["--certificate", &leaf, "--bundle", &bundle, &note]].concat()).ok();
    let other = write(folder, "other", "{\"a\":2}");
    let with = |more: &[&str], trust: &[&str], file: &str| {
        run(&[&["verify-blob"][..], more, trust, &identity(ADDRESS), &[file]].concat()).code
    };
    let alone = ["--signature", &signature, "--certificate", &leaf];
    for (more, trust, file, code) in [
        (&alone[..], &own, &note, 0),
        (&alone, &wrong, &note, 12),
        (&alone, &own, &other, 12),
        (&alone[..2], &own, &note, 12),
        (&["--bundle", &bundle], &own, &note, 0),
        (&["--bundle", &bundle], &wrong, &note, 12),
        (&["--bundle", &bundle], &own, &other, 12),
    ] {
        assert_eq!(with(more, trust, file), code, "{more:?} {trust:?} {file}");
    }
    for (trust, good) in [(&own, true), (&wrong, false)] {
        let flags = [&["verify-blob"][..], &alone, trust, &identity(ADDRESS), &[&note]].concat();
        let theirs = cosign(&cosign2, "", &flags);
        assert_eq!(theirs.code == 0, good, "{}", theirs.stderr);
    }
}

/// Flags that say too little, or two things, are usage errors: whom to trust, whose it must be, and that no log takes part must be said.
#[test]
fn flags_that_say_too_little() {
    let folder = Folder::new();
    let authority = OwnAuthority::new();
    let files = Files::new(&folder, "own", &authority);
    let good = [&files.roots()[..], &identity(ADDRESS)].concat();
    let without = |flag: &str, values: usize| -> Vec<&str> {
        let at = good.iter().position(|each| *each == flag).expect("a flag");
        [&good[..at], &good[at + 1 + values..]].concat()
    };
    let certificate =
        write(&folder, "leaf.pem", &authority.issue(&FileKey::read(&vector("alice.pub")), &Says::default()));
    for flags in [
        without("--ca-roots", 1),
        without("--certificate-identity", 1),
        without("--certificate-oidc-issuer-regexp", 1),
        without("--insecure-ignore-tlog", 0),
        without("--insecure-ignore-sct", 0),
        [&good[..], &["--certificate-chain", &files.chain]].concat(),
        [&good[..], &["--key", &certificate]].concat(),
        [&good[..], &["--trusted-root", &files.root]].concat(),
        [&["--certificate", &certificate][..], &identity(ADDRESS)].concat(),
    ] {
        for verb in [&["verify"][..], &["verify-attestation"], &["verify-blob", "--bundle", &files.root]] {
            run(&[verb, &flags, &[&files.root]].concat()).code(2);
        }
    }
}
