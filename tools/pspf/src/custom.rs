use serde_json::{Map, Value};

use crate::Error;

/// Top-level keys that the format or our builder gives a meaning. `build` is not among them: a
/// caller may add to it, and FlavorPack's own fields are filled in.
const RESERVED: [&str; 16] = [
    "cache_validation",
    "compatibility",
    "execution",
    "format",
    "format_version",
    "launcher",
    "package",
    "policy",
    "profile",
    "runtime",
    "seal",
    "setup_commands",
    "signing",
    "slots",
    "verification",
    "workenv",
];

/// Refuses custom metadata that would change what the package means.
pub(crate) fn check(custom: &Map<String, Value>) -> Result<(), Error> {
    if let Some(key) = custom.keys().find(|key| RESERVED.contains(&key.as_str())) {
        return Err(Error::ReservedKey { key: key.clone() });
    }
    match custom.get("build") {
        None | Some(Value::Object(_)) => Ok(()),
        Some(other) => Err(Error::field("custom metadata: `build`", "an object", other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reserved_keys_are_refused_by_name() {
        let check = |value: Value| check(value.as_object().unwrap()).map_err(|error| error.to_string());
        assert_eq!(
            check(json!({"custom": {"license": "MIT"}, "build": {"ci": true}})),
            Ok(())
        );
        assert_eq!(
            check(json!({"seal": "x"})),
            Err("custom metadata: key `seal` belongs to the builder; choose another name".into())
        );
        assert_eq!(
            check(json!({"build": 1})),
            Err("custom metadata: `build`: expected an object, found 1".into())
        );
    }
}
