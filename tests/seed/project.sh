# The project in which the commands of the page are typed; sourced by the suite.
# shellcheck shell=bash

# make_project: in $project, with the page's scripts, which are our programs; $started is the engine for it, $version that of bash.
make_project() {
    if [ "$mode" = quick ]; then
        quick_project
    else
        git clone --quiet "$repository" "$project" || return
        # What was built here is not built again.
        if [ -d buck-out/fawn/cache ]; then
            mkdir -p "$project/buck-out/fawn" && cp -a buck-out/fawn/cache "$project/buck-out/fawn/" || return
        fi
        started=$engine
        # The page's is not in Debian.
        version=$(sed -n 's/^    version = "\([0-9.]*\)",$/\1/p' "$repository/packages/linux/core/bash/BUCK")
    fi
    mkdir -p "$project/scripts"
    # The engine is the one that is used here, whatever the page calls it.
    script package-binary.py "FAWN=$started '$package' \"\$@\""
    script upload-binaries.py "'$upload' \"\$@\""
    # Into a root of its own, and from a mirror without https.
    script install-binary.py "'$install' \"\$@\" --root '$root' --allow-insecure"
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$started" >"$world/bin/buck2"
    printf '#!/bin/sh\nexec "%s" -F "%s" "$@"\n' "$(command -v ssh)" "$world/ssh/config" >"$world/bin/ssh"
    chmod +x "$world/bin/"*
    cat >>"$project/.buckconfig" <<END
[buckos]
binary_mirror = http://127.0.0.1:$http_port
END
}

script() {
    printf '#!/bin/sh\n%s\n' "$2" >"$project/scripts/$1"
    chmod +x "$project/scripts/$1"
}

# Of this repository what packages need, programs that are there already, and packages that a script makes.
quick_project() {
    local name
    mkdir -p "$project/tools/fawn" "$project/packages"
    tar -cf - .buckconfig BUCK PACKAGE binaries.lock.json defs prelude tests/binary toolchains tools/fawn/prelude packages/use |
        tar -C "$project" -xf - || return
    # By the engine itself: the script `fawn` would build another one for this project.
    started=$repository/buck-out/fawn/engine/engine/fawn
    [ -x "$started" ] && [ -z "${ENGINE:-}" ] || started=$engine
    cp "$binpkg" "$project/tools/binpkg-tool"
    cp "$upload" "$project/tools/upload-binaries"
    cp "$install" "$project/tools/install-binary"
    cat >"$project/tools/tool.bzl" <<'END'
def _built_tool_impl(ctx: AnalysisContext) -> list[Provider]:
    return [DefaultInfo(default_output = ctx.attrs.src), RunInfo(args = cmd_args(ctx.attrs.src))]

built_tool = rule(impl = _built_tool_impl, attrs = {"src": attrs.source()})
END
    cat >"$project/tools/BUCK" <<'END'
load(":tool.bzl", "built_tool")

[
    built_tool(name = name, src = name, visibility = ["PUBLIC"])
    for name in ["binpkg-tool", "install-binary", "upload-binaries"]
]
END
    for name in core/bash=5.3 core/coreutils=9.7 editors/vim=9.1.0; do
        script_package "$project/packages/linux/${name%=*}" "$(basename "${name%=*}")" "${name#*=}"
    done
    # The page asks for a build under this label.
    cat >"$project/packages/linux/core/BUCK" <<'END'
alias(name = "bash", actual = "//packages/linux/core/bash:bash", visibility = ["PUBLIC"])
END
}

# script_package FOLDER NAME VERSION: a package with a program that says its version.
script_package() {
    mkdir -p "$1"
    cat >"$1/make.sh" <<END
#!/bin/sh
# make.sh RECIPE --out DIRECTORY
set -eu
mkdir -p "\$3/usr/bin"
printf '#!/bin/sh\necho "%s, version %s"\n' $2 $3 >"\$3/usr/bin/$2"
chmod +x "\$3/usr/bin/$2"
END
    chmod +x "$1/make.sh"
    cat >"$1/BUCK" <<END
load("//tests/binary:script_package.bzl", "script_package")

script_package(
    name = "$2",
    package_name = "$2",
    relocatable = True,
    script = "make.sh",
    version = "$3",
    visibility = ["PUBLIC"],
)
END
}
