//! How a file of a web server is recognised later: its validators (RFC 9110, 8.8).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a server said of the version of a file that it sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its entity tag, with quotes and, if it is weak, `W/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// When it was changed last, in the server's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// When it was sent, in the server's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// A file that was sent this long after its last change has not changed within the second of that time unseen. The RFC asks
/// for one second where both times are of one clock; a minute also holds for a proxy with a clock of its own.
const SETTLED: Duration = Duration::from_secs(60);

impl Stamp {
    /// What stands for these very bytes, and may therefore join parts of a file. A weak tag does not, nor does a time of change
    /// that was recent when the file was sent.
    pub fn strong(&self) -> Option<&str> {
        if let Some(etag) = &self.etag {
            return (etag.starts_with('"') && etag.ends_with('"') && etag.len() > 1).then_some(etag);
        }
        let modified = self.modified.as_deref()?;
        let changed = httpdate::parse_http_date(modified).ok()?;
        let sent = httpdate::parse_http_date(self.date.as_deref()?).ok()?;
        (sent.duration_since(changed).ok()? >= SETTLED).then_some(modified)
    }

    /// Whether a server can be asked for a newer file than this one.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.modified.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn stamp(etag: Option<&str>, date: Option<&str>) -> Stamp {
        Stamp {
            etag: etag.map(str::to_owned),
            modified: Some(CHANGED.to_owned()),
            date: date.map(str::to_owned),
        }
    }

    #[test]
    fn strong_validators() {
        let later = Some("Sun, 06 Nov 1994 08:50:37 GMT");
        assert_eq!(stamp(Some("\"a\""), None).strong(), Some("\"a\""));
        assert_eq!(stamp(None, later).strong(), Some(CHANGED));
        for weak in [
            stamp(Some("W/\"a\""), later),
            stamp(Some("a"), later),
            stamp(Some("\""), later),
            stamp(None, None),
            stamp(None, Some(CHANGED)),
            stamp(None, Some("Sun, 06 Nov 1994 08:50:36 GMT")),
            stamp(None, Some("Sun, 06 Nov 1993 08:50:37 GMT")),
            stamp(None, Some("yesterday")),
            Stamp::default(),
        ] {
            assert_eq!(weak.strong(), None, "{weak:?}");
        }
        assert!(Stamp::default().is_empty() && !stamp(None, None).is_empty());
    }
}
