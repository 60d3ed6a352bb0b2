//! Any command: splitting ends without panic, and quoting the words again gives the same words.

#![no_main]

use libfuzzer_sys::fuzz_target;
use psp_launcher::words::split;

fuzz_target!(|command: &str| {
    if let Ok(words) = split(command) {
        let quoted: Vec<String> = words
            .iter()
            .map(|word| format!("'{}'", word.replace('\'', "'\\''")))
            .collect();
        assert_eq!(split(&quoted.join(" ")).as_ref(), Ok(&words));
    }
});
