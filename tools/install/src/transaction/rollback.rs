//! The inverse of the last transactions, as a transaction of its own (section 14.5).

use std::collections::BTreeMap;

use super::{Bytes, Incoming, Install, InstallOptions, RemoveOptions, Transaction};
use crate::database::{Content, Database, Installed, Origin, PackageId, Version};
use crate::error::InstallError;
use crate::target_path::TargetPath;

impl Transaction<'_> {
    /// Asks for everything to be as it was before the last `number` transactions. Files come from the store.
    ///
    /// # Errors
    /// Fewer transactions in the history; a content that is no longer kept.
    pub fn roll_back(&mut self, number: usize) -> Result<&mut Self, InstallError> {
        let history = self.database.history()?;
        let first = history.len().checked_sub(number).ok_or(InstallError::History {
            kept: history.len(),
            asked: number,
        })?;
        // What counts is the state before the first of them that touched a thing.
        let mut before: BTreeMap<PackageId, Option<Version>> = BTreeMap::new();
        let mut contents: BTreeMap<TargetPath, Content> = BTreeMap::new();
        for record in &history[first..] {
            for change in &record.changes {
                before
                    .entry(change.package.clone())
                    .or_insert_with(|| change.before.clone());
            }
            for replaced in &record.replaced {
                contents
                    .entry(replaced.path.clone())
                    .or_insert_with(|| replaced.content.clone());
            }
        }
        for (id, version) in before {
            match version {
                Some(version) => self.install_again(id, &version, &mut contents)?,
                None => self.take_back(&id)?,
            }
        }
        // What is left was nobody's.
        for (place, content) in contents {
            if content != Content::Missing {
                self.restore(place, content);
            }
        }
        Ok(self)
    }

    fn take_back(&mut self, id: &PackageId) -> Result<(), InstallError> {
        if self.database.get(id)?.is_some() {
            self.remove(id, RemoveOptions { keep_adopted: true })?;
        }
        Ok(())
    }

    fn install_again(
        &mut self,
        id: PackageId,
        version: &Version,
        contents: &mut BTreeMap<TargetPath, Content>,
    ) -> Result<(), InstallError> {
        let database = self.database;
        let manifest = database.stored_manifest(version)?;
        let installed = Installed {
            id: id.clone(),
            metadata: database.stored_metadata(version)?,
            origin: stored_origin(database, version)?,
        };
        let mut places = installed.places()?;
        let mut own = BTreeMap::new();
        for entry in manifest.entries() {
            let place = places.of(entry);
            if let Some(content) = contents.remove(&place) {
                own.insert(place, content);
            }
        }
        let origin = installed.origin;
        self.push(Install {
            id,
            incoming: Incoming {
                metadata: installed.metadata,
                manifest,
                computed: origin.manifest_computed,
                source: origin.source.clone(),
                bytes: Bytes::Store,
            },
            options: InstallOptions {
                // The prefix was accepted once.
                force_prefix: true,
                ..InstallOptions::default()
            },
            only: None,
            again: Some(origin),
            contents: own,
        })
    }
}

fn stored_origin(database: &Database, version: &Version) -> Result<Origin, InstallError> {
    let (bytes, path) = database.stored(&version.origin)?;
    serde_json::from_slice(&bytes).map_err(|error| InstallError::Record {
        path,
        source: error.into(),
    })
}
