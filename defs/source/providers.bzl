"""What the rules that build from source hand to each other."""

# A source of a package, and how it is laid out. Read by the source rules.
PackageSourceInfo = provider(fields = {
    # Where it goes among the sources; empty for their root.
    "dest": provider_field(str),
    # The archive, file or directory.
    "file": provider_field(Artifact),
    # Its digest where it is pinned, None where only its bytes say.
    "sha256": provider_field(str | None),
    # Leading folders to take off an archive's paths.
    "strip": provider_field(int),
})

# A program, or several, that run during builds.
BuildToolInfo = provider(fields = {
    # Folders in `tree` that hold programs, for the `PATH` of phases.
    "bins": provider_field(list[str]),
    # Variables that it wants.
    "env": provider_field(dict[str, str]),
    # What stands for it in recipes: a digest, a text, or a reference such as `{"$text": artifact}`. Not the digest of `tree`,
    # which would have to be built first.
    "identity": provider_field(typing.Any),
    # The name that phases use: `{tool:NAME}`.
    "name": provider_field(str),
    "tree": provider_field(Artifact),
})

# A C compiler for the configuration of the target that asks, and everything else that its phases may start.
CToolchainInfo = provider(fields = {
    # Arguments of every `configure`.
    "configure_args": provider_field(list[str]),
    # The variable in `env` whose words go to every call of the compiler, or None: what is needed to find dependencies is added to
    # it. Flags of the usual variables end up in programs that tell how they were made.
    "flags_variable": provider_field(str | None),
    # Variables that every phase sees.
    "env": provider_field(dict[str, str]),
    # Whether it uses what only this machine has. Its identity then contains the word `host`.
    "local_only": provider_field(bool),
    # Phases that come before those of the package.
    "prepare": provider_field(list[list[str]]),
    # The field `toolchain` of recipes.
    "toolchain": provider_field(dict[str, typing.Any]),
    # `BuildToolInfo` each, in the order in which `PATH` has them.
    "tools": provider_field(list[Provider]),
})
