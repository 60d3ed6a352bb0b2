//! `/etc/flavor/buckpack.json`: what no environment variable and no package can loosen.

use pspf_format::json::{Fields, FromJson};
use pspf_verify::Level;
use serde::de::Error as _;
use serde_json::{Error, Value};

use crate::error::PolicyError;
use crate::files::{Places, read_json};

/// The operator's limits for our launcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floor {
    /// The version of the file; 1.
    version: u64,
    /// The lowest level of validation that `FLAVOR_VALIDATION` can choose. Default: none.
    pub validation_floor: Level,
    /// Whether packages may run setup commands. Default: yes.
    pub setup_commands: bool,
    /// Most bytes that one package may unpack to. Default: no limit but that of the package's own declarations.
    pub max_unpacked_bytes: Option<u64>,
    /// Days after which an unpacked package that was not started goes. Default: 30.
    pub cache_max_age_days: Option<u64>,
    /// Bytes that a user's unpacked packages may take together before the oldest go. Default: 20 GiB.
    pub cache_max_bytes: Option<u64>,
}

impl Default for Floor {
    fn default() -> Self {
        Floor {
            version: 1,
            validation_floor: Level::None,
            setup_commands: true,
            max_unpacked_bytes: None,
            cache_max_age_days: None,
            cache_max_bytes: None,
        }
    }
}

impl FromJson for Floor {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        let mut floor = Floor {
            version: fields.field("version")?,
            max_unpacked_bytes: fields.field("max_unpacked_bytes")?,
            cache_max_age_days: fields.field("cache_max_age_days")?,
            cache_max_bytes: fields.field("cache_max_bytes")?,
            ..Floor::default()
        };
        if let Some(level) = fields.take("validation_floor") {
            floor.validation_floor = String::from_json(level)?.parse().map_err(Error::custom)?;
        }
        if let Some(allowed) = fields.take("setup_commands") {
            floor.setup_commands = bool::from_json(allowed)?;
        }
        fields.end()?;
        Ok(floor)
    }
}

impl Floor {
    /// Reads the operator's file; without one nothing is limited.
    ///
    /// # Errors
    /// A file that cannot be read or understood.
    pub fn read(places: &Places) -> Result<Self, PolicyError> {
        let path = places.floor();
        let Some(floor) = read_json::<Floor>(&path, true)? else {
            return Ok(Floor::default());
        };
        match floor.version {
            1 => Ok(floor),
            other => Err(PolicyError::Malformed {
                path,
                what: format!("expected `version` 1, found {other}"),
            }),
        }
    }

    /// The level that holds when `asked` was asked for.
    pub fn level(&self, asked: Level) -> Level {
        asked.max(self.validation_floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Floor, PolicyError> {
        let world = tempfile::tempdir().unwrap();
        std::fs::write(world.path().join("buckpack.json"), json).unwrap();
        Floor::read(&Places {
            system: world.path().to_owned(),
            user: None,
            user_keys: None,
        })
    }

    #[test]
    fn the_environment_cannot_go_below_the_floor() {
        let floor = read(r#"{"version":1,"validation_floor":"strict"}"#).unwrap();
        assert_eq!(floor.level(Level::None), Level::Strict);
        let floor = read(r#"{"version":1,"validation_floor":"relaxed"}"#).unwrap();
        assert_eq!(
            (floor.level(Level::None), floor.level(Level::Strict)),
            (Level::Relaxed, Level::Strict)
        );
        assert_eq!(Floor::default().level(Level::None), Level::None);
    }

    #[test]
    fn a_misspelt_floor_is_refused() {
        for (json, what) in [
            (
                r#"{"version":1,"validation_flor":"strict"}"#,
                "unknown field `validation_flor`",
            ),
            (
                r#"{"version":1,"validation_floor":"tight"}"#,
                "expected a validation level (strict, standard, relaxed, minimal, none), found `tight`",
            ),
            (r#"{"validation_floor":"strict"}"#, "missing field `version`"),
            (r#"{"version":2}"#, "expected `version` 1, found 2"),
            (
                r#"{"version":1,"setup_commands":true,"setup_commands":false}"#,
                "setup_commands",
            ),
            ("", "EOF"),
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(
                error.contains(what) && error.contains("buckpack.json cannot be used"),
                "{json}: {error}"
            );
        }
    }
}
