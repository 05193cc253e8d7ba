//! The shape of a signed message: one signature and its content, compressed at most once, and nothing else.

use std::io::{BufRead, Read};

use flate2::bufread::{DeflateDecoder, ZlibDecoder};
use pgp::packet::{Packet, PacketParser, Signature};
use pgp::ser::Serialize;

use super::{MAX_MESSAGE, Refusal};

/// RFC 9580, section 9.4.
const ZIP: u8 = 1;
const ZLIB: u8 = 2;

/// A message whose signature was not looked at.
pub(super) struct Message {
    pub(super) signature: Signature,
    pub(super) content: Vec<u8>,
}

/// Reads a message.
pub(super) fn read(text: &[u8]) -> Result<Message, Refusal> {
    if text.len() > MAX_MESSAGE {
        return Err(Refusal::TooLarge);
    }
    let packets = packets(text)?;
    match <[Packet; 1]>::try_from(packets) {
        Ok([Packet::CompressedData(compressed)]) => {
            let body = compressed.to_bytes().map_err(|_| Refusal::Malformed)?;
            signed(self::packets(&inflate(&body)?)?)
        }
        Ok(_) => Err(Refusal::Shape),
        Err(packets) => signed(packets),
    }
}

/// Takes one signature and what it signs, in the order of today or in that of old.
fn signed(packets: Vec<Packet>) -> Result<Message, Refusal> {
    let (signature, content) = match <[Packet; 3]>::try_from(packets) {
        Ok([Packet::OnePassSignature(announced), Packet::LiteralData(content), Packet::Signature(signature)])
            if !announced.is_nested() && announced.matches(&signature) =>
        {
            (signature, content)
        }
        Ok(_) => return Err(Refusal::Shape),
        Err(packets) => match <[Packet; 2]>::try_from(packets) {
            Ok([Packet::Signature(signature), Packet::LiteralData(content)]) => (signature, content),
            Ok(_) => return Err(Refusal::Shape),
            Err(packets) if packets.iter().any(|packet| matches!(packet, Packet::CompressedData(_))) => {
                return Err(Refusal::Compression);
            }
            Err(_) => return Err(Refusal::Shape),
        },
    };
    // What is signed as binary is what is here, and no reader changes the ends of its lines.
    if !content.is_binary() {
        return Err(Refusal::Kind);
    }
    Ok(Message { signature, content: content.data().to_vec() })
}

/// Reads packets to the last byte. One by one, for the library takes a header that is cut off for the end.
pub(super) fn packets(mut text: &[u8]) -> Result<Vec<Packet>, Refusal> {
    let mut packets = Vec::new();
    while !text.is_empty() {
        let packet = PacketParser::new(&mut text).next();
        packets.push(packet.and_then(Result::ok).ok_or(Refusal::Malformed)?);
        // A signed message has three.
        if packets.len() > 3 {
            return Err(Refusal::Shape);
        }
    }
    Ok(packets)
}

/// Inflates the body of a packet, which ends where what is compressed in it ends.
fn inflate(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    match body.split_first() {
        Some((&ZIP, rest)) => {
            let mut decoder = DeflateDecoder::new(rest);
            let content = take(&mut decoder)?;
            is_end(decoder.into_inner()).then_some(content).ok_or(Refusal::Malformed)
        }
        Some((&ZLIB, rest)) => {
            let mut decoder = ZlibDecoder::new(rest);
            let content = take(&mut decoder)?;
            is_end(decoder.into_inner()).then_some(content).ok_or(Refusal::Malformed)
        }
        _ => Err(Refusal::Compression),
    }
}

fn take(decoder: &mut dyn Read) -> Result<Vec<u8>, Refusal> {
    let mut content = Vec::new();
    decoder.take(MAX_MESSAGE as u64 + 1).read_to_end(&mut content).map_err(|_| Refusal::Malformed)?;
    if content.len() > MAX_MESSAGE { Err(Refusal::TooLarge) } else { Ok(content) }
}

fn is_end(mut rest: &[u8]) -> bool {
    rest.fill_buf().is_ok_and(<[u8]>::is_empty)
}
