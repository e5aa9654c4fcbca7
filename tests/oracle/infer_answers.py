#!/usr/bin/env python3
"""`thalweg infer` on the examples' data: known disorder, and a CREATE TABLE that runs.

    infer_answers.py THALWEG
"""
import pathlib, re, subprocess, sys, tempfile

engine, data = sys.argv[1], pathlib.Path('examples/data')


def run(*arguments):
    done = subprocess.run([engine, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(path, rows, wanted):
    text = run('infer', str(path))
    for part in wanted:
        assert part in text, f'{path}: no "{part}" in\n{text}'
    table = re.match(r'CREATE TABLE `(\w+)`', text).group(1)
    counted = run('run', '--format', 'csv', '-e', f'{text}\nSELECT COUNT(*) AS n FROM `{table}`;')
    assert counted == f'n\n{rows}\n', counted


check(data / 'weblogs.jsonl.zst', 10000, [
    '9,448 of them are behind', 'most 59.000 s', '8,144 at a delay of 0 s, 6,489 at a delay of 10 s, 3,136 at a delay of 30 s, 0 at a delay of 60 s',
    '`status` BIGINT', '`ts` TIMESTAMP(3)', "INTERVAL '59' SECOND"])
check(data / 'earthquakes.jsonl.zst', 1707, ['1,295 of them are behind', '`tsunami` BOOLEAN', '`mag` DOUBLE'])

with tempfile.TemporaryDirectory() as folder:
    def check_text(name, text, rows, wanted):
        path = pathlib.Path(folder) / name
        path.write_text(text)
        check(path, rows, wanted)

    check_text('with_header.csv', 'id;seen at;v\n1;2024-01-01 00:00:05;1.5\n2;2024-01-01 00:00:01;\n', 2,
               ['`seen at` TIMESTAMP(3)', "'csv.field-delimiter' = ';'", "'csv.ignore-first-line' = 'true'", "INTERVAL '4' SECOND"])
    check_text('bare.csv', '1,x,true\n2,"y,z",false\n', 2, ['`c1` BIGINT', '`c2` STRING', '`c3` BOOLEAN', 'no column holds a time'])
    check_text('epoch.jsonl', '{"ms": 1704067200000, "r": {"a": [1, 2], "b": null}}\n{"ms": 1704067201000, "r": {"a": [], "b": "x"}}\n', 2,
               ['event_time AS TO_TIMESTAMP_LTZ(`ms`, 3)', '`r` ROW<`a` ARRAY<BIGINT>, `b` STRING>'])
    check_text('iso.jsonl', '{"t": "2024-01-01T00:00:00.5Z", "x": 1}\n{"t": "2024-01-01T00:00:00Z", "x": 1.5}\n', 2,
               ['`t` TIMESTAMP_LTZ(3)', "'json.timestamp-format.standard' = 'ISO-8601'", '`x` DOUBLE', "INTERVAL '0.500' SECOND"])
print('infer: as known')
