"""`slot`: one part of a package, packed in an action of its own."""

load("//defs/platforms:names.bzl", "GLIBC_FLOOR")
load(":launcher.bzl", "flavor_platform")
load(":providers.bzl", "FlavorToolchainInfo", "SlotInfo")
load(":toolchain_attr.bzl", "flavor_toolchain_attr")

_OPERATIONS = ["none", "gzip", "tar", "tgz", "zstd", "tar.zst"]
_STEPS = ["gzip", "tar", "zstd"]

_LIFECYCLES = [
    "init",
    "startup",
    "runtime",
    "shutdown",
    "cache",
    "temporary",
    "lazy",
    "eager",
    "dev",
    "config",
    "platform",
    "attestation",
]

def _chain(operations: [str, list[str]]) -> str:
    """A list of steps as the word that `psp slot` takes."""
    if isinstance(operations, str):
        return operations
    return "|".join(operations) or "none"

def _slot_impl(ctx: AnalysisContext) -> list[Provider]:
    id = ctx.attrs.id or ctx.label.name
    spec = ctx.actions.write_json(
        "slot.json",
        {
            "id": id,
            "level": ctx.attrs.level,
            "libc": ctx.attrs._libc or None,
            "lifecycle": ctx.attrs.lifecycle,
            "operations": _chain(ctx.attrs.operations),
            "permissions": ctx.attrs.permissions,
            "platform": ctx.attrs._platform,
            "profile": ctx.attrs.profile,
            "purpose": ctx.attrs.purpose,
            "source": ctx.attrs.src,
            "target": ctx.attrs.target,
        },
        with_inputs = True,
        pretty = True,
    )
    payload = ctx.actions.declare_output("payload")
    record = ctx.actions.declare_output("record.json")
    ctx.actions.run(
        cmd_args(
            ctx.attrs._toolchain[FlavorToolchainInfo].psp,
            "slot",
            cmd_args("--spec", spec),
            cmd_args("--payload", payload.as_output()),
            cmd_args("--record", record.as_output()),
        ),
        category = "flavor_slot",
        identifier = id,
    )
    return [
        DefaultInfo(
            default_output = payload,
            sub_targets = {"record": [DefaultInfo(default_output = record)]},
        ),
        SlotInfo(id = id, payload = payload, record = record),
    ]

slot = rule(
    doc = """Packs a file or a directory into the bytes of one slot. The target is these bytes; `[record]` describes them.
    Every slot is an action and a cache entry of its own: touching one file packs one slot. Programs in a slot with the purpose
    `code` that the platform cannot start are refused, those in others told of.

    ```python
    slot(name = "data", src = "data", operations = "tgz", target = "share/myapp")
    ```
    """,
    impl = _slot_impl,
    attrs = {
        "id": attrs.option(attrs.string(), default = None, doc = "Name of the slot in the package; the target's name by default."),
        "level": attrs.option(attrs.int(), default = None, doc = "How hard to compress: 1 to 9 with gzip, 6 by default; 1 to 19 with zstd, 9 by default."),
        "lifecycle": attrs.enum(_LIFECYCLES, default = "runtime", doc = "When the slot is wanted; launchers unpack all. FlavorPack's Rust launcher deletes the target of an `init` slot after the set-up. `attestation`: a JSON file whose `sbom`, a CycloneDX document, `require_sbom` policies ask for."),
        "operations": attrs.one_of(attrs.enum(_OPERATIONS), attrs.list(attrs.enum(_STEPS)), default = "none", doc = "How the bytes are packed: a word, or a list of steps in order. A directory needs tar first. Steps with zstd, and more than tar and one gzip, need `profile = \"buckpack\"`."),
        "permissions": attrs.option(attrs.string(), default = None, doc = "Octal mode of a file slot, such as `0755`. By default 0755 for an executable source, else 0644. Files inside a tar keep their executable bit."),
        "profile": attrs.enum(["flavorpack", "buckpack"], default = "flavorpack", doc = "Which launchers must be able to read it."),
        "purpose": attrs.string(default = "data", doc = "What it is for: `code`, `runtime`, `config`, `data`, …"),
        "src": attrs.source(allow_directory = True, doc = "The file or directory."),
        "target": attrs.string(doc = "Where it appears below the work environment: the file itself, or for a tar the folder of its tree (empty for the root)."),
        "_libc": attrs.default_only(attrs.string(default = select({
            "DEFAULT": "",
            "prelude//os:linux": select({
                "DEFAULT": "",
                "prelude//abi:gnu": "gnu." + GLIBC_FLOOR,
                "prelude//abi:musl": "musl",
            }),
        }))),
        "_platform": attrs.default_only(attrs.string(default = flavor_platform())),
        "_toolchain": flavor_toolchain_attr(),
    },
)
