/// Adler-32 with start value 1, the checksum of the index block (section 1.6).
///
/// It finds accidents, not attackers; what an attacker could change is under a signature.
pub fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65521;
    // Largest run after which `b` still fits 32 bits.
    const RUN: usize = 5552;
    let (mut a, mut b) = (1u32, 0u32);
    for run in bytes.chunks(RUN) {
        for &byte in run {
            a += u32::from(byte);
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!(adler32(b""), 1);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(&[0xff; 8192]), adler32_plain(&[0xff; 8192]));
    }

    /// The definition, one modulus per byte.
    fn adler32_plain(bytes: &[u8]) -> u32 {
        let (mut a, mut b) = (1u64, 0u64);
        for &byte in bytes {
            a = (a + u64::from(byte)) % 65521;
            b = (b + a) % 65521;
        }
        (b << 16 | a) as u32
    }
}
