#!/usr/bin/env python3
"""Odd scripts and odd outputs of the program, as a shell gives them: what it prints, and its exit code.

Usage: odd_scripts.py THALWEG"""
import os
import subprocess
import sys
import tempfile

THALWEG = sys.argv[1]
DEPTH = 100_000
BLACKHOLE = "CREATE TABLE p (n INT) WITH ('connector' = 'blackhole');\n"
NUMBERS = ("CREATE TABLE g (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '300000', 'fields.n.kind' = 'sequence', "
           "'fields.n.start' = '1', 'fields.n.end' = '300000');\n")
PRINT = "CREATE TABLE o (n BIGINT) WITH ('connector' = 'print'); INSERT INTO o SELECT n FROM g;\n"
wrong = 0


def run(args, **more):
    return subprocess.run([THALWEG, *args], capture_output='stdout' not in more, timeout=100, **more)


def expect(name, found, code, out=None, err=None):
    """`out` is all of standard output; `err` a part of standard error, '' for nothing at all."""
    global wrong
    printed = (found.stdout or b'').decode(errors='replace')
    said = (found.stderr or b'').decode(errors='replace')
    fits = said == '' if err == '' else (err or '') in said
    if found.returncode == code and fits and (out is None or printed == out):
        return
    wrong += 1
    print(f'{name}: exit code {found.returncode}, not {code}\n{printed[-500:]}\n{said[:500]}')


def script(name, text, code=0, out=None, err=None):
    """Runs a script from standard input, its rows as CSV."""
    data = text if isinstance(text, bytes) else text.encode()
    expect(name, run(['run', '--format', 'csv', '-'], input=data), code, out, err)


def texts():
    script('empty', '', out='', err='')
    script('comments alone', '-- nothing\n/* nor\n this */ ;;\n', out='', err='')
    script('a byte order mark', b'\xef\xbb\xbfSELECT 1 AS a;', out='a\n1\n')
    script('CRLF', 'SELECT 1 AS a;\r\nSELECT\r\n nope;\r\n', 1, out='a\n1\n', err='-:3:2: error 42703')
    script('Latin-1', b"SELECT 1 AS a;\n-- \xc3\xa9\nSELECT '\xc3\xa9t\xe9';", 1, err='-:3:11: error 42601: the script is not valid UTF-8: byte 0xE9')
    script('UTF-16', '\ufeffSELECT 1'.encode('utf-16-le'), 1, err='-:1:1: error 42601: the script is not valid UTF-8')
    script('NUL between words', 'SELECT 1\0;', 1, err='-:1:9: error 42601')
    script('NUL in a text', "SELECT CHAR_LENGTH('a\0b') AS a;", out='a\n3\n')


def files():
    with tempfile.TemporaryDirectory() as folder:
        expect('a folder', run(['run', folder]), 1, err='Is a directory')
        expect('no file', run(['run', f'{folder}/nope.sql']), 1, err='No such file')
        closed = os.path.join(folder, 'closed.sql')
        with open(closed, 'w') as f:
            f.write('SELECT 1;')
        os.chmod(closed, 0)
        if not os.access(closed, os.R_OK):
            expect('no right to read', run(['run', closed]), 1, err='Permission denied')
        os.mkdir(f'{folder}/t')
        with open(f'{folder}/t/a.csv', 'w') as f:
            f.write('1\n')
        script('source and sink in one', f"CREATE TABLE t (n INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/t', 'format' = 'csv');\n"
               'INSERT INTO t SELECT n + 1 FROM t; SELECT SUM(n) AS s FROM t;', out='s\n3\n')
        no_output = f"exec {THALWEG} -e \"CREATE TABLE w (n INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/w', 'format' = 'csv'); " \
                    "INSERT INTO w SELECT 7; SELECT 8 AS a\" >&-"
        expect('closed output', subprocess.run(['sh', '-c', no_output], capture_output=True), 1, err='cannot write to the output: Bad file descriptor')
        written = [open(os.path.join(f'{folder}/w', name)).read() for name in os.listdir(f'{folder}/w') if not name.startswith(('.', '_'))]
        if written != ['7\n']:
            raise SystemExit(f'closed output: a file of the job has {written}')


def outputs():
    for name, text in {'a result': NUMBERS + 'SELECT n FROM g;', 'a print sink': NUMBERS + PRINT, 'EXPLAIN': 'EXPLAIN SELECT 1;',
                       'SHOW': 'SHOW FUNCTIONS;'}.items():
        with open('/dev/full', 'w') as full:
            expect(f'{name} on a full disk', run(['-e', text], stdout=full, stderr=subprocess.PIPE), 1,
                   err='cannot write to the output: No space left on device')
        read, write = os.pipe()
        os.close(read)
        expect(f'{name} without a reader', run(['-e', text], stdout=write, stderr=subprocess.PIPE), 141, err='')
        os.close(write)
    for args in (['functions'], ['help'], ['--version'], ['explain', '-e', 'SELECT 1']):
        with open('/dev/full', 'w') as full:
            expect(f'{args[0]} on a full disk', run(args, stdout=full, stderr=subprocess.PIPE), 1, err='No space left on device')


def sizes():
    script('a comment of 5 MB', '/*' + 'x' * 5_000_000 + '*/ SELECT 1 AS a;', out='a\n1\n')
    script('a text of 5 MB', "SELECT CHAR_LENGTH('" + 'x' * 5_000_000 + "') AS n;", out='n\n5000000\n')
    script('100,000 rows of VALUES', BLACKHOLE + 'INSERT INTO p VALUES ' + ','.join(f'({i})' for i in range(100_000)) + ';')
    script('100,000 values of IN', 'SELECT 99999 IN (' + ','.join(map(str, range(100_000))) + ') AS a;', out='a\nTRUE\n')
    script('3,000 INSERTs', BLACKHOLE + 'INSERT INTO p SELECT 1;\n' * 3000)
    columns = range(10_000)
    script('10,000 columns', 'CREATE TABLE w (' + ', '.join(f'c{i} INT' for i in columns) + ") WITH ('connector' = 'blackhole'); INSERT INTO w SELECT "
           + ', '.join(map(str, columns)) + '; SELECT ' + ', '.join(f'{i} AS c{i}' for i in columns) + ';',
           out=','.join(f'c{i}' for i in columns) + '\n' + ','.join(map(str, columns)) + '\n')


def depths():
    nested = {'parentheses': ('(', '1', ')'), 'minus': ('- ', '1', ''), 'NOT': ('NOT ', 'TRUE', ''), 'calls': ('ABS(', '1', ')'),
              'CASE': ('CASE WHEN TRUE THEN ', '1', ' END'), 'arrays': ('ARRAY[', '1', ']'), 'sub-queries': ('(SELECT * FROM ', 't', ')')}
    for name, (before, inside, behind) in nested.items():
        script(f'deep {name}', f'SELECT {before * DEPTH}{inside}{behind * DEPTH};', 1, err='error 54000: nested more than 512 levels deep')
    script('deep types', f'SELECT CAST(NULL AS {"ARRAY<" * DEPTH}INT{">" * DEPTH});', 1, err='-:1:3075: error 54000')
    for name, link in {'sums': '+1', 'texts': "||'a'", 'subscripts': '[1]', 'conditions': ' AND TRUE'}.items():
        script(f'long {name}', f'SELECT TRUE{link * DEPTH};', 1, err='-:1:8: error 42601: the expression is nested or chained')
    script('many unions', 'SELECT 1' + ' UNION ALL SELECT 1' * DEPTH + ';', 1, err='more than 2000 set operations in a row')
    script('many joins', 'SELECT * FROM (VALUES (1)) a' + ', (VALUES (1)) b' * DEPTH + ';', 1, err='more than 2000 joins in a row')


for part in (texts, files, outputs, sizes, depths):
    part()
sys.exit(1 if wrong else 0)
