//! Provider types in annotations: `Provider` and each `FooInfo`.

use super::id::ProviderId;
use super::instance::Provider;
use allocative::Allocative;
use pagable::{Pagable, pagable_typetag};
use starlark::type_matcher;
use starlark::typing::{Ty, TyStarlarkValue, TyUser, TyUserFields, TyUserParams};
use starlark::values::Value;
use starlark::values::typing::{TypeInstanceId, TypeMatcher, TypeMatcherDyn, TypeMatcherFactory};
use std::sync::Arc;

/// Matches the instances of one provider, by identity: copies of a file in two cells define the same one.
#[derive(Clone, Debug, Allocative, Pagable)]
#[pagable_typetag(TypeMatcherDyn)]
struct InstanceOf {
    path: Option<String>,
    name: String,
}

#[type_matcher]
impl TypeMatcher for InstanceOf {
    fn matches(&self, value: Value) -> bool {
        Provider::from_value(value).is_some_and(|provider| {
            let id = provider.id();
            *id.name == *self.name && id.path.as_deref() == self.path.as_deref()
        })
    }
}

/// The type of the instances of a provider.
pub(super) fn instance_type(id: &Arc<ProviderId>) -> starlark::Result<Ty> {
    let matcher = InstanceOf {
        path: id.path.as_deref().map(str::to_owned),
        name: id.name.to_string(),
    };
    let params = TyUserParams {
        matcher: Some(TypeMatcherFactory::new(matcher)),
        fields: TyUserFields::unknown(),
        ..TyUserParams::default()
    };
    let base = TyStarlarkValue::new::<Provider>();
    Ok(Ty::custom(TyUser::new(
        id.name.to_string(),
        base,
        TypeInstanceId::r#gen(),
        params,
    )?))
}
