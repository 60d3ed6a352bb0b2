# A project of somebody else that mounts this repository's HEAD as a git external cell under another name.
# shellcheck shell=bash

# consumer_project DIR REPOSITORY: makes the folder with its `.buckconfig`; build files are the caller's.
consumer_project() {
    mkdir -p "$1"
    cat >"$1/.buckconfig" <<END
[cells]
  root = .
  prelude = prelude
  toolchains = none
  bp = bp
[cell_aliases]
  config = prelude
  ovr_config = prelude
  fbcode = prelude
  fbsource = prelude
  fbcode_macros = prelude
  buck = prelude
[external_cells]
  prelude = bundled
  bp = git
[external_cell_bp]
  git_origin = $2
  commit_hash = $(git -C "$2" rev-parse HEAD)
[parser]
  target_platform_detector_spec = target:root//...->prelude//platforms:default target:bp//...->prelude//platforms:default
[build]
  execution_platforms = prelude//platforms:default
END
}
