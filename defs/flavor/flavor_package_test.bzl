"""Tests of `flavor_package` and its macro."""

load(":providers.bzl", "FlavorPackageInfo")

_PACKAGE = """
load("//defs:defs.bzl", "flavor_package")
flavor_package(
    name = "psp",
    package_name = "app",
    version = "1.0",
    command = "run {{workenv}}",
    slots = {{"program": {{"src": "run.sh", "target": "bin/run"}}, "data": {{"src": "data", "target": "share", "operations": "tgz"}}}},
    {}
)
"""

_FILES = ["run.sh", "data/x"]

def test_slots_then_assembly_then_checks(t: RuleTest) -> None:
    package = t.package(_PACKAGE.format(""), files = _FILES)
    psp = t.analyze(package + ":psp")
    folder = "out/{}".format(package.removeprefix("buckpack//"))
    t.equal([action.category for action in psp.actions if action.kind == "run"], ["flavor_assemble", "flavor_verify", "flavor_manifest"])
    assemble = t.action(psp, "flavor_assemble")
    t.equal(assemble.outputs, [folder + "/__psp__/app.psp"])
    for id in ["program", "data"]:
        t.check("{}/__psp-{}__/payload".format(folder, id) in assemble.inputs, "the slot {} is an input".format(id))
    t.equal(t.action(psp, "flavor_verify").inputs[-1], folder + "/__psp__/app.psp")
    spec = json.decode(t.action(psp, "write_json").contents)
    t.equal(spec["package"], {"name": "app", "version": "1.0"})
    t.equal(spec["source_date_epoch"], 0)
    t.equal([slot["payload"] for slot in spec["slots"]], [folder + "/__psp-program__/payload", folder + "/__psp-data__/payload"])

def test_what_it_gives(t: RuleTest) -> None:
    package = t.package(_PACKAGE.format(""), files = _FILES)
    psp = t.analyze(package + ":psp")
    t.equal(psp.sub_targets, ["launcher", "manifest", "sign", "slots", "spec", "verify"])
    info = psp.providers[FlavorPackageInfo]
    t.equal([info.name, info.version], ["app", "1.0"])
    t.equal(psp.providers[ValidationInfo].validations[0].name, "flavor-verify")
    t.equal(psp.providers[ValidationInfo].validations[0].validation_result.short_path, "verify.json")
    t.check(RunInfo in psp.providers, "the package runs")
    t.check(RunInfo in t.analyze(package + ":psp[sign]").providers, "`[sign]` runs")
    t.equal(t.analyze(package + ":psp[slots][data]").providers[DefaultInfo].default_outputs[0].owner.name, "psp-data")

def test_platform_of_the_modifier(t: RuleTest) -> None:
    package = t.package(_PACKAGE.format(""), files = _FILES)
    for modifier, platform in {"linux-musl-arm64": "linux_arm64", "darwin-arm64": "darwin_arm64", "windows-amd64": "windows_amd64"}.items():
        psp = t.analyze(package + ":psp", modifiers = [modifier])
        t.equal(psp.providers[FlavorPackageInfo].platform, platform, modifier)

def test_slot_id_twice(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "flavor_package", "slot")
slot(name = "one", id = "x", src = "a", target = "a")
slot(name = "two", id = "x", src = "a", target = "b")
flavor_package(name = "psp", package_name = "app", version = "1", command = "c", slots = [":one", ":two"])
""", files = ["a"])
    message = t.failure(package + ":psp")
    t.contains(message, "`slots` has the id \"x\" twice: {}:one and {}:two; ids are unique in a package".format(package, package))

def test_launcher_of_another_platform(t: RuleTest) -> None:
    package = t.package(_PACKAGE.format("launcher = \":prebuilt\",") + """
load("//defs:defs.bzl", "prebuilt_launcher")
prebuilt_launcher(name = "prebuilt", src = "launcher", platform = "plan9_mips")
""", files = _FILES + ["launcher"])
    message = t.failure(package + ":psp", modifiers = ["linux-gnu-amd64"])
    t.contains(message, "`launcher` is for plan9_mips, but the package is built for linux_amd64; give a launcher of that platform, or build with its modifier")
