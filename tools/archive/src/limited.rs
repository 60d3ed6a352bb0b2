use std::io::{self, Read};

/// A reader that fails, instead of ending, when more than `limit` bytes come out of it.
///
/// Put it behind a decompressor, so that a small input cannot become an endless output.
pub struct Limited<R> {
    inner: R,
    limit: u64,
    left: u64,
}

impl<R: Read> Limited<R> {
    /// Allows `limit` bytes.
    pub fn new(inner: R, limit: u64) -> Self {
        Self {
            inner,
            limit,
            left: limit,
        }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("unpacks to more than the limit of {} bytes", self.limit),
                )),
            };
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.inner.read(&mut buffer[..wanted])?;
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_allowed() {
        let mut out = Vec::new();
        assert_eq!(Limited::new(&b"abc"[..], 3).read_to_end(&mut out).unwrap(), 3);
        let error = Limited::new(&b"abcd"[..], 3).read_to_end(&mut out).unwrap_err();
        assert_eq!(error.to_string(), "unpacks to more than the limit of 3 bytes");
    }
}
