//! Compressed layers from outside: an error or content, never a panic.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok((_, reader)) = stevedore::layer::decompress(data) {
        // A bomb is content too; a mebibyte of it says enough.
        let _ = std::io::copy(&mut reader.take(1 << 20), &mut std::io::sink());
    }
});
