//! What goes into an image, as typed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use crate::cli::Result;
use stevedore::build::Addition;
use stevedore::media_type::Compression;
use stevedore::platform::Platform;

/// Something that is meant for one platform, `PLATFORM=…`, or for all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Meant<T> {
    pub(crate) platform: Option<Platform>,
    pub(crate) value: T,
}

impl<T> Meant<T> {
    /// Says whether it is meant for a platform.
    pub(crate) fn is_for(&self, platform: &Platform) -> bool {
        self.platform.as_ref().is_none_or(|meant| meant == platform)
    }
}

/// The systems that a prefix may begin with; anything else is the beginning of a path.
const SYSTEMS: [&str; 5] = ["linux/", "windows/", "freebsd/", "darwin/", "wasip1/"];

/// Splits what one platform is meant by from the rest.
fn meant(text: &OsStr) -> Meant<OsString> {
    let bytes = text.as_bytes();
    let prefix = bytes.iter().position(|byte| *byte == b'=').map(|at| bytes.split_at(at));
    let platform = prefix.and_then(|(prefix, _)| std::str::from_utf8(prefix).ok());
    let platform = platform.filter(|text| SYSTEMS.iter().any(|system| text.starts_with(system)));
    match (platform.and_then(|text| text.parse().ok()), prefix) {
        (Some(platform), Some((_, rest))) => {
            Meant { platform: Some(platform), value: OsStr::from_bytes(&rest[1..]).to_owned() }
        }
        _ => Meant { platform: None, value: text.to_owned() },
    }
}

/// Reads `[PLATFORM=]PATH`.
pub(crate) fn path(text: &OsStr) -> Result<Meant<PathBuf>, String> {
    let Meant { platform, value } = meant(text);
    if value.is_empty() { Err("expected a path".into()) } else { Ok(Meant { platform, value: value.into() }) }
}

/// Reads `[PLATFORM=]SRC:DEST[:owner=U:G,mode=M]`.
pub(crate) fn addition(text: &OsStr) -> Result<Meant<Addition>, String> {
    let Meant { platform, value } = meant(text);
    let expected = || "expected SRC:DEST, with :owner=U:G,mode=M behind it if need be".to_owned();
    let bytes = value.into_vec();
    let colon = bytes.iter().position(|byte| *byte == b':').ok_or_else(expected)?;
    let (source, rest) = (&bytes[..colon], &bytes[colon + 1..]);
    let options = [&b":owner="[..], b":mode="].iter().filter_map(|key| find(rest, key)).min();
    let (destination, options) = rest.split_at(options.unwrap_or(rest.len()));
    if source.is_empty() || destination.is_empty() {
        return Err(expected());
    }
    let mut addition =
        Addition { source: OsStr::from_bytes(source).into(), destination: destination.to_vec(), ..Addition::default() };
    let options = std::str::from_utf8(options).map_err(|_| expected())?;
    for option in options.trim_start_matches(':').split(',').filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("owner", value)) => addition.owner = Some(owner(value)?),
            Some(("mode", value)) => addition.mode = Some(mode(value)?),
            _ => return Err(format!("{option:?} is neither owner=U:G nor mode=M")),
        }
    }
    Ok(Meant { platform, value: addition })
}

fn find(text: &[u8], key: &[u8]) -> Option<usize> {
    text.windows(key.len()).position(|window| window == key)
}

fn owner(text: &str) -> Result<(u64, u64), String> {
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    // Names would need the image's /etc/passwd, and say something else in every image.
    let number = |text: &str| text.parse::<u32>().map(u64::from);
    match (number(user), number(group)) {
        (Ok(user), Ok(group)) => Ok((user, group)),
        _ => Err(format!("{text:?} is no owner: expected numbers, as in 1000:1000")),
    }
}

fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
    mode.ok_or_else(|| format!("{text:?} is no mode: expected octal digits, as in 0644"))
}

/// Reads `gzip|zstd|none[:LEVEL]`.
pub(crate) fn compression(text: &str) -> Result<(Compression, Option<i32>), String> {
    let (name, level) = text.split_once(':').map_or((text, None), |(name, level)| (name, Some(level)));
    let compression = match name {
        "gzip" => Compression::Gzip,
        "zstd" => Compression::Zstd,
        "none" => Compression::None,
        _ => return Err("expected gzip, zstd or none, with :LEVEL behind it if need be".into()),
    };
    let level = level.map(|level| level.parse().map_err(|_| format!("{level:?} is no level"))).transpose()?;
    Ok((compression, level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additions() {
        let read = |text: &str| addition(text.as_ref());
        let plain = read("bin/app:/usr/bin/").expect("reads");
        assert_eq!(plain.platform, None);
        assert_eq!((plain.value.source, plain.value.destination), ("bin/app".into(), b"/usr/bin/".to_vec()));
        let full = read("linux/arm64=a=b:/c:d:owner=10:20,mode=4755").expect("reads");
        assert_eq!(full.platform, Some(Platform::new("linux", "arm64")));
        assert_eq!((full.value.source, full.value.destination), ("a=b".into(), b"/c:d".to_vec()));
        assert_eq!((full.value.owner, full.value.mode), (Some((10, 20)), Some(0o4755)));
        assert_eq!(read("a:/b:mode=600,owner=7").expect("reads").value.owner, Some((7, 7)));
        assert_eq!(read("x/y=a:/b").expect("reads").value.source, PathBuf::from("x/y=a"));
        for bad in ["a", ":/b", "a:", "a:/b:owner=me", "a:/b:mode=8", "a:/b:mode=77777", "a:/b:mode=1,x=2"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn compressions() {
        assert_eq!(compression("gzip"), Ok((Compression::Gzip, None)));
        assert_eq!(compression("zstd:19"), Ok((Compression::Zstd, Some(19))));
        assert!(compression("xz").is_err() && compression("gzip:x").is_err());
    }
}
