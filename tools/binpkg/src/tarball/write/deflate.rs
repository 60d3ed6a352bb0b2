//! Deflate streams that were compressed each by itself, put together to one (RFC 1951).
//!
//! A compressor of whole buffers marks the last block of each as the last of the stream. Here that mark is found and taken away,
//! and the piece is filled up to a byte border, as a compressor does that flushes.

/// An empty block of stored bytes, after its three bits of header: no length, and that once more with all bits turned.
const EMPTY: [u8; 4] = [0, 0, 0xff, 0xff];

/// In which order the lengths of the codes of code lengths are given.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const END_OF_BLOCK: usize = 256;

/// Lets another piece follow a complete stream: no block of it is the last one any more, and it ends at a byte border. `None` for
/// bytes that are no deflate stream.
pub(super) fn let_another_follow(piece: &mut Vec<u8>) -> Option<()> {
    let (last, end) = last_block(piece)?;
    piece[last / 8] &= !(1 << (last % 8));
    // Not the last, stored: three bits that are zero, then zeros up to the border.
    piece.truncate(end.div_ceil(8));
    if end % 8 != 0 {
        *piece.last_mut()? &= (1 << (end % 8)) - 1;
    }
    piece.resize((end + 3).div_ceil(8), 0);
    piece.extend(EMPTY);
    Some(())
}

/// Where the last block begins, and where it ends, in bits.
fn last_block(stream: &[u8]) -> Option<(usize, usize)> {
    let mut bits = Bits { stream, place: 0 };
    loop {
        let start = bits.place;
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => bits.skip_stored()?,
            1 => bits.skip_symbols(&Code::new(&fixed_lengths())?, &Code::new(&[5; 30])?)?,
            2 => {
                let (literals, distances) = bits.codes()?;
                bits.skip_symbols(&literals, &distances)?;
            }
            _ => return None,
        }
        if last {
            return Some((start, bits.place));
        }
    }
}

fn fixed_lengths() -> [u8; 288] {
    std::array::from_fn(|symbol| match symbol {
        0..144 => 8,
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    })
}

/// A place in a stream of bits, of which the lowest of each byte comes first.
struct Bits<'a> {
    stream: &'a [u8],
    place: usize,
}

impl Bits<'_> {
    /// At least 56 bits from here on, or what there is, and then zeros.
    fn peek(&self) -> u64 {
        let rest = self.stream.get(self.place / 8..).unwrap_or_default();
        let word = rest.first_chunk().copied().unwrap_or_else(|| {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            word
        });
        u64::from_le_bytes(word) >> (self.place % 8)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.place += count;
        (self.place <= self.stream.len() * 8).then_some(())
    }

    /// The next bits as a number; at most 56.
    fn take(&mut self, count: usize) -> Option<usize> {
        let value = self.peek() & ((1 << count) - 1);
        self.skip(count)?;
        usize::try_from(value).ok()
    }

    fn skip_stored(&mut self) -> Option<()> {
        self.place = self.place.next_multiple_of(8);
        let length = self.take(16)?;
        self.skip(16 + 8 * length)
    }

    /// Symbols up to the end of the block.
    fn skip_symbols(&mut self, literals: &Code, distances: &Code) -> Option<()> {
        loop {
            let word = self.peek();
            let (symbol, mut used) = literals.symbol(word)?;
            if symbol > END_OF_BLOCK {
                used += extra_of_length(symbol)?;
                let (distance, bits) = distances.symbol(word >> used)?;
                used += bits + (distance / 2).saturating_sub(1);
            }
            self.skip(used)?;
            if symbol == END_OF_BLOCK {
                return Some(());
            }
        }
    }

    /// The codes of a block that brings its own: of literals and lengths, and of distances.
    fn codes(&mut self) -> Option<(Code, Code)> {
        let (literals, distances) = (257 + self.take(5)?, 1 + self.take(5)?);
        let given = 4 + self.take(4)?;
        let mut lengths = [0; 19];
        for &symbol in &ORDER[..given] {
            lengths[symbol] = u8::try_from(self.take(3)?).ok()?;
        }
        let code = Code::new(&lengths)?;
        let mut all: Vec<u8> = Vec::with_capacity(literals + distances);
        while all.len() < literals + distances {
            let (symbol, used) = code.symbol(self.peek())?;
            self.skip(used)?;
            let (length, times) = match symbol {
                16 => (*all.last()?, 3 + self.take(2)?),
                17 => (0, 3 + self.take(3)?),
                18 => (0, 11 + self.take(7)?),
                length => (u8::try_from(length).ok()?, 1),
            };
            all.resize(all.len() + times, length);
        }
        let (literals, distances) = all.split_at_checked(literals)?;
        Some((Code::new(literals)?, Code::new(distances)?))
    }
}

/// How many bits follow the symbol of a length.
fn extra_of_length(symbol: usize) -> Option<usize> {
    match symbol {
        257..265 | 285 => Some(0),
        265..285 => Some((symbol - 261) / 4),
        _ => None,
    }
}

/// A Huffman code: for every value of the next bits the symbol and the length of its code; a length of 0 where no code begins so.
struct Code {
    entries: Vec<(u16, u8)>,
}

impl Code {
    /// The code with these lengths of its symbols' codes; 0 for a symbol that does not occur.
    fn new(lengths: &[u8]) -> Option<Self> {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let mut entries = vec![(0, 0); 1 << longest];
        let mut next = 0_usize;
        for length in 1..=longest {
            next <<= 1;
            for (symbol, _) in lengths.iter().enumerate().filter(|(_, this)| **this == length) {
                // Codes come with their highest bit first, all else with its lowest.
                let first = next.reverse_bits() >> (usize::BITS - u32::from(length));
                for place in (first..entries.len()).step_by(1 << length) {
                    entries[place] = (u16::try_from(symbol).ok()?, length);
                }
                next += 1;
            }
        }
        Some(Self { entries })
    }

    /// The symbol whose code begins `word`, and the length of the code.
    fn symbol(&self, word: u64) -> Option<(usize, usize)> {
        let place = usize::try_from(word & (self.entries.len() as u64 - 1)).ok()?;
        let (symbol, length) = self.entries[place];
        (length > 0).then_some((symbol.into(), length.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
    use proptest::prelude::*;

    use super::*;

    fn stream(content: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// Two pieces of any content and level, of one compressor, read by another.
    fn joined(first: &[u8], second: &[u8], level: u32) -> Vec<u8> {
        let mut piece = stream(first, level);
        let_another_follow(&mut piece).unwrap();
        piece.extend(stream(second, level));
        let mut content = Vec::new();
        let mut decoder = DeflateDecoder::new(piece.as_slice());
        decoder.read_to_end(&mut content).unwrap();
        assert_eq!(decoder.total_in(), piece.len() as u64);
        content
    }

    proptest! {
        #[test]
        fn pieces_are_one_stream(first: Vec<u8>, second: Vec<u8>, repeat in 1_usize..400, level in 0_u32..10) {
            let first = first.repeat(repeat);
            prop_assert_eq!(joined(&first, &second, level), [first, second].concat());
        }

        /// Nothing that is no stream makes it loop or stop.
        #[test]
        fn any_bytes_are_looked_at(mut bytes: Vec<u8>) {
            let _ = let_another_follow(&mut bytes);
        }
    }

    #[test]
    fn a_stream_that_breaks_off_is_none() {
        let whole = stream(b"to be or not to be, that is the question", 6);
        assert!(let_another_follow(&mut whole.clone()).is_some());
        for length in 0..whole.len() {
            assert_eq!(let_another_follow(&mut whole[..length].to_vec()), None, "{length}");
        }
    }
}
