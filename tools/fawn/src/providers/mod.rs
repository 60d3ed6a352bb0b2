//! Providers: what rules return, and how dependents read it.

mod builtin;
mod builtin_check;
mod collection;
mod id;
mod instance;
mod platform;
mod ty;
mod user;

pub(crate) use builtin::register_builtins;
pub(crate) use collection::{Collection, FrozenCollection, collect};
pub(crate) use id::{ProviderId, provider_id_of};
pub(crate) use instance::{FrozenProvider, Provider};
pub(crate) use platform::{builtin, platform_value, read_configuration, read_constraint, read_platform};
pub(crate) use user::{FrozenUserCallable, register_user};
