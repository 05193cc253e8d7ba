//! Conditions and ranges in requests: RFC 9110, sections 13 and 14.

use crate::digest::Digest;
use crate::http::Headers;

/// Returns the entity tag of content.
pub(super) fn etag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// Says whether the client has this content already (If-None-Match).
pub(super) fn is_known(headers: &Headers, digest: &Digest) -> bool {
    headers.all("If-None-Match").any(|field| names(field, Some(digest)))
}

/// Says whether a write may go on, given what is there now (If-Match, If-None-Match).
pub(super) fn holds(headers: &Headers, current: Option<&Digest>) -> bool {
    let mut wanted = headers.all("If-Match").peekable();
    let is_wanted = wanted.peek().is_none() || wanted.any(|field| names(field, current));
    is_wanted && !headers.all("If-None-Match").any(|field| names(field, current))
}

/// Says whether a list of entity tags has that of the content, or is `*` and there is content.
fn names(field: &str, digest: Option<&Digest>) -> bool {
    let Some(digest) = digest else {
        return false;
    };
    let etag = etag(digest);
    field.split(',').map(str::trim).any(|each| each == "*" || each.strip_prefix("W/").unwrap_or(each) == etag)
}

/// What a request wants of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// The bytes from the first to the last of these.
    Part(u64, u64),
    /// Bytes that are not there.
    Outside,
}

/// Reads what a request wants of `size` bytes of content. Several ranges, and what is no range, want all of it.
pub(super) fn extent(headers: &Headers, digest: &Digest, size: u64) -> Extent {
    let Some(range) = headers.only("Range") else {
        return Extent::Whole;
    };
    if headers.first("If-Range").is_some_and(|wanted| wanted.trim() != etag(digest)) {
        return Extent::Whole;
    }
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Extent::Whole;
    };
    let number = |text: &str| if is_digits(text) { text.parse::<u64>().ok().or(Some(u64::MAX)) } else { None };
    match (first, number(first), last, number(last)) {
        // The last so many bytes.
        ("", None, _, Some(0)) => Extent::Outside,
        ("", None, _, Some(_)) if size == 0 => Extent::Outside,
        ("", None, _, Some(count)) => Extent::Part(size.saturating_sub(count), size - 1),
        (_, Some(first), "", None) if first < size => Extent::Part(first, size - 1),
        // RFC 9110 calls an end before the begin invalid; what asks for it gets no content either way.
        (_, Some(first), _, Some(last)) if last < first => Extent::Outside,
        (_, Some(first), _, Some(last)) if first < size => Extent::Part(first, last.min(size - 1)),
        (_, Some(_), "", None) | (_, Some(_), _, Some(_)) => Extent::Outside,
        _ => Extent::Whole,
    }
}

/// Reads the range of a chunk: `0-99`, which is what the specification asks for and not what HTTP does; HTTP's form is taken too.
pub(super) fn chunk(field: &str) -> Option<(u64, u64)> {
    let field = field.trim();
    let field = field.strip_prefix("bytes ").unwrap_or(field);
    let (first, last) = field.split('/').next()?.split_once('-')?;
    if !is_digits(first) || !is_digits(last) {
        return None;
    }
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last && last < u64::MAX).then_some((first, last))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in fields {
            headers.add(*name, *value);
        }
        headers
    }

    #[test]
    fn ranges() {
        let digest = Digest::of(b"");
        let table = [
            ("bytes=500-1499", Extent::Part(500, 1499)),
            ("bytes=500-", Extent::Part(500, 2047)),
            ("bytes=-500", Extent::Part(1548, 2047)),
            ("bytes=-5000", Extent::Part(0, 2047)),
            ("bytes=2000-5000", Extent::Part(2000, 2047)),
            ("bytes=0-0", Extent::Part(0, 0)),
            ("bytes=2047-99999999999999999999999", Extent::Part(2047, 2047)),
            ("bytes=500-0", Extent::Outside),
            ("bytes=5000-10000", Extent::Outside),
            ("bytes=2048-", Extent::Outside),
            ("bytes=-0", Extent::Outside),
            ("bytes=0-1,5-6", Extent::Whole),
            ("bytes=+1-2", Extent::Whole),
            ("bytes=-", Extent::Whole),
            ("lines=1-2", Extent::Whole),
        ];
        for (range, wanted) in table {
            assert_eq!(extent(&headers(&[("Range", range)]), &digest, 2048), wanted, "{range}");
        }
        assert_eq!(extent(&headers(&[("Range", "bytes=-5")]), &digest, 0), Extent::Outside);
        assert_eq!(extent(&headers(&[]), &digest, 0), Extent::Whole);
        let same = [("Range", "bytes=1-2"), ("If-Range", &etag(&digest))];
        assert_eq!(extent(&headers(&same), &digest, 9), Extent::Part(1, 2));
        assert_eq!(extent(&headers(&[("Range", "bytes=1-2"), ("If-Range", "\"x\"")]), &digest, 9), Extent::Whole);
    }

    #[test]
    fn chunks() {
        assert_eq!(chunk("0-99"), Some((0, 99)));
        assert_eq!(chunk("bytes 5-9/*"), Some((5, 9)));
        for bad in ["", "-", "5", "9-5", "-5", "5-", "+1-2", "a-b", "0-18446744073709551615"] {
            assert_eq!(chunk(bad), None, "{bad}");
        }
    }

    #[test]
    fn conditions() {
        let (one, other) = (Digest::of(b"1"), Digest::of(b"2"));
        let tags = format!("\"x\", W/{}", etag(&one));
        assert!(is_known(&headers(&[("If-None-Match", &tags)]), &one));
        assert!(!is_known(&headers(&[("If-None-Match", &tags)]), &other));
        assert!(!is_known(&headers(&[]), &one));
        let table = [
            ("If-Match", etag(&one), Some(&one), true),
            ("If-Match", etag(&one), Some(&other), false),
            ("If-Match", etag(&one), None, false),
            ("If-Match", "*".into(), Some(&one), true),
            ("If-Match", "*".into(), None, false),
            ("If-None-Match", "*".into(), None, true),
            ("If-None-Match", "*".into(), Some(&one), false),
            ("If-None-Match", etag(&one), Some(&other), true),
        ];
        for (name, value, current, wanted) in table {
            assert_eq!(holds(&headers(&[(name, &value)]), current), wanted, "{name}: {value}");
        }
        assert!(holds(&headers(&[]), None));
    }
}
