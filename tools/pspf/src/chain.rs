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

#[cfg(test)]
mod tests {
    use super::*;

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
