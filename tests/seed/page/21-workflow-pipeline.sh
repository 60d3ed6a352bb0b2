#!/bin/bash
# ci-build.sh - Build and publish binaries

TARGETS=(
    "//packages/linux/core/bash:bash"
    "//packages/linux/editors/vim:vim"
    "//packages/linux/core/coreutils:coreutils"
)

# Build and package
for target in "${TARGETS[@]}"; do
    ./scripts/package-binary.py "$target" --output-dir ./ci-binaries
done

# Upload to mirror
./scripts/upload-binaries.py \
    --source ./ci-binaries \
    --mirror user@mirror.buckos.org:/var/www/buckos-mirror/binaries \
    --use-rsync
