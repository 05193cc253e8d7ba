//! The table of open connections, which enforces the limits on their number.

use std::collections::HashMap;
use std::net::{IpAddr, Shutdown};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use super::socket::Link;
use crate::locks;

/// All open connections.
#[derive(Debug, Default)]
pub(super) struct ConnectionTable {
    open: Mutex<Open>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    links: HashMap<u64, Arc<Link>>,
    addresses: HashMap<IpAddr, usize>,
}

impl ConnectionTable {
    /// Adds a connection. Returns its number, or `None` when a limit is reached.
    pub(super) fn add(&self, link: &Arc<Link>, most: usize, most_of_one: Option<usize>) -> Option<u64> {
        let mut open = locks::lock(&self.open);
        let address = link.peer.ip();
        let own = open.addresses.get(&address).copied().unwrap_or(0);
        if open.links.len() >= most || most_of_one.is_some_and(|most| own >= most) {
            return None;
        }
        let number = open.next;
        open.next += 1;
        open.links.insert(number, Arc::clone(link));
        open.addresses.insert(address, own + 1);
        Some(number)
    }

    /// Removes a connection.
    pub(super) fn remove(&self, number: u64) {
        let mut open = locks::lock(&self.open);
        if let Some(link) = open.links.remove(&number) {
            let address = link.peer.ip();
            match open.addresses.get_mut(&address) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(open.addresses.remove(&address)),
            }
        }
        self.changed.notify_all();
    }

    /// Returns how many connections are open.
    pub(super) fn len(&self) -> usize {
        locks::lock(&self.open).links.len()
    }

    /// Ends the connections on which no request runs.
    pub(super) fn end_idle(&self) {
        locks::lock(&self.open).links.values().for_each(|link| link.end_if_idle());
    }

    /// Ends all connections, in the middle of whatever they do.
    pub(super) fn cut(&self) {
        locks::lock(&self.open).links.values().for_each(|link| link.shut(Shutdown::Both));
    }

    /// Waits until no connection is open, at most until then, or until [`wake`](Self::wake)d for another reason.
    pub(super) fn wait_until_empty(&self, deadline: Instant, give_up: impl Fn() -> bool) {
        let mut open = locks::lock(&self.open);
        while !open.links.is_empty() && !give_up() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            open = locks::wait(&self.changed, open, left);
        }
    }

    /// Has those who wait look again.
    pub(super) fn wake(&self) {
        // With the lock held, nobody is between looking and waiting.
        let _open = locks::lock(&self.open);
        self.changed.notify_all();
    }
}
