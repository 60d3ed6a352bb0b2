"""`slot`: one part of a package, packed in an action of its own."""

load(":providers.bzl", "FlavorToolchainInfo", "SlotInfo")
load(":toolchain_attr.bzl", "flavor_toolchain_attr")

_OPERATIONS = ["none", "gzip", "tar", "tgz", "zstd", "tar.zst"]

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
]

def _slot_impl(ctx: AnalysisContext) -> list[Provider]:
    id = ctx.attrs.id or ctx.label.name
    spec = ctx.actions.write_json(
        "slot.json",
        {
            "id": id,
            "lifecycle": ctx.attrs.lifecycle,
            "operations": ctx.attrs.operations,
            "permissions": ctx.attrs.permissions,
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
    Every slot is an action and a cache entry of its own: touching one file packs one slot.

    ```python
    slot(name = "data", src = "data", operations = "tgz", target = "share/myapp")
    ```
    """,
    impl = _slot_impl,
    attrs = {
        "id": attrs.option(attrs.string(), default = None, doc = "Name of the slot in the package; the target's name by default."),
        "lifecycle": attrs.enum(_LIFECYCLES, default = "runtime", doc = "When the slot is wanted. Launchers extract all but act only on `init`, whose target they delete after the set-up."),
        "operations": attrs.enum(_OPERATIONS, default = "none", doc = "How the bytes are packed. A directory needs one with tar. The zstd ones need `profile = \"buckpack\"`."),
        "permissions": attrs.option(attrs.string(), default = None, doc = "Octal mode of a file slot, such as `0755`. By default 0755 for an executable source, else 0644. Files inside a tar keep their executable bit."),
        "profile": attrs.enum(["flavorpack", "buckpack"], default = "flavorpack", doc = "Which launchers must be able to read it."),
        "purpose": attrs.string(default = "data", doc = "What it is for: `code`, `runtime`, `config`, `data`, …"),
        "src": attrs.source(allow_directory = True, doc = "The file or directory."),
        "target": attrs.string(doc = "Where it appears below the work environment: the file itself, or for a tar the folder of its tree (empty for the root)."),
        "_toolchain": flavor_toolchain_attr(),
    },
)
