#!/usr/bin/env python3
"""Checks that a folder of src/ includes only folders below it (ARCHITECTURE.md draws the house).

LEVEL gives each room its floor: a file may include its own room and any room of a lower floor, but for FORBIDDEN. Prints each
include that breaks the rule as file:line and ends with status 1."""
import pathlib
import re
import sys

LEVEL = {
    'base': 0, 'os': 1, 'data': 2, 'expr': 3, 'format': 3, 'plan': 4, 'state': 4, 'store': 4,
    'sql': 5, 'operator': 5, 'connector': 5, 'runtime': 6, 'broker': 7, 'serve': 7, 'main': 8,
}
FORBIDDEN = {('sql', 'state'), ('sql', 'store'), ('connector', 'state')}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def violations(root):
    for path in sorted(p for p in (root / 'src').rglob('*') if p.suffix in ('.c', '.h', '.def')):
        room = path.relative_to(root / 'src').parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            if not found or not (root / 'src' / found.group(1)).exists():
                continue
            target = found.group(1).split('/')[0]
            if target != room and (LEVEL[target] >= LEVEL[room] or (room, target) in FORBIDDEN):
                yield f'{path.relative_to(root)}:{number}: {room} includes "{found.group(1)}", which is not below it'


def main():
    found = list(violations(pathlib.Path(__file__).resolve().parent.parent))
    for line in found:
        print(line)
    return 1 if found else 0


sys.exit(main())
