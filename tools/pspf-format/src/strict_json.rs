//! JSON as a signature needs it: one reading, whoever reads.
//!
//! Readers differ on duplicate keys (some take the first, some the last, some refuse), so a signed
//! document that has one would mean different things to different programs. It is refused here.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads a document, refusing duplicate keys at any depth.
///
/// Nesting is bounded by `serde_json`'s own limit of 128, so hostile input cannot exhaust the stack.
pub fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    document(bytes, Reader { strict: true })
}

/// Reads a document as most programs do: the last of duplicate keys counts.
pub fn read_lenient(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    document(bytes, Reader { strict: false })
}

fn document(bytes: &[u8], reader: Reader) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = reader.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// The compact form of a value, as `serde_json` writes it.
pub fn write(value: &Value) -> String {
    // Fails for keys that are no strings, and a value has none.
    serde_json::to_string(value).unwrap_or_default()
}

/// The compact form with sorted keys that the policy hash is computed over (section 1.6).
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

/// [`canonical`] with every character beyond ASCII as `\uXXXX`, as Python writes it.
pub fn canonical_ascii(value: &Value) -> String {
    let mut text = String::new();
    for unit in canonical(value).encode_utf16() {
        match u8::try_from(unit).ok().filter(u8::is_ascii) {
            Some(byte) => text.push(char::from(byte)),
            None => text.push_str(&format!("\\u{unit:04x}")),
        }
    }
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            text.push('{');
            for (position, key) in keys.into_iter().enumerate() {
                text.push_str(if position == 0 { "" } else { "," });
                text.push_str(&write(&Value::from(key.as_str())));
                text.push(':');
                write_canonical(&map[key], text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                text.push_str(if position == 0 { "" } else { "," });
                write_canonical(item, text);
            }
            text.push(']');
        }
        leaf => text.push_str(&write(leaf)),
    }
}

/// Makes a value of whatever stands there, in the one place where the launcher reads JSON.
#[derive(Clone, Copy)]
struct Reader {
    strict: bool,
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self)?;
            if self.strict && object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_keys_are_refused_at_any_depth() {
        assert!(read(br#"{"a":1,"b":{"a":[1,{"c":null}]}}"#).is_ok());
        for text in [r#"{"a":1,"a":1}"#, r#"{"x":[{"a":1,"b":2,"\u0061":1}]}"#] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("duplicate key `a`"), "{error}");
        }
    }

    #[test]
    fn trailing_bytes_and_deep_nesting_are_refused() {
        assert!(read(b"{} {}").is_err());
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn canonical_form_sorts_keys_at_every_level() {
        let value: Value = serde_json::from_str(r#"{"b":[{"d":1,"c":"\""}],"a":null}"#).unwrap();
        assert_eq!(canonical(&value), r#"{"a":null,"b":[{"c":"\"","d":1}]}"#);
        assert_eq!(canonical_ascii(&Value::from("aé\u{1F4E6}")), r#""a\u00e9\ud83d\udce6""#);
    }
}
