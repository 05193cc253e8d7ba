use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use super::*;
use crate::sbom::Facts;
use crate::sbom::language::tests::{name, names, read};

const MODULES: &str = "path\texample.com/acme/hello\nmod\texample.com/acme/hello\t(devel)\t\ndep\tgithub.com/a/b\tv1.2.3\th1:x=\n\
    dep\tgithub.com/opencontainers/go-digest\tv1.0.0\n=>\texample.com/fork/go-digest\tv1.0.9\th1:y=\ndep\tlocal.org/m\tv0.1.0\n=>\t../m\t(devel)\t\n\
    build\t-compiler=gc\n";

const WANTED: [&str; 5] = [
    "stdlib@1.27.3",
    "example.com/acme/hello@(devel)",
    "github.com/a/b@v1.2.3",
    "example.com/fork/go-digest@v1.0.9",
    "local.org/m@(devel)",
];

fn with_sentinels(modules: &str) -> Vec<u8> {
    [&[7; 16][..], modules.as_bytes(), &[9; 16]].concat()
}

fn length(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).expect("seven bits") | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).expect("seven bits"));
    bytes
}

fn inline(version: &str, modules: &str) -> Vec<u8> {
    let modules = with_sentinels(modules);
    let header = [b"\xff Go buildinf:".as_slice(), &[8, 2], &[0; 16]].concat();
    [header, length(version.len()), version.into(), length(modules.len()), modules].concat()
}

/// What is at an offset of a file.
fn place(file: &mut Vec<u8>, at: usize, content: &[u8]) {
    if file.len() < at + content.len() {
        file.resize(at + content.len(), 0);
    }
    file[at..at + content.len()].copy_from_slice(content);
}

const SECTION_AT: usize = 0x1000;
const ADDRESS: u64 = 0x40_0000;

/// An ELF file of 64 bits with one section, and a writable segment that is the same.
fn elf(section: &str, content: &[u8]) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    let size = content.len() as u64;
    place(&mut file, 32, &64_u64.to_le_bytes());
    place(&mut file, 40, &256_u64.to_le_bytes());
    place(&mut file, 54, &[56, 0, 1, 0, 64, 0, 3, 0, 2, 0]);
    let program = [
        &1_u32.to_le_bytes()[..],
        &6_u32.to_le_bytes(),
        &(SECTION_AT as u64).to_le_bytes(),
        &ADDRESS.to_le_bytes(),
        &[0; 8],
        &size.to_le_bytes(),
    ];
    place(&mut file, 64, &program.concat());
    let header = |name: u32, offset: u64, size: u64| {
        [
            &name.to_le_bytes()[..],
            &1_u32.to_le_bytes(),
            &[0; 8],
            &ADDRESS.to_le_bytes(),
            &offset.to_le_bytes(),
            &size.to_le_bytes(),
        ]
        .concat()
    };
    place(&mut file, 256 + 64, &header(1, SECTION_AT as u64, size));
    place(&mut file, 256 + 128, &header(0, 512, section.len() as u64 + 2));
    place(&mut file, 513, section.as_bytes());
    place(&mut file, SECTION_AT, content);
    file.resize(file.len().max(8192), 0);
    file
}

#[test]
fn go_in_elf() {
    assert_eq!(names(&Binary, "usr/bin/x", &elf(".go.buildinfo", &inline("go1.27.3", MODULES))), WANTED);
    // Without a section of the name, aligned, somewhere in the data.
    let data = [vec![0; 48], inline("devel go1.27.3 X:boringcrypto", MODULES)].concat();
    assert_eq!(names(&Binary, "usr/bin/x", &elf(".data", &data)), WANTED);
    assert_eq!(names(&Binary, "usr/bin/x", &elf(".data", &data[1..])), [""; 0]);
    assert_eq!(names(&Binary, "usr/bin/x", &elf(".go.buildinfo", &inline("go1.20", ""))), ["stdlib@1.20"]);
}

#[test]
fn go_before_1_18_points_to_its_texts() {
    for (wide, big) in [(true, false), (false, false), (true, true)] {
        let width = if wide { 8 } else { 4 };
        let number = |number: u64| {
            let bytes = number.to_le_bytes()[..width].to_vec();
            if big { bytes.into_iter().rev().collect() } else { bytes }
        };
        let modules = with_sentinels(MODULES);
        let mut data = b"\xff Go buildinf:".to_vec();
        data.extend([u8::try_from(width).expect("small"), u8::from(big)]);
        data.extend([number(ADDRESS + 64), number(ADDRESS + 96)].concat());
        place(&mut data, 64, &[number(ADDRESS + 128), number(8)].concat());
        place(&mut data, 96, &[number(ADDRESS + 256), number(modules.len() as u64)].concat());
        place(&mut data, 128, b"go1.27.3");
        place(&mut data, 256, &modules);
        assert_eq!(names(&Binary, "usr/bin/x", &elf(".go.buildinfo", &data)), WANTED, "{wide} {big}");
        place(&mut data, 64, &number(1));
        let (found, problem) = read(&Binary, "usr/bin/x", &elf(".go.buildinfo", &data));
        assert!(found.is_empty());
        assert_eq!(problem.as_deref(), Some("has Go build information that points nowhere"));
    }
}

#[test]
fn go_in_pe_and_mach_o() {
    let info = inline("go1.27.3", MODULES);
    let size = u32::try_from(info.len()).expect("small");
    let mut pe = b"MZ".to_vec();
    place(&mut pe, 0x3c, &[0x80]);
    place(&mut pe, 0x80, b"PE\0\0\x64\x86\x01\0");
    place(&mut pe, 0x80 + 20, &[240, 0]);
    place(&mut pe, 0x80 + 24, &[0x0b, 0x02]);
    let section = [
        &b".data\0\0\0"[..],
        &[0; 8],
        &size.to_le_bytes(),
        &0x1000_u32.to_le_bytes(),
        &[0; 12],
        &0xC000_0040_u32.to_le_bytes(),
    ];
    place(&mut pe, 0x80 + 24 + 240, &section.concat());
    place(&mut pe, 0x1000, &info);
    assert_eq!(names(&Binary, "x.exe", &pe), WANTED);

    let mut thin = vec![0xcf, 0xfa, 0xed, 0xfe];
    place(&mut thin, 16, &[1, 0, 0, 0, 152, 0, 0, 0]);
    place(&mut thin, 32, &[0x19, 0, 0, 0, 152, 0, 0, 0]);
    place(&mut thin, 32 + 72, b"__go_buildinfo\0\0");
    place(&mut thin, 32 + 72 + 40, &u64::from(size).to_le_bytes());
    place(&mut thin, 32 + 72 + 48, &0x1000_u32.to_le_bytes());
    place(&mut thin, 0x1000, &info);
    assert_eq!(names(&Binary, "x", &thin), WANTED);
    let mut several = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1];
    place(&mut several, 16, &0x4000_u32.to_be_bytes());
    place(&mut several, 0x4000, &thin);
    assert_eq!(names(&Binary, "x", &several), WANTED);
    // A class of Java.
    assert_eq!(names(&Binary, "X.class", &[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 65, 0, 1]), [""; 0]);
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).expect("in memory");
    encoder.finish().expect("in memory")
}

#[test]
fn crates() {
    let list = br#"{"packages":[{"name":"app","version":"0.1.0","source":"local","root":true,"dependencies":[1]},
        {"name":"cc","version":"1.0.0","source":"crates.io","kind":"build"},{"name":"hex","version":"0.4.3","source":"crates.io","kind":"runtime"}]}"#;
    assert_eq!(names(&Binary, "bin/x", &elf(".dep-v0", &deflate(list))), ["app@0.1.0", "hex@0.4.3"]);
    let bomb = deflate(&[br#"{"packages":[],"x":""#.as_slice(), &b"x".repeat(64 << 20)].concat());
    for content in [b"no zlib".to_vec(), deflate(b"{}"), deflate(b"\xff"), bomb] {
        let (found, problem) = read(&Binary, "bin/x", &elf(".dep-v0", &content));
        assert!(found.is_empty() && problem.is_some_and(|problem| problem.starts_with("has a broken list of crates")));
    }
}

#[test]
fn hostile_headers() {
    let sound = elf(".go.buildinfo", &inline("go1.27.3", MODULES));
    let changed = |at: usize, bytes: &[u8]| {
        let mut file = sound.clone();
        place(&mut file, at, bytes);
        read(&Binary, "x", &file)
    };
    let table: &[(usize, &[u8], &str)] = &[
        (4, &[3], "is ELF of an unknown class or byte order"),
        (58, &[1, 0], "has headers of an impossible number or size"),
        (60, &[0xff, 0xff], "has headers of an impossible number or size"),
        (40, &[0xff; 8], "ends within what its headers name"),
        (40, &[0xf0, 0x1f], "ends within what its headers name"),
        (SECTION_AT + 32, &[0xff; 9], "has Go build information of an impossible length"),
        (SECTION_AT + 32, &[0xff, 0xff, 0x7f], "ends within its Go build information"),
    ];
    for (at, bytes, problem) in table {
        let (found, told) = changed(*at, bytes);
        assert_eq!((found.len(), told.as_deref()), (0, Some(*problem)), "{at}");
    }
    for at in (0..600).chain(SECTION_AT..SECTION_AT + 64) {
        for byte in [0, 1, 0x7f, 0xff] {
            let _ = changed(at, &[byte; 8]);
        }
    }
    for end in (0..sound.len()).step_by(7) {
        let _ = read(&Binary, "x", &sound[..end]);
    }
}

/// Counts what is read of a file without end.
struct Counted {
    start: Cursor<Vec<u8>>,
    read: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.start.read(buffer)?;
        let n = if n == 0 { buffer.len() } else { n };
        self.read += n as u64;
        Ok(n)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.start.seek(to)
    }
}

#[test]
fn little_is_read_of_large_files() {
    for (start, most) in [(elf(".text", &vec![0; 1 << 16]), 2 << 20), (b"anything else".to_vec(), 64)] {
        let mut content = Counted { start: Cursor::new(start), read: 0 };
        let mut evidence = Evidence { path: b"x", size: 1 << 40, content: &mut content, facts: &mut Facts::default() };
        let mut found = Vec::new();
        Binary.read(&mut evidence, &mut found).expect("sound");
        assert!(found.iter().map(name).next().is_none() && content.read <= most, "{}", content.read);
    }
}
