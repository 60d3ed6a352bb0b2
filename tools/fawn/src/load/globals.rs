//! The names that every file can use.

use crate::analysis;
use crate::{attrs, providers, values};
use starlark::environment::{Globals, GlobalsBuilder, LibraryExtension};
use starlark::starlark_module;

/// The parts of Starlark's library that Buck2 has too.
const EXTENSIONS: [LibraryExtension; 14] = [
    LibraryExtension::CallStack,
    LibraryExtension::Debug,
    LibraryExtension::EnumType,
    LibraryExtension::Filter,
    LibraryExtension::Json,
    LibraryExtension::Map,
    LibraryExtension::Partial,
    LibraryExtension::Pprint,
    LibraryExtension::Print,
    LibraryExtension::Prepr,
    LibraryExtension::RecordType,
    LibraryExtension::SetType,
    LibraryExtension::StructType,
    LibraryExtension::Typing,
];

/// Types of values, for annotations.
#[starlark_module]
#[starlark_types(
    values::artifact::ArtifactValue as Artifact,
    values::artifact::OutputValue as OutputArtifact,
    values::labels::TargetLabelValue as TargetLabel,
    values::labels::ProvidersLabelValue as ProvidersLabel,
    values::labels::LabelValue as Label,
    values::labels::ConfiguredTargetValue as ConfiguredTargetLabel,
    values::labels::PathValue as CellPath,
    providers::FrozenProvider as Provider,
    providers::FrozenCollection as ProviderCollection,
)]
fn types(globals: &mut GlobalsBuilder) {}

/// Builds the globals. They are the same for build files, `.bzl` and `PACKAGE` files: a function that makes no sense in
/// one of them says so when it is called.
pub(crate) fn globals() -> Globals {
    GlobalsBuilder::extended_by(&EXTENSIONS)
        .with(types)
        .with(attrs::register)
        .with(attrs::register_select)
        .with(providers::register_builtins)
        .with(providers::register_user)
        .with(values::cmd_args::register)
        .with(analysis::register)
        .with(super::builtins::register)
        .with(super::host_info::register)
        .with(super::natives::register)
        .with(super::package_file::register)
        .with(super::regex::register)
        .with(super::rule::register)
        .with(crate::rule_test::register)
        .build()
}
