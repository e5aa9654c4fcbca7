#!/usr/bin/env bash
# Runs a script of examples/ and compares what it prints with tests/expected.
#
#     tests/oracle/run_example.sh THALWEG SCRIPT [OPTION...]      (SCRIPT by its path in the project)
set -euo pipefail
program=$(realpath "$1") script=$2
shift 2
cd "$(dirname "$0")/../.."
printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
"$program" run "$@" "$script" >"$printed"
tests/oracle/example_answers.py --printed "$printed"
