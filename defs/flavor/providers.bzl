"""What the flavor rules hand to each other."""

# One slot, packed. Read by `flavor_package`. Not in it: where the bytes will stand in the package; that is layout.
SlotInfo = provider(fields = {
    # Name of the slot, unique in a package.
    "id": provider_field(str),
    # The stored bytes, after the chain of operations.
    "payload": provider_field(Artifact),
    # JSON: id, target, chain, sizes and digest of the payload, for the assembler.
    "record": provider_field(Artifact),
})

# A launcher: the program at the head of a package.
LauncherInfo = provider(fields = {
    # The program.
    "launcher": provider_field(Artifact),
    # Who made it, for people: `buckpack`, `flavor-rs`, `flavor-go`, …
    "origin": provider_field(str),
    # FlavorPack's name of the platform it runs on, such as `linux_amd64`; `any` for a script.
    "platform": provider_field(str),
})

# A finished package.
FlavorPackageInfo = provider(fields = {
    # The signed metadata, as JSON.
    "manifest": provider_field(Artifact),
    "name": provider_field(str),
    # The file.
    "package": provider_field(Artifact),
    # Platform of its launcher.
    "platform": provider_field(str),
    # Packed slots in order.
    "slots": provider_field(list[Artifact]),
    "version": provider_field(str),
})

# What builds and verifies packages. The launcher is in it because it is chosen by the same toolchain; it belongs to the
# target platform, the program to the machine that builds.
FlavorToolchainInfo = provider(fields = {
    # LauncherInfo of the first launcher that suits the target platform, or None.
    "launcher": provider_field(typing.Any, default = None),
    # The builder and verifier.
    "psp": provider_field(RunInfo),
})
