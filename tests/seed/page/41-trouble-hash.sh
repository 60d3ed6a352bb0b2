# Check what config hash you have
./scripts/package-binary.py //packages/linux/core/bash:bash --output-dir ./test

# Install with your config hash
./scripts/install-binary.py bash --version 5.3 --config-hash <your-hash>
