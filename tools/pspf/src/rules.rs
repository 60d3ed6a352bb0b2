//! The portability rules of section 7, one function each, for what a whole package says.

use pspf_format::metadata::SetupCommand;

use crate::document::Document;
use crate::store::relative_target;
use crate::{Error, Profile, SlotRecord};

/// Checks a package against its profile.
///
/// `keep_going` is for FlavorPack's own manifests, which may break the rules: what would be refused
/// is returned as a list of warnings.
pub(crate) fn check(document: &Document, slots: &[SlotRecord], keep_going: bool) -> Result<Vec<Error>, Error> {
    unique_ids(slots)?;
    slots
        .iter()
        .try_for_each(|slot| slot_target(document.profile, slot, keep_going).map_err(Error::slot(&slot.id)))?;
    let profile = document.profile;
    let mut warnings = Vec::new();
    let mut rules: Vec<Result<(), Error>> = vec![slot_count(profile, slots.len())];
    if profile == Profile::Flavorpack {
        rules.extend([
            command(document),
            environment(document),
            setup_is_validated(document),
            policy_is_ascii(document),
        ]);
        rules.extend(
            slots
                .iter()
                .map(|slot| top_level_name(slot).map_err(Error::slot(&slot.id))),
        );
        rules.push(directories(document, slots));
    }
    for rule in rules {
        match rule {
            Err(error) if keep_going => warnings.push(error),
            other => other?,
        }
    }
    Ok(warnings)
}

/// Ids name slots everywhere, so two of one id are refused in every profile and every mode.
fn unique_ids(slots: &[SlotRecord]) -> Result<(), Error> {
    for (second, slot) in slots.iter().enumerate() {
        if slot.id.is_empty() {
            return Err(Error::field(format!("slot {second}: `id`"), "a name", "nothing"));
        }
        if let Some(first) = slots[..second].iter().position(|other| other.id == slot.id) {
            return Err(Error::DuplicateSlot {
                id: slot.id.clone(),
                first,
                second,
            });
        }
    }
    Ok(())
}

/// Rule 2.
fn slot_count(profile: Profile, count: usize) -> Result<(), Error> {
    let most = profile.max_slots();
    if count <= most {
        return Ok(());
    }
    Err(profile.broken(format!("at most {most} slots"), count.to_string()))
}

/// A target that leads outside is refused in every mode; rule 4 wants a file name for a file.
fn slot_target(profile: Profile, slot: &SlotRecord, keep_going: bool) -> Result<(), Error> {
    let path = relative_target(&slot.target)?;
    if path.is_empty() && !slot.chain()?.is_tar() && !keep_going {
        return Err(Error::field(
            "`target`",
            "the path of a file below {workenv}",
            format!("`{}`", slot.target),
        ));
    }
    if profile == Profile::Flavorpack && slot.target.contains('\\') {
        return Err(profile.broken("`target` without backslashes", format!("`{}`", slot.target)));
    }
    Ok(())
}

/// Rule 4: FlavorPack's Go launcher empties such directories into the root.
fn top_level_name(slot: &SlotRecord) -> Result<(), Error> {
    let path = relative_target(&slot.target)?;
    let first = path
        .as_path()
        .iter()
        .next()
        .and_then(|part| part.to_str())
        .unwrap_or_default();
    let number = first
        .strip_prefix("slot_")
        .and_then(|rest| rest.split_once('_'))
        .map(|(number, _)| number);
    if number.is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())) {
        let rule = "no top-level directory named slot_<number>_…";
        return Err(Profile::Flavorpack.broken(rule, format!("`{}`", slot.target)));
    }
    Ok(())
}

/// Rule 5.
fn command(document: &Document) -> Result<(), Error> {
    let command = document.command.as_deref().unwrap_or_default();
    let rule = "`command` without backslashes and empty quoted words";
    if command.contains('\\') || command.contains("\"\"") || command.contains("''") {
        return Err(Profile::Flavorpack.broken(rule, format!("`{command}`")));
    }
    Ok(())
}

/// Rule 6: the Go launcher passes other placeholders on as they are.
fn environment(document: &Document) -> Result<(), Error> {
    const PLACEHOLDERS: [&str; 3] = ["{workenv}", "{package_name}", "{version}"];
    for (name, value) in &document.env {
        if let Some(found) = PLACEHOLDERS.iter().find(|placeholder| value.contains(**placeholder)) {
            let rule = format!(
                "`env` without placeholders (use the variable FLAVOR_WORKENV, or profile `buckpack`): `{name}`"
            );
            return Err(Profile::Flavorpack.broken(rule, format!("`{found}`")));
        }
    }
    Ok(())
}

/// Rule 8: the Go launcher takes an interrupted setup for a finished one, unless the last command
/// writes the file that tells.
fn setup_is_validated(document: &Document) -> Result<(), Error> {
    let Some(last) = document.setup_commands.last() else {
        return Ok(());
    };
    let rule =
        "with `setup_commands`, `cache_validation` with check_file and expected_content, written by the last command";
    let refuse = |found: &str| Err(Profile::Flavorpack.broken(rule, found));
    let Some(validation) = &document.cache_validation else {
        return refuse("no `cache_validation`");
    };
    let Some(expected) = &validation.expected_content else {
        return refuse("no `expected_content`");
    };
    match last {
        SetupCommand::WriteFile { path, content, .. }
            if *path != validation.check_file || content.trim() != expected.trim() =>
        {
            refuse(&format!(
                "a last command that writes `{path}` instead of `{}`",
                validation.check_file
            ))
        }
        SetupCommand::WriteFile { .. } => Ok(()),
        _ => refuse("another command at the end"),
    }
}

/// Rule 9: the Rust launcher replaces top-level directories when it publishes slots.
fn directories(document: &Document, slots: &[SlotRecord]) -> Result<(), Error> {
    for directory in &document.directories {
        let path = relative_target(&directory.path)?;
        let top = path.as_path().iter().next();
        let clash = |slot: &&SlotRecord| {
            relative_target(&slot.target)
                .is_ok_and(|target| !target.is_empty() && target.as_path().iter().next() == top)
        };
        if let Some(slot) = slots.iter().find(clash) {
            let rule = format!(
                "`workenv_directories` beside the top-level directories of slots: `{}`",
                directory.path
            );
            return Err(Profile::Flavorpack.broken(rule, format!("slot `{}` below the same one", slot.id)));
        }
    }
    Ok(())
}

/// Rule 10: three programs write non-ASCII JSON in three ways, and hash what they wrote.
fn policy_is_ascii(document: &Document) -> Result<(), Error> {
    let Some(policy) = &document.policy else { return Ok(()) };
    let text = serde_json::to_string(policy).unwrap_or_default();
    match text
        .chars()
        .find(|character| !character.is_ascii() || "<>&".contains(*character))
    {
        Some(character) => {
            Err(Profile::Flavorpack.broken("`policy` in ASCII without <, > and &", format!("`{character}`")))
        }
        None => Ok(()),
    }
}
