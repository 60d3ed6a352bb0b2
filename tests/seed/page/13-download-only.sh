# Download only (don't install)
./scripts/install-binary.py bash \
    --version 5.3 \
    --download-only
