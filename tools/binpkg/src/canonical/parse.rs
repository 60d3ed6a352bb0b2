//! JSON into canonical values. serde_json reads; this visitor refuses what a canonical value does not have.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Reference, Value};

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Canonical)
    }
}

struct Canonical;

impl<'de> Visitor<'de> for Canonical {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, array, string, boolean or integer")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() >= Value::INTEGER_LIMIT.unsigned_abs() {
            return Err(integer_error(value));
        }
        Ok(Value::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value)
            .map_err(|_| integer_error(value))
            .and_then(|value| self.visit_i64(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Err(integer_error(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Err(E::custom(
            "expected a value, found `null`; leave the key out or write an empty value",
        ))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut object = BTreeMap::new();
        while let Some(key) = items.next_key::<String>()? {
            if let Some(reference) = Reference::of_key(&key) {
                let Value::Text(path) = items.next_value()? else {
                    return Err(A::Error::custom(format!("expected a path as the value of `{key}`")));
                };
                if !object.is_empty() || items.next_key::<String>()?.is_some() {
                    return Err(A::Error::custom("a reference stands alone in its object"));
                }
                return Ok(Value::Reference(reference(path)));
            }
            if key.is_empty() || !key.bytes().all(is_key_byte) {
                let text = format!("expected a key of `[A-Za-z0-9_.:/@+-]`, found `{}`", key.escape_debug());
                return Err(A::Error::custom(text));
            }
            let value = items.next_value()?;
            if object.insert(key.clone(), value).is_some() {
                return Err(A::Error::custom(format!("the key `{key}` is there twice")));
            }
        }
        Ok(Value::Object(object))
    }
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.:/@+-".contains(&byte)
}

fn integer_error<E: Error>(found: impl fmt::Display) -> E {
    E::custom(format!("expected an integer of magnitude below 2^53, found {found}"))
}
