"""Asks both sides, and brings their answers to one form.

A value is an int (INT, BIGINT; ms of a TIMESTAMP), a float, a text (STRING; DECIMAL with all of its digits), a bool or None. What the engine gives in
another JSON type than the column's is left as it is, and so differs."""

import collections
import dataclasses
import datetime
import json
import pathlib
import sqlite3
import subprocess

from generated.terms import ENGINE, SQLITE, unscaled_text

TIMEOUT = 100  # seconds, of one script


class Refused(Exception):
    """A side did not run a query."""


class Sqlite:
    def __init__(self, world):
        self.db = sqlite3.connect(":memory:")
        self.db.execute("PRAGMA case_sensitive_like = ON")
        for stored in world:
            stored.fill(self.db)

    def answer(self, query):
        try:
            rows = self.db.execute(query.text(SQLITE)).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise Refused(str(error)) from error
        return [tuple(from_sqlite(c.type, v) for c, v in zip(query.columns, row)) for row in rows]


def from_sqlite(type, value):
    if value is None:
        return None
    if type.kind == "boolean":
        return bool(value)
    if type.kind == "decimal" and isinstance(value, int):
        return unscaled_text(value, type.scale)
    return value


def from_engine(type, value):
    if value is None:
        return None
    if type.kind == "double" and isinstance(value, (str, int)) and not isinstance(value, bool):
        return float(value)
    if type.kind == "decimal" and isinstance(value, int):
        return str(value)
    if type.kind == "time" and isinstance(value, str):
        return round((datetime.datetime.fromisoformat(value) - datetime.datetime(1970, 1, 1)).total_seconds() * 1000)
    return value


@dataclasses.dataclass(frozen=True)
class Run:
    """How the engine runs a script. The rows are the same in each way."""

    options: tuple
    set: tuple = ()

    def settings(self):
        return [f"SET '{name}' = '{value}';" for name, value in self.set]

    def __str__(self):
        return " ".join(list(self.options) + self.settings())


class Engine:
    """Runs all queries of a world in one script; a marker stands before the rows of each."""

    def __init__(self, program, folder, world):
        self.program, self.ddl = program, [stored.ddl(folder) for stored in world]
        for stored in world:
            (pathlib.Path(folder) / stored.table.name).write_text(stored.file_text(), encoding="utf-8", newline="")

    def answers(self, queries, run):
        """A list of rows, or what the engine complains of, for each query. A script ends at the first complaint: the rest is run again."""
        found = []
        while len(found) < len(queries):
            rest = queries[len(found) :]
            script = run.settings() + self.ddl + [f"SELECT {i} AS marker;\n{q.text(ENGINE)};" for i, q in enumerate(rest)]
            command = [self.program, "run", "--format", "json", *run.options, "-"]
            done = subprocess.run(command, input="\n".join(script), capture_output=True, text=True, encoding="utf-8", errors="backslashreplace",
                                  timeout=TIMEOUT)
            parts = split(done.stdout)
            # The rows of a query that went well come from it alone, whatever the exit status says of a later one.
            complete = parts if done.returncode == 0 else parts[:-1]
            found += [[row_of(q, line) for line in part] for q, part in zip(rest, complete)]
            if done.returncode != 0:
                found.append(f"exit status {done.returncode}: {done.stderr.strip()}")
        return found


def split(printed):
    parts = []
    for line in printed.splitlines():
        values = json.loads(line, parse_float=str)
        if "marker" in values:
            parts.append([])
        else:
            parts[-1].append(values)
    return parts


def row_of(query, line):
    columns = query.columns
    if list(line) != [c.engine for c in columns]:
        return tuple(line.items())
    return tuple(from_engine(c.type, line[c.engine]) for c in columns)


def same(query, ours, theirs):
    """Equal as bags of rows, as lists where the query orders them."""
    if isinstance(ours, str):
        return False
    keyed = [[tuple((type(v).__name__, v) for v in row) for row in rows] for rows in (ours, theirs)]
    return keyed[0] == keyed[1] if query.order else collections.Counter(keyed[0]) == collections.Counter(keyed[1])


def difference(ours, theirs):
    """Lines that say what only one side has."""
    if isinstance(ours, str):
        return [ours]
    lines = []
    for title, mine, other in (("only the engine", ours, theirs), ("only SQLite", theirs, ours)):
        left = collections.Counter(mine) - collections.Counter(other)
        lines += [f"  {title}: {row!r}" for row in left.elements()]
    return lines or ["  the order of rows"]
