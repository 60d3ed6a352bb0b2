use std::io;

use crate::Refusal;

/// Positional reads: what a package is read through.
///
/// Nothing keeps a position, so one open file serves every read, and check and use see one file.
pub trait ReadAt {
    /// Length in bytes.
    fn length(&self) -> io::Result<u64>;

    /// Reads some bytes at `offset`; fewer than asked only at the end or when the source likes
    /// smaller pieces; 0 only at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

impl ReadAt for [u8] {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let count = buffer.len().min(self.len() - start);
        buffer[..count].copy_from_slice(&self[start..start + count]);
        Ok(count)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn length(&self) -> io::Result<u64> {
        (**self).length()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buffer, offset)
    }
}

/// Fills `buffer` from `offset`, or says where reading failed.
pub(crate) fn read_exact(input: &(impl ReadAt + ?Sized), buffer: &mut [u8], offset: u64) -> Result<(), Refusal> {
    let mut done = 0;
    while done < buffer.len() {
        let at = offset + done as u64;
        match input.read_at(&mut buffer[done..], at) {
            Ok(0) => return Err(Refusal::read(at, io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Refusal::read(at, error)),
        }
    }
    Ok(())
}

/// Size of the buffer for streaming: fits the second-level cache, large enough that system calls
/// do not count.
const STREAM_BUFFER: u64 = 256 << 10;

/// Hands the bytes of `offset..offset + length` to `each`, piece by piece.
pub(crate) fn stream(
    input: &(impl ReadAt + ?Sized),
    mut offset: u64,
    length: u64,
    mut each: impl FnMut(&[u8], u64) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let end = offset + length;
    let mut buffer = vec![0; length.min(STREAM_BUFFER) as usize];
    while offset < end {
        let piece = &mut buffer[..(end - offset).min(STREAM_BUFFER) as usize];
        read_exact(input, piece, offset)?;
        each(piece, offset)?;
        offset += piece.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_end_where_they_end() {
        let mut buffer = [0; 4];
        assert_eq!(b"abcdef"[..].read_at(&mut buffer, 4).unwrap(), 2);
        assert_eq!(&buffer[..2], b"ef");
        assert_eq!(b"abcdef"[..].read_at(&mut buffer, u64::MAX).unwrap(), 0);
    }

    #[test]
    fn a_shrinking_file_is_an_error_with_its_offset() {
        let error = read_exact(&b"abc"[..], &mut [0; 4], 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read the package at offset 3: unexpected end of file"
        );
    }
}
