//! Objects in memory: for tests and for small things that are thrown away.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use super::{Body, Content, Depth, Key, Keys, Lock, LockKind, Object, Result, Stage, Store};
use super::{check_offset, page, pour, refuse_partial, require_partial};
use crate::digest::Digest;

/// Objects in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<Key, Written>,
    /// The number of objects written so far.
    writes: u64,
    stages: BTreeMap<Key, Vec<u8>>,
    /// The stages that someone holds.
    taken: BTreeSet<Key>,
    /// How many hold a key shared; nothing stands for one exclusive holder.
    locks: BTreeMap<Key, Option<usize>>,
}

#[derive(Clone, Debug)]
struct Written {
    content: Arc<[u8]>,
    modified: SystemTime,
    /// How many objects were written before.
    number: u64,
}

impl State {
    fn insert(&mut self, key: Key, content: Arc<[u8]>) {
        let written = Written { content, modified: SystemTime::now(), number: self.writes };
        self.writes += 1;
        self.objects.insert(key, written);
    }
}

impl Memory {
    /// Makes an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().expect("nothing panics while it holds the state")
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.shared.1.wait(state).expect("nothing panics while it holds the state")
    }

    fn acquire(&self, state: &mut State, key: &Key, kind: LockKind) -> Option<Lock> {
        let holders = match (state.locks.get(key), kind) {
            (None, LockKind::Exclusive) => None,
            (None, LockKind::Shared) => Some(1),
            (Some(Some(count)), LockKind::Shared) => Some(count + 1),
            _ => return None,
        };
        state.locks.insert(key.clone(), holders);
        Some(Lock::of(Held { store: self.clone(), key: key.clone() }))
    }
}

impl Store for Memory {
    fn get(&self, key: &Key) -> Result<Option<Object>> {
        Ok(self.state().objects.get(key).cloned().map(|Written { content, modified, number }| {
            let mut object = Object::new(content.len() as u64, move |offset| {
                let mut reader = Cursor::new(content.clone());
                reader.set_position(offset);
                Ok(Body::Reader(Box::new(reader)))
            });
            object.modified = Some(modified);
            object.etag = Some(number.to_string());
            object
        }))
    }

    fn put(&self, key: &Key, content: Content<'_>) -> Result<()> {
        refuse_partial(key)?;
        let bytes = match content {
            Content::Bytes(bytes) => bytes.to_vec(),
            Content::Blob(mut blob) => {
                let mut bytes = Vec::new();
                pour(&mut blob, |piece| {
                    bytes.extend_from_slice(piece);
                    Ok(())
                })?;
                bytes
            }
        };
        self.state().insert(key.clone(), bytes.into());
        Ok(())
    }

    fn stage(&self, key: &Key) -> Result<Box<dyn Stage>> {
        require_partial(key)?;
        let mut state = self.state();
        while !state.taken.insert(key.clone()) {
            state = self.wait(state);
        }
        let content = state.stages.entry(key.clone()).or_default().clone();
        Ok(Box::new(MemoryStage { store: self.clone(), key: key.clone(), content }))
    }

    fn delete(&self, key: &Key) -> Result<bool> {
        Ok(self.state().objects.remove(key).is_some())
    }

    fn list(&self, prefix: &Key, after: Option<&Key>, depth: Depth) -> Result<Keys> {
        Ok(page(self.state().objects.keys(), prefix, after, depth))
    }

    fn lock(&self, key: &Key, kind: LockKind) -> Result<Lock> {
        let mut state = self.state();
        loop {
            if let Some(lock) = self.acquire(&mut state, key, kind) {
                return Ok(lock);
            }
            state = self.wait(state);
        }
    }

    fn try_lock(&self, key: &Key, kind: LockKind) -> Result<Option<Lock>> {
        Ok(self.acquire(&mut self.state(), key, kind))
    }

    fn tidy(&self, idle: Duration) -> Result<u64> {
        let mut state = self.state();
        // Their age is not kept: all are young, unless the caller takes every age.
        if !idle.is_zero() {
            return Ok(0);
        }
        let State { stages, taken, .. } = &mut *state;
        let before: usize = stages.values().map(Vec::len).sum();
        stages.retain(|key, _| taken.contains(key));
        Ok((before - stages.values().map(Vec::len).sum::<usize>()) as u64)
    }
}

struct Held {
    store: Memory,
    key: Key,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.store.state();
        match state.locks.get(&self.key).copied().flatten() {
            Some(count) if count > 1 => state.locks.insert(self.key.clone(), Some(count - 1)),
            _ => state.locks.remove(&self.key),
        };
        self.store.shared.1.notify_all();
    }
}

struct MemoryStage {
    store: Memory,
    key: Key,
    content: Vec<u8>,
}

impl Stage for MemoryStage {
    fn len(&self) -> u64 {
        self.content.len() as u64
    }

    fn append(&mut self, at: u64, content: &mut dyn Read) -> Result<u64> {
        check_offset(at, self.len(), self.key.as_str())?;
        if at == 0 {
            self.content.clear();
        }
        let result = pour(content, |piece| {
            self.content.extend_from_slice(piece);
            Ok(())
        });
        self.store.state().stages.insert(self.key.clone(), self.content.clone());
        result.map(|()| self.len())
    }

    fn read(&self) -> Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(self.content.clone())))
    }

    fn commit(self: Box<Self>, key: &Key, _digest: &Digest) -> Result<()> {
        refuse_partial(key)?;
        let mut state = self.store.state();
        let content = state.stages.remove(&self.key).unwrap_or_default();
        state.insert(key.clone(), content.into());
        Ok(())
    }

    fn abort(self: Box<Self>) -> Result<()> {
        self.store.state().stages.remove(&self.key);
        Ok(())
    }
}

impl Drop for MemoryStage {
    fn drop(&mut self) {
        self.store.state().taken.remove(&self.key);
        self.store.shared.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract;

    #[test]
    fn keeps_the_contract() {
        contract::writable(&|| {
            let memory = Memory::new();
            (Box::new(memory.clone()), Box::new(memory))
        });
    }
}
