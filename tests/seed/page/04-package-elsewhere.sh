# Custom output directory
./scripts/package-binary.py \
    //packages/linux/core/bash:bash \
    --output-dir /path/to/binaries
