//! Which part of a content a request asks for.
//!
//! RFC 9110, sections 13 (conditions) and 14 (ranges). Of several ranges none is honored: the whole answers them as well.

use crate::digest::Digest;
use crate::http::Headers;

/// What to answer with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: 200.
    Whole,
    /// From this byte on, so many: 206.
    Slice(u64, u64),
    /// There is no such part: 416.
    None,
}

/// Returns the ETag of a content that never changes.
pub(super) fn tag_of(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// Says whether the client has this very content already: 304.
pub(super) fn is_known(headers: &Headers, tag: &str) -> bool {
    let known =
        |list: &str| list.split(',').map(str::trim).any(|each| each == "*" || each.trim_start_matches("W/") == tag);
    headers.all("if-none-match").any(known)
}

/// Finds the part of a content of this size.
pub(super) fn wanted(headers: &Headers, tag: &str, size: u64) -> Part {
    let Some(range) = headers.only("range").and_then(|range| range.trim().strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    if headers.first("if-range").is_some_and(|condition| condition.trim() != tag) {
        return Part::Whole;
    }
    let Some((first, last)) = range.split_once('-') else {
        return Part::Whole;
    };
    match (number(first), number(last)) {
        (Some(Ok(first)), Some(Ok(last))) if first > last => Part::None,
        (Some(Ok(first)), last @ (Some(Ok(_)) | None)) => {
            let end = last.and_then(Result::ok).map_or(size, |last| last.saturating_add(1).min(size));
            if first < size { Part::Slice(first, end - first) } else { Part::None }
        }
        (None, Some(Ok(0))) => Part::None,
        (None, Some(Ok(count))) if size > 0 => Part::Slice(size.saturating_sub(count), count.min(size)),
        (None, Some(Ok(_))) => Part::None,
        _ => Part::Whole,
    }
}

/// Reads a number of digits only; nothing when there is no text.
fn number(text: &str) -> Option<Result<u64, ()>> {
    let text = text.trim();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    // More than fits is behind every end.
    (!text.is_empty()).then(|| if digits { Ok(text.parse().unwrap_or(u64::MAX)) } else { Err(()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_2048_bytes() {
        for (range, expected) in [
            ("bytes=500-1499", Part::Slice(500, 1000)),
            ("bytes=500-", Part::Slice(500, 1548)),
            ("bytes=-500", Part::Slice(1548, 500)),
            ("bytes=-5000", Part::Slice(0, 2048)),
            ("bytes=2000-5000", Part::Slice(2000, 48)),
            ("bytes=0-0", Part::Slice(0, 1)),
            ("bytes=0-99999999999999999999999", Part::Slice(0, 2048)),
            ("bytes=500-0", Part::None),
            ("bytes=5000-10000", Part::None),
            ("bytes=2048-", Part::None),
            ("bytes=-0", Part::None),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("lines=1-2", Part::Whole),
        ] {
            let mut headers = Headers::new();
            headers.add("Range", range);
            assert_eq!(wanted(&headers, "\"t\"", 2048), expected, "{range}");
        }
    }

    #[test]
    fn conditions() {
        let mut headers = Headers::new();
        headers.add("Range", "bytes=0-0");
        headers.add("If-Range", "\"t\"");
        assert_eq!(wanted(&headers, "\"t\"", 9), Part::Slice(0, 1));
        assert_eq!(wanted(&headers, "\"u\"", 9), Part::Whole);
        headers.add("If-None-Match", "\"a\", W/\"t\"");
        assert!(is_known(&headers, "\"t\"") && !is_known(&headers, "\"u\""));
    }
}
