//! For tests only: hostile packages that every reader must refuse, with what each must say.
//!
//! A case is bytes and an expectation. Reader, `psp` and launcher run the same cases, so none of
//! them can be weaker than another. The packages are put together here byte by byte, not by the
//! builder under test: what is hostile about a case may be just what the builder would not write.

mod case;
mod forge;
mod index_cases;
mod metadata_cases;
mod region_cases;
mod signature_cases;
mod slot_cases;
mod tar_cases;

pub use case::Case;
pub use forge::{Forge, Member};
pub use tar_cases::{TarCase, tar_cases};

/// A sealed package of three slots that every reader accepts.
pub fn good() -> Vec<u8> {
    Forge::default().build()
}

/// A package as FlavorPack's Rust builder makes it, which announces no seal.
pub fn good_foreign() -> Vec<u8> {
    Forge::foreign().build()
}

/// Every hostile package. Each must be refused on reading, before anything of it is used.
pub fn cases() -> Vec<Case> {
    let mut cases = region_cases::all();
    cases.extend(index_cases::all());
    cases.extend(metadata_cases::all());
    cases.extend(signature_cases::all());
    cases.extend(slot_cases::all());
    cases
}
