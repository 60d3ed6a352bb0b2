# 1. Configure your mirror in .buckconfig
cat >> .buckconfig << EOF
[buckos]
binary_mirror = https://mirror.buckos.org
prefer_binaries = true
EOF
