//! Listings as the expected files have them: tab-separated `mode type uid gid size path linkname sha256`.
//!
//! Types are f, d, l, c, b, p, h (a hard link of a layer) and D (a directory that no layer declares). `\xNN` stands for control characters,
//! backslashes, and every byte beyond ASCII of a name that is no UTF-8.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value;

/// Turns the JSON of `ls --json --digests` into expected rows.
pub(crate) fn rows(listing: &Value) -> Vec<String> {
    listing["entries"].as_array().expect("a listing has entries").iter().map(row).collect()
}

fn row(entry: &Value) -> String {
    let kind = match entry["type"].as_str().expect("an entry has a type") {
        "file" => "f",
        "directory" if entry["implicit"] == true => "D",
        "directory" => "d",
        "symlink" => "l",
        "hardlink" => "h",
        "character_device" => "c",
        "block_device" => "b",
        "fifo" => "p",
        other => panic!("unknown type {other}"),
    };
    let link = match entry.get("major") {
        Some(major) => format!("{major},{}", entry["minor"]),
        None => bytes(entry, "link", "rawLink").map(|link| escape(&link)).unwrap_or_default(),
    };
    let path = escape(&bytes(entry, "path", "rawPath").expect("an entry has a path"));
    let digest = entry["digest"].as_str().unwrap_or_default().trim_start_matches("sha256:");
    let mode = entry["mode"].as_str().expect("an entry has a mode");
    let (uid, gid, size) = (&entry["uid"], &entry["gid"], &entry["size"]);
    format!("{mode}\t{kind}\t{uid}\t{gid}\t{size}\t{path}\t{link}\t{digest}")
}

/// Returns a name's bytes: those in base64, or those of the text.
pub(crate) fn bytes(entry: &Value, name: &str, raw: &str) -> Option<Vec<u8>> {
    match entry[raw].as_str() {
        Some(encoded) => Some(STANDARD.decode(encoded).expect("base64")),
        None => Some(entry[name].as_str()?.as_bytes().to_vec()),
    }
}

/// Escapes a name as the expected files do.
pub(crate) fn escape(name: &[u8]) -> String {
    let mut text = String::new();
    let is_text = std::str::from_utf8(name).is_ok();
    let mut plain = Vec::new();
    for byte in name {
        if *byte == b'\\' || *byte < 32 || *byte == 127 || (*byte > 127 && !is_text) {
            text.push_str(std::str::from_utf8(&plain).expect("only whole characters are kept"));
            plain.clear();
            write!(text, "\\x{byte:02x}").expect("a string takes everything");
        } else {
            plain.push(*byte);
        }
    }
    text + std::str::from_utf8(&plain).expect("only whole characters are kept")
}

/// Reads an expected file, gzip or not, as lines.
pub(crate) fn read(path: &Path) -> Vec<String> {
    let mut text = String::new();
    let mut file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read = if path.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(file).read_to_string(&mut text)
    } else {
        file.read_to_string(&mut text)
    };
    read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(str::to_owned).collect()
}

/// Returns where an image of this repository lies.
pub(crate) fn image(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images").join(name)
}

/// Lists the expected files with this ending: the image with its tag and platform (`NAME[@TAG][@PLATFORM]`), and the file.
pub(crate) fn expected(ending: &str) -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/filesystem");
    let entries = fs::read_dir(&folder).expect("the folder of expected listings");
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| {
            let stem = path.file_name()?.to_str()?.strip_suffix(ending)?.to_owned();
            (stem.starts_with("edge-") && !stem.ends_with(".layers") && !stem.ends_with(".xattrs"))
                .then_some((stem, path))
        })
        .collect();
    found.sort();
    found
}

/// Returns the arguments that name the image of an expected file.
pub(crate) fn arguments(stem: &str) -> Vec<String> {
    let mut parts = stem.split('@');
    let mut reference = format!("oci:{}", image(parts.next().expect("a name")).display());
    if let Some(tag) = parts.next() {
        reference = format!("{reference}:{tag}");
    }
    let platform = parts.next().map(|platform| format!("--platform={}", platform.replace('-', "/")));
    std::iter::once(reference).chain(platform).collect()
}
