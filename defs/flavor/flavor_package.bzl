"""`flavor_package`: a self-extracting program."""

load(":checks.bzl", "check_keys", "check_setup_command")
load(":launcher.bzl", "flavor_platform")
load(":providers.bzl", "FlavorPackageInfo", "FlavorToolchainInfo", "LauncherInfo", "SlotInfo")
load(":toolchain_attr.bzl", "flavor_toolchain_attr")

def _choose_launcher(ctx: AnalysisContext) -> Provider:
    """The attribute, else the toolchain's first one; built for the platform of the package in either case."""
    if ctx.attrs.launcher:
        return ctx.attrs.launcher[LauncherInfo]
    launcher = ctx.attrs._toolchain[FlavorToolchainInfo].launcher
    if launcher:
        return launcher
    fail("helper binary not found: no launcher for {}; looked at the attribute `launcher` (not set) and at `launchers` of {} (none for this platform). Set `launcher` to a `flavor_launcher` or `prebuilt_launcher`".format(
        ctx.attrs._platform,
        ctx.attrs._toolchain.label.raw_target(),
    ))

def _check(ctx: AnalysisContext, launcher: Provider, slots: list[Provider]) -> None:
    if launcher.platform not in ("any", ctx.attrs._platform):
        fail("`launcher` is for {}, but the package is built for {}; give a launcher of that platform, or build with its modifier".format(
            launcher.platform,
            ctx.attrs._platform,
        ))
    seen = {}
    for slot, dep in zip(slots, ctx.attrs.slots):
        if slot.id in seen:
            fail("`slots` has the id {} twice: {} and {}; ids are unique in a package".format(
                repr(slot.id),
                seen[slot.id],
                dep.label.raw_target(),
            ))
        seen[slot.id] = dep.label.raw_target()
    check_keys("cache_validation", ctx.attrs.cache_validation or {})
    check_keys("policy", ctx.attrs.policy or {})
    check_keys("runtime_env", ctx.attrs.runtime_env)
    for directory in ctx.attrs.workenv_directories:
        check_keys("workenv_directories", directory)
    for command in ctx.attrs.setup_commands:
        check_setup_command(command)

def _write_spec(ctx: AnalysisContext, launcher: Provider, slots: list[Provider]) -> (Artifact, cmd_args):
    file = ctx.actions.declare_output("spec.json")
    spec = ctx.actions.write_json(
        file.as_output(),
        {
            "cache_validation": ctx.attrs.cache_validation,
            "command": ctx.attrs.command,
            "description": ctx.attrs.description,
            "env": ctx.attrs.env,
            "key_seed": ctx.attrs.key_seed,
            "launcher": launcher.launcher,
            "metadata": ctx.attrs.metadata_file,
            "package": {"name": ctx.attrs.package_name, "version": ctx.attrs.version},
            "platform": launcher.platform,
            "policy": ctx.attrs.policy,
            "profile": ctx.attrs.profile,
            "runtime_env": ctx.attrs.runtime_env,
            "setup_commands": ctx.attrs.setup_commands,
            "slots": [{"payload": slot.payload, "record": slot.record} for slot in slots],
            "source_date_epoch": ctx.attrs.source_date_epoch,
            "workenv_directories": ctx.attrs.workenv_directories,
            "workenv_env": ctx.attrs.workenv_env,
        },
        with_inputs = True,
        pretty = True,
    )
    return file, cmd_args(spec)

def _flavor_package_impl(ctx: AnalysisContext) -> list[Provider]:
    psp = ctx.attrs._toolchain[FlavorToolchainInfo].psp
    slots = [dep[SlotInfo] for dep in ctx.attrs.slots]
    launcher = _choose_launcher(ctx)
    _check(ctx, launcher, slots)
    spec_file, spec = _write_spec(ctx, launcher, slots)

    package = ctx.actions.declare_output(ctx.attrs.package_name + ".psp")
    ctx.actions.run(
        cmd_args(psp, "assemble", cmd_args("--spec", spec), cmd_args("--out", package.as_output())),
        category = "flavor_assemble",
    )
    report = ctx.actions.declare_output("verify.json")
    ctx.actions.run(
        cmd_args(psp, "verify", package, cmd_args("--report", report.as_output())),
        category = "flavor_verify",
    )
    manifest = ctx.actions.declare_output("manifest.json")
    ctx.actions.run(
        cmd_args(psp, "manifest", package, cmd_args("--out", manifest.as_output())),
        category = "flavor_manifest",
    )
    payloads = {slot.id: slot.payload for slot in slots}
    return [
        DefaultInfo(default_output = package, sub_targets = {
            "launcher": [DefaultInfo(default_output = launcher.launcher)],
            "manifest": [DefaultInfo(default_output = manifest)],
            "sign": [DefaultInfo(), RunInfo(args = cmd_args(psp, "sign", package))],
            "slots": [DefaultInfo(
                default_output = ctx.actions.copied_dir("slots", payloads),
                sub_targets = {id: [DefaultInfo(default_output = payload)] for id, payload in payloads.items()},
            )],
            "spec": [DefaultInfo(default_output = spec_file)],
            "verify": [DefaultInfo(default_output = report)],
        }),
        RunInfo(args = cmd_args(package)),
        FlavorPackageInfo(
            manifest = manifest,
            name = ctx.attrs.package_name,
            package = package,
            platform = launcher.platform,
            slots = payloads.values(),
            version = ctx.attrs.version,
        ),
        ValidationInfo(validations = [ValidationSpec(name = "flavor-verify", validation_result = report)]),
    ]

flavor_package = rule(
    doc = """Builds a self-extracting program: launcher, slots, signed metadata (PSPF/2025), and verifies it. `buck2 run`
    starts it. `[sign]` signs the finished package for release: a secret key is never an input of the build.

    ```python
    flavor_package(
        name = "psp",
        package_name = "hello",
        version = "1.0.0",
        slots = [":script"],
        command = '"{workenv}/bin/hello"',
    )
    ```
    """,
    impl = _flavor_package_impl,
    attrs = {
        "cache_validation": attrs.option(attrs.dict(attrs.string(), attrs.string()), default = None, doc = "`check_file` and `expected_content`: an extraction whose file says otherwise is made anew."),
        "command": attrs.string(doc = "What is started. `{workenv}`, `{package_name}`, `{version}` and `{slot:N}` are replaced, then the text is split into words; quote `\"{workenv}/…\"`."),
        "description": attrs.option(attrs.string(), default = None, doc = "One line about the program."),
        "env": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Environment of the program, added to the caller's."),
        "key_seed": attrs.string(default = "buckpack-dev", doc = "Seed of the signing key. Public, as everything in a build file: `psp inspect` says \"development key\". Sign releases with `[sign]`."),
        "launcher": attrs.option(attrs.dep(providers = [LauncherInfo]), default = None, doc = "The launcher; the toolchain's by default."),
        "metadata_file": attrs.option(attrs.source(), default = None, doc = "JSON file with further keys for the signed metadata."),
        "package_name": attrs.string(doc = "Name of the package, and of the file without `.psp`."),
        "policy": attrs.option(attrs.dict(attrs.string(), attrs.any()), default = None, doc = "Package policy: `platforms`, `refuse_root`, `max_age_days`, `require_env`."),
        "profile": attrs.enum(["flavorpack", "buckpack"], default = "flavorpack", doc = "`flavorpack`: every launcher of FlavorPack 0.5.4 runs it. `buckpack`: needs our launcher."),
        "runtime_env": attrs.dict(attrs.string(), attrs.any(), default = {}, doc = "`unset`, `pass`, `map` and `set`: what becomes of the caller's environment."),
        "setup_commands": attrs.list(attrs.dict(attrs.string(), attrs.any()), default = [], doc = "Commands run once after extraction, in order. `type` is `execute`, `enumerate_and_execute`, `write_file` or `chmod`; `docs/format.md` has their keys."),
        "slots": attrs.list(attrs.dep(providers = [SlotInfo]), default = [], doc = "The parts, in order of extraction."),
        "source_date_epoch": attrs.int(default = 0, doc = "Build time recorded in the package, in seconds since 1970; 0 records none."),
        "version": attrs.string(doc = "Version of the package."),
        "workenv_directories": attrs.list(attrs.dict(attrs.string(), attrs.string()), default = [], doc = "Directories to make in the work environment: `path`, and `mode` in octal."),
        "workenv_env": attrs.dict(attrs.string(), attrs.string(), default = {}, doc = "Environment of the program with placeholders as in `command`. FlavorPack's Go launcher ignores it."),
        "_platform": attrs.default_only(attrs.string(default = flavor_platform())),
        "_toolchain": flavor_toolchain_attr(),
    },
)
