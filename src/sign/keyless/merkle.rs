//! Proofs that a log includes an entry.
//!
//! RFC 9162, section 2.1.3.2 (RFC 6962 has the same trees): <https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2>

use sha2::{Digest as _, Sha256};

/// The hash of a tree, or of a part of it.
pub(super) type Node = [u8; 32];

/// Returns the hash of an entry. The prefix keeps entries and inner nodes apart: neither can pass for the other.
pub(super) fn leaf(content: &[u8]) -> Node {
    Sha256::new().chain_update([0]).chain_update(content).finalize().into()
}

fn inner(left: &Node, right: &Node) -> Node {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Returns the root of the tree of `size` entries in which the entry at `index` has this hash; nothing when the proof is not as long as it
/// must be.
pub(super) fn root(leaf: Node, index: u64, size: u64, proof: &[Node]) -> Option<Node> {
    if index >= size {
        return None;
    }
    let (mut index, mut last, mut node) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if index & 1 == 1 || index == last {
            node = inner(sibling, &node);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            node = inner(&node, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9162, section 2.1.1: the definition, without any shortcut.
    fn tree(leaves: &[Node]) -> Node {
        match leaves {
            [one] => *one,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                inner(&tree(left), &tree(right))
            }
        }
    }

    fn path(index: usize, leaves: &[Node]) -> Vec<Node> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
        let (mut path, other) = match index < left.len() {
            true => (path(index, left), tree(right)),
            false => (path(index - left.len(), right), tree(left)),
        };
        path.push(other);
        path
    }

    #[test]
    fn every_entry_of_small_trees_and_no_other() {
        let leaves: Vec<Node> = (0u8..20).map(|number| leaf(&[number])).collect();
        for size in 1..=leaves.len() {
            let (wanted, length) = (tree(&leaves[..size]), size as u64);
            for at in 0..size {
                let proof = path(at, &leaves[..size]);
                let index = at as u64;
                assert_eq!(root(leaves[at], index, length, &proof), Some(wanted));
                assert_ne!(root(leaf(b"x"), index, length, &proof), Some(wanted));
                for other in (0..size as u64 + 2).filter(|other| *other != index) {
                    assert_ne!(root(leaves[at], other, length, &proof), Some(wanted), "{at} as {other} of {size}");
                }
                let longer = [proof.clone(), vec![wanted]].concat();
                assert_eq!(root(leaves[at], index, length, &longer), None);
                if let Some((_, shorter)) = proof.split_last() {
                    assert_eq!(root(leaves[at], index, length, shorter), None);
                    let mut damaged = proof.clone();
                    damaged[0][31] ^= 1;
                    assert_ne!(root(leaves[at], index, length, &damaged), Some(wanted));
                }
            }
        }
        assert_eq!(root(leaves[0], u64::MAX, u64::MAX, &[]), None);
        assert_eq!(root(leaves[0], 0, 0, &[]), None);
    }

    /// A tree's hash with an inner node passed off as an entry is another tree's.
    #[test]
    fn inner_nodes_are_no_entries() {
        let (a, b) = (leaf(b"a"), leaf(b"b"));
        let content = [a, b].concat();
        assert_ne!(leaf(&content), tree(&[a, b]));
    }
}
