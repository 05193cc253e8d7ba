//! A verb reads only the configuration of what it does: registries are configured when the first `docker://` place is opened.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::support::command::Program;
use crate::support::fixture;
use crate::support::scene::Folder;

/// What may be wrong with the configuration.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    /// `registries.conf` is malformed.
    Malformed,
    /// The folder beside it cannot be listed.
    Unreadable,
    /// The variable names a file of something else.
    Variable,
}

impl Wrong {
    /// Makes it so; returns the path that a message must name.
    fn prepare(self, program: Program) -> (Program, PathBuf) {
        let folder = program.home().join(".config/containers");
        fs::create_dir_all(&folder).expect("made");
        let file = folder.join("registries.conf");
        match self {
            Self::Malformed => {
                fs::write(&file, "unqualified-search-registries\n").expect("written");
                (program, file)
            }
            Self::Unreadable => {
                // A file in its place: no mode keeps root out.
                let drop_ins = folder.join("registries.conf.d");
                fs::write(&drop_ins, "").expect("written");
                fs::set_permissions(&drop_ins, fs::Permissions::from_mode(0o000)).expect("changed");
                (program, drop_ins)
            }
            Self::Variable => {
                let other = program.home().join("other.json");
                fs::write(&other, "{}").expect("written");
                (program.env("CONTAINERS_REGISTRIES_CONF", &other), other)
            }
        }
    }
}

const ALL: [Wrong; 3] = [Wrong::Malformed, Wrong::Unreadable, Wrong::Variable];

#[test]
fn work_between_local_places_needs_none_for_registries() {
    let folder = Folder::new();
    let app = fixture::app(&folder.path("app"));
    let image = format!("oci:{}:v1", app.dir.display());
    let layout = format!("oci:{}", app.dir.display());
    fs::write(folder.path("file"), "content").expect("written");
    let file = folder.text("file");
    let added = format!("{file}:/file");
    for wrong in ALL {
        let out = |name: &str| folder.at("oci", &format!("{wrong:?}-{name}"), ":v1");
        let line = format!("{layout}:* oci:{}\n", folder.text(&format!("{wrong:?}-sync")));
        let (tar, site) = (folder.text(&format!("{wrong:?}.tar")), folder.text(&format!("{wrong:?}-site")));
        let table: &[&[&str]] = &[
            &["copy", "--all", &image, &out("copy")],
            &["ls", &image],
            &["inspect", &image],
            &["digest", &image],
            &["tags", &layout],
            &["diff", &image, &image],
            &["export", "-o", &tar, &image],
            &["sbom", &image],
            &["mutate", &image, "--label", "a=b", "--to", &out("mutate")],
            &["sync", "-"],
            &["build", "--from", &image, "--add", &added, "-o", &out("build")],
            &["cat", &out("build"), "/file"],
            &["push", &out("push"), &file],
            &["pull", &out("push"), "-o", &folder.text(&format!("{wrong:?}-pulled"))],
            &["attach", "--artifact-type", "text/plain", &out("copy"), &file],
            &["referrers", &out("copy")],
            &["deploy", &image, &site],
            &["delete", &out("copy")],
            &["gc", &layout],
        ];
        for arguments in table {
            let (program, _) = wrong.prepare(Program::stevedore(arguments).stdin(line.as_bytes()));
            let run = program.run();
            assert_eq!(run.code, 0, "{wrong:?}: {arguments:?}: {}", run.stderr);
        }
    }
}

#[test]
fn a_registry_still_reports_the_file() {
    let folder = Folder::new();
    let app = fixture::app(&folder.path("app"));
    let image = format!("oci:{}:v1", app.dir.display());
    let registry = "docker://127.0.0.1:1/app:v1";
    for wrong in ALL {
        let table: &[&[&str]] = &[
            &["copy", registry, &folder.at("oci", "out", ":v1")],
            &["copy", &image, registry],
            &["inspect", registry],
            &["ls", registry],
            &["tags", "docker://127.0.0.1:1/app"],
            &["diff", &image, registry],
            &["mutate", &image, "--label", "a=b", "--to", registry],
            &["build", "--from", registry, "--label", "a=b", "-o", &folder.at("oci", "out", ":v1")],
        ];
        for arguments in table {
            let (program, file) = wrong.prepare(Program::stevedore(arguments));
            let code = if arguments[0] == "diff" { 2 } else { 1 };
            let run = program.run().code(code);
            assert!(run.stderr.contains(&file.display().to_string()), "{wrong:?}: {arguments:?}: {}", run.stderr);
        }
        let (program, file) = wrong.prepare(Program::stevedore(&["sync", "-"]));
        let line = format!("{registry} oci:{}:v1\n", folder.text("out"));
        let run = program.stdin(line.as_bytes()).run();
        assert!(run.code != 0 && run.stderr.contains(&file.display().to_string()), "{}", run.stderr);
    }
}
