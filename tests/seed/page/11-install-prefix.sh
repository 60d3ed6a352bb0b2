# Install to custom prefix
./scripts/install-binary.py bash --version 5.3 --prefix /opt/buckos
