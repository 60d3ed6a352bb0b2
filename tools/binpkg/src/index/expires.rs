use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// When a signed index stops to count: `2026-09-01T00:00:00Z`, always UTC and in seconds, so that texts compare as times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expires(String);

/// A text that is no such time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as `2026-09-01T00:00:00Z`, found `{}`", found.escape_debug())]
pub struct ExpiresError {
    found: String,
}

impl TryFrom<String> for Expires {
    type Error = ExpiresError;

    fn try_from(text: String) -> Result<Self, ExpiresError> {
        const FORM: &[u8] = b"0000-00-00T00:00:00Z";
        let fits = |(byte, form): (u8, &u8)| {
            if *form == b'0' {
                byte.is_ascii_digit()
            } else {
                byte == *form
            }
        };
        if text.len() != FORM.len() || !text.bytes().zip(FORM).all(fits) {
            return Err(ExpiresError {
                found: text.chars().take(60).collect(),
            });
        }
        Ok(Self(text))
    }
}

impl From<Expires> for String {
    fn from(expires: Expires) -> Self {
        expires.0
    }
}

impl Expires {
    /// The text of a time; before 1970 counts as 1970.
    pub fn at(time: SystemTime) -> Self {
        let seconds = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let (year, month, day) = civil(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        Self(format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        ))
    }

    /// Whether it lies before `now`.
    pub fn is_past(&self, now: SystemTime) -> bool {
        *self < Self::at(now)
    }
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    // Counted in eras of 400 years from 1 March of year 0, so that a leap day is the last day of its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

impl fmt::Display for Expires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn texts_of_times() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let expires = Expires::at(time);
            assert_eq!(expires.to_string(), text);
            assert!(!expires.is_past(time) && expires.is_past(time + Duration::from_secs(1)));
        }
    }
}
