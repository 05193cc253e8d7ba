//! What is odd about layers.

use super::Member;

/// Something in a layer that means nothing, or not the same everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The number of the layer, from 0.
    pub layer: usize,
    /// The name as the layer has it.
    pub name: Box<[u8]>,
    /// What is odd about it.
    pub oddity: Oddity,
}

/// What is odd about a layer's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oddity {
    /// It leads out of the filesystem, and was left out.
    Outside,
    /// It hides everything in the root; some runtimes ignore that.
    OpaqueRoot,
    /// It lies below something that is no directory, which was replaced by one; some tools follow a symbolic link there.
    BelowOther,
    /// It hides something below a symbolic link, where there is nothing; some tools follow the link.
    WhiteoutBelowLink,
    /// It is a hard link to something that is not there, and was left out.
    MissingTarget,
    /// It is a hard link to a directory; a copy of the directory alone stands there.
    LinkToDirectory,
}

impl Oddity {
    /// Returns a sentence about it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Outside => "leads out of the filesystem and is left out",
            Self::OpaqueRoot => "hides the whole root, which some runtimes ignore",
            Self::BelowOther => {
                "lies below something that is no directory and replaces it; some tools follow a link there"
            }
            Self::WhiteoutBelowLink => {
                "hides something below a symbolic link, where nothing is; some tools follow the link"
            }
            Self::MissingTarget => "is a hard link to something that is not there and is left out",
            Self::LinkToDirectory => "is a hard link to a directory, which is copied without what it holds",
        }
    }
}

impl Warning {
    /// Adds a warning to others.
    pub(super) fn push(warnings: &mut Vec<Self>, layer: usize, member: &Member, oddity: Oddity) {
        /// More help nobody, and a hostile layer could make them by the million.
        const MAX_WARNINGS: usize = 1000;
        if warnings.len() < MAX_WARNINGS {
            warnings.push(Self { layer, name: member.name.clone(), oddity });
        }
    }
}
