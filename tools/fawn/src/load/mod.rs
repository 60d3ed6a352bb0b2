//! Loading: from files to targets.

pub(crate) mod builtins;
pub(crate) mod context;
pub(crate) mod data_file;
pub(crate) mod error;
pub(crate) mod globals;
pub(crate) mod host_info;
pub(crate) mod implicit;
pub(crate) mod listing;
pub(crate) mod loader;
pub(crate) mod natives;
pub(crate) mod package_file;
pub(crate) mod regex;
pub(crate) mod rule;
pub(crate) mod target;
pub(crate) mod visibility;
