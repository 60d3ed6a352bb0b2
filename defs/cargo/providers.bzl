"""What the cargo rules hand to each other."""

# Every crate that a `Cargo.lock` names, in one directory with a folder `<name>-<version>` each. Read by the rules that
# start cargo. Not in it: crates of the workspace itself.
CargoCratesInfo = provider(fields = {
    "directory": provider_field(Artifact),
})

# A Rust toolchain, for the configuration of the target that asks.
RustToolchainInfo = provider(fields = {
    # Prepares a clean place and starts cargo; see `cargo_driver.rs`.
    "driver": provider_field(RunInfo),
    # The release that `rustc` must have, or None where any will do.
    "expected": provider_field(str | None, default = None),
    # What `rustc -vV` says. An input of every action that compiles: another compiler is another key.
    "identity": provider_field(Artifact),
    # The standard library that was built from source, for each cargo profile; the name `` stands for all others. Empty where
    # the installed one is used.
    "standard_libraries": provider_field(dict[str, Artifact], default = {}),
    # The same in one line that begins with the word `host`: what stands for the toolchain in recipes.
    "summary": provider_field(Artifact),
    # The target triple.
    "target": provider_field(str),
    # Arguments of the driver with the programs that build scripts may start, beside those of the target; None where they find the
    # machine's.
    "tools": provider_field(cmd_args | None, default = None),
    # Arguments of the driver that belong to a standard library from source: zig, its target, the release of the source.
    "zig": provider_field(cmd_args | None, default = None),
})
