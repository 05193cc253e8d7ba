//! `sign`, `attest` and `attach` on registries whose list of referrers, tags or refusals are not what the specification says.

use crate::sign_vectors::vectors;
use crate::support::command::{Program, Run};
use crate::support::fixture::{self, Fixture};
use crate::support::kept::{Kept, Ways};
use crate::support::scene::Folder;

const NOTE: &str = "application/vnd.example.note";

/// A registry with an image `app:v1`, and a folder.
struct Room {
    registry: Kept,
    image: Fixture,
    folder: Folder,
}

impl Room {
    fn new(ways: Ways) -> Room {
        let folder = Folder::new();
        let image = fixture::app(&folder.path("image"));
        std::fs::write(folder.path("note.txt"), "note").expect("writing a file");
        let registry = Kept::start(ways);
        let room = Room { registry, image, folder };
        Program::stevedore(&["copy", "--all", &room.image.reference(), &room.registry.docker("app:v1")]).run().ok();
        room
    }

    fn run(&self, verb: &str, flags: &[&str]) -> Run {
        let key = |name: &str| vectors().join("keys").join(name).display().to_string();
        let (private, public) = (key("alice.pkcs8.pem"), key("alice.pub"));
        let note = self.folder.text("note.txt");
        let begin: &[&str] = match verb {
            "sign" => &["--key", &private],
            "attest" => &["--key", &private, "--predicate", &note],
            "attach" => &["--artifact-type", NOTE],
            "verify" | "verify-attestation" => &["--key", &public],
            _ => &[],
        };
        let app = self.registry.docker("app:v1");
        let end: &[&str] = if verb == "attach" { &[&app, "note.txt"] } else { &[&app] };
        let arguments = [&[verb, "--retry-times", "0"], begin, flags, end].concat();
        Program::stevedore(&arguments).current_dir(&self.folder.path("")).run()
    }

    fn listed(&self) -> usize {
        self.registry.listed("app", &self.image.digest).len()
    }
}

/// What is read after each of these has written.
const PAIRS: [(&str, &str); 3] = [("sign", "verify"), ("attest", "verify-attestation"), ("attach", "referrers")];

/// The answer to the PUT decides, not what the list says: the index under the tag is kept, and what was written is found.
#[test]
fn a_list_that_is_unknown_or_forbidden_stops_no_writer() {
    for status in [400, 401, 403, 404, 405, 406, 410, 501] {
        for (write, read) in PAIRS {
            let room = Room::new(Ways { referrers: status, ..Ways::default() });
            room.run(write, &[]).ok();
            assert_eq!(room.listed(), 1, "{status} {write}");
            let once = room.registry.writes().len();
            let again = room.run(write, &[]).ok();
            assert!(again.stderr.contains("nothing to do"), "{status} {write}: {}", again.stderr);
            assert_eq!(room.registry.writes().len(), once, "{status} {write}");
            let found = room.run(read, &["--json"]);
            match (status, read) {
                (401 | 403, "referrers") => assert!(found.code(4).stderr.contains(&status.to_string())),
                (_, "referrers") => assert!(found.ok().text().contains(NOTE), "{status}"),
                _ => assert!(found.ok().text().contains("accepted"), "{status} {read}"),
            }
            // A bundle alone is found by the same index.
            if write != "attach" {
                let room = Room::new(Ways { referrers: status, ..Ways::default() });
                room.run(write, &["--signature-format", "bundle"]).ok();
                room.run(read, &[]).ok();
            }
        }
    }
}

/// What an outage or a missing login answers says nothing, to readers or to writers, and nothing is written.
#[test]
fn an_outage_or_a_challenge_stops_everybody() {
    for (status, challenges, code) in [(429, false, 5), (500, false, 5), (503, false, 5), (401, true, 4)] {
        let room = Room::new(Ways { referrers: status, challenges, ..Ways::default() });
        let before = room.registry.writes().len();
        for (write, read) in PAIRS {
            room.run(write, &[]).code(code);
            let wanted = if read == "referrers" { code } else { 1 };
            room.run(read, &[]).code(wanted);
        }
        assert_eq!(room.registry.writes().len(), before, "{status}");
    }
}

/// A refused list proves no absence.
#[test]
fn a_refused_list_is_not_unsigned() {
    for status in [401, 403] {
        let room = Room::new(Ways { referrers: status, ..Ways::default() });
        room.run("attach", &[]).ok();
        for verb in ["verify", "verify-attestation"] {
            assert!(room.run(verb, &[]).code(1).stderr.contains("cannot be told"), "{status} {verb}");
        }
    }
}

/// Success is what can be found again: some say `OCI-Subject` and have no list.
#[test]
fn a_promise_without_a_list_is_not_believed() {
    for (status, tagged) in [(404, 1), (405, 1), (400, 1), (200, 0), (403, 0)] {
        for (write, read) in PAIRS {
            let room = Room::new(Ways { referrers: status, says_subject: true, ..Ways::default() });
            let flags: &[&str] = if write == "attach" { &[] } else { &["--signature-format", "bundle"] };
            room.run(write, flags).ok();
            assert_eq!(room.listed(), tagged, "{status} {write}");
            if status != 403 {
                let found = room.run(read, &["--json"]).ok();
                assert!(read != "referrers" || found.text().contains(NOTE), "{status}");
            }
        }
    }
}

/// GitLab answers the tag of the list with the image itself.
#[test]
fn where_no_bundle_can_be_listed_the_classic_form_is_written() {
    let gitlab = || Room::new(Ways { is_gitlab: true, ..Ways::default() });
    for (write, read) in &PAIRS[..2] {
        let room = gitlab();
        let tags = room.registry.tags("app").len();
        let run = room.run(write, &[]).ok();
        assert!(run.stderr.contains("no bundle is written"), "{}", run.stderr);
        room.run(read, &[]).ok();
        assert_eq!(room.registry.tags("app").len(), tags + 1);
        let before = room.registry.writes().len();
        let refused = room.run(write, &["--signature-format", "bundle"]).code(1);
        assert!(refused.stderr.contains("a bundle cannot be listed there"), "{}", refused.stderr);
        assert!(refused.stderr.contains("--signature-format classic"), "{}", refused.stderr);
        room.run(write, &["--signature-format", "classic"]).ok();
        assert_eq!(room.registry.writes().len(), before, "nothing more is written");
    }
    let room = gitlab();
    let before = room.registry.writes().len();
    let refused = room.run("attach", &[]).code(1);
    assert!(refused.stderr.contains("it names something else"), "{}", refused.stderr);
    assert_eq!(room.registry.writes().len(), before);
}

/// Artifactory answers 403 for a tag that is not there.
#[test]
fn a_refused_tag_that_no_list_has_is_free() {
    let artifactory = |lists, circles| {
        let absent = Some(("", 403, lists));
        Room::new(Ways { absent, circles, ..Ways::default() })
    };
    for (write, read) in PAIRS {
        let room = artifactory(true, false);
        room.run(write, &[]).ok();
        if write != "attach" {
            room.run(read, &[]).ok();
        }
        // A list that cannot be read, or not to its end, does not say that the tag is free.
        for (lists, circles) in [(false, false), (true, true)] {
            let room = artifactory(lists, circles);
            let before = room.registry.writes().len();
            let refused = room.run(write, &[]).code(4);
            assert!(refused.stderr.contains("403") && !refused.stderr.contains("login"), "{}", refused.stderr);
            assert_eq!(room.registry.writes().len(), before, "{write} {circles}");
        }
    }
}

/// What was written stays, is named, and the way on is said.
#[test]
fn half_a_signature_is_told() {
    for write in ["sign", "attest"] {
        // The list cannot be written after the classic form was.
        let folder = Folder::new();
        let hex = fixture::app(&folder.path("same")).digest.replace("sha256:", "");
        let end: &'static str = Box::leak(format!("sha256-{hex}").into_boxed_str());
        let room = Room::new(Ways { refuses: Some((end, 400)), ..Ways::default() });
        let failed = room.run(write, &[]).code(5);
        let told = format!("of {} the classic form was written and the bundle was not", room.image.digest);
        assert!(failed.stderr.contains(&told), "{}", failed.stderr);
        assert!(failed.stderr.contains("--signature-format classic"), "{}", failed.stderr);
        // The second platform's tag, after the index and the first were done.
        let suffix = if write == "sign" { ".sig" } else { ".att" };
        let last = room.image.parts.last().expect("a platform").digest.replace(':', "-");
        let end: &'static str = Box::leak(format!("{last}{suffix}").into_boxed_str());
        let room = Room::new(Ways { refuses: Some((end, 400)), ..Ways::default() });
        let failed = room.run(write, &["-r"]).code(5);
        assert!(failed.stderr.contains("2 of 3 images are done; of sha256:"), "{}", failed.stderr);
        assert!(failed.stderr.contains("run it again: what is written stays"), "{}", failed.stderr);
    }
}

/// What reading can tell is found out before the first write: a tag of signatures of the last image that names an index.
#[test]
fn what_is_in_the_way_is_found_before_anything_is_written() {
    for (write, suffix) in [("sign", ".sig"), ("attest", ".att")] {
        let room = Room::new(Ways::default());
        let last = room.image.parts.last().expect("a platform").digest.replace(':', "-");
        let (from, to) = (room.registry.docker("app:v1"), room.registry.docker(&format!("app:{last}{suffix}")));
        Program::stevedore(&["copy", "--all", &from, &to]).run().ok();
        let before = room.registry.writes().len();
        let refused = room.run(write, &["-r"]).code(1);
        assert!(refused.stderr.contains("it names no image manifest"), "{}", refused.stderr);
        assert_eq!(room.registry.writes().len(), before, "{write}");
    }
}
