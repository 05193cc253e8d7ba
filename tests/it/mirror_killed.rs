//! A mirror run that is killed, and repeated, ends where one that nobody disturbed ends.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::support::command::{Program, stevedore};
use crate::support::content::fraction;
use crate::support::fixture;
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::Registry;
use crate::support::scene::Folder;
use crate::support::seed;
use crate::support::target::{contents, duplicate, restore};

/// Runs that are killed.
const KILLS: u64 = 20;
/// The bytes of a layer.
const LAYER: u64 = 60_000;
/// Bytes per second of a connection.
const RATE: u64 = 600_000;

/// Kills runs at random places: half of them begin with nothing, half with a mirror of older images under the same names. Repeated, each
/// leaves the same names with the same content as a run that nobody killed. A place is a number of bytes that the registry has sent, which a
/// busy machine reaches later, and not a time.
#[test]
fn ends_where_an_undisturbed_run_ends() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let folder = Folder::new();
    publish(&folder, &registry);
    let slow = Proxy::start(&registry.host(), Mode::Throttle(RATE));
    let work = folder.path("work");
    fs::create_dir(&work).expect("making a directory");
    let (old, new) = (folder.path("old.txt"), folder.path("new.txt"));
    fs::write(&old, lines(&registry.host(), "old", &work)).expect("writing a file");
    fs::write(&new, lines(&slow.host(), "new", &work)).expect("writing a file");

    let starts = [folder.path("nothing"), folder.path("older")];
    fs::create_dir(&starts[0]).expect("making a directory");
    mirror(&old);
    duplicate(&work, &starts[1]);
    let wanted = starts.each_ref().map(|start| {
        restore(start, &work);
        slow.clear();
        mirror(&new);
        (state(&work), sent(&slow))
    });
    let mut killed = 0;
    for kill in 0..KILLS {
        let number = usize::from(kill % 2 == 1);
        let (after, all) = &wanted[number];
        restore(&starts[number], &work);
        slow.clear();
        // A tenth more than all, so that some are killed when everything has come.
        let place = ((*all as f64 * 1.1 * fraction(kill * 7 + 3)) as u64).min(*all);
        let mut running = Program::stevedore(&["sync", &new.display().to_string()]).spawn();
        let has_ended = loop {
            let has_ended = running.has_ended();
            if has_ended || sent(&slow) >= place {
                break has_ended;
            }
            thread::sleep(Duration::from_millis(2));
        };
        killed += u32::from(!has_ended);
        running.kill();
        mirror(&new);
        let found = state(&work);
        let what = format!("kill {kill} after {place} of {all} bytes");
        let names = |state: &[(String, Vec<u8>)]| state.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&found), names(after), "{what}");
        for ((name, found), (_, after)) in found.iter().zip(after) {
            // Not assert_eq: nobody reads a layer in a message.
            assert!(found == after, "{name} differs: {what}");
        }
    }
    assert!(killed >= 8, "only {killed} of {KILLS} runs were still under way");
}

/// Puts four images into the registry, as `NAME:old` and `NAME:new`: two of several layers, and two indexes; they share layers.
fn publish(folder: &Folder, registry: &Registry) {
    let put = |image: fixture::Fixture, name: &str, tag: &str| {
        seed::push_as(&image.dir, fixture::TAG, &registry.client(), name, tag);
    };
    put(fixture::big(&folder.path("big"), 3, LAYER), "big", "new");
    put(fixture::big(&folder.path("big-old"), 2, LAYER / 2), "big", "old");
    put(fixture::big(&folder.path("small"), 2, LAYER), "small", "new");
    put(fixture::single(&folder.path("small-old")), "small", "old");
    put(fixture::twins(&folder.path("twins"), 10, LAYER), "twins", "new");
    put(fixture::twins(&folder.path("twins-old"), 10, LAYER / 2), "twins", "old");
    put(fixture::twins(&folder.path("others"), 20, LAYER), "others", "new");
    put(fixture::app(&folder.path("others-old")), "others", "old");
}

/// Returns what to mirror: six images, to three kinds of places.
fn lines(host: &str, tag: &str, work: &Path) -> String {
    let line = |name: &str, to: &str| format!("docker://{host}/{name}:{tag} {to}\n");
    let at = |transport: &str, rest: &str| format!("{transport}:{}{rest}", work.join(transport).display());
    [
        line("big", &at("oci", ":big")),
        line("small", &at("oci", ":small")),
        line("twins", &at("oci", ":twins")),
        line("twins", &at("static", ":twins:v1")),
        line("others", &at("static", ":others:v1")),
        line("big", &at("dir", "")),
    ]
    .concat()
}

/// Mirrors what a file says, undisturbed.
#[track_caller]
fn mirror(file: &Path) {
    stevedore(&["sync", &file.display().to_string()]).ok();
}

/// Returns how many bytes of bodies went through since the log was cleared.
fn sent(proxy: &Proxy) -> u64 {
    proxy.log().iter().map(|request| request.response_bytes).sum()
}

/// Returns everything that is there. A layout's names are in the order in which they were written, which is nobody's business: here they are
/// sorted.
fn state(work: &Path) -> Vec<(String, Vec<u8>)> {
    let mut state = contents(work);
    for (_, content) in state.iter_mut().filter(|(name, _)| name == "oci/index.json") {
        let mut index: serde_json::Value = serde_json::from_slice(content).expect("an index is JSON");
        let names = index["manifests"].as_array_mut().expect("an index has a list");
        names.sort_by_key(ToString::to_string);
        *content = index.to_string().into_bytes();
    }
    state
}
