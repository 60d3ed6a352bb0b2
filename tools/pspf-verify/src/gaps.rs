use pspf_format::layout::TRAILER_LEN;

use crate::ranges::Range;
use crate::read_at::{ReadAt, stream};
use crate::{Finding, Part, Refusal};

/// Refuses a sealed package with a non-zero byte that belongs to nothing.
pub fn check(input: &(impl ReadAt + ?Sized), sorted: &[&Range], file_length: u64) -> Result<(), Refusal> {
    let mut position = 0;
    for range in sorted {
        check_gap(input, position, range.start)?;
        position = position.max(range.end());
    }
    check_gap(input, position, file_length - TRAILER_LEN as u64)
}

fn check_gap(input: &(impl ReadAt + ?Sized), start: u64, end: u64) -> Result<(), Refusal> {
    stream(input, start, end.saturating_sub(start), |piece, offset| {
        match piece.iter().position(|byte| *byte != 0) {
            None => Ok(()),
            Some(place) => {
                let found = format!("0x{:02x} at offset {}", piece[place], offset + place as u64);
                Err(Finding::integrity(Part::Gap, format!("zeros from offset {start} to {end}"), found).into())
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_that_belongs_to_nothing_is_seen() {
        let range = |start, length| Range {
            part: Part::Metadata,
            start,
            length,
        };
        let used = [range(2, 3), range(6, 2)];
        let sorted: Vec<&Range> = used.iter().collect();
        for place in 0..10 {
            let mut file = vec![0; 10 + TRAILER_LEN];
            file[place] = 7;
            let covered = used
                .iter()
                .any(|range| (range.start..range.end()).contains(&(place as u64)));
            assert_eq!(
                check(&file[..], &sorted, file.len() as u64).is_ok(),
                covered,
                "offset {place}"
            );
        }
    }
}
