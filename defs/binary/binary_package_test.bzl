"""Tests of `binary_package`."""

load(":providers.bzl", "BinaryPackageInfo", "PackageRecipeInfo")

_PACKAGE = """
load("//defs:defs.bzl", "binary_package")
binary_package(name = "bin", package_name = "app", version = "1.0", src = "tree", {})
"""

_FILES = ["tree/bin/app", "tree/share/words"]

def _package(t: RuleTest, attributes: str = "") -> str:
    return t.package(_PACKAGE.format(attributes), files = _FILES)

def _json(t: RuleTest, analysis: struct, name: str) -> dict:
    return json.decode(t.action(analysis, "write_json", identifier = name).contents)

def test_list_then_hash_then_pack_then_check(t: RuleTest) -> None:
    package = _package(t)
    bin = t.analyze(package + ":bin")
    folder = "out/{}/__bin__/".format(package.removeprefix("buckpack//"))
    # In both formats; only the one that is asked for is packed.
    categories = dedupe([action.category for action in bin.actions if action.kind == "run"])
    t.equal(categories, ["package_manifest", "package_hash", "package_pack", "package_check", "package_collect", "package_sbom"])
    manifest = t.action(bin, "package_manifest")
    t.check("{}/tree".format(package.removeprefix("buckpack//")) in manifest.inputs, "the tree is an input of the list")
    recipe = t.action(bin, "package_hash")
    t.check(manifest.outputs[0] in recipe.inputs, "the hash reads the list")
    t.check("{}/tree".format(package.removeprefix("buckpack//")) not in recipe.inputs, "and nothing of the tree")
    pack = t.action(bin, "package_pack", identifier = "gz")
    t.check(recipe.outputs[0] in pack.inputs, "packing reads the recipe")
    [tarball] = [path for path in pack.outputs if path.startswith(folder) and path.endswith("tar.gz")]
    t.check(tarball in t.action(bin, "package_check", identifier = "gz").inputs)
    t.check(tarball in t.action(bin, "package_collect").inputs, "`gz` is the default")

def test_what_it_gives(t: RuleTest) -> None:
    bin = t.analyze(_package(t, 'format = "zst"') + ":bin")
    t.equal(sorted(bin.sub_targets), ["check", "config-hash", "files", "gz", "install", "manifest", "metadata", "recipe", "sbom", "sha256", "tarball", "upload", "with-deps", "zst"])
    t.equal(bin.providers[BinaryPackageInfo].tarball.extension, ".zst")
    t.equal([bin.providers[PackageRecipeInfo].name, bin.providers[PackageRecipeInfo].version], ["app", "1.0"])
    [validation] = bin.providers[ValidationInfo].validations
    t.equal(validation.name, "package-check")

def test_the_recipe_holds_values_of_the_platform(t: RuleTest) -> None:
    package = _package(t)
    platforms = {
        "darwin-arm64": {"cpu": "aarch64", "level": "v8.0", "libc": "libsystem", "os": "darwin"},
        "linux-gnu-amd64": {"cpu": "x86_64", "level": "v1", "libc": "glibc", "os": "linux"},
        "linux-musl-arm64": {"cpu": "aarch64", "level": "v8.0", "libc": "musl", "os": "linux"},
    }
    for modifier, platform in platforms.items():
        recipe = _json(t, t.analyze(package + ":bin", modifiers = [modifier]), "recipe-in.json")
        t.equal(recipe["platform"], platform, modifier)
        t.equal([recipe["kind"], recipe["name"], recipe["version"], recipe["schema"]], ["pack", "app", "1.0", "binpkg-recipe/1"])

def test_a_time_is_in_the_recipe_when_there_is_one(t: RuleTest) -> None:
    t.equal(_json(t, t.analyze(_package(t) + ":bin"), "recipe-in.json")["env"], {})
    timed = t.analyze(_package(t, "source_date_epoch = 7") + ":bin")
    t.equal(_json(t, timed, "recipe-in.json")["env"], {"SOURCE_DATE_EPOCH": "7"})

def test_permissions_travel_with_payload_and_recipe(t: RuleTest) -> None:
    bin = t.analyze(_package(t, 'permissions = {"bin/app": {"mode": "4755"}}') + ":bin")
    for name in ["payload.json", "recipe-in.json"]:
        t.equal(_json(t, bin, name)["permissions"], [{"mode": "4755", "path": "bin/app"}], name)

def test_a_runtime_dependency_is_its_metadata(t: RuleTest) -> None:
    package = t.package("""
load("//defs:defs.bzl", "binary_package")
binary_package(name = "base", package_name = "base", version = "1", src = "tree")
binary_package(name = "bin", package_name = "app", version = "1", src = "tree", runtime_deps = [":base"])
binary_package(name = "bad", package_name = "app", version = "1", src = "tree", runtime_deps = [":file"])
export_file(name = "file", src = "tree/bin/app")
""", files = _FILES)
    about = _json(t, t.analyze(package + ":bin"), "about.json")
    t.check("/__base__/" in about["runtime_deps"][0] and about["runtime_deps"][0].endswith("/METADATA.json"))

    # Installing takes the files of the package itself, once, then those of what it needs.
    views = t.analyze(package + ":bin").providers[DefaultInfo].sub_targets
    install = str(views["install"][RunInfo].args)
    t.equal([install.count("artifact files of {}:{}>".format(package, name)) for name in ["bin", "base"]], [1, 1])
    t.check(install.find(":bin>") < install.find(":base>"), install)
    t.contains(str(views["upload"][RunInfo].args), "upload-binaries")
    t.contains(t.failure(package + ":bad"), "attribute `runtime_deps`: `{}:file` must provide `BinaryPackageInfo`, but it provides only: DefaultInfo".format(package))

def test_refusals(t: RuleTest) -> None:
    t.contains(
        t.failure(_package(t, 'permissions = {"bin/app": {}}') + ":bin"),
        "`permissions` grants nothing to \"bin/app\"; expected at least one of `mode`, `uid`, `gid`, `user`, `group`, `cap`, `config`",
    )
    t.contains(
        t.failure(_package(t, "source_date_epoch = -1") + ":bin"),
        "`source_date_epoch` is in seconds since 1970, expected 0 or more, got -1",
    )
    t.contains(
        t.package_failure(_PACKAGE.format('format = "rar"'), files = _FILES),
        "attribute `format`: expected `attrs.enum([\"gz\", \"zst\"])`, found `\"rar\"`",
    )
