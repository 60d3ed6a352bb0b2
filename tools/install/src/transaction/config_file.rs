//! What becomes of a configuration file (section 14.6).

/// The decision for a file with `config=1` that is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConfigChoice {
    /// Nobody changed it: the new one replaces it.
    Replace,
    /// It stays as it is.
    Keep,
    /// It was changed on both sides: the new one goes beside it.
    Beside,
}

/// Compares the content that was installed (`old`; none if nothing was), what is on the disk, and the new one.
pub(super) fn choose<T: PartialEq>(old: Option<&T>, disk: &T, new: &T) -> ConfigChoice {
    if old == Some(disk) {
        ConfigChoice::Replace
    } else if disk == new || old == Some(new) {
        ConfigChoice::Keep
    } else {
        ConfigChoice::Beside
    }
}

#[cfg(test)]
mod tests {
    use super::ConfigChoice::{Beside, Keep, Replace};
    use super::*;

    #[test]
    fn every_row() {
        for (old, disk, new, choice) in [
            (Some(1), 1, 2, Replace),
            (Some(1), 1, 1, Replace),
            (Some(1), 2, 2, Keep),
            (Some(1), 2, 1, Keep),
            (Some(1), 2, 3, Beside),
            (None, 2, 2, Keep),
            (None, 2, 3, Beside),
        ] {
            assert_eq!(choose(old.as_ref(), &disk, &new), choice, "{old:?} {disk} {new}");
        }
    }
}
