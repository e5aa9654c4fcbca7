#!/usr/bin/env bash
# Runs the benchmarks of a build folder.
#
#     bench/run.sh FOLDER BIDS
#
# BIDS is a file of JSON bids, one a line: {"auction":..,"bidder":..,"price":..,"channel":..,"url":..,"dateTime":..,"extra":..}.
set -euo pipefail
folder=$1 bids=$2
if [ -f "$bids" ]; then
    "$folder/bench/bench_json" "$bids"
else
    echo "bench: no file of bids at $bids (make bench BIDS=FILE), bench_json is left out"
fi
