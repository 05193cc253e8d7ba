//! Every verb against every profile, and the table of it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::fake::{LOGIN, Zoo};
use super::manners::Manner;
use super::peers;
use super::profiles::{PROFILES, Profile};
use crate::support::command::{Program, Run};
use crate::support::fixture::{self, Fixture};
use crate::support::scene::Folder;

/// What is done, in this order: the title of the column, and how.
type Step = (&'static str, fn(&Visit<'_>) -> Result<(), String>);

const STEPS: &[Step] = &[
    ("login", |visit| {
        let file = visit.folder.text("login.json");
        let line = ["login", "--authfile", &file, "-u", "me", "--password-stdin", &visit.zoo.host()];
        ok(&Program::stevedore(&line).stdin(b"secret").run())
    }),
    ("ping", |visit| {
        let before = visit.zoo.writes();
        let run = visit.run(&["ping", "--json", &format!("{}/app", visit.zoo.host())]);
        ok(&run)?;
        let lacks = [Manner::NoReferrers, Manner::ReferrersArePage, Manner::ClaimsReferrers];
        let wanted = if lacks.iter().any(|manner| visit.zoo.has(*manner)) { "no" } else { "yes" };
        let lists = if visit.zoo.has(Manner::NoCatalog) { "no" } else { "yes" };
        let report = run.json();
        let wanted = [("catalog", lists), ("referrers", wanted), ("ranges", "yes"), ("upload", "not_tested")];
        for (ability, wanted) in wanted {
            let all = report["abilities"].as_array().into_iter().flatten();
            let found = all.clone().find(|each| each["ability"] == ability).map(|each| &each["verdict"]);
            if found.is_none_or(|found| found != wanted) {
                return Err(format!("it says {found:?} of {ability}: {report}"));
            }
        }
        if visit.zoo.writes() == before { Ok(()) } else { Err("it wrote".into()) }
    }),
    ("digest", |visit| visit.says(&["digest", &visit.at("app:v1")], &visit.image.digest)),
    ("absent", |visit| match visit.run(&["digest", &visit.at("app:v9")]).code {
        3 => Ok(()),
        code => Err(format!("exit {code} for a tag that is not there")),
    }),
    ("inspect", |visit| ok(&visit.run(&["inspect", &visit.at("app:v1")]))),
    ("tags", |visit| visit.says(&["tags", &visit.at("app")], "amd64\narm64\nv1")),
    ("catalog", |visit| visit.says(&["catalog", &visit.zoo.host()], "app\nthere")),
    ("pull", |visit| visit.says(&["copy", "--all", &visit.at("app:v1"), &visit.local("pulled")], &visit.image.digest)),
    ("ls", |visit| ok(&visit.run(&["ls", &visit.at("app:v1")]))),
    ("cat", |visit| visit.says(&["cat", &visit.at("app:v1"), "etc/os-release"], "NAME=Test\nID=test\nVERSION_ID=1")),
    ("sbom", |visit| ok(&visit.run(&["sbom", &visit.at("app:v1")]))),
    ("diff", |visit| match visit.run(&["diff", &visit.at("app:amd64"), &visit.at("app:arm64")]) {
        run if run.code == 1 && run.text().starts_with("M etc/platform ") => Ok(()),
        run => Err(format!("exit {}: {}{}", run.code, run.text(), run.stderr)),
    }),
    ("export", |visit| ok(&visit.run(&["export", &visit.at("app:v1"), "-o", &visit.folder.text("x.tar")]))),
    ("validate", |visit| {
        ok(&visit.run(&["validate", "--fast", &visit.at("app:v1")]))?;
        ok(&visit.run(&["validate", &visit.at("app:v1")]))
    }),
    ("blob, manifest", |visit| {
        let raw = visit.run(&["manifest", "get", &visit.at("app:v1")]);
        ok(&raw)?;
        let layer = &visit.image.parts[0].layers[0];
        let got = visit.run(&["blob", "get", &visit.at(&format!("app@{layer}"))]);
        ok(&got)?;
        let size = got.stdout.len().to_string();
        visit.says(&["blob", "head", &visit.at(&format!("app@{layer}"))], &size)?;
        let put = visit.program(&["blob", "put", &visit.at("there")]).stdin(&got.stdout).run();
        ok(&put)?;
        if put.text() == layer && raw.stdout == visit.image.read(&visit.image.digest) {
            Ok(())
        } else {
            Err(put.text().into())
        }
    }),
    ("copy within", |visit| {
        visit.says(&["copy", "--all", &visit.at("app:v1"), &visit.at("there:v1")], &visit.image.digest)?;
        visit.holds("there", "v1")
    }),
    ("push", |visit| {
        visit.says(&["copy", "--all", &visit.image.reference(), &visit.at("there:v2")], &visit.image.digest)?;
        visit.holds("there", "v2")
    }),
    ("tag", |visit| {
        ok(&visit.run(&["tag", &visit.at("there:v2"), "v3"]))?;
        visit.holds("there", "v3")
    }),
    ("push to a new repository", |visit| {
        visit.says(&["copy", "--all", &visit.image.reference(), &visit.at("new:v1")], &visit.image.digest)?;
        visit.holds("new", "v1")
    }),
    ("sync", |visit| {
        let list = format!("{} {}\n", visit.at("app:*"), visit.local_folder("mirror"));
        let run = visit.program(&["sync", "-"]).stdin(list.as_bytes()).run();
        ok(&run)?;
        if run.stderr.contains("3 images") { Ok(()) } else { Err(run.stderr) }
    }),
    ("sync within", |visit| {
        let list = format!("{} {}\n", visit.at("app:*"), visit.at("there"));
        ok(&visit.program(&["sync", "-"]).stdin(list.as_bytes()).run())?;
        visit.holds("there", "v1")
    }),
    ("deploy", |visit| {
        let run = visit.run(&["deploy", "--all", "--name", "app:v1", &visit.at("app:v1"), &visit.folder.text("tree")]);
        ok(&run)?;
        if run.text().ends_with(&visit.image.digest) { Ok(()) } else { Err(format!("it says {}", run.text())) }
    }),
    ("build", |visit| {
        fs::write(visit.folder.path("new.txt"), "new").expect("writing a file");
        let (added, to) = (format!("{}:/etc/new", visit.folder.text("new.txt")), visit.at("there:built"));
        let run = visit.run(&["build", "--from", &visit.at("app:amd64"), "--add", &added, "-o", &to]);
        ok(&run)?;
        visit.says(&["cat", &to, "etc/new"], "new")
    }),
    ("mutate", |visit| {
        ok(&visit.run(&["mutate", &visit.at("app:amd64"), "--label", "a=b", "--to", &visit.at("there:changed")]))
    }),
    ("artifacts", |visit| {
        fs::write(visit.folder.path("note.txt"), "hello").expect("writing a file");
        let file = visit.folder.text("note.txt");
        let line = ["push", &visit.at("there:notes"), &file];
        ok(&visit.run(&line))?;
        ok(&visit.run(&["pull", &visit.at("there:notes"), "-o", &visit.folder.text("notes")]))
    }),
    ("referrers", |visit| visit.has_referrers(0)),
    ("attach", |visit| {
        let file = visit.folder.text("note.txt");
        ok(&visit.run(&["attach", "--artifact-type", "application/x", &visit.at("app:v1"), &file]))?;
        visit.has_referrers(1)
    }),
    ("sign", |visit| ok(&visit.run(&["sign", "--key", &key("alice.pkcs8.pem"), &visit.at("app:amd64")]))),
    ("verify", |visit| ok(&visit.run(&["verify", "--key", &key("alice.pub"), &visit.at("app:amd64")]))),
    ("attest", |visit| {
        let (key, note) = (key("alice.pkcs8.pem"), visit.folder.text("note.txt"));
        ok(&visit.run(&["attest", "--key", &key, "--predicate", &note, &visit.at("app:amd64")]))
    }),
    ("verify-attestation", |visit| {
        ok(&visit.run(&["verify-attestation", "--key", &key("alice.pub"), &visit.at("app:amd64")]))
    }),
    ("delete", |visit| {
        ok(&visit.run(&["delete", "--yes", &visit.at("app:arm64")]))?;
        match visit.zoo.tag("app", "arm64") {
            None => Ok(()),
            Some(_) => Err("the tag is still there".into()),
        }
    }),
];

fn key(name: &str) -> String {
    format!("{}/tests/vectors/keys/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A visit to one registry.
struct Visit<'a> {
    zoo: &'a Zoo,
    folder: &'a Folder,
    image: &'a Fixture,
    logins: PathBuf,
}

impl Visit<'_> {
    fn program(&self, arguments: &[&str]) -> Program {
        Program::stevedore(arguments).env("REGISTRY_AUTH_FILE", &self.logins)
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.program(arguments).run()
    }

    fn at(&self, rest: &str) -> String {
        format!("docker://{}/{rest}", self.zoo.host())
    }

    fn local(&self, name: &str) -> String {
        self.folder.at("oci", name, ":v1")
    }

    fn local_folder(&self, name: &str) -> String {
        self.folder.at("oci", name, "")
    }

    fn says(&self, arguments: &[&str], wanted: &str) -> Result<(), String> {
        let run = self.run(arguments);
        ok(&run)?;
        if run.text() == wanted { Ok(()) } else { Err(format!("it says {}", run.text())) }
    }

    /// Asks what refers to the image, which is an index: its entries do not.
    fn has_referrers(&self, wanted: usize) -> Result<(), String> {
        let run = self.run(&["referrers", "--json", &self.at("app:v1")]);
        ok(&run)?;
        match run.json()["referrers"].as_array().map(Vec::len) {
            Some(number) if number == wanted => Ok(()),
            other => Err(format!("{other:?} referrers are listed, not {wanted}")),
        }
    }

    fn holds(&self, repository: &str, tag: &str) -> Result<(), String> {
        match self.zoo.tag(repository, tag) {
            Some(digest) if digest == self.image.digest => Ok(()),
            other => Err(format!("the registry has {other:?} there")),
        }
    }
}

fn ok(run: &Run) -> Result<(), String> {
    if run.code == 0 { Ok(()) } else { Err(format!("exit {}: {}", run.code, run.stderr)) }
}

/// Does everything at one registry, and returns what did not work.
fn visit(profile: &Profile) -> Vec<(&'static str, String)> {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    image.tag_parts();
    let zoo = Zoo::start(&profile.manners());
    zoo.seed(&image.dir, "app");
    zoo.seed(&image.dir, "there");
    zoo.untag("there");
    let logins = folder.path("auth.json");
    fs::write(&logins, json!({"auths": {zoo.host(): {"auth": &LOGIN[6..]}}}).to_string()).expect("writing a file");
    let visit = Visit { zoo: &zoo, folder: &folder, image: &image, logins };
    let tried = STEPS.iter().map(|(title, step)| (*title, step(&visit)));
    tried.filter_map(|(title, result)| Some((title, result.err()?))).collect()
}

#[test]
fn every_verb_at_every_registry() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/REGISTRIES.md");
    let results: Vec<_> = PROFILES.iter().map(|profile| (profile, visit(profile))).collect();
    let mut wrong = Vec::new();
    for (profile, failed) in &results {
        let is_known = |title: &str| profile.degraded.iter().any(|(known, _)| *known == title);
        let unknown = failed.iter().filter(|(title, _)| !is_known(title));
        wrong.extend(unknown.map(|(title, reason)| format!("{}, {title}: {reason}", profile.name)));
        let works = profile.degraded.iter().filter(|(known, _)| !failed.iter().any(|(title, _)| title == known));
        wrong.extend(works.map(|(title, _)| format!("{}, {title}: works after all", profile.name)));
    }
    for (profile, failed) in &results {
        let worse = failed.iter().filter(|(title, _)| peers::all_fail(profile.name, title) == Some(false));
        wrong.extend(worse.map(|(title, _)| format!("{}, {title}: a peer does it", profile.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let page = page(&results);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).expect("writing the page");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/REGISTRIES.md is not what the test writes; run it with UPDATE=1");
}

fn page(results: &[(&Profile, Vec<(&'static str, String)>)]) -> String {
    let mut text = String::from(INTRODUCTION);
    let titles: Vec<&str> = STEPS.iter().map(|(title, _)| *title).collect();
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    text.push_str(&line(&[vec!["registry".to_owned()], titles.iter().map(ToString::to_string).collect()].concat()));
    text.push_str(&line(&vec!["---".to_owned(); titles.len() + 1]));
    let mut notes: Vec<&str> = Vec::new();
    for (profile, failed) in results {
        let mut cells = vec![profile.name.to_owned()];
        for title in &titles {
            let is_degraded = failed.iter().any(|(each, _)| each == title);
            let note = profile.degraded.iter().find(|(each, _)| each == title).filter(|_| is_degraded);
            cells.push(note.map_or("yes".to_owned(), |(_, why)| {
                let number = notes.iter().position(|each| each == why).unwrap_or_else(|| {
                    notes.push(why);
                    notes.len() - 1
                });
                format!("no ({})", number + 1)
            }));
        }
        text.push_str(&line(&cells));
    }
    text.push('\n');
    for (number, why) in notes.iter().enumerate() {
        let _ = writeln!(text, "{}. {why}.", number + 1);
    }
    text.push_str(&peers::section());
    text.push_str("\n## Manners\n\n| what a registry does | which, and where that is documented or was reported |\n");
    text.push_str("| --- | --- |\n");
    for &manner in Manner::ALL {
        let has = |each: &Profile| {
            let (_, reference) = each.manners.iter().find(|(own, _)| *own == manner)?;
            Some(format!("[{}]({reference})", each.name))
        };
        let who: Vec<String> = PROFILES.iter().filter_map(has).collect();
        text.push_str(&line(&[manner.described().to_owned(), who.join(", ")]));
    }
    text
}

const INTRODUCTION: &str = "\
# Registries

Which verbs work with which registry. `tests/it/zoo/` writes this page (`UPDATE=1`): it runs each verb against a fake registry with the
manners of the one in the row, so it shows what the client makes of these manners, not that a service is up. `absent` means that a tag which is
not there is told as such (exit 3), whatever the registry's way to say so.

";
