//! Which image of one index is compared with which one of another.

use crate::descriptor::Descriptor;
use crate::platform::Platform;

/// Two images for the same platform, or one that has no other.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pair {
    /// The platform, as the first of them names it; nothing where neither index nor config does.
    pub platform: Option<Platform>,
    /// The image of the first index.
    pub before: Option<Descriptor>,
    /// The image of the second index.
    pub after: Option<Descriptor>,
}

/// Pairs the images of two indexes: those that name the same platform, then those whose platforms serve each other, then those that differ in
/// the version of the operating system alone. Of several the first ones go together; the order is that of the first index.
pub fn pairs(before: &[Descriptor], after: &[Descriptor]) -> Vec<Pair> {
    let mut partners: Vec<Option<usize>> = vec![None; before.len()];
    let mut taken = vec![false; after.len()];
    for fits in [is_equal, serves, is_alike] {
        for (own, partner) in before.iter().zip(&mut partners) {
            if partner.is_some() {
                continue;
            }
            let free =
                |number: &usize| !taken[*number] && fits(own.platform.as_ref(), after[*number].platform.as_ref());
            *partner = (0..after.len()).find(free);
            if let Some(number) = *partner {
                taken[number] = true;
            }
        }
    }
    let both = before.iter().zip(&partners).map(|(own, partner)| Pair {
        platform: own.platform.clone(),
        before: Some(own.clone()),
        after: partner.map(|number| after[number].clone()),
    });
    let rest = after.iter().zip(&taken).filter(|(_, taken)| !**taken);
    let rest = rest.map(|(own, _)| Pair { platform: own.platform.clone(), before: None, after: Some(own.clone()) });
    both.chain(rest).collect()
}

fn is_equal(one: Option<&Platform>, other: Option<&Platform>) -> bool {
    one == other
}

fn serves(one: Option<&Platform>, other: Option<&Platform>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.accepts(other))
}

fn is_alike(one: Option<&Platform>, other: Option<&Platform>) -> bool {
    let key = |platform: &Platform| (platform.os.clone(), platform.architecture.clone(), platform.variant.clone());
    one.zip(other).is_some_and(|(one, other)| key(one) == key(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media_type::MediaType;

    fn entries(platforms: &[&str]) -> Vec<Descriptor> {
        let entry = |(number, text): (usize, &&str)| {
            let platform = (!text.is_empty()).then(|| text.parse().expect("a platform"));
            Descriptor { platform, ..Descriptor::of(MediaType::OCI_MANIFEST, number.to_string().as_bytes()) }
        };
        platforms.iter().enumerate().map(entry).collect()
    }

    #[test]
    fn images_are_paired_by_platform() {
        /// The platforms of both, and by number of the first which one of the second goes with it, then those left.
        type Case = (&'static [&'static str], &'static [&'static str], &'static str);
        let table: &[Case] = &[
            (&["linux/amd64", "linux/arm64"], &["linux/arm64", "linux/amd64"], "0-1 1-0"),
            (&["linux/amd64", "linux/arm64"], &["linux/amd64"], "0-0 1-"),
            (&["linux/amd64"], &["linux/s390x", "linux/amd64"], "0-1 -0"),
            (&["linux/arm64"], &["linux/arm64/v8"], "0-0"),
            (&["linux/arm64/v8", "linux/arm64"], &["linux/arm64", "linux/arm64/v8"], "0-1 1-0"),
            (&["windows/amd64:10.1"], &["windows/amd64:10.2"], "0-0"),
            (&["windows/amd64:10.1", "windows/amd64:10.2"], &["windows/amd64:10.2"], "0- 1-0"),
            (&["linux/amd64", "linux/amd64"], &["linux/amd64"], "0-0 1-"),
            (&[""], &["", "linux/amd64"], "0-0 -1"),
        ];
        for (before, after, wanted) in table {
            let (before, after) = (entries(before), entries(after));
            let number = |among: &[Descriptor], entry: &Option<Descriptor>| {
                let place = entry.as_ref().and_then(|entry| among.iter().position(|own| own == entry));
                place.map(|place| place.to_string()).unwrap_or_default()
            };
            let pairs = pairs(&before, &after);
            let found =
                pairs.iter().map(|pair| format!("{}-{}", number(&before, &pair.before), number(&after, &pair.after)));
            assert_eq!(found.collect::<Vec<_>>().join(" "), *wanted);
        }
    }
}
