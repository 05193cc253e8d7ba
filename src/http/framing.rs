//! Where the body of a request ends: RFC 9112, section 6.3, without its leniencies.

use super::Headers;
use super::head::{Refusal, refuse};

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes; none at all when nothing was said.
    Length(u64),
    /// By the last chunk.
    Chunked,
}

/// Decides on the framing. What two readers could take differently is refused.
pub(super) fn of(headers: &Headers, modern: bool) -> Result<Framing, Refusal> {
    let mut lengths = headers.all("Content-Length");
    let mut codings = headers.all("Transfer-Encoding");
    match (lengths.next(), codings.next()) {
        (None, None) => Ok(Framing::Length(0)),
        (Some(_), Some(_)) => Err(refuse(400, "both Content-Length and Transfer-Encoding")),
        (Some(_), None) if lengths.next().is_some() => Err(refuse(400, "two Content-Length fields")),
        (Some(length), None) => length_of(length).map(Framing::Length),
        (None, Some(_)) if codings.next().is_some() => Err(refuse(400, "two Transfer-Encoding fields")),
        (None, Some(_)) if !modern => Err(refuse(400, "a Transfer-Encoding in HTTP/1.0")),
        (None, Some(coding)) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        (None, Some(_)) => Err(refuse(501, "an unknown Transfer-Encoding")),
    }
}

/// Parses digits and nothing else: no sign, no list, no space.
fn length_of(text: &str) -> Result<u64, Refusal> {
    let bad = refuse(400, "the Content-Length is no number");
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad);
    }
    text.parse().map_err(|_| bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'c> = (&'c [(&'c str, &'c str)], Result<Framing, u16>);

    fn framing(fields: &[(&str, &str)], modern: bool) -> Result<Framing, u16> {
        let mut headers = Headers::new();
        for (name, value) in fields {
            headers.add(*name, *value);
        }
        of(&headers, modern).map_err(|refusal| refusal.status)
    }

    #[test]
    fn one_meaning_or_none() {
        let length = "Content-Length";
        let coding = "transfer-encoding";
        let cases: &[Case] = &[
            (&[], Ok(Framing::Length(0))),
            (&[(length, "0")], Ok(Framing::Length(0))),
            (&[(length, "0005")], Ok(Framing::Length(5))),
            (&[(length, "18446744073709551615")], Ok(Framing::Length(u64::MAX))),
            (&[(length, "18446744073709551616")], Err(400)),
            (&[(length, "+5")], Err(400)),
            (&[(length, "-5")], Err(400)),
            (&[(length, "5, 5")], Err(400)),
            (&[(length, "5 5")], Err(400)),
            (&[(length, "0x5")], Err(400)),
            (&[(length, "abc")], Err(400)),
            (&[(length, "")], Err(400)),
            (&[(length, "5"), (length, "5")], Err(400)),
            (&[(length, "5"), (coding, "chunked")], Err(400)),
            (&[(coding, "Chunked")], Ok(Framing::Chunked)),
            (&[(coding, "chunked"), (coding, "chunked")], Err(400)),
            (&[(coding, "gzip, chunked")], Err(501)),
            (&[(coding, "chunked, chunked")], Err(501)),
            (&[(coding, "identity")], Err(501)),
            (&[(coding, "\"chunked\"")], Err(501)),
            (&[(coding, "")], Err(501)),
        ];
        for (fields, expected) in cases {
            assert_eq!(framing(fields, true), *expected, "{fields:?}");
        }
        assert_eq!(framing(&[(coding, "chunked")], false), Err(400));
        assert_eq!(framing(&[(length, "7")], false), Ok(Framing::Length(7)));
    }
}
