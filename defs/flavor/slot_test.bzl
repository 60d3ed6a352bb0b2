"""Tests of `slot`."""

load(":providers.bzl", "SlotInfo")

def test_one_action_packs_the_file(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "slot")
slot(name = "data", src = "a.txt", operations = "GZIP", target = "share/a.txt", permissions = "0755")
""", files = ["a.txt"])
    slot = t.analyze(package + ":data")
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
        "lifecycle": "runtime",
        "operations": "gzip",
        "permissions": "0755",
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

def test_unknown_operation_is_refused(t: RuleTest) -> None:
    message = t.package_failure("""
load("//defs:defs.bzl", "slot")
slot(name = "x", src = "a", operations = "lzma", target = "a")
""", files = ["a"])
    t.contains(message, "target `buckpack//defs/flavor/")
    t.contains(message, "attribute `operations`: expected `attrs.enum([\"none\", \"gzip\", \"tar\", \"tgz\", \"zstd\", \"tar.zst\"])`, found `\"lzma\"`")
