# Upload to local mirror
./scripts/upload-binaries.py \
    --source ./binaries \
    --mirror /var/www/buckos-mirror/binaries
