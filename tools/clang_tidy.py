#!/usr/bin/env python3
"""Runs clang-tidy over the C files of src/ and tools/, by the compile commands of a build folder.

    tools/clang_tidy.py FOLDER

A file without findings is remembered in FOLDER/tidy as a hash of all that it was read with: its text behind the preprocessor, comments
included, its flags and .clang-tidy. It is read again when one of them changes. So the first run takes minutes and the next ones seconds.
Ends with status 1 when there is a finding."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ('src', 'tools')
READ_BY_PREPROCESSOR = ('-I', '-D', '-std', '-m', '-O')


def commands(build):
    """(file, its flags) for every file once, also when several programs are made from it."""
    found = {}
    for entry in json.loads((build / 'compile_commands.json').read_text()):
        path = (build / entry['file']).resolve()
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in FOLDERS:
            flags = [a for a in shlex.split(entry['command']) if a.startswith(READ_BY_PREPROCESSOR)]
            found.setdefault(path, flags)
    return sorted(found.items())


def check(build, path, flags):
    """None when there is no finding, else what clang-tidy wrote."""
    text = subprocess.run(['cc', *flags, '-E', '-C', path], cwd=build, capture_output=True, check=True).stdout
    settings = (ROOT / '.clang-tidy').read_bytes() + ' '.join(flags).encode()
    clean = build / 'tidy' / hashlib.sha256(settings + text).hexdigest()
    if clean.exists():
        return None
    run = subprocess.run(['clang-tidy-19', '-p', build, '--quiet', '--warnings-as-errors=*', path], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return run.stdout or run.stderr
    clean.touch()
    return None


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    (build / 'tidy').mkdir(exist_ok=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for finding in pool.map(lambda c: check(build, *c), commands(build)):
            if finding is not None:
                failed += 1
                print(finding, flush=True)
    if failed:
        print(f'clang-tidy: findings in {failed} files', file=sys.stderr)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
