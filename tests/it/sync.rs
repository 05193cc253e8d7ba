//! `sync`: what the file says is where it says, again and again, whatever fails meanwhile.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::layout::tags;
use crate::support::oracle::oracle;
use crate::support::proxy::{Mode, Proxy, Request};
use crate::support::registry::Registry;
use crate::support::seed;

/// Runs `sync` on these lines, given on standard input.
#[track_caller]
fn sync(lines: &str, flags: &[&str]) -> Run {
    let arguments: Vec<&str> = ["sync", "-"].iter().chain(flags).copied().collect();
    Program::stevedore(&arguments).stdin(lines.as_bytes()).run()
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("making a temporary directory")
}

/// Three images that share layers: of the six blobs, one layer is in all and one in two of them.
fn related(dir: &Path) -> Vec<Fixture> {
    (1..=3).map(|layers| fixture::big(&dir.join(layers.to_string()), layers, 20_000)).collect()
}

fn fetched(log: &[Request]) -> Vec<&str> {
    log.iter()
        .filter(|request| request.method == "GET" && request.path.contains("/blobs/"))
        .map(|request| request.path.as_str())
        .collect()
}

fn writes(log: &[Request]) -> usize {
    log.iter().filter(|request| !matches!(request.method.as_str(), "GET" | "HEAD")).count()
}

fn names(dir: &Path) -> BTreeSet<String> {
    tags(dir).into_iter().map(|(tag, _)| tag).collect()
}

#[test]
fn a_dry_run_touches_nothing_and_a_second_run_asks_twice_an_image() {
    let (Some(from), Some(to)) = (Registry::start(), Registry::start()) else {
        return;
    };
    let dir = temporary();
    let app = fixture::app(&dir.path().join("app"));
    for tag in ["a", "b", "c"] {
        seed::push_as(&app.dir, "v1", &from.client(), "app", tag);
    }
    let (source, destination) = (Proxy::start(&from.host(), Mode::None), Proxy::start(&to.host(), Mode::None));
    let folder = dir.path().join("new");
    let lines = format!(
        "docker://{0}/app:a docker://{1}/x:a\n# more\ndocker://{0}/app:b docker://{1}/y:b  # why\ndocker://{0}/app:c dir:{2}\n",
        source.host(),
        destination.host(),
        folder.join("dir").display()
    );
    let dry = sync(&lines, &["--dry-run"]).ok();
    assert_eq!(dry.text().lines().count(), 3, "{}", dry.text());
    let first = format!("would copy docker://{}/x:a ({})", destination.host(), app.digest);
    assert_eq!(dry.text().lines().next(), Some(first.as_str()));
    assert!(!folder.exists());
    assert_eq!((writes(&source.log()), writes(&destination.log())), (0, 0));
    let done = sync(&lines, &[]).ok();
    let wanted = format!(
        "{digest} docker://{host}/x:a\n{digest} docker://{host}/y:b\n{digest} dir:{dir}",
        digest = app.digest,
        host = destination.host(),
        dir = folder.join("dir").display()
    );
    assert_eq!(done.text(), wanted);
    source.clear();
    destination.clear();
    let again = sync(&lines, &[]).ok();
    assert_eq!(again.text(), wanted);
    assert!(again.stderr.contains("synced 3 images: 3 up to date; "), "{}", again.stderr);
    // A HEAD at each side; the directory needs none.
    assert_eq!((source.log().len(), destination.log().len()), (3, 2));
}

#[test]
fn what_fails_does_not_stop_the_others() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let dir = temporary();
    let app = fixture::single(&dir.path().join("app"));
    seed::push(&app.dir, "v1", &registry.client(), "app");
    let (host, layout) = (registry.host(), dir.path().join("new"));
    let line = |tag: &str, name: &str| format!("docker://{host}/app:{tag} oci:{}:{name}\n", layout.display());
    let lines = line("v1", "one") + &line("gone", "two") + &line("v1", "three");
    let run = sync(&lines, &[]).code(7);
    assert_eq!(run.text().lines().count(), 2);
    assert!(
        run.stderr.contains(&format!("failed: docker://{host}/app:gone to oci:{}:two: ", layout.display())),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("synced 3 images: 2 copied"), "{}", run.stderr);
    assert!(run.stderr.contains("stevedore: 1 of 3 images failed"), "{}", run.stderr);
    assert_eq!(names(&layout), BTreeSet::from(["one".to_owned(), "three".to_owned()]));
    // All of them, for one reason: its exit code.
    sync(&(line("gone", "x") + &line("never", "y")), &[]).code(3);
    let stopped = sync(&(line("gone", "x") + &line("v1", "late")), &["--fail-fast", "--jobs", "1"]).code(3);
    assert!(stopped.stderr.contains("1 not begun"), "{}", stopped.stderr);
    assert!(!names(&layout).contains("late"));
    let json = sync(&lines, &["--json"]).code(7);
    assert_eq!(json.json()["images"][1]["error"]["class"], "not_found");
    assert_eq!(json.json()["images"][0]["digest"], app.digest.as_str());
    assert_eq!(json.json()["images"][0]["upToDate"], true);
}

#[test]
fn shared_blobs_are_fetched_once() {
    let (Some(from), Some(to)) = (Registry::start(), Registry::start()) else {
        return;
    };
    let dir = temporary();
    for (image, tag) in related(dir.path()).iter().zip(["1", "2", "3"]) {
        seed::push_as(&image.dir, "v1", &from.client(), "many", tag);
    }
    let source = Proxy::start(&from.host(), Mode::None);
    let layout = dir.path().join("new");
    let lines = format!("docker://{}/many:* oci:{}", source.host(), layout.display());
    sync(&lines, &["--jobs", "3"]).ok();
    let distinct = |log: &[Request]| fetched(log).into_iter().collect::<BTreeSet<_>>().len();
    assert_eq!((fetched(&source.log()).len(), distinct(&source.log())), (6, 6));
    assert_eq!(names(&layout), ["1", "2", "3"].map(str::to_owned).into());
    // Into three repositories of one registry: what one has, the others mount.
    source.clear();
    let lines: String = ["1", "2", "3"]
        .map(|tag| format!("docker://{}/many:{tag} docker://{}/r{tag}:v\n", source.host(), to.host()))
        .concat();
    let run = sync(&lines, &["--jobs", "3", "--json"]).ok();
    assert_eq!((fetched(&source.log()).len(), distinct(&source.log())), (6, 6));
    assert_eq!(run.json()["totals"]["mounted"], 3);
}

#[test]
fn a_layout_and_an_archive_keep_every_tag() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let dir = temporary();
    let app = fixture::single(&dir.path().join("app"));
    let wanted: BTreeSet<String> = (0..30).map(|number| format!("1.{number}")).collect();
    for tag in &wanted {
        seed::push_as(&app.dir, "v1", &registry.client(), "app", tag);
    }
    let (layout, archive, host) = (dir.path().join("new"), dir.path().join("new.tar"), registry.host());
    let lines = format!(
        "docker://{host}/app:* oci:{}\ndocker://{host}/app/* oci-archive:{}\n",
        layout.display(),
        archive.display()
    );
    let run = sync(&lines, &[]).ok();
    assert_eq!(run.text().lines().count(), 60);
    assert_eq!(names(&layout), wanted);
    let listed = stevedore(&["tags", &format!("oci-archive:{}", archive.display())]).ok();
    assert_eq!(listed.text().lines().map(str::to_owned).collect::<BTreeSet<_>>(), wanted);
    // And back, to a repository: from a layout every name, by a prefix some.
    let back = format!("oci:{}:* docker://{host}/back tags=1.[0-4]", layout.display());
    assert_eq!(sync(&back, &[]).ok().text().lines().count(), 5);
    let prefixed = format!("docker://{host}/back:* oci:{}:ex.com/back", layout.display());
    sync(&prefixed, &[]).ok();
    assert!(names(&layout).contains("ex.com/back:1.4"));
    assert_eq!(names(&layout).len(), 35);
}

#[test]
fn pruning_takes_what_is_gone_and_nothing_else() {
    let (Some(from), Some(to)) = (Registry::start(), Registry::start()) else {
        return;
    };
    let dir = temporary();
    let app = fixture::single(&dir.path().join("app"));
    let signature = format!("{}.sig", app.digest.replace(':', "-"));
    for tag in ["a", "b"] {
        seed::push_as(&app.dir, "v1", &from.client(), "app", tag);
    }
    let kept = ["a", "keep1", "named", &signature];
    for tag in kept.iter().chain(&["old", "older"]) {
        seed::push_as(&app.dir, "v1", &to.client(), "app", tag);
    }
    let proxy = Proxy::start(&to.host(), Mode::None);
    let host = proxy.host();
    let lines = format!(
        "docker://{0}/app:* docker://{host}/app exclude=keep*\ndocker://{0}/app:a docker://{host}/app:named\n",
        from.host()
    );
    let dry = sync(&lines, &["--prune", "-n"]).ok();
    let removals = || format!("would remove docker://{host}/app:old\nwould remove docker://{host}/app:older");
    assert_eq!(dry.text(), format!("would copy docker://{host}/app:b ({})\n{}", app.digest, removals()));
    assert_eq!(writes(&proxy.log()), 0);
    let run = sync(&lines, &["--prune"]).ok();
    let note = format!("removing from docker://{host}/app what its source no longer has: old, older");
    assert!(run.stderr.contains(&note), "{}", run.stderr);
    let left: BTreeSet<String> =
        stevedore(&["tags", &format!("docker://{host}/app")]).ok().text().lines().map(str::to_owned).collect();
    assert_eq!(left, kept.iter().chain(&["b"]).map(ToString::to_string).collect());
    // A repository that cannot be listed has lost nothing that is known.
    let lines = format!("docker://{}/nothing:* docker://{host}/app", from.host());
    assert_eq!(sync(&lines, &["--prune"]).code(3).text(), "");
    // In a layout, names with another prefix belong to others.
    let layout = dir.path().join("new");
    let fill = format!(
        "docker://{0}/app:a oci:{1}:a\ndocker://{0}/app:a oci:{1}:gone\ndocker://{0}/app:a oci:{1}:ex.com/x:gone\n",
        from.host(),
        layout.display()
    );
    sync(&fill, &[]).ok();
    sync(&format!("docker://{}/app:* oci:{}", from.host(), layout.display()), &["--prune"]).ok();
    assert_eq!(names(&layout), ["a", "b", "ex.com/x:gone"].map(str::to_owned).into());
}

/// A name that a line writes is not gone, however the place is spelled.
#[test]
fn what_another_spelling_of_a_place_names_is_not_pruned() {
    let dir = temporary();
    let (one, two) = (fixture::single(&dir.path().join("one")), fixture::app(&dir.path().join("two")));
    let new = dir.path().join("new");
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path(), &link).expect("a link");
    let (place, other) = (new.display().to_string(), format!("{}/./new/", link.display()));
    let lines = format!("oci:{}:* oci:{place}\n{} oci:{other}:named\n", one.dir.display(), two.reference());
    for _ in 0..2 {
        sync(&lines, &["--prune"]).ok();
        assert!(names(&new).contains("named"));
    }
}

/// Two spellings of an archive are one, which is opened once: the second would wait for the first's lock.
#[test]
fn one_archive_under_two_spellings_takes_both_images() {
    let dir = temporary();
    let (one, two) = (fixture::single(&dir.path().join("one")), fixture::app(&dir.path().join("two")));
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path(), &link).expect("a link");
    let archive = format!("oci-archive:{}/new.tar", dir.path().display());
    let lines =
        format!("{} {archive}:a\n{} oci-archive:{}/new.tar:b\n", one.reference(), two.reference(), link.display());
    sync(&lines, &[]).ok();
    let listed = stevedore(&["tags", &archive]).ok();
    // They stand in the order in which they were done.
    assert!(["a\nb", "b\na"].contains(&listed.text()), "{}", listed.text());
}

#[test]
fn what_two_lines_write_goes_to_the_first() {
    let dir = temporary();
    let (one, two) = (fixture::single(&dir.path().join("one")), fixture::app(&dir.path().join("two")));
    let to = format!("oci:{}:x", dir.path().join("new").display());
    let lines = format!("{0} {to}\n{0} {to}\n{1} {to}\n", one.reference(), two.reference());
    let run = sync(&lines, &[]).code(7);
    assert_eq!(run.text(), format!("{} {to}", one.digest));
    assert!(run.stderr.contains("line 1 writes another image there"), "{}", run.stderr);
}

#[test]
fn a_mistake_is_found_before_anything_starts() {
    let dir = temporary();
    let app = fixture::single(&dir.path().join("app"));
    let new = dir.path().join("new");
    let file = dir.path().join("mirror.txt");
    fs::write(&file, format!("{} oci:{}:x\nalpine oci:d:1 al=true\n", app.reference(), new.display())).expect("a file");
    let path = file.to_str().expect("a text path");
    let run = stevedore(&["sync", path]).code(2);
    let wanted = format!(
        "stevedore: {path}, line 2, column 16: there is no option al=\n\
         hint: write all=, platform=, tags=, exclude=, referrers= or creds-from=\n"
    );
    assert_eq!(run.stderr, wanted);
    assert!(!new.exists());
    assert!(sync("x: \n", &[]).code(2).stderr.contains("a YAML file needs a destination"));
    assert!(sync("", &["oci:d"]).code(2).stderr.contains("only a YAML file takes a destination"));
}

/// Versions of every shape.
const TAGS: [&str; 30] = [
    "latest",
    "1",
    "v1",
    "1.0",
    "1.0.0",
    "v1.0.0",
    "1.0.1",
    "1.2",
    "1.2.0",
    "1.2.3",
    "v1.2.3",
    "1.2.3-alpine",
    "1.2.3-rc.1",
    "1.9.9",
    "1.10.0",
    "2",
    "2.0",
    "2.0.0",
    "2.0.0-rc.1",
    "v2.0.0",
    "2.1.0",
    "3.0.0",
    "0.9.0",
    "0.1",
    "22.04",
    "1.2.3.4",
    "edge",
    "stable",
    "sha-abcdef",
    "20240102",
];

#[test]
fn versions_are_those_that_skopeo_picks() {
    let (Some(registry), Some(skopeo)) = (Registry::start(), oracle("skopeo-new")) else {
        return;
    };
    let dir = temporary();
    let app = fixture::single(&dir.path().join("app"));
    for tag in TAGS {
        seed::push_as(&app.dir, "v1", &registry.client(), "app", tag);
    }
    for requirement in
        [">=1.0.0 <2.0.0", "^1.2", "~1.2.0", ">= 1.2, < 3", "1.2.3 || 2.x", "1.0 - 1.2", "*", "1.2", ">1.2"]
    {
        let host = registry.host();
        let yaml = format!("{host}:\n  tls-verify: false\n  images-by-semver:\n    app: \"{requirement}\"\n");
        let file = dir.path().join("skopeo.yml");
        fs::write(&file, &yaml).expect("a file");
        let (file, to) = (file.to_str().expect("a text path"), format!("{host}/to"));
        let flags = ["sync", "--dry-run", "--dest-tls-verify=false", "--src", "yaml", "--dest", "docker"];
        let arguments: Vec<&str> = flags.into_iter().chain([file, &to]).collect();
        let theirs = skopeo.run(&arguments);
        let said = theirs.stderr;
        let theirs: BTreeSet<String> = said
            .lines()
            .filter_map(|line| line.split_once("from=\"docker://")?.1.split('"').next()?.rsplit(':').next())
            .map(str::to_owned)
            .collect();
        let ours = stevedore(&["sync", "--json", "-n", file, &format!("oci:{}", dir.path().join("ours").display())])
            .ok()
            .json();
        let ours: BTreeSet<String> = ours["images"]
            .as_array()
            .expect("images")
            .iter()
            .filter_map(|image| image["source"].as_str()?.rsplit(':').next())
            .map(str::to_owned)
            .collect();
        assert_eq!(ours, theirs, "{requirement}: what skopeo said\n{said}");
        assert!(!ours.is_empty());
    }
}

/// A source that lists nothing has more often lost its list than its images: nothing is removed for it, and that is said.
#[test]
fn a_source_without_any_tag_prunes_nothing() {
    let folder = temporary();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let app = fixture::single(&folder.path().join("app"));
    stevedore(&["copy", &app.reference(), &format!("oci:{}", path("nameless"))]).ok();
    stevedore(&["copy", &app.reference(), &format!("oci:{}:v1", path("mirror"))]).ok();
    let spec = format!("oci:{}:* oci:{}\n", path("nameless"), path("mirror"));
    let run = sync(&spec, &["--prune"]).ok();
    assert!(run.stderr.contains("lists no tags at all, so nothing is removed there"), "{}", run.stderr);
    assert_eq!(stevedore(&["tags", &format!("oci:{}", path("mirror"))]).ok().text(), "v1");
}
