//! The client for registries, made when the first `docker://` place is opened: its configuration must not stop work that needs no registry.

use std::sync::{Arc, Mutex};

use super::{Error, Result};
use crate::class::Classified;
use crate::locks;
use crate::registry::Client;

type Make = dyn Fn() -> Result<Client, Box<dyn Classified>> + Send + Sync;

/// A client that is made once, at its first use. Clones share it.
#[derive(Clone)]
pub struct LazyClient {
    made: Arc<Mutex<Option<Client>>>,
    make: Arc<Make>,
}

impl LazyClient {
    /// Takes what makes the client.
    pub fn new(make: impl Fn() -> Result<Client, Box<dyn Classified>> + Send + Sync + 'static) -> Self {
        Self { made: Arc::default(), make: Arc::new(make) }
    }

    /// Returns the client, made now if it was not needed before.
    ///
    /// # Errors
    /// [`Error::Client`] when it cannot be made; the next call tries again.
    pub fn get(&self) -> Result<Client> {
        // Held while it is made: places that are opened at the same time share its connections and tokens.
        let mut made = locks::lock(&self.made);
        if let Some(client) = &*made {
            return Ok(client.clone());
        }
        let client = (self.make)().map_err(Error::Client)?;
        Ok(made.insert(client).clone())
    }
}

impl Default for LazyClient {
    fn default() -> Self {
        Self::new(|| Ok(Client::default()))
    }
}

impl From<Client> for LazyClient {
    fn from(client: Client) -> Self {
        Self::new(move || Ok(client.clone()))
    }
}
