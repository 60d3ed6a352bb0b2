"""Tests of `slot`."""

load(":providers.bzl", "SlotInfo")

def test_one_action_packs_the_file(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "slot")
slot(name = "data", src = "a.txt", operations = "GZIP", target = "share/a.txt", permissions = "0755")
""", files = ["a.txt"])
    slot = t.analyze(package + ":data", modifiers = ["linux-musl-arm64"])
    action = t.action(slot, "flavor_slot")
    folder = package.removeprefix("buckpack//")
    t.equal(action.identifier, "data")
    t.equal(action.argv[1:], [
        "slot",
        "--spec",
        "out/{}/__data__/slot.json".format(folder),
        "--payload",
        "out/{}/__data__/payload".format(folder),
        "--record",
        "out/{}/__data__/record.json".format(folder),
    ])
    t.check("{}/a.txt".format(folder) in action.inputs, "the file is an input")
    t.equal(json.decode(t.action(slot, "write_json").contents), {
        "id": "data",
        "level": None,
        "libc": "musl",
        "lifecycle": "runtime",
        "operations": "gzip",
        "permissions": "0755",
        "platform": "linux_arm64",
        "profile": "flavorpack",
        "purpose": "data",
        "source": "{}/a.txt".format(folder),
        "target": "share/a.txt",
    })
    t.equal(slot.sub_targets, ["record"])
    t.equal(slot.providers[SlotInfo].id, "data")
    t.equal(slot.providers[DefaultInfo].default_outputs[0].short_path, "payload")

def test_id_replaces_the_name(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "slot")
slot(name = "x", id = "other", src = "d", operations = "tgz", target = "")
""", files = ["d/one", "d/two"])
    slot = t.analyze(package + ":x")
    t.equal(slot.providers[SlotInfo].id, "other")
    t.equal(t.action(slot, "flavor_slot").identifier, "other")

def _spec(t: RuleTest, attributes: str) -> dict[str, typing.Any]:
    package = t.package("""
load("//defs:defs.bzl", "slot")
slot(name = "x", src = "d", target = "", {})
""".format(attributes), files = ["d/one"])
    return json.decode(t.action(t.analyze(package + ":x"), "write_json").contents)

def test_steps_and_level(t: RuleTest) -> None:
    t.equal(_spec(t, "operations = [\"tar\", \"zstd\", \"gzip\"], level = 3")["operations"], "tar|zstd|gzip")
    t.equal(_spec(t, "operations = \"tgz\", level = 3")["level"], 3)
    t.equal(_spec(t, "operations = []")["operations"], "none")

def test_the_c_library_is_that_of_the_platform(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "slot")
slot(name = "x", src = "a", target = "a")
""", files = ["a"])
    for modifier, platform, libc in [("linux-gnu-amd64", "linux_amd64", "gnu.2.17"), ("darwin-arm64", "darwin_arm64", None), ("windows-amd64", "windows_amd64", None)]:
        spec = json.decode(t.action(t.analyze(package + ":x", modifiers = [modifier]), "write_json").contents)
        t.equal([spec["platform"], spec["libc"]], [platform, libc])
    t.equal(json.decode(t.action(t.analyze(package + ":x"), "write_json").contents)["libc"], None)

def test_attestation(t: RuleTest) -> None:
    t.equal(_spec(t, "lifecycle = \"attestation\"")["lifecycle"], "attestation")

def test_unknown_operation_is_refused(t: RuleTest) -> None:
    for operations in ["\"lzma\"", "[\"tar\", \"lzma\"]"]:
        message = t.package_failure("""
load("//defs:defs.bzl", "slot")
slot(name = "x", src = "a", operations = {}, target = "a")
""".format(operations), files = ["a"])
        t.contains(message, "target `buckpack//defs/flavor/")
        t.contains(message, "attribute `operations`")
        t.contains(message, "lzma")
