//! Any shard of a mirror's index, as it lies there and as what is packed in one: reading it ends without panic, leads nowhere but
//! below the mirror, and what is read is written and read again as the same.

#![no_main]

use binpkg::index::{Shard, pack};
use digest::Sha256;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let package = "bash".parse().expect("a name");
    let _ = Shard::parse(bytes, &package, &Sha256::of(bytes));
    let packed = pack(bytes).expect("memory can be written");
    let Ok(shard) = Shard::parse(&packed, &package, &Sha256::of(&packed)) else {
        return;
    };
    for record in shard.records() {
        let place = record.place();
        assert!(!place.starts_with('/') && place.split('/').all(|part| !matches!(part, "" | "." | "..")));
    }
    let again = Shard::pack(shard.records()).expect("what was read can be written");
    let again = Shard::parse(&again.bytes, &package, &again.sha256).expect("what we write we read");
    assert_eq!(again, shard);
});
