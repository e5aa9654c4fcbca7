#!/usr/bin/env bash
# Checks layout (clang-format), shell scripts (shellcheck), the direction of includes, the pages of docs/ that are made from tables and,
# by the compile commands of a build folder, clang-tidy's findings. Goes on behind a check that fails.
#
#     tools/tidy.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

echo "tidy: layout"
git ls-files '*.c' '*.h' | xargs clang-format-19 --dry-run --Werror || failed=1
echo "tidy: shell"
git ls-files '*.sh' .ci/run | xargs shellcheck || failed=1
echo "tidy: includes"
python3 tools/check_includes.py || failed=1
echo "tidy: generated pages"
"$1/tools/make_docs" --check docs || failed=1
echo "tidy: clang-tidy"
tools/clang_tidy.py "$1" || failed=1
exit "$failed"
