//! The table of open connections, which enforces the limits on their number.
//!
//! Where there is no room left, the connection ends that has waited longest for a request, of the client that has most of those: nobody needs it
//! now. One on which a request runs is never ended. Beyond the limit, a few places are kept for requests that must not wait.

use std::collections::HashMap;
use std::net::{IpAddr, Shutdown};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use super::socket::{Link, Place};
use super::{Options, Urgency, network_of};
use crate::locks;

/// How many times faster than usual a slow reader must be when no place is left, as a power of two.
const HASTE: u64 = 6;

/// All open connections.
#[derive(Debug)]
pub(super) struct ConnectionTable {
    open: Mutex<Open>,
    changed: Condvar,
    limits: Limits,
    started: Instant,
    /// Bytes a second that a reader has to take now.
    minimum_rate: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Limits {
    most: usize,
    reserved: usize,
    most_of_one: Option<usize>,
    minimum_rate: u64,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    links: HashMap<u64, Arc<Link>>,
    clients: HashMap<IpAddr, usize>,
    ordinary: usize,
    reserved: usize,
}

/// What became of a new connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Added {
    pub(super) number: u64,
    /// Whether another one was ended for it.
    pub(super) evicted: bool,
}

impl ConnectionTable {
    pub(super) fn new(options: &Options) -> Self {
        let limits = Limits {
            most: options.connections,
            reserved: options.reserved_connections,
            most_of_one: options.connections_per_address,
            minimum_rate: options.minimum_rate,
        };
        let minimum_rate = Arc::new(AtomicU64::new(options.minimum_rate));
        Self { open: Mutex::default(), changed: Condvar::new(), limits, started: Instant::now(), minimum_rate }
    }

    /// Returns the microseconds since the table was made.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(0)
    }

    /// Returns how many bytes a second a reader has to take: the more, the less room there is.
    pub(super) fn minimum_rate(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.minimum_rate)
    }

    /// Adds a connection. `None` when there is no place for it.
    pub(super) fn add(&self, link: &Arc<Link>) -> Option<Added> {
        let mut open = locks::lock(&self.open);
        let Limits { most, reserved, most_of_one, .. } = self.limits;
        let client = link.peer.ip().map(network_of);
        let own = client.and_then(|client| open.clients.get(&client).copied()).unwrap_or(0);
        // Connections that were ended for others are gone in a moment, but each has its thread until then.
        if most_of_one.is_some_and(|most| own >= most) || open.links.len() >= 2 * most + reserved {
            return None;
        }
        let full = (open.ordinary >= most, open.reserved >= reserved);
        let mut evict = |place| open.evict(place, self.now());
        let (place, evicted) = match full {
            (false, _) => (Place::Ordinary, false),
            (true, _) if evict(Place::Ordinary) => (Place::Ordinary, true),
            (true, false) => (Place::Reserved, false),
            (true, true) if evict(Place::Reserved) => (Place::Reserved, true),
            (true, true) => return None,
        };
        open.place(link, place);
        let number = open.next;
        open.next += 1;
        open.links.insert(number, Arc::clone(link));
        if let Some(client) = client {
            open.clients.insert(client, own + 1);
        }
        self.set_rate(&open);
        Some(Added { number, evicted })
    }

    /// Removes a connection.
    pub(super) fn remove(&self, number: u64) {
        let mut open = locks::lock(&self.open);
        if let Some(link) = open.links.remove(&number) {
            if let Some(client) = link.peer.ip().map(network_of) {
                match open.clients.get_mut(&client) {
                    Some(count) if *count > 1 => *count -= 1,
                    _ => drop(open.clients.remove(&client)),
                }
            }
            open.leave(&link);
        }
        self.set_rate(&open);
        self.changed.notify_all();
    }

    /// Gives the place of a connection that only waits for its end to others.
    pub(super) fn give_up_place(&self, link: &Link) {
        let mut open = locks::lock(&self.open);
        open.leave(link);
        self.set_rate(&open);
    }

    /// Says whether a request may be answered: on a connection in a reserved place, only one that is urgent.
    pub(super) fn may_answer(&self, link: &Link, urgency: Urgency) -> bool {
        if link.place() != Place::Reserved {
            return true;
        }
        let open = locks::lock(&self.open);
        let writing = open.links.values().filter(|link| link.place() == Place::Reserved && link.is_writing()).count();
        // The last quarter of the places is for those that ask about the server's health.
        let may = match urgency {
            // It may have got an ordinary place meanwhile.
            _ if link.place() != Place::Reserved => true,
            Urgency::None => false,
            Urgency::Write => writing < self.limits.reserved - self.limits.reserved.div_ceil(4),
            Urgency::Health => true,
        };
        link.set_writing(may && urgency == Urgency::Write);
        may
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
        locks::lock(&self.open).links.values().for_each(|link| link.stream.shut(Shutdown::Both));
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

    fn set_rate(&self, open: &Open) {
        let rate = rate(self.limits.minimum_rate, open.ordinary, self.limits.most);
        self.minimum_rate.store(rate, Ordering::Relaxed);
    }
}

impl Open {
    /// Ends a connection of such a place that waits for a request; says whether there was one.
    fn evict(&mut self, place: Place, now: u64) -> bool {
        // By client: how many of its connections wait, and the one that has waited longest.
        let mut waiting: HashMap<Option<IpAddr>, (usize, u64, u64)> = HashMap::new();
        for (number, link) in self.links.iter().filter(|(_, link)| link.place() == place) {
            let Some(since) = link.waiting_since().filter(|since| *since <= now) else { continue };
            let entry = waiting.entry(link.peer.ip().map(network_of)).or_insert((0, since, *number));
            entry.0 += 1;
            if since < entry.1 {
                (entry.1, entry.2) = (since, *number);
            }
        }
        let mut clients: Vec<_> = waiting.into_values().collect();
        clients.sort_by_key(|(count, since, _)| (std::cmp::Reverse(*count), *since));
        for (_, since, number) in clients {
            // Its request may have come between the look and this.
            if let Some(link) = self.links.get(&number).filter(|link| link.evict(since)).map(Arc::clone) {
                self.place(&link, Place::None);
                return true;
            }
        }
        false
    }

    fn leave(&mut self, link: &Link) {
        // An ordinary place that became free goes to one that has none.
        if self.place(link, Place::None) == Place::Ordinary
            && let Some(next) = self.links.values().find(|link| link.place() == Place::Reserved).map(Arc::clone)
        {
            self.place(&next, Place::Ordinary);
        }
    }

    /// Gives a connection another place.
    fn place(&mut self, link: &Link, place: Place) -> Place {
        let before = link.take_place(place);
        self.ordinary -= usize::from(before == Place::Ordinary);
        self.reserved -= usize::from(before == Place::Reserved);
        self.ordinary += usize::from(place == Place::Ordinary);
        self.reserved += usize::from(place == Place::Reserved);
        before
    }
}

/// Returns the minimum rate when so many of the places are taken: up to half of them as it was set, and 64 times as much with the last one.
fn rate(least: u64, taken: usize, most: usize) -> u64 {
    let sixteenths = (16 * taken as u64).checked_div(most as u64).unwrap_or(16);
    least << (HASTE * sixteenths.saturating_sub(8).min(8) / 8)
}

/// How long a connection may be silent, or take for the head of a request, before it can be ended for another one: a second, in the table's
/// microseconds.
pub(super) const SILENCE: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::listener::{Peer, Stream};

    fn link(client: u8, from: u64) -> Arc<Link> {
        let (one, _) = std::os::unix::net::UnixStream::pair().expect("a pair");
        let peer = Peer(Some(([127, 0, 0, client], 1).into()));
        Arc::new(Link::new(Stream::of(one.into()), peer, from))
    }

    fn table(connections: usize, reserved_connections: usize) -> ConnectionTable {
        ConnectionTable::new(&Options { connections, reserved_connections, ..Options::default() })
    }

    #[test]
    fn the_longest_wait_of_the_client_with_most_ends_first() {
        let table = table(5, 0);
        // Of client 1 two wait, of client 2 three, the oldest of all is of client 1; one is busy, one has not waited long enough.
        let links = [link(1, 0), link(1, 3), link(2, 2), link(2, 1), link(2, 4)];
        assert!(links.iter().all(|link| table.add(link).is_some_and(|added| !added.evicted)));
        let mut ended = Vec::new();
        for _ in 0..5 {
            let new = link(3, u64::MAX - 2);
            assert!(table.add(&new).is_some_and(|added| added.evicted));
            ended.extend(
                (0..5).filter(|number| !ended.contains(number) && links[*number].is_evicted()).collect::<Vec<_>>(),
            );
        }
        assert_eq!(ended, [3, 0, 2, 1, 4], "of two clients with as many, the one that has waited longer");
        assert!(table.add(&link(4, 0)).is_none(), "the new ones have not waited");
    }

    #[test]
    fn a_request_that_has_come_is_not_ended() {
        let table = table(1, 0);
        let busy = link(1, 0);
        let added = table.add(&busy).expect("there is room");
        assert!(busy.start());
        assert!(table.add(&link(2, 0)).is_none());
        busy.wait(0);
        assert!(table.add(&link(2, 0)).is_some());
        assert!(busy.is_evicted() && !busy.start(), "what comes now is answered, and the connection ends");
        table.remove(added.number);
    }

    #[test]
    fn a_place_that_is_given_up_goes_to_whoever_has_none() {
        let table = table(1, 1);
        let (one, two) = (link(1, u64::MAX - 2), link(2, u64::MAX - 2));
        let first = table.add(&one).expect("a place");
        table.add(&two).expect("a reserved place");
        assert!(!table.may_answer(&two, Urgency::None) && table.may_answer(&two, Urgency::Health));
        assert!(table.add(&link(3, 0)).is_none());
        table.give_up_place(&one);
        assert_eq!((one.place(), two.place()), (Place::None, Place::Ordinary));
        assert!(table.may_answer(&two, Urgency::None));
        table.remove(first.number);
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn readers_must_hurry_as_room_shrinks() {
        for (taken, expected) in [(0, 256), (50, 256), (63, 512), (75, 2048), (94, 8192), (100, 16384), (120, 16384)] {
            assert_eq!(rate(256, taken, 100), expected, "{taken} of 100");
        }
        assert_eq!((rate(256, 0, 0), rate(256, 1, 1)), (16384, 16384));
    }
}
