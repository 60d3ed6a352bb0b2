# Upload to remote mirror via SCP
./scripts/upload-binaries.py \
    --source ./binaries \
    --mirror user@mirror.buckos.org:/var/www/buckos-mirror/binaries
