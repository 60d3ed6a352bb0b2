# Specify config hash for exact match
./scripts/install-binary.py bash \
    --version 5.3 \
    --config-hash abc12345
