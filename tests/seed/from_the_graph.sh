# `[install]` and `[upload]` of packages, run by the engine; sourced by the suite.
# shellcheck shell=bash

# A package of another rule with what it needs, straight from the graph into a prefix, and from there; then by way of a mirror.
run_targets() {
    local target=//of-the-graph:bin place=$world/from-the-graph
    mkdir -p "$project/of-the-graph" "$place/root"
    printf '#!/bin/sh\ncat "$(dirname "$0")/../share/words/words"\n' >"$project/of-the-graph/say"
    echo 'words of another package' >"$project/of-the-graph/words"
    chmod +x "$project/of-the-graph/say"
    cat >"$project/of-the-graph/BUCK" <<'END'
load("//defs:defs.bzl", "binary_package")

binary_package(name = "words", package_name = "words", version = "1", relocatable = True, src = "words")

binary_package(name = "bin", package_name = "say", version = "1", relocatable = True, runtime_deps = [":words"], src = "say")
END
    cd "$project"
    "$started" run "${target}[install]" -- --root "$place/root" --prefix /opt/x
    expect_equal 'what it says' 'words of another package' "$("$place/root/opt/x/bin/say")"
    "$started" run "${target}[upload]" -- -m "$place/mirror"
    "$started" run '//of-the-graph:words[upload]' -- -m "$place/mirror"
    "$install" say@1 -m "$place/mirror" --root "$place/root" --cache-dir "$place/cache"
    expect_contains 'the files' /usr/share/words/words "$("$install" files words --root "$place/root")"
    expect_equal 'what it says from there' 'words of another package' "$("$place/root/usr/bin/say")"
}
