# Published binaries in the graph: made, published, locked, taken in the place of source builds, and refused when they lie.
# Sourced by a suite that has `world`, `repository`, `ran` and the functions of tests/lib/checks.sh.
# shellcheck shell=bash

# binaries_project DIR RULES PROGRAMS ROOT: adds to the project in DIR, whose cell is called ROOT, the folder `published`, whose
# packages are made and published, and the folder `taker`, whose packages have the same recipes and are never built there before.
# Rules are loaded from RULES (`@bp//`), programs are run from PROGRAMS (`bp//`).
binaries_project() {
    binaries_folder=$1 binaries_programs=$3 binaries_root=$4
    mkdir -p "$1/published" "$1/taker"
    cat >"$1/published/defs.bzl" <<END
load("$2tests/binary:script_package.bzl", "script_package")

def packages() -> None:
    script_package(
        name = "base",
        package_name = "base",
        script = "words.sh",
        use = {"nls": read_root_config("test", "nls") == "on"},
        version = "1.0",
    )
    script_package(
        name = "words",
        package_name = "words",
        deps = [":base"],
        prefer_binaries = read_root_config("test", "words"),
        runtime_deps = [":base"],
        script = "words.sh",
        use = {"ssl": read_root_config("test", "ssl") == "on"},
        version = "2.0",
    )
END
    cat >"$1/published/BUCK" <<END
load("$2defs:defs.bzl", "binary_mirror")
load(":binaries.lock.json", lock = "value")
load(":defs.bzl", "packages")

binary_mirror(
    name = "binaries",
    build_from_source = [name for name in [read_root_config("test", "from_source")] if name],
    lock = lock,
    visibility = ["PUBLIC"],
)

packages()
END
    cat >"$1/taker/BUCK" <<END
load("//published:defs.bzl", "packages")

packages()

configured_alias(
    name = "words-elsewhere",
    actual = ":words",
    platform = "$3defs/platforms:linux-musl-arm64",
)
END
    cp "$repository/tests/binary/words.sh" "$1/published/"
    cp "$repository/tests/binary/words.sh" "$1/taker/"
    cp "$repository/binaries.lock.json" "$1/published/"
}

# taking ENGINE... -- ARGS: a build that may take binaries, with the lock file that was made of the mirror; what it said is
# in `said`.
taking() {
    local engine=()
    while [ "$1" != -- ]; do
        engine+=("$1")
        shift
    done
    shift
    cd "$binaries_folder"
    "${engine[@]}" build -c "buckpack.binaries_lock=$binaries_root//published:binaries" -c buckos.prefer_binaries=true "$@" 2>"$world/said"
}

# refused WORDS COMMAND...: the command fails and says the words, wherever the engine breaks its lines.
refused() {
    local words=$1
    shift
    "$@" && { echo "it was built"; return 1; }
    expect_contains "the refusal" "$words" "$(tr -s ' \n' '  ' <"$world/said")"
}

# lock_with EXPRESSION: the lock file with something else in the record of `words`.
lock_with() {
    sed "/\"name\":\"words\"/$1" "$world/lock" >"$binaries_folder/published/binaries.lock.json"
    ! cmp -s "$world/lock" "$binaries_folder/published/binaries.lock.json"
}

# By the programs that people use.
publishes_and_locks() {
    local name=$1 lock=$binaries_folder/published/binaries.lock.json program=${binaries_programs}tools
    shift
    cd "$binaries_folder"
    cp "$repository/binaries.lock.json" "$lock"
    rm -rf "$world/out" "$world/left" "$world/with-deps" "$world/mirror"
    "$@" run "$program:package-binary" -- //published:words //published:base -o "$world/out" >"$world/packaged"
    expect_equal "lines of package-binary" 2 "$(wc -l <"$world/packaged")"
    (cd "$world/out" && sha256sum --check --strict ./*.sha256)
    "$@" run "$program:package-binary" -- --skip-build //published:words //published:base -o "$world/left" >"$world/packaged-again"
    diff -r "$world/out" "$world/left"
    "$@" run "$program:package-binary" -- --with-deps //published:words -o "$world/with-deps" >"$world/packaged-again"
    diff -r "$world/out" "$world/with-deps"
    "$@" run "$program:upload-binaries" -- -s "$world/out" -m "$world/mirror"
    expect_contains "the second upload" "index    2 -> 2 packages" "$("$@" run "$program:upload-binaries" -- -s "$world/out" -m "$world/mirror")"
    "$@" run "$program:install-binary" -- lock -m "$world/mirror" -o "$lock" //published:
    "$@" run "$program:install-binary" -- lock -m "$world/mirror" -o "$lock" //published: --check
    expect_equal "records of the lock file" 2 "$(grep -c '"name":' "$lock")"
    cp "$lock" "$world/lock"
    cp "$lock" "$world/lock-of-$name"
}

a_hit_builds_nothing() {
    taking "$@" -- //taker:words
    expect_equal "actions of a hit" "fetch_binary published:binaries
package_hash taker:base
package_hash taker:words
package_unpack taker:words" "$(ran "$@")"
    expect_contains "what was said" "Binary available: words-2.0-" "$(cat "$world/said")"
    taking "$@" -- //taker:words
    expect_equal "actions of the second build" "" "$(ran "$@")"
    taking "$@" -- '//taker:words[explain]' --out "$world/explained"
    expect_contains "the explanation" "taken from the mirror
Binary available: words-2.0-" "$(cat "$world/explained")"
}

# Whatever comes of it cannot tell: the list of the tree is not made again when the tree is built.
a_hit_is_what_a_build_makes() {
    taking "$@" -- '//taker:words[manifest]' --out "$world/taken"
    cd "$binaries_folder"
    "$@" build '//taker:words[manifest]' --out "$world/built"
    expect_equal "actions of the source build" "package_build taker:base
package_build taker:words" "$(ran "$@")"
    cmp "$world/taken" "$world/built"
}

a_miss_builds() {
    taking "$@" -- -c test.ssl=on //taker:words --out "$world/tree"
    expect_equal "actions of a miss" "fetch_binary published:binaries
package_build taker:words
package_hash taker:words
package_unpack taker:base" "$(ran "$@")"
    expect_equal "the flag" '{"ssl":true}' "$(head -n 1 "$world/tree/usr/share/words/text")"
    taking "$@" -- -c test.ssl=on '//taker:words[explain]' --out "$world/explained"
    expect_contains "the explanation" "no published binary of the lock file has it; built from source
published: words-2.0-" "$(cat "$world/explained")"
    expect_contains "the explanation" "1 difference:
  use.ssl: false -> true" "$(cat "$world/explained")"
    rm -rf "$world/tree"
}

# Down to the dependency that is the cause, before anything is built.
a_required_binary_that_is_missing_is_explained() {
    refused "1 difference: deps.link base.use.nls: false -> true" \
        taking "$@" -- -c buckos.prefer_binaries=require -c test.nls=on //taker:words
    expect_contains "the refusal" "and \`prefer_binaries\` is \`require\`" "$(tr -s ' \n' '  ' <"$world/said")"
    case $(ran "$@") in *package_build*) echo "something was built"; return 1 ;; esac
    refused "and \`prefer_binaries\` is \`require\`" taking "$@" -- -c test.words=require -c test.ssl=on //taker:words
}

# A package on the list, and what is built with it; nothing of that is fetched.
a_list_forces_source_builds() {
    taking "$@" -- -c test.from_source=base -c test.nls=on //taker:words
    # Whether the hashes are still known from the check before is the engine's affair.
    expect_equal "actions of a forced build" "package_build taker:base
package_build taker:words" "$(ran "$@" | grep -v package_hash)"
    taking "$@" -- -c test.from_source=base '//taker:words[explain]' --out "$world/explained"
    expect_contains "the explanation" "because \`build_from_source\` of the binary mirror names it" "$(cat "$world/explained")"
}

two_platforms_in_one_build() {
    taking "$@" -- //taker:words //taker:words-elsewhere
    taking "$@" -- '//taker:words-elsewhere[explain]' --out "$world/explained"
    expect_contains "the explanation" "platform.libc: glibc -> musl" "$(cat "$world/explained")"
}

# Every lie is refused with the field's name, and nothing is unpacked.
lies_are_refused() {
    local lock=$binaries_folder/published/binaries.lock.json other mirror
    other=$(sed -n 's/.*"name":"base".*"sha256":"\([^"]*\)".*/\1/p' "$world/lock")
    lock_with "s/\"sha256\":\"[^\"]*\"/\"sha256\":\"$other\"/"
    refused '`sha256` does not match (expected '"$other" taking "$@" -- //taker:words
    lock_with 's/"size":[0-9]*/"size":7/'
    refused '`size` does not match (expected 7 bytes, found ' taking "$@" -- //taker:words
    lock_with "s/\"content_hash_full\":\"[^\"]*\"/\"content_hash_full\":\"$other\"/"
    refused '`content_hash_full`: expected '"$other" taking "$@" -- //taker:words
    # The bytes of another package under this one's config hash.
    sed -n '/"name":"base"/{s/"name":"base","version":"1.0"/"name":"words","version":"2.0"/;p}' "$world/lock" >"$world/record"
    other=$(sed -n 's/.*"name":"words".*"config_hash_full":"\([^"]*\)".*/\1/p' "$world/lock")
    sed -i "s/\"config_hash_full\":\"[^\"]*\"/\"config_hash_full\":\"$other\"/; s/,\$//" "$world/record"
    printf '{"schema": 1, "mirrors": ["%s"], "serial": 1, "packages": [%s]}\n' "$world/mirror" "$(cat "$world/record")" >"$lock"
    refused '`name`: expected words, found base' taking "$@" -- //taker:words
    # A file that was cut on the mirror, and one that is not there.
    cp "$world/lock" "$lock"
    mirror=$(ls "$world"/mirror/w/*.tar.gz)
    cp "$mirror" "$world/whole"
    head -c 100 "$world/whole" >"$mirror"
    lock_with 's/,"version":"2.0"/, "version":"2.0"/'
    refused '`size` does not match (expected ' taking "$@" -- -c "buckos.binary_mirror=$world/mirror/." //taker:words
    cp "$world/whole" "$mirror"
    refused 'not there' taking "$@" -- -c "buckos.binary_mirror=$world/nowhere" //taker:words
    cp "$world/lock" "$lock"
}

# The first mirror is dead, and the one of the settings comes before that of the lock file.
mirrors_are_asked_in_order() {
    taking "$@" -- -c "buckos.binary_mirror=http://127.0.0.1:1, file://$world/mirror" //taker:words
    expect_contains "what was said" "http://127.0.0.1:1: not readable now" "$(cat "$world/said")"
}

# A record more, and what does not use it runs nothing.
another_record_changes_nothing() {
    taking "$@" -- //taker:words
    sed 's/"serial": 1/"serial": 2/' "$world/lock" >"$binaries_folder/published/binaries.lock.json"
    sed -i "s/\"packages\": \[/&\n    {\"name\":\"other\",\"version\":\"1\",\"config_hash_full\":\"$(printf %064d 1)\",\"sha256\":\"$(printf %064d 2)\",\"content_hash_full\":\"$(printf %064d 3)\",\"size\":7,\"path\":\"o\/other\"},/" \
        "$binaries_folder/published/binaries.lock.json"
    taking "$@" -- //taker:words
    expect_equal "actions with another record" "" "$(ran "$@")"
    cp "$world/lock" "$binaries_folder/published/binaries.lock.json"
}

recipes_know_nothing_of_the_machine() {
    local word
    taking "$@" -- '//taker:words[lineage]' --out "$world/lineage"
    for word in "$HOME" "$(uname -n)" "$world" "$PWD" buck-out taker; do
        case $(cat "$world/lineage") in *"$word"*) echo "a recipe holds $word"; return 1 ;; esac
    done
}

# binaries_checks NAME ENGINE...
binaries_checks() {
    local name=$1
    shift
    check "$name: packages are made, published and locked" publishes_and_locks "$name" "$@"
    check "$name: a hit builds nothing" a_hit_builds_nothing "$@"
    check "$name: a hit is what a build makes" a_hit_is_what_a_build_makes "$@"
    check "$name: a miss builds, with the dependency from the mirror" a_miss_builds "$@"
    check "$name: a required binary that is missing is explained" a_required_binary_that_is_missing_is_explained "$@"
    check "$name: a list forces source builds" a_list_forces_source_builds "$@"
    check "$name: two platforms in one build" two_platforms_in_one_build "$@"
    check "$name: lies are refused" lies_are_refused "$@"
    check "$name: mirrors are asked in order" mirrors_are_asked_in_order "$@"
    check "$name: another record in the lock file changes nothing" another_record_changes_nothing "$@"
    check "$name: recipes know nothing of the machine" recipes_know_nothing_of_the_machine "$@"
}
