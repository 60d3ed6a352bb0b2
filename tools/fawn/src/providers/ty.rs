//! Provider types in annotations: `Provider` and each `FooInfo`.

use super::instance::Provider;
use allocative::Allocative;
use pagable::{Pagable, pagable_typetag};
use starlark::type_matcher;
use starlark::typing::{Ty, TyStarlarkValue, TyUser, TyUserFields, TyUserParams};
use starlark::values::Value;
use starlark::values::typing::{TypeInstanceId, TypeMatcher, TypeMatcherDyn, TypeMatcherFactory};

/// Matches what one definition made. A file that two cells load defines its providers twice: the instances of either are
/// found under one identity, but only its own have the type.
#[derive(Clone, Debug, Allocative, Pagable)]
#[pagable_typetag(TypeMatcherDyn)]
struct InstanceOf {
    name: String,
    definition: Option<TypeInstanceId>,
}

#[type_matcher]
impl TypeMatcher for InstanceOf {
    fn matches(&self, value: Value) -> bool {
        Provider::from_value(value)
            .is_some_and(|provider| provider.shape.definition == self.definition && *provider.id().name == *self.name)
    }
}

/// The type of the instances of a provider, by its name and its definition, of which builtin ones have none.
pub(super) fn instance_type(name: &str, definition: Option<TypeInstanceId>) -> starlark::Result<Ty> {
    let matcher = InstanceOf {
        name: name.to_owned(),
        definition,
    };
    let params = TyUserParams {
        matcher: Some(TypeMatcherFactory::new(matcher)),
        fields: TyUserFields::unknown(),
        ..TyUserParams::default()
    };
    let base = TyStarlarkValue::new::<Provider>();
    let id = definition.unwrap_or_else(TypeInstanceId::r#gen);
    Ok(Ty::custom(TyUser::new(name.to_owned(), base, id, params)?))
}
