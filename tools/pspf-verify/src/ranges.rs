use pspf_format::layout::TRAILER_LEN;

use crate::log::Log;
use crate::{Finding, Part, Refusal};

/// A piece of the file that was checked to end before the trailer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub part: Part,
    pub start: u64,
    pub length: u64,
}

impl Range {
    /// Accepts `start` and `length` as the file states them when they end before the trailer.
    pub fn check(part: Part, start: u64, length: u64, file_length: u64) -> Result<Self, Refusal> {
        let limit = file_length - TRAILER_LEN as u64;
        match start.checked_add(length) {
            Some(end) if end <= limit => Ok(Self { part, start, length }),
            _ => {
                let expected = format!("offset and size within the {limit} bytes before the trailer");
                let found = format!("offset {start}, size {length}");
                Err(Finding::format(part, expected, found).into())
            }
        }
    }

    pub fn end(&self) -> u64 {
        self.start + self.length
    }
}

/// The pieces of a file in the order of their offsets; empty ones lie nowhere and are left out.
pub fn sorted(ranges: &[Range]) -> Vec<&Range> {
    let mut sorted: Vec<&Range> = ranges.iter().filter(|range| range.length > 0).collect();
    sorted.sort_by_key(|range| (range.start, range.end()));
    sorted
}

/// Refuses pieces that share bytes: what is one thing to one reader would be another to the next.
pub fn check_overlaps(sorted: &[&Range], log: &mut Log) -> Result<(), Refusal> {
    for pair in sorted.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        if after.start < before.end() {
            let expected = format!("an offset from {} on, where {} ends", before.end(), before.part);
            log.refuse(Finding::format(
                after.part.clone(),
                expected,
                format!("offset {}", after.start),
            ))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    #[test]
    fn sizes_near_the_limits_of_64_bits() {
        let file = 10_000;
        assert!(Range::check(Part::Metadata, 1000, 800, file).is_ok());
        for (start, length) in [
            (1000, 801),
            (u64::MAX, 1),
            (1, u64::MAX),
            (1 << 63, 1 << 63),
            (100_000_000_000, 1),
        ] {
            let error = Range::check(Part::Metadata, start, length, file).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "metadata: expected offset and size within the 1800 bytes before the trailer, found offset {start}, size {length}"
                )
            );
        }
    }

    #[test]
    fn overlaps_are_named_by_the_later_part() {
        let range = |part, start, length| Range { part, start, length };
        let ranges = [
            range(Part::SlotTable, 10, 10),
            range(Part::Launcher, 0, 11),
            range(Part::Payload("empty".into()), 5, 0),
        ];
        let error = check_overlaps(&sorted(&ranges), &mut Log::stopping(Level::Strict)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "slot table: expected an offset from 11 on, where launcher ends, found offset 10"
        );
    }
}
