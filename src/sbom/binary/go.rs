//! Go: the modules that a program was built of, and the standard library.
//!
//! The format is that of `debug/buildinfo`: <https://go.dev/src/debug/buildinfo/buildinfo.go>. Since Go 1.18 the texts follow the header;
//! before, it points to them.

use std::io::Read;

use super::reader::{Numbers, Reader};
use super::{Layout, Section};
use crate::sbom::language::with_namespace;
use crate::sbom::{Kind, Package, Unreadable};

const MAGIC: &[u8] = b"\xff Go buildinf:";
const HEADER: usize = 32;
const ALIGNMENT: usize = 16;
/// A program has some hundred modules, each in a line.
const MAX_TEXT: u64 = 4 << 20;
/// Where there is no section of the name, so much of the data is searched; the linker puts it at the start.
const MAX_SEARCH: u64 = 1 << 20;
/// The texts stand between two of these.
const SENTINEL: usize = 16;
const INLINE: u8 = 2;

/// Reads the build information, if there is some.
pub(super) fn read(reader: &mut Reader<'_>, layout: &Layout, found: &mut Vec<Package>) -> Result<(), Unreadable> {
    let Some(at) = find(reader, layout)? else {
        return Ok(());
    };
    let header = reader.exactly(at, HEADER)?;
    let (version, modules) = if header[15] & INLINE != 0 {
        let mut at = at + HEADER as u64;
        (inline(reader, &mut at)?, inline(reader, &mut at)?)
    } else {
        pointed(reader, layout, &header)?
    };
    let version = String::from_utf8_lossy(&version);
    // `go1.21.0 X:boringcrypto` and `devel go1.22-0123abc` are versions too.
    if let Some(version) = version.split_whitespace().find_map(|word| word.strip_prefix("go")) {
        found.push(Package::new(Kind::Go, "stdlib", version));
    }
    let modules = strip_sentinels(&modules);
    modules_of(&String::from_utf8_lossy(modules), found);
    Ok(())
}

/// Finds the header.
fn find(reader: &mut Reader<'_>, layout: &Layout) -> Result<Option<u64>, Unreadable> {
    if let Some(section) = layout.section(&[b".go.buildinfo", b"__go_buildinfo"]) {
        return search(reader, section);
    }
    // PE has no section for it, and a stripped ELF none at all.
    for segment in layout.segments.iter().filter(|segment| segment.is_data) {
        if let Some(at) = search(reader, segment)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn search(reader: &mut Reader<'_>, section: &Section) -> Result<Option<u64>, Unreadable> {
    let size = section.size.min(MAX_SEARCH).min(reader.size());
    let bytes = reader.up_to(section.offset, usize::try_from(size).expect("at most 1 MiB"))?;
    let at = bytes.chunks(ALIGNMENT).position(|chunk| chunk.starts_with(MAGIC));
    Ok(at.map(|chunk| section.offset + (chunk * ALIGNMENT) as u64))
}

/// Reads a text with its length before it.
fn inline(reader: &mut Reader<'_>, at: &mut u64) -> Result<Vec<u8>, Unreadable> {
    let bytes = reader.up_to(*at, 10)?;
    let mut length = 0_u64;
    let mut count = 0;
    for byte in &bytes {
        length |= u64::from(byte & 0x7f).checked_shl(7 * count).unwrap_or_default();
        count += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    *at += u64::from(count);
    let text = text(reader, *at, length)?;
    *at += length;
    Ok(text)
}

fn text(reader: &mut Reader<'_>, at: u64, length: u64) -> Result<Vec<u8>, Unreadable> {
    if length > MAX_TEXT {
        return Err(Unreadable::new("has Go build information of an impossible length"));
    }
    let mut text = Vec::new();
    if length > 0 {
        reader.range(at, length)?.read_to_end(&mut text)?;
    }
    if (text.len() as u64) < length {
        return Err(Unreadable::new("ends within its Go build information"));
    }
    Ok(text)
}

/// Reads the two texts that the header points to: each pointer leads to an address and a length.
fn pointed(reader: &mut Reader<'_>, layout: &Layout, header: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Unreadable> {
    let numbers = Numbers { big_endian: header[15] & 1 != 0, wide: header[14] == 8 };
    if !matches!(header[14], 4 | 8) {
        return Err(Unreadable::new("has Go build information with pointers of an impossible size"));
    }
    let width = numbers.width();
    let mut follow = |pointer: u64| -> Result<Vec<u8>, Unreadable> {
        if pointer == 0 {
            return Ok(Vec::new());
        }
        let outside = || Unreadable::new("has Go build information that points nowhere");
        let pair = reader.exactly(offset(layout, pointer).ok_or_else(outside)?, 2 * width)?;
        let (address, length) = (numbers.number(&pair, 0, width), numbers.number(&pair, width, width));
        if length == 0 { Ok(Vec::new()) } else { text(reader, offset(layout, address).ok_or_else(outside)?, length) }
    };
    Ok((follow(numbers.number(header, 16, width))?, follow(numbers.number(header, 16 + width, width))?))
}

/// Finds where an address is in the file.
fn offset(layout: &Layout, address: u64) -> Option<u64> {
    let within = |segment: &&Section| address.checked_sub(segment.address).is_some_and(|delta| delta < segment.size);
    let segment = layout.segments.iter().find(within)?;
    segment.offset.checked_add(address - segment.address)
}

fn strip_sentinels(text: &[u8]) -> &[u8] {
    // The second one follows a newline.
    let end = text.len().saturating_sub(SENTINEL);
    if end > SENTINEL && text[end - 1] == b'\n' { &text[SENTINEL..end] } else { b"" }
}

/// Reads lines of `mod` and `dep`; `=>` replaces the one before it.
fn modules_of(text: &str, found: &mut Vec<Package>) {
    let start = found.len();
    let mut replaceable = false;
    let (mut program, mut stamp) = (None, None);
    for line in text.lines() {
        let mut fields = line.split('\t');
        let (key, path, version) = (fields.next(), fields.next(), fields.next());
        let (Some(key), Some(path)) = (key, path.filter(|path| !path.is_empty())) else {
            continue;
        };
        let version = version.unwrap_or_default();
        match key {
            "path" if program.is_none() => program = Some(path),
            "build" => stamp = stamp.or_else(|| linked_version(path)),
            "mod" | "dep" => found.push(module(path, version)),
            "=>" if replaceable && found.len() > start => {
                let last = found.pop().expect("there is one");
                found.push(replacement(&last, path, version));
            }
            _ => {}
        }
        replaceable = matches!(key, "mod" | "dep");
    }
    let has_main = text.lines().any(|line| line.starts_with("mod\t"));
    let unnamed = program.filter(|path| !has_main && *path != "command-line-arguments");
    if let Some(path) = unnamed {
        // Built without modules: its path is all there is.
        found.insert(start, module(path, "(devel)"));
    }
    if let (Some(version), Some(main)) = (stamp, found.get_mut(start))
        && main.version == "(devel)"
        && (has_main || unnamed.is_some())
    {
        main.version = version;
    }
}

/// Returns the version that the linker has put into a variable: `-ldflags="-w -X main.version=1.18.1"`, of any package, quoted or not.
fn linked_version(setting: &str) -> Option<String> {
    let flags = setting.strip_prefix("-ldflags=")?;
    // Go quotes the value when it has blanks; flags in it may have quotes again.
    let plain = flags.replace("\\\"", "\"");
    let mut words = plain.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).filter(|word| !word.is_empty());
    let mut found = None;
    while let Some(word) = words.next() {
        let assignment = match word.strip_prefix("-X").or_else(|| word.strip_prefix("--X")) {
            Some("") => words.next().unwrap_or_default(),
            Some(rest) => rest.trim_start_matches('='),
            None => continue,
        };
        let Some((variable, value)) = assignment.split_once('=') else { continue };
        let name = variable.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let number = value.strip_prefix('v').unwrap_or(value);
        let is_version = number.starts_with(|c: char| c.is_ascii_digit()) && number.contains('.');
        // `goVersion` is that of the compiler, and a dependency's is none of the program's.
        let is_own = name.ends_with("version") && !name.ends_with("goversion") && !variable.contains("/vendor/");
        if is_version && is_own {
            // That which is called just so is meant, whatever else there is.
            if name == "version" {
                return Some(value.to_owned());
            }
            found = found.or_else(|| Some(value.to_owned()));
        }
    }
    found
}

fn module(path: &str, version: &str) -> Package {
    let (namespace, name) = with_namespace(path);
    Package { namespace, ..Package::new(Kind::Go, name, version) }
}

/// Returns what stands in a module's place; a folder has no name that means something elsewhere, and keeps the module's.
fn replacement(replaced: &Package, path: &str, version: &str) -> Package {
    if path.starts_with(['.', '/']) {
        Package {
            version: if version.is_empty() { "(devel)".to_owned() } else { version.to_owned() },
            ..replaced.clone()
        }
    } else {
        module(path, version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main_module(text: &str) -> String {
        let mut found = Vec::new();
        modules_of(text, &mut found);
        found.first().map(crate::sbom::language::tests::name).unwrap_or_default()
    }

    #[test]
    fn the_version_of_the_program() {
        let table = [
            ("(devel)", r#""-w -X main.version=1.18.1""#, "1.18.1"),
            (
                "(devel)",
                r#""-s -w -X a.b/internal/version.Version=v2.0.1 -X a.b/internal/version.Commit=abc""#,
                "v2.0.1",
            ),
            ("(devel)", r#""-X 'main.Version=v3.1' -X main.date=2024.1""#, "v3.1"),
            ("(devel)", r#"-X=main.VERSION=1.2"#, "1.2"),
            ("(devel)", r#""-X \"main.version=1.2\"""#, "1.2"),
            ("(devel)", r#""-X k8s.io/component-base/version.gitVersion=v1.29.1""#, "v1.29.1"),
            ("(devel)", r#""-X main.goVersion=1.22.1""#, "(devel)"),
            ("(devel)", r#""-X main.minVersion=1.0 -X main.version=2.0""#, "2.0"),
            ("(devel)", r#""-X main.version=dev""#, "(devel)"),
            ("(devel)", "-X", "(devel)"),
            ("v0.9.0", r#""-X main.version=1.18.1""#, "v0.9.0"),
        ];
        for (version, flags, wanted) in table {
            let text = format!(
                "path\ta.b/c/cmd/c\nmod\ta.b/c\t{version}\t\ndep\td.e/f\tv1.2.3\th1:x=\nbuild\t-ldflags={flags}\n"
            );
            assert_eq!(main_module(&text), format!("a.b/c@{wanted}"), "{flags}");
        }
    }

    #[test]
    fn programs_without_modules() {
        assert_eq!(main_module("path\ta.b/c/tool\nbuild\t-compiler=gc\n"), "a.b/c/tool@(devel)");
        assert_eq!(main_module("path\ta.b/tool\nbuild\t-ldflags=\"-X main.version=1.0\"\n"), "a.b/tool@1.0");
        assert_eq!(main_module("path\tcommand-line-arguments\ndep\td.e/f\tv1.2.3\n"), "d.e/f@v1.2.3");
        assert_eq!(main_module(""), "");
    }
}
