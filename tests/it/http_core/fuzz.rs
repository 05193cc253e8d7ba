//! Bytes at random, from a seed. `STEVEDORE_FUZZ_SECONDS` makes it longer than a second.

use std::io::Read;
use std::time::{Duration, Instant};

use super::child::{Limits, Process};
use super::fixture::{Client, assert_serves, wait_until};

/// xorshift64*: the same bytes everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % below
    }
}

const PIECES: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\n",
    b"PUT /read HTTP/1.1\r\n",
    b"HEAD /chunks HTTP/1.0\r\n",
    b"GET /chunks HTTP/1.1\r\n",
    b"Host: a\r\n",
    b"Host: a\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 18446744073709551615\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: keep-alive\r\n",
    b"Expect: 100-continue\r\n",
    b"\r\n",
    b"\r\n",
    b"5\r\nhello\r\n",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"X: ",
    b"\n",
    b"\r",
    b"\0",
    b"\x15\x03\x03\x00\x02\x01\x00",
];

fn message(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..=random.next(12) {
        match random.next(8) {
            0 => bytes.extend((0..random.next(40)).map(|_| u8::try_from(random.next(256)).unwrap())),
            _ => bytes.extend_from_slice(PIECES[random.next(PIECES.len())]),
        }
    }
    if !bytes.is_empty() && random.next(4) == 0 {
        let at = random.next(bytes.len());
        bytes[at] = u8::try_from(random.next(256)).unwrap();
    }
    bytes
}

#[test]
fn line_44_random_bytes_leave_nothing_behind() {
    let seconds = std::env::var("STEVEDORE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let server = Process::start(Limits::default());
    assert_serves(server.address);
    let (files, threads) = (server.files(), server.threads());
    let (begun, mut random) = (Instant::now(), Random(44));
    let mut rounds = 0;
    while begun.elapsed() < Duration::from_secs(seconds) {
        let mut client = Client::connect(server.address);
        client.send(&message(&mut random));
        client.half_close();
        let mut answer = Vec::new();
        // A reset is an end as well.
        let _ = client.stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 "), "{}", answer.escape_ascii());
        assert!(!answer.starts_with(b"HTTP/1.1 500"), "{}", answer.escape_ascii());
        rounds += 1;
    }
    assert!(rounds > 20, "{rounds} rounds");
    wait_until("back to where it was", || server.files() <= files && server.threads() <= threads);
    assert_serves(server.address);
    server.end();
}
