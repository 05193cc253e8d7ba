//! Copies through registries that misbehave, by the program: they come through, and say what they had to try again.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::command::{Run, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::proxy::{Mode, Proxy, Request};
use crate::support::registry::Registry;
use crate::support::seed;

struct Place {
    registry: Registry,
    big: Fixture,
    dir: tempfile::TempDir,
}

/// Starts a registry with `big:v1`: layers of 2.5 MB.
fn place() -> Option<Place> {
    let registry = Registry::start()?;
    let dir = tempfile::tempdir().expect("a folder");
    let big = fixture::big(&dir.path().join("big"), 2, 2_500_000);
    seed::push(&big.dir, "v1", &registry.client(), "big");
    Some(Place { registry, big, dir })
}

fn retries(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter(|line| line.starts_with("retry: ")).collect()
}

/// Checks that a layout holds the image whole.
fn check_layout(layout: &Path, big: &Fixture) {
    for digest in [&big.digest, &big.parts[0].config].into_iter().chain(&big.parts[0].layers) {
        let path = layout.join("blobs").join(digest.replace(':', "/"));
        assert!(std::fs::read(path).expect("the blob") == big.read(digest), "{digest}");
    }
    assert!(
        !layout.join(".partial").exists()
            || std::fs::read_dir(layout.join(".partial")).expect("a folder").next().is_none()
    );
}

/// Pulls and pushes through a proxy; returns what it said and what the proxy saw.
fn through(place: &Place, mode: Mode) -> (Run, Run, Vec<Request>) {
    let proxy = Proxy::start(&place.registry.host(), mode);
    let layout = place.dir.path().join(format!("{mode:?}").replace(['(', ')'], "-"));
    let from = format!("docker://{}/big:v1", proxy.host());
    let pull = stevedore(&["copy", "--read-timeout=2", &from, &format!("oci:{}:v1", layout.display())]).ok();
    assert_eq!(pull.text(), place.big.digest, "{mode:?}");
    check_layout(&layout, &place.big);
    let name = format!("{mode:?}").to_lowercase().replace(|character: char| !character.is_ascii_alphanumeric(), "");
    let to = format!("docker://{}/{name}:v1", proxy.host());
    let push = stevedore(&["copy", "--read-timeout=2", &place.big.reference(), &to]).ok();
    assert_eq!(
        stevedore(&["digest", &format!("docker://{}/{name}:v1", place.registry.host())]).ok().text(),
        place.big.digest
    );
    (pull, push, proxy.log())
}

#[test]
fn what_passes_is_survived_and_told() {
    let Some(place) = place() else { return };
    std::thread::scope(|scope| {
        for mode in [
            Mode::TooMany,
            Mode::TooManyBlobs,
            Mode::Unavailable,
            Mode::FailPatch,
            Mode::CutAfter(1_500_000),
            Mode::Stall(1_000_000),
            Mode::NoHead,
            Mode::NoMount,
        ] {
            let place = &place;
            scope.spawn(move || {
                let start = Instant::now();
                let (pull, push, log) = through(place, mode);
                let (pulled, pushed) = (retries(&pull), retries(&push));
                let faults = log.iter().filter(|request| request.fault).count();
                let told = pulled.len() + pushed.len();
                match mode {
                    Mode::TooMany | Mode::TooManyBlobs | Mode::Unavailable | Mode::FailPatch => {
                        assert_eq!(told, faults, "one line for each failure of {mode:?}: {pulled:?} {pushed:?}");
                    }
                    Mode::NoHead | Mode::NoMount => assert_eq!(told, 0, "{mode:?}"),
                    _ => assert!(
                        !pulled.is_empty() && pulled.iter().all(|line| line.contains(" from byte ")),
                        "{pulled:?}"
                    ),
                }
                if matches!(mode, Mode::TooMany | Mode::TooManyBlobs) {
                    assert!(start.elapsed() >= Duration::from_secs(1), "Retry-After is honoured");
                    assert!(pulled.iter().all(|line| line.contains("429")), "{pulled:?}");
                }
                if matches!(mode, Mode::CutAfter(_) | Mode::Stall(_)) {
                    assert!(log.iter().any(|request| request.range.is_some()), "{mode:?}");
                    let layers =
                        place.big.parts[0].layers.iter().map(|digest| place.big.read(digest).len() as u64).sum::<u64>();
                    let fetched: u64 = log
                        .iter()
                        .filter(|request| request.method == "GET")
                        .map(|request| request.response_bytes)
                        .sum();
                    assert!(fetched < layers * 3 / 2, "{fetched} bytes for {layers}: what came is not asked for again");
                }
            });
        }
    });
}

#[test]
fn silence_is_noticed_and_told() {
    let Some(place) = place() else { return };
    let proxy = Proxy::start(&place.registry.host(), Mode::Stall(0));
    let from = format!("docker://{}/big:v1", proxy.host());
    let start = Instant::now();
    let run = stevedore(&["digest", "--read-timeout=1", "--retry-times=0", &from]).code(5);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(run.stderr.contains("the connection was silent for 1 s"), "{}", run.stderr);
    // In the middle of a layer the copy goes on instead; what it waited is told by the log.
    let proxy = Proxy::start(&place.registry.host(), Mode::Stall(2_000_000));
    let from = format!("docker://{}/big:v1", proxy.host());
    let to = format!("oci:{}:v1", place.dir.path().join("silence").display());
    stevedore(&["copy", "--read-timeout=1", "--jobs=1", &from, &to]).ok();
    let log = proxy.log();
    let resumed = log.iter().position(|request| request.range.is_some()).expect("it goes on");
    let waited = log[resumed].at - log[resumed - 1].at;
    assert!(waited >= Duration::from_secs(1) && waited < Duration::from_secs(20), "{waited:?}");
}

#[test]
fn a_failure_leaves_nothing_and_is_told_in_one_line() {
    let dir = tempfile::tempdir().expect("a folder");
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").expect("binds").local_addr().expect("an address").port();
    let host = format!("127.0.0.1:{port}");
    let layout = dir.path().join("layout");
    let start = Instant::now();
    let from = format!("docker://{host}/big:v1");
    let run = stevedore(&["copy", &from, &format!("oci:{}:v1", layout.display())]).code(5);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert!(run.stderr.contains(&host) && run.stderr.contains("refused"), "{}", run.stderr);
    assert!(run.stderr.contains("\nhint: nothing listens there: check the host and the port"), "{}", run.stderr);
    assert!(!layout.exists());
    let json = stevedore(&["--json", "digest", "--retry-times=0", &from]).code(5);
    let error: Value = serde_json::from_str(&json.stderr).expect("JSON");
    assert_eq!(error["error"]["class"], "network", "{error}");
}
