#!/usr/bin/env bash
# Checks layout (clang-format), shell scripts (shellcheck) and, by the compile commands of a build folder, clang-tidy's findings.
#
#     tools/tidy.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

echo "tidy: layout"
git ls-files '*.c' '*.h' | xargs clang-format-19 --dry-run --Werror || failed=1
echo "tidy: shell"
git ls-files '*.sh' .ci/run | xargs shellcheck || failed=1
echo "tidy: clang-tidy"
git ls-files 'src/*.c' | xargs -P "$(nproc)" -n 8 clang-tidy-19 -p "$1" --quiet --warnings-as-errors='*' || failed=1
exit "$failed"
