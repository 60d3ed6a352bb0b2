# 4. Now builds will use binaries automatically
buck2 build //packages/linux/core:bash
# Output: "Binary available, downloading..."
