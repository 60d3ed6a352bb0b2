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

def test_every_attribute_reaches_the_assembler(t: RuleTest) -> None:
    package = t.package(_PACKAGE.format("""
    cache_validation = {"check_file": "{workenv}/done", "expected_content": "yes"},
    description = "an app",
    env = {"A": "1"},
    key_seed = "seed",
    metadata_file = "more.json",
    policy = {"max_age_days": 3, "platforms": ["linux_amd64"], "refuse_root": True, "require_env": ["HOME"]},
    profile = "buckpack",
    runtime_env = {"map": {"A": "B"}, "pass": ["HOME"], "set": {"C": "2"}, "unset": ["*"]},
    setup_commands = [{"type": "write_file", "path": "{workenv}/done", "content": "yes"}],
    source_date_epoch = 7,
    workenv_directories = [{"path": "var", "mode": "0750"}],
    workenv_env = {"D": "{workenv}/var"},
"""), files = _FILES + ["more.json"])
    psp = t.analyze(package + ":psp")
    spec = json.decode(t.action(psp, "write_json").contents)
    t.equal(spec["cache_validation"], {"check_file": "{workenv}/done", "expected_content": "yes"})
    t.equal(spec["description"], "an app")
    t.equal(spec["env"], {"A": "1"})
    t.equal(spec["key_seed"], "seed")
    t.equal(spec["policy"], {"max_age_days": 3, "platforms": ["linux_amd64"], "refuse_root": True, "require_env": ["HOME"]})
    t.equal(spec["profile"], "buckpack")
    t.equal(spec["runtime_env"], {"map": {"A": "B"}, "pass": ["HOME"], "set": {"C": "2"}, "unset": ["*"]})
    t.equal(spec["setup_commands"], [{"type": "write_file", "path": "{workenv}/done", "content": "yes"}])
    t.equal(spec["source_date_epoch"], 7)
    t.equal(spec["workenv_directories"], [{"path": "var", "mode": "0750"}])
    t.equal(spec["workenv_env"], {"D": "{workenv}/var"})
    t.check(spec["metadata"] in t.action(psp, "flavor_assemble").inputs, "the metadata file is an input")

def test_keys_that_no_launcher_knows(t: RuleTest) -> None:
    for attribute, message in {
        "cache_validation = {\"file\": \"x\"}": "`cache_validation` has no key \"file\"; its keys are check_file, expected_content",
        "policy = {\"max_age\": 3}": "`policy` has no key \"max_age\"",
        "runtime_env = {\"remove\": [\"*\"]}": "`runtime_env` has no key \"remove\"; its keys are map, pass, set, unset",
        "setup_commands = [{\"command\": \"true\"}]": "`setup_commands`: `type` is one of chmod, enumerate_and_execute, execute, write_file; got None",
        "setup_commands = [{\"type\": \"execute\", \"cwd\": \"/\"}]": "`setup_commands` has no key \"cwd\"",
        "workenv_directories = [{\"path\": \"a\", \"permissions\": \"0700\"}]": "`workenv_directories` has no key \"permissions\"",
    }.items():
        package = t.package(_PACKAGE.format(attribute + ","), files = _FILES)
        t.contains(t.failure(package + ":psp"), message)
