//! Orders of tags and other names: by bytes, by the numbers in them, by version.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use semver::Version;

use super::filter::parse_version;

/// In which order names are listed.
///
/// | written | is |
/// | --- | --- |
/// | `name` | by bytes: `v1`, `v10`, `v2` |
/// | `natural` | numbers by their value: `v1`, `v2`, `v10` |
/// | `semver` | versions by their precedence, and behind them, in natural order, what is no version |
///
/// With `-` in front the last comes first; what is no version stays behind the versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    by: By,
    is_reversed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Name,
    Natural,
    Version,
}

/// Text that names no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderError(String);

crate::class::classified!(OrderError => Usage);

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no order {:?}; use name, natural or semver, or one of them behind a dash", self.0)
    }
}

impl std::error::Error for OrderError {}

impl FromStr for Order {
    type Err = OrderError;

    fn from_str(text: &str) -> Result<Self, OrderError> {
        let (is_reversed, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let by = match name {
            "name" => By::Name,
            "natural" => By::Natural,
            "semver" => By::Version,
            _ => return Err(OrderError(text.into())),
        };
        Ok(Self { by, is_reversed })
    }
}

impl Order {
    /// Brings names into this order.
    pub fn sort(self, names: &mut Vec<String>) {
        let way = |ordering: Ordering| if self.is_reversed { ordering.reverse() } else { ordering };
        match self.by {
            By::Name => names.sort_unstable_by(|one, other| way(one.cmp(other))),
            By::Natural => names.sort_unstable_by(|one, other| way(natural(one, other))),
            By::Version => {
                let parsed = names.drain(..).map(|name| (parse_version(&name), name));
                let mut parsed: Vec<(Option<Version>, String)> = parsed.collect();
                parsed.sort_unstable_by(|(one, own), (other, its)| match (one, other) {
                    (Some(one), Some(other)) => way(one.cmp(other).then_with(|| natural(own, its))),
                    (None, None) => way(natural(own, its)),
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                });
                names.extend(parsed.into_iter().map(|(_, name)| name));
            }
        }
    }
}

/// Compares text in which runs of digits count by their value; what differs in nothing else is compared by bytes.
fn natural(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one.as_bytes(), other.as_bytes());
    while let (Some(first), Some(second)) = (left.first(), right.first()) {
        if first.is_ascii_digit() && second.is_ascii_digit() {
            let (number, rest) = digits(left);
            let (its, its_rest) = digits(right);
            // Without zeros in front, the longer number is the larger one.
            let ordering = number.len().cmp(&its.len()).then_with(|| number.cmp(its));
            if ordering != Ordering::Equal {
                return ordering;
            }
            (left, right) = (rest, its_rest);
        } else if first == second {
            (left, right) = (&left[1..], &right[1..]);
        } else {
            return first.cmp(second);
        }
    }
    left.len().cmp(&right.len()).then_with(|| one.cmp(other))
}

/// Splits a number off, without the zeros in front.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let zeros = number.iter().position(|digit| *digit != b'0').unwrap_or(number.len());
    (&number[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        let names = "v10 v2 latest 1.0.0-rc.1 1.0.0 v1.0.1 9 09 v02 a10b a9b";
        for (order, wanted) in [
            ("name", "09 1.0.0 1.0.0-rc.1 9 a10b a9b latest v02 v1.0.1 v10 v2"),
            ("-name", "v2 v10 v1.0.1 v02 latest a9b a10b 9 1.0.0-rc.1 1.0.0 09"),
            ("natural", "1.0.0 1.0.0-rc.1 09 9 a9b a10b latest v1.0.1 v02 v2 v10"),
            ("semver", "1.0.0-rc.1 1.0.0 v1.0.1 v02 v2 09 9 v10 a9b a10b latest"),
            ("-semver", "v10 9 09 v2 v02 v1.0.1 1.0.0 1.0.0-rc.1 latest a10b a9b"),
        ] {
            let mut sorted: Vec<String> = names.split(' ').map(str::to_owned).collect();
            order.parse::<Order>().expect(order).sort(&mut sorted);
            assert_eq!(sorted.join(" "), wanted, "{order}");
        }
        assert!("size".parse::<Order>().is_err() && "--name".parse::<Order>().is_err());
    }
}
