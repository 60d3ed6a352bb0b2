# Build and cache locally
./scripts/package-binary.py \
    //packages/linux/core/bash:bash \
    --output-dir ~/.cache/buckos-build

# "Install" from local cache
./scripts/upload-binaries.py \
    --source ~/.cache/buckos-build \
    --mirror /usr/local/buckos-binaries
