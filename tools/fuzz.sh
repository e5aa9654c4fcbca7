#!/usr/bin/env bash
# Runs every fuzz target of a build folder for some seconds; what it learns stays in FOLDER/corpus, what it finds in FOLDER.
#
#     tools/fuzz.sh FOLDER SECONDS
set -euo pipefail
seeds=$(cd "$(dirname "$0")/../fuzz/seeds" && pwd)
cd "$1"
seconds=$2
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
for program in fuzz/fuzz_*; do
    if [ ! -f "$program" ] || [ ! -x "$program" ]; then continue; fi
    name=${program#fuzz/}
    mkdir -p "corpus/$name"
    echo "fuzz: $name for $seconds s"
    log=$name.log
    folders=("corpus/$name")
    if [ -d "$seeds/$name" ]; then folders+=("$seeds/$name"); fi
    if ! "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$name-" "${folders[@]}" >"$log" 2>&1; then
        tail -n 60 "$log"
        echo "fuzz: $name failed; the input is $(pwd)/$name-*" >&2
        exit 1
    fi
    tail -n 1 "$log"
done
