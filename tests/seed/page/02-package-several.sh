# Package multiple targets
./scripts/package-binary.py \
    //packages/linux/core/bash:bash \
    //packages/linux/editors/vim:vim \
    //packages/linux/core/coreutils:coreutils
