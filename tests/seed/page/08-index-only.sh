# Generate index only (no upload)
./scripts/upload-binaries.py \
    --source ./binaries \
    --generate-index-only
