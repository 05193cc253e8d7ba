//! Keys that sign: every kind, from files of other tools and by programs, beside cosign; and words for keys that are elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::sign::{Room, cosign, cosign_verify, keygen};
use crate::sign_vectors::vectors;
use crate::support::command::{Program, Run};
use crate::support::fixture;
use crate::support::oracle::oracle;
use crate::support::scene::Folder;

const KINDS: [&str; 3] = ["p384", "ed25519", "rsa2048"];
/// The password of the keys of those kinds in the vectors, which cosign imported.
const PASSWORD: &str = "other";

fn vector(name: &str) -> String {
    vectors().join("keys").join(name).display().to_string()
}

fn run(password: &str, arguments: &[&str]) -> Run {
    Program::stevedore(arguments).env("COSIGN_PASSWORD", password).run()
}

/// What one kind of key signs here, in every form, is good to both versions of cosign, to no other key, and only as it is.
#[test]
fn every_kind_signs_what_cosign_verifies() {
    let tools = (oracle("cosign"), oracle("cosign2"));
    let (Some(cosign3), Some(cosign2)) = tools else { return };
    for kind in KINDS {
        let Some(room) = Room::new(fixture::single) else { return };
        let (key, public) = (vector(&format!("{kind}.key")), vector(&format!("{kind}.pub")));
        let (name, docker) = (room.name(), room.scene.docker("app:v1"));
        let note = room.scene.folder.text("note");
        fs::write(&note, "note").expect("written");
        run(PASSWORD, &["sign", "--key", &key, &docker]).ok();
        run(PASSWORD, &["attest", "--key", &key, "--predicate", &note, &docker]).ok();
        let again = run(PASSWORD, &["sign", "--key", &key, &docker]).ok();
        assert!(again.stderr.contains("nothing to do"), "{kind}: {}", again.stderr);
        room.verify(&[], &name).code(12);
        for (verb, tool) in [("verify", &cosign3), ("verify", &cosign2), ("verify-attestation", &cosign3)] {
            cosign(tool, "", &[verb, "--key", &public, "--insecure-ignore-tlog", &name]).ok();
            run("", &[verb, "--key", &public, &docker]).ok();
        }
        let (_, other) = keygen(&room.scene.folder.text("other"), "");
        cosign_verify(&cosign3, &other, &[], &name).code(1);
        run("", &["verify", "--key", &other, &docker]).code(12);
    }
}

/// Keys that openssl makes, in each form that it writes, become cosign's files, and cosign takes them.
#[test]
fn keys_are_imported() {
    let tools = (oracle("openssl"), oracle("cosign"));
    let (Some(openssl), Some(cosign3)) = tools else { return };
    let folder = Folder::new();
    let plain = folder.text("plain.pem");
    for (what, steps) in [
        ("P-256", &["ecparam -name prime256v1 -genkey -noout"][..]),
        ("P-384", &["ecparam -name secp384r1 -genkey -noout"]),
        ("P-384 in PKCS #8", &["genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384"]),
        ("Ed25519", &["genpkey -algorithm ed25519"]),
        ("RSA", &["genrsa 2048"]),
        ("RSA in PKCS #1", &["genrsa -traditional 3072"]),
    ] {
        for step in steps {
            let arguments: Vec<&str> = step.split(' ').collect();
            let (command, rest) = arguments.split_first().expect("a command");
            let made = Program::new("openssl", &[&[*command, "-out", &plain][..], rest].concat()).run();
            assert_eq!(made.code, 0, "{what}: {}", made.stderr);
        }
        let prefix = folder.text("imported");
        let import = ["import-key-pair", "--key", &plain, "--output-key-prefix", &prefix];
        run("secret", &[&import[..], &["--force"]].concat()).ok();
        run("secret", &import).code(2);
        let mode = fs::metadata(format!("{prefix}.key")).expect("written").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{what}");
        let public = fs::read_to_string(format!("{prefix}.pub")).expect("written");
        let theirs = Program::new("openssl", &["pkey", "-in", &plain, "-pubout"]).run().ok();
        assert_eq!(theirs.text().trim(), public.trim(), "{what}");
        let loaded = cosign(&cosign3, "secret", &["public-key", "--key", &format!("{prefix}.key")]).ok();
        assert_eq!(loaded.text().trim(), public.trim(), "{what}");
        run("wrong", &["public-key", "--key", &format!("{prefix}.key")]).code(1);
        // It is encrypted already.
        run("", &["import-key-pair", "--key", &format!("{prefix}.key"), "-o", &folder.text("again")]).code(2);
    }
    drop(openssl);
    let made = Program::new("openssl", &["genrsa", "-out", &plain, "1024"]).run();
    assert_eq!(made.code, 0, "{}", made.stderr);
    run("", &["import-key-pair", "--key", &plain, "-o", &folder.text("short")]).code(1);
    assert!(!folder.path("short.key").exists());
}

/// Writes a program; returns its path.
fn program(folder: &Folder, name: &str, script: &str) -> String {
    let path = folder.path(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("made executable");
    path.display().to_string()
}

/// A program that keeps the key signs for every kind, without a shell in between, and cosign verifies it.
#[test]
fn programs_sign() {
    let tools = (oracle("openssl"), oracle("cosign"));
    let (Some(_), Some(cosign3)) = tools else { return };
    for (kind, make) in [
        ("P-256", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
        ("P-384", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
        ("Ed25519", "genpkey -algorithm ed25519"),
        ("RSA", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
    ] {
        let Some(room) = Room::new(fixture::single) else { return };
        let folder = &room.scene.folder;
        let key = folder.text("key.pem");
        let arguments: Vec<&str> = make.split(' ').chain(["-out", &key]).collect();
        Program::new("openssl", &arguments).run().ok();
        let signer = program(
            folder,
            "signer with spaces; exit 3",
            &format!(
                "case \"$1 $2\" in\n\
                 'public-key ') exec openssl pkey -in '{key}' -pubout;;\n\
                 'sign ed25519') cat > '{key}.message'; exec openssl pkeyutl -sign -rawin -inkey '{key}' -in '{key}.message';;\n\
                 'sign ecdsa-sha256'|'sign rsa-pkcs1-sha256') exec openssl pkeyutl -sign -inkey '{key}' -pkeyopt digest:sha256;;\n\
                 esac\nexit 9"
            ),
        );
        let (name, docker) = (room.name(), room.scene.docker("app:v1"));
        let exec = format!("exec:{signer}");
        let public = folder.text("public.pem");
        fs::write(&public, run("", &["public-key", "--key", &exec]).ok().stdout).expect("written");
        run("", &["sign", "--key", &exec, &docker]).ok();
        run("", &["verify", "--key", &public, &docker]).ok();
        let verified = cosign_verify(&cosign3, &public, &[], &name);
        assert_eq!(verified.code, 0, "{kind}: {}", verified.stderr);
    }
}

/// A program that fails, lies or is not there signs nothing, and nothing is written.
#[test]
fn programs_that_fail_sign_nothing() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("image"));
    let index = || fs::read(image.dir.join("index.json")).expect("an index");
    let before = index();
    let public = format!("cat '{}'", vector("alice.pub"));
    for (name, script, told) in [
        ("missing", None, "cannot run it"),
        ("fails", Some("echo no token >&2; exit 4".to_owned()), "no token"),
        ("no key", Some("echo hello".to_owned()), "no PEM block"),
        ("two keys", Some(format!("{public} '{}'", vector("bob.pub"))), "not one public key"),
        (
            "lies",
            Some(format!("[ $1 = public-key ] && exec {public}; echo signature")),
            "no signature by its public key",
        ),
        ("long", Some(format!("[ $1 = public-key ] && exec {public}; yes | head -c 4000")), "too long"),
        ("refuses", Some(format!("[ $1 = public-key ] && exec {public}; echo locked >&2; exit 1")), "locked"),
    ] {
        let path = script.map_or_else(|| folder.text("missing"), |script| program(&folder, name, &script));
        let exec = format!("exec:{path}");
        for arguments in [["sign", "--key", &exec, &image.reference()], ["attest", "--key", &exec, &image.reference()]]
        {
            let more: &[&str] = if arguments[0] == "attest" { &["--predicate", &vector("alice.pub")] } else { &[] };
            let failed = run("", &[&arguments[..3], more, &arguments[3..]].concat()).code(1);
            assert!(failed.stderr.contains(told), "{name}: {}", failed.stderr);
            assert!(index() == before, "{name}");
        }
    }
}

/// Keys that are elsewhere are answered in words, for verifying and for signing, before anybody is asked.
#[test]
fn keys_that_are_elsewhere_are_named() {
    let image = "docker://127.0.0.1:1/app:v1";
    for (name, what) in [
        ("awskms:///alias/release", "AWS KMS"),
        ("gcpkms://projects/p", "Google Cloud KMS"),
        ("azurekms://vault/key", "Azure Key Vault"),
        ("hashivault://key", "HashiCorp Vault"),
        ("k8s://namespace/secret", "Kubernetes"),
        ("gitlab://1", "GitLab"),
        ("pkcs11:token=x", "PKCS #11"),
        ("https://keys.test/cosign.pub", "URLs"),
        ("kms3://x", "places like kms3://"),
    ] {
        for verb in ["verify", "sign", "verify-attestation"] {
            let refused = run("", &[verb, "--key", name, image]).code(2);
            assert!(
                refused.stderr.contains(what) && refused.stderr.contains("are not supported"),
                "{}",
                refused.stderr
            );
            assert!(refused.stderr.contains("exec:PROGRAM"), "{}", refused.stderr);
        }
    }
    let refused = run("", &["verify", "--key", "exec:true", image]).code(2);
    assert!(refused.stderr.contains("public-key --key exec:PROGRAM"), "{}", refused.stderr);
}

/// A password that is empty is told, and one that was to be in a file is refused.
#[test]
fn empty_passwords_are_told() {
    let folder = Folder::new();
    let empty = folder.text("empty");
    fs::write(&empty, "\n").expect("written");
    let prefix = folder.text("new");
    let keygen = ["keygen", "--output-key-prefix", &prefix, "--password-file", &empty];
    let refused = Program::stevedore(&keygen).run().code(2);
    assert!(refused.stderr.contains("empty first line"), "{}", refused.stderr);
    assert!(!folder.path("new.key").exists());
    let made = run("", &keygen).ok();
    assert!(made.stderr.contains("protects nothing"), "{}", made.stderr);
    let odd = run("", &["keygen", "--output-key-prefix", &folder.text("no/dir/x")]).code(1);
    assert!(odd.stderr.contains("no/dir/x.key") && !odd.stderr.contains("dir/.tmp"), "{}", odd.stderr);
}
