#!/bin/sh
# Breaks every rule of the rule set in one place, in a copy, and expects the rule tests beside it to notice. Nothing is
# built: analysis only. Started by fawn from the root of the repository.
set -eu

if [ -z "${FAWN:-}" ]; then
    echo "SKIPPED: broken rules: only fawn runs rule tests, and this was started by another engine" >&2
    exit 0
fi

world=$(mktemp -d)
trap 'rm -rf "$world"' EXIT
copy=$world/copy
mkdir "$copy"
tar -cf - --exclude=./.git --exclude=./buck-out --exclude='./*/target' . | tar -C "$copy" -xf -
# The copy must be started by the engine itself: its own script would build another one.
engine=$PWD/buck-out/fawn/engine/engine/fawn
[ -x "$engine" ] || engine=$FAWN
cd "$copy"

# rule_tests PACKAGE: the exit code of the rule tests of a package, their words in $world/words.
rule_tests() {
    code=0
    "$engine" test --rule-tests "//$1:" >"$world/words" 2>&1 || code=$?
}

complaints=0
complain() {
    complaints=$((complaints + 1))
    echo "broken_rules.sh: $1" >&2
}

for package in defs defs/*/; do
    package=${package%/}
    rule_tests "$package"
    [ "$code" = 0 ] || complain "the tests of //$package fail before anything is broken: $(tail -n 3 "$world/words")"
done

# FILE|WHAT STANDS THERE|WHAT BREAKS IT, as sed takes them: one line a file that holds a rule or what rules are made of.
while IFS='|' read -r file good bad; do
    cp "$file" "$world/saved"
    sed -i "s|$good|$bad|" "$file"
    if cmp -s "$file" "$world/saved"; then
        complain "$file has no \`$good\` any more; choose another place to break in this script"
    else
        rule_tests "$(dirname "$file")"
        [ "$code" = 32 ] || complain "no test notices that $file says \`$bad\` for \`$good\` (exit code $code, expected 32)"
    fi
    cp "$world/saved" "$file"
done <<'TABLE'
defs/program_test.bzl|run_from_project_root = True|run_from_project_root = False
defs/tool.bzl|attrs.exec_dep(|attrs.dep(
defs/binary/binary_mirror.bzl|urls = ctx.attrs.urls or|urls =
defs/binary/binary_package.bzl|kind = "pack"|kind = "build"
defs/binary/packing.bzl|category = "package_check"|category = "check"
defs/binary/packing.bzl|if package.files != files|if package.files
defs/binary/platform.bzl|"prelude//os:macos": "darwin"|"prelude//os:macos": "macos"
defs/binary/prebuilt_package.bzl|"content_hash_full": ctx.attrs.content_hash|"content_hash_full": ctx.attrs.config_hash
defs/binary/recipe.bzl|"version": ctx.attrs.version|"version": ctx.attrs.package_name
defs/binary/resolve.bzl|elif mode == "require"|elif mode == "never"
defs/binary/source_package.bzl|from_source = recipe.name in|from_source = recipe.name not in
defs/cargo/cargo_binary.bzl|len(ctx.attrs.bins) == 1|len(ctx.attrs.bins) == 2
defs/cargo/cargo_build.bzl|cmd_args("--profile"|cmd_args("--mode"
defs/cargo/cargo_test.bzl|"run-tests"|"run"
defs/cargo/cargo_vendor.bzl|local_only = True|local_only = False
defs/cargo/host_rust.bzl|expected = ctx.attrs.version|expected = None
defs/cargo/rust_std.bzl|"--std-release"|"--release"
defs/cargo/source_rust.bzl|{profile: library.directory for|{"": library.directory for
defs/cargo/triple.bzl|"aarch64-apple-darwin"|"arm64-apple-darwin"
defs/cargo/workspace.bzl|if ctx.attrs.workspace and ctx.attrs.srcs|if False
defs/fetch/registry_file.bzl|category = "fetch_registry"|category = "registry"
defs/fetch/unpacked.bzl|"--strip"|"--keep"
defs/fetch/source_mirror.bzl|\[DefaultInfo(default_output = out)\]|[DefaultInfo()]
defs/flavor/flavor_package.bzl|if slot.id in seen|if slot.id == seen
defs/flavor/flavor_toolchain.bzl|launchers\[0\]|launchers[-1]
defs/flavor/launcher.bzl|providers = \[RunInfo\], doc = "The launcher's program."|doc = "The launcher's program."
defs/flavor/macros.bzl|id = id, profile|profile
defs/flavor/slot.bzl|"target": ctx.attrs.target|"target": id
defs/platforms/exec_platforms.bzl|\[offline, online\]|[online, offline]
defs/platforms/names.bzl|"darwin"|"macos"
defs/platforms/to_platform.bzl|constraints.update(overlay)|constraints.update({})
defs/release/release_matrix.bzl|if platform not in ctx.attrs.optional or|if
defs/source/build_tool.bzl|identity = ctx.attrs.pinned\[PinnedFileInfo\].sha256 if ctx.attrs.pinned else|identity =
defs/source/c_toolchain.bzl|local_only = False|local_only = True
defs/source/cargo_package.bzl|("workspace", "{src}")|("workspace", "{out}")
defs/source/host_c_toolchain.bzl|category = "host_identity"|category = "identity"
defs/source/make_package.bzl|if ctx.attrs.autoconf else|if not ctx.attrs.autoconf else
defs/source/package_source.bzl|sha256 = pinned.sha256 if pinned else None|sha256 = None
defs/source/phases_package.bzl|if len(phase) < 2|if len(phase) < 1
defs/source/source_build.bzl|"patches": ctx.attrs.patches|"patches": []
defs/source/use.bzl|flag if ":" in flag|flag if ":" not in flag
defs/source/zig_cache.bzl|identity = {"$text": recipe.config_hash}|identity = {"$sha256": tree}
defs/source/zig_target.bzl|abi.split(".")\[0\]|abi
TABLE

# A file with a rule that the table does not name is a rule that nobody breaks.
for file in $(grep -lE '^[a-z_]+ = rule\(' defs/*.bzl defs/*/*.bzl); do
    case $file in defs/platforms/needs_network.bzl) continue ;; esac # It has neither attributes nor actions.
    grep -q "^$file|" "$OLDPWD/tests/engine/broken_rules.sh" || complain "$file holds a rule, but the table of this script does not break it"
done
[ "$complaints" = 0 ]
