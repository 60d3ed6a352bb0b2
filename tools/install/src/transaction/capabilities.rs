//! File capabilities: their text form, as `setcap` takes it, and the value of the attribute that the kernel reads.

/// Length of the value.
pub(super) const LENGTH: usize = 20;

/// Name of the attribute.
pub(super) const ATTRIBUTE: &str = "security.capability";

/// The second revision of the format, which all kernels know that are in use.
const REVISION_2: u32 = 0x0200_0000;

/// In the order of their numbers.
const NAMES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// Reads clauses such as `cap_net_raw,cap_net_admin=ep`.
pub(super) fn parse(text: &str) -> Result<[u8; LENGTH], String> {
    let refused = || {
        format!(
            "expected capabilities such as `cap_net_raw=ep`, found `{}`",
            text.escape_debug()
        )
    };
    let (mut permitted, mut inheritable, mut effective) = (0_u64, 0_u64, 0_u64);
    for clause in text.split_whitespace() {
        let at = clause.find(['=', '+']).ok_or_else(refused)?;
        let (names, flags) = (&clause[..at], &clause[at + 1..]);
        let mut bits = 0;
        for name in names.split(',') {
            let name = name.to_ascii_lowercase();
            let known = name
                .strip_prefix("cap_")
                .and_then(|name| NAMES.iter().position(|known| *known == name));
            bits |= 1 << known.ok_or_else(refused)?;
        }
        for flag in flags.chars() {
            match flag {
                'p' => permitted |= bits,
                'i' => inheritable |= bits,
                'e' => effective |= bits,
                _ => return Err(refused()),
            }
        }
    }
    // For a file, effective is one bit: all of the others, or none.
    if (permitted | inheritable) == 0 || (effective != 0 && effective != permitted | inheritable) {
        return Err(refused());
    }
    let words = [
        REVISION_2 | u32::from(effective != 0),
        permitted as u32,
        inheritable as u32,
        (permitted >> 32) as u32,
        (inheritable >> 32) as u32,
    ];
    let mut value = [0; LENGTH];
    for (bytes, word) in value.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_reads() {
        // As `setcap cap_net_raw=ep` writes it.
        let value = parse("cap_net_raw=ep").unwrap();
        assert_eq!(value, [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let value = parse("cap_chown,cap_bpf+i").unwrap();
        assert_eq!(value, [0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0]);
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "cap_x=ep",
            "net_raw=ep",
            "cap_net_raw",
            "cap_net_raw=x",
            "cap_net_raw=",
            "cap_net_raw=e",
            "cap_chown=p cap_kill=ep",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
