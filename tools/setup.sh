#!/usr/bin/env bash
# Installs the Debian packages of tools/packages.txt that are missing.
#
#     tools/setup.sh [GROUP...]        (default: build)
#
# Prints a line per step; when nothing is missing it does and says nothing. Uses root or sudo; without either it prints the
# command to run and ends with status 1.
set -euo pipefail

list=$(dirname "$0")/packages.txt
groups=("${@:-build}")

wanted() {
    local group
    for group in "${groups[@]}"; do
        awk -v group="$group" '$1 == group { print $2 }' "$list"
    done
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# run NAME COMMAND...: says NAME, keeps the output to itself unless the command fails.
run() {
    local name=$1 log
    shift
    echo "setup: $name"
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        echo "setup: failed: $*" >&2
        exit 1
    fi
    rm -f "$log"
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    if ! command -v meson >/dev/null; then
        echo "setup: not a Debian system; please install what $list lists" >&2
        exit 1
    fi
    exit 0
fi

mapfile -t names < <(wanted)
if [ "${#names[@]}" = 0 ]; then
    echo "setup: $list has no group ${groups[*]}" >&2
    exit 1
fi
missing=()
for name in "${names[@]}"; do
    is_installed "$name" || missing+=("$name")
done
[ "${#missing[@]}" != 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    # Without a terminal sudo could not ask for a password.
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=(sudo)
    else
        {
            echo "setup: packages are missing and this is neither root nor a user who may sudo. Please run as root:"
            echo "    apt-get update && apt-get install --no-install-recommends -y ${missing[*]}"
        } >&2
        exit 1
    fi
fi
# The password is asked for here, where it can be seen.
[ "${#as_root[@]}" = 0 ] || sudo -v

run "apt-get update" "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 update
run "installing ${missing[*]}" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 install --no-install-recommends -y "${missing[@]}"
