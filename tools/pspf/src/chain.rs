use archive::Codec;
use pspf_format::{Operation, OperationChain};

use crate::Error;

/// Splits a chain into whether it begins with tar, and the compressions after it.
pub(crate) fn split(chain: OperationChain) -> Result<(bool, Vec<Codec>), Error> {
    let operations = chain.operations()?;
    let tar = operations.first() == Some(&Operation::Tar);
    let codecs = operations[usize::from(tar)..].iter().map(|operation| match operation {
        Operation::Gzip => Ok(Codec::Gzip),
        Operation::Zstd => Ok(Codec::Zstd),
        Operation::Xz => Ok(Codec::Xz),
        Operation::Bzip2 => Ok(Codec::Bzip2),
        Operation::Tar => Err(Error::TarNotFirst { chain }),
    });
    Ok((tar, codecs.collect::<Result<_, _>>()?))
}

/// Refuses to apply what no launcher can undo.
pub(crate) fn check_writable(codecs: &[Codec]) -> Result<(), Error> {
    match codecs.iter().find(|codec| matches!(codec, Codec::Xz | Codec::Bzip2)) {
        Some(codec) => Err(Error::NotApplied {
            operation: format!("{codec:?}").to_lowercase(),
        }),
        None => Ok(()),
    }
}

/// Refuses a level that would be ignored, or taken for another.
pub(crate) fn check_level(chain: OperationChain, codecs: &[Codec], level: Option<u32>) -> Result<(), Error> {
    let Some(found) = level else { return Ok(()) };
    let (highest, expected) = match codecs {
        [] => (0, "none, since nothing is compressed,"),
        codecs if codecs.contains(&Codec::Gzip) => (9, "1 to 9"),
        _ => (19, "1 to 19"),
    };
    match (1..=highest).contains(&found) {
        true => Ok(()),
        false => Err(Error::Level { expected, chain, found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_one_that_the_operations_have() {
        let check = |word: &str, level: u32| {
            let chain = OperationChain::parse(word).unwrap();
            let (_, codecs) = split(chain).unwrap();
            check_level(chain, &codecs, Some(level)).map_err(|error| error.to_string())
        };
        assert_eq!(check("tgz", 9), Ok(()));
        assert_eq!(check("zstd", 19), Ok(()));
        for (word, level, message) in [
            ("gzip", 10, "level: expected 1 to 9 for operations `gzip`, found 10"),
            (
                "zstd|gzip",
                19,
                "level: expected 1 to 9 for operations `zstd|gzip`, found 19",
            ),
            ("zstd", 0, "level: expected 1 to 19 for operations `zstd`, found 0"),
            ("zstd", 20, "level: expected 1 to 19 for operations `zstd`, found 20"),
            (
                "tar",
                0,
                "level: expected none, since nothing is compressed, for operations `tar`, found 0",
            ),
        ] {
            assert_eq!(check(word, level), Err(message.into()));
        }
    }

    #[test]
    fn tar_comes_first_or_not_at_all() {
        let split = |word: &str| split(OperationChain::parse(word).unwrap()).map_err(|error| error.to_string());
        assert_eq!(split("tar.zst"), Ok((true, vec![Codec::Zstd])));
        assert_eq!(split("gzip|gzip"), Ok((false, vec![Codec::Gzip, Codec::Gzip])));
        assert_eq!(
            split("gzip|tar"),
            Err("operations `gzip|tar`: tar can only be the first operation".into())
        );
    }
}
