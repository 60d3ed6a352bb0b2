# 2. Build and package some targets
./scripts/package-binary.py \
    //packages/linux/core/bash:bash \
    //packages/linux/core/coreutils:coreutils \
    //packages/linux/editors/vim:vim \
    --output-dir ./binaries
