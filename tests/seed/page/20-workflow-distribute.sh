# 1. Build and package targets
./scripts/package-binary.py \
    //packages/linux/core/bash:bash \
    //packages/linux/editors/vim:vim \
    --output-dir ./binaries

# 2. Upload to mirror
./scripts/upload-binaries.py \
    --source ./binaries \
    --mirror user@mirror.buckos.org:/var/www/buckos-mirror/binaries

# 3. Users can now install
./scripts/install-binary.py bash --version 5.3
