# Packages to try out installing with, and what is in a root; sourced by the suite.
# shellcheck shell=bash disable=SC2154 # the suite sets world, install and binpkg

# make_package NAME VERSION TREE [PERMISSIONS]: packs a tree into $world/packages and prints the tarball's path.
make_package() {
    local name=$1 version=$2 tree=$3 permissions=${4:-[]} work granted='' file
    work=$(mktemp -d "$world/pack.XXXXXX")
    [ "$permissions" = '[]' ] || granted="\"permissions\":$permissions,"
    cp -a "$tree" "$work/tree"
    cat >"$work/payload.json" <<END
{"source":"tree","name":"$name","kind":"root","place":"","permissions":$permissions}
END
    cat >"$work/in.json" <<END
{"schema":"binpkg-recipe/1","kind":"pack","epoch":1,"name":"$name","version":"$version",$granted"use":{},"platform":{},
 "toolchain":{},"patches":[],"phases":[],"env":{},"deps":[],"tools":[],"transforms":[],
 "sources":[{"dest":"","sha256":{"\$sha256":"MANIFEST"},"strip":0}],
 "layout":{"kind":"root","prefix":"/usr","libdir":"lib"}}
END
    cat >"$work/about.json" <<END
{"target":"//test:$name","relocatable":false,"prefix_in":[],"runtime_deps":[],"slot":"0","platform_libraries":[],
 "missing_libraries":[],"license":"","homepage":"","description":""}
END
    (
        cd "$work" || exit
        "$binpkg" manifest --payload payload.json --out MANIFEST --kind-out kind &&
            "$binpkg" hash in.json --recipe-out recipe.json --hash-out hash &&
            "$binpkg" pack --payload payload.json --recipe recipe.json --about about.json --format "${FORMAT:-gz}" \
                --tarball tarball --sidecar sidecar --manifest manifest --metadata metadata &&
            "$binpkg" collect --tarball tarball --sidecar sidecar --recipe recipe.json --out files
    ) || return
    mkdir -p "$world/packages"
    cp "$work/files/"* "$world/packages/"
    for file in "$work/files/$name-$version-"*-bin.tar."${FORMAT:-gz}"; do
        printf '%s\n' "$world/packages/${file##*/}"
    done
    rm -rf "$work"
}

# snapshot ROOT: type, mode, owner, target and digest of everything in it but the database.
snapshot() {
    (
        cd "$1" || exit
        find . -path ./var/lib/binpkg -prune -o -type f -printf '%P\t%y %m %U:%G\t' -exec sha256sum {} \; \
            -o -printf '%P\t%y %m %U:%G %l\n' | cut -f 1,2,3 | sed 's/ \.\/.*//' | LC_ALL=C sort
    )
}

# expect_nothing_left ROOT: no temporary names, no journal, and the files are what the database says.
expect_nothing_left() {
    local root=$1 left
    left=$(find "$root" -name '.binpkg-*')
    [ -z "$left" ] || { printf 'expected no temporary files, found\n%s\n' "$left"; return 1; }
    left=$(ls -A "$root/var/lib/binpkg/journal")
    [ -z "$left" ] || { printf 'expected an empty journal, found %s\n' "$left"; return 1; }
    "$install" verify --root "$root"
}
