# First upload: SCP is fine
./scripts/upload-binaries.py --source ./binaries --mirror user@host:/path

# Subsequent uploads: Use rsync
./scripts/upload-binaries.py --source ./binaries --mirror user@host:/path --use-rsync
