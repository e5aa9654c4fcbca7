"""Random tables: schemas, rows, and the two forms they take (files for the engine, tables for SQLite).

A world is a few tables, each with a file:

    t0, t1   JSON lines and CSV; NULLs, duplicates, huge numbers, odd texts; t1 is sometimes empty
    w0       with a watermark that leaves rows behind
    w1       with a watermark that leaves none behind"""

import csv
import dataclasses
import io
import json
import pathlib

from generated.queries import Table
from generated.terms import BIGINT, BOOLEAN, DOUBLE, INT, STRING, TIMESTAMP, column, decimal, time_text, unscaled_text

START = 1704067200000  # 2024-01-01
WORDS = ("", "a", "b", "ab", "abc", "A", "B", "aXc", " a ", "b ", "a,b", 'a "b"', "it's", "two\nlines", "x!%", "100%", "_", "NULL", "0", "true")
LETTERS = WORDS + ("é", "aéb", "漢字", "Ω,", "🙂a")
NULL_LITERAL = "\\N"
NEVER_LATE = 900_000_000  # ms


@dataclasses.dataclass(frozen=True)
class Stored:
    """A table and its rows, values as SQLite has them. `delay`: of the watermark behind the time, in ms; None: there is no watermark."""

    table: Table
    rows: tuple
    format: str
    delay: int = None

    def ddl(self, folder):
        columns = ", ".join(f"{c.engine} {c.type.name}" for c in self.table.columns)
        if self.delay is not None:
            ts = self.table.rowtime.engine
            columns += f", WATERMARK FOR {ts} AS {ts} - INTERVAL '{unscaled_text(self.delay, 3)}' SECOND(6, 3)"
        options = {"connector": "filesystem", "path": pathlib.Path(folder) / self.table.name, "format": self.format}
        if self.format == "csv":
            options["csv.null-literal"] = NULL_LITERAL
        listed = ", ".join(f"'{name}' = '{value}'" for name, value in options.items())
        return f"CREATE TABLE {self.table.name} ({columns}) WITH ({listed});"

    def file_text(self):
        return self.json_text() if self.format == "json" else self.csv_text()

    def json_text(self):
        lines = []
        for row in self.rows:
            fields = ((c, external(c.type, v)) for c, v in zip(self.table.columns, row))
            # A DECIMAL is a number with all of its digits.
            texts = ((c, v if c.type.kind == "decimal" and v is not None else json.dumps(v, ensure_ascii=False)) for c, v in fields)
            lines.append("{" + ", ".join(f'"{c.engine}": {text}' for c, text in texts) + "}\n")
        return "".join(lines)

    def csv_text(self):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        for row in self.rows:
            fields = [external(c.type, v) for c, v in zip(self.table.columns, row)]
            writer.writerow([NULL_LITERAL if v is None else str(v).lower() if isinstance(v, bool) else v for v in fields])
        return out.getvalue()

    def watermarks(self):
        """The watermark before each row: what a row may be late by."""
        highest, before = -(2**62), []
        for row in self.rows:
            before.append(highest)
            highest = max(highest, row[0] - self.delay)
        return before

    def fill(self, db):
        kinds = {"double": "REAL", "string": "TEXT"}
        columns = ", ".join(f"{c.engine} {kinds.get(c.type.kind, 'INTEGER')}" for c in self.table.columns)
        rows = self.rows
        if self.delay is not None:
            columns, rows = columns + ", wm_ INTEGER", [row + (wm,) for row, wm in zip(rows, self.watermarks())]
        db.execute(f"CREATE TABLE {self.table.name} ({columns})")
        db.executemany(f"INSERT INTO {self.table.name} VALUES ({', '.join('?' * (columns.count(',') + 1))})", rows)


def external(type, value):
    """A value as the file has it."""
    if value is None:
        return None
    if type.kind == "boolean":
        return bool(value)
    return {"decimal": lambda v: unscaled_text(v, type.scale), "time": time_text}.get(type.kind, lambda v: v)(value)


class Worlds:
    """Makes the tables of a world."""

    def __init__(self, rng):
        self.rng = rng

    def make(self):
        r = self.rng
        return (self.stored("t0", "json", r.randint(1, 40)), self.stored("t1", "csv", r.choice([0, 1, 5, 20, 40])),
                self.stored("w0", r.choice(["json", "csv"]), r.randint(1, 40), r.choice([0, 1, 1000, 5000])),
                self.stored("w1", r.choice(["json", "csv"]), r.randint(1, 40), NEVER_LATE))

    def stored(self, name, format, nrows, delay=None):
        columns = [self.column(f"{name}_{i}") for i in range(self.rng.randint(3, 7))]
        columns.insert(0, column(name + "_key", INT, bound=9))
        rowtime = column(name + "_ts", TIMESTAMP)
        if delay is not None:
            columns.insert(0, rowtime)
        table = Table(name, tuple(columns), max(nrows, 1), rowtime if delay is not None else None, delay not in (None, NEVER_LATE))
        pools = {c.engine: [self.value(c) for _ in range(self.rng.choice([3, 8, 40]))] for c in columns}
        rows = [tuple(self.cell(c, pools[c.engine], c == rowtime) for c in columns) for _ in range(nrows)]
        if delay is not None:
            rows.sort(key=lambda row: row[0] + self.rng.choice([0, 0, 2000, 9000]))
        return Stored(table, tuple(rows), format, delay)

    def column(self, name):
        r = self.rng
        type = r.choice([INT, INT, BIGINT, BIGINT, DOUBLE, decimal(9, 2), decimal(12, 4), STRING, STRING, BOOLEAN, TIMESTAMP])
        if type.kind == "int":
            return column(name, type, bound=r.choice([5, 100, 10**6, 2**31 - 1] if type == INT else [100, 2**31 - 1, 2**53, 2**63]))
        if type.kind == "double":
            return column(name, type, bound=r.choice([40, 10**6]), fine=3)
        return column(name, type, bound=r.choice([500, 10**7]) if type.kind == "decimal" else 0, plain=type.kind != "string" or r.random() < 0.7)

    def value(self, c):
        r, kind = self.rng, c.type.kind
        if kind == "boolean":
            return r.randint(0, 1)
        if kind == "time":
            return START + r.choice([1, 250, 1000]) * r.randint(0, 60)
        if kind == "string":
            return r.choice(WORDS if c.plain else LETTERS)
        value = r.choice([0, 1, -1, r.randint(-9, 9), r.randint(-c.bound, c.bound - 1), c.bound - 1, -c.bound])
        value = max(-c.bound, min(value, c.bound - 1))
        return value / 2**c.fine if kind == "double" else value

    def cell(self, c, pool, filled):
        return None if not filled and self.rng.random() < 0.15 else self.rng.choice(pool)


def without_rows(world):
    """Worlds with fewer rows: half of a table at a time, then row by row."""
    for i, stored in enumerate(world):
        n = len(stored.rows)
        cuts = [(0, n), (0, n // 2), (n // 2, n)] if n > 4 else []
        for start, end in cuts + [(k, k + 1) for k in range(n)]:
            yield world[:i] + (dataclasses.replace(stored, rows=stored.rows[:start] + stored.rows[end:]),) + world[i + 1 :]
