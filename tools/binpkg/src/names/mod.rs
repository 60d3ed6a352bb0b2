//! Names (section 2): of packages, versions, files, and the order of versions.

mod file_name;
mod package_name;
mod short_hash;
mod version;
mod version_order;

pub use file_name::{Compression, FileName, FileNameError, url_path};
pub use package_name::{NameError, PackageName};
pub use short_hash::{ShortHash, ShortHashError};
pub use version::{Version, VersionError, VersionToken};
pub use version_order::compare_versions;
