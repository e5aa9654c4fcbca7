"""Queries as trees, each rendered for the engine and for SQLite. All are immutable, and say how they may be made smaller (shrink.py).

Columns have a name of their own in the whole query, since both sides look names up in different orders where an alias hides a column.

What SQLite has not is put in its words:
  GROUPING SETS, ROLLUP, CUBE   a SELECT per set, with NULL for the other keys, under UNION ALL
  TUMBLE, HOP, CUMULATE         arithmetic on the milliseconds, with a list of numbers for the windows that a row is in
  SESSION                       LAG finds the gaps, a running SUM numbers the sessions
  late rows                     tables have their watermark before each row as column wm_; an aligned window that had closed then has not got the row

What the engine does as Flink, and SQLite does not: an aggregation without keys (or the set () of a grouping) over no rows has no row."""

import dataclasses

from generated.terms import ENGINE, SQLITE, TIMESTAMP, Term, column, facts_of, null


def names_of(columns):
    return ", ".join(c.engine for c in columns)


@dataclasses.dataclass(frozen=True)
class Table:
    """A table, or what WITH names. `rowtime` is its time attribute; `late`: its watermark leaves rows behind."""

    name: str
    columns: tuple
    rows: int
    rowtime: Term = None
    late: bool = False

    def source(self, side):
        return self.name

    def children(self):
        return {}

    def smaller(self):
        return ()


@dataclasses.dataclass(frozen=True)
class Values:
    name: str
    columns: tuple
    lines: tuple  # of literals

    @property
    def rows(self):
        return len(self.lines)

    def source(self, side):
        if side == ENGINE:
            lines = ", ".join("(" + ", ".join(v.text(side) for v in line) + ")" for line in self.lines)
            return f"(VALUES {lines}) AS {self.name} ({names_of(self.columns)})"
        lines = ("SELECT " + ", ".join(f"{v.text(side)} AS {c.engine}" for v, c in zip(line, self.columns)) for line in self.lines)
        return f"({' UNION ALL '.join(lines)}) AS {self.name}"

    def children(self):
        return {}

    def smaller(self):
        if len(self.lines) > 1:
            yield from (dataclasses.replace(self, lines=self.lines[:i] + self.lines[i + 1 :]) for i in range(len(self.lines)))


@dataclasses.dataclass(frozen=True)
class SubQuery:
    name: str
    query: object
    rowtime = None

    @property
    def columns(self):
        return self.query.columns

    @property
    def rows(self):
        return self.query.rows

    def source(self, side):
        return f"({self.query.text(side)}) AS {self.name}"

    def children(self):
        return {"query": self.query}

    def smaller(self):
        return ()


def interval(ms):
    for unit, size in (("HOUR", 3600000), ("MINUTE", 60000)):
        if ms and ms % size == 0:
            return f"INTERVAL '{ms // size}' {unit}"
    return f"INTERVAL '{ms / 1000:g}' SECOND"


@dataclasses.dataclass(frozen=True)
class Window:
    """A window function over a table: its columns, then window_start, window_end, window_time."""

    kind: str
    table: Table
    size: int
    step: int  # HOP: slide; CUMULATE: step; else = size
    offset: int = 0
    partition: tuple = ()  # SESSION
    legacy: bool = False  # TUMBLE(ts, ...) in GROUP BY
    bare: bool = False  # FROM TUMBLE(...), not FROM TABLE(TUMBLE(...))

    START, END, TIME = (column(n, TIMESTAMP) for n in ("window_start", "window_end", "window_time"))

    @property
    def columns(self):
        return self.table.columns + (self.START, self.END, self.TIME)

    @property
    def rows(self):
        return self.table.rows * self.size // self.step

    def group_window(self, name):
        lengths = (self.step, self.size) if self.kind == "HOP" else (self.size,)
        return f"{name}({self.table.rowtime.engine}, {', '.join(map(interval, lengths))})"

    def source(self, side):
        if side == SQLITE:
            return f"({self.rows_in_windows()})"
        if self.legacy:
            return self.table.source(side)
        lengths = {"HOP": (self.step, self.size), "CUMULATE": (self.step, self.size)}.get(self.kind, (self.size,))
        arguments = [f"TABLE {self.table.name}" + (f" PARTITION BY ({names_of(self.partition)})" if self.partition else "")]
        arguments += [f"DESCRIPTOR({self.table.rowtime.engine})"] + [interval(n) for n in lengths + ((self.offset,) if self.offset else ())]
        call = f"{self.kind}({', '.join(arguments)})"
        return call if self.bare else f"TABLE({call})"

    def rows_in_windows(self):
        start, end = self.sessions() if self.kind == "SESSION" else self.aligned()
        wm = ", wm_" if self.table.late else ""
        columns = f"{names_of(self.table.columns)}{wm}, {start} AS window_start, {end} AS window_end, {end} - 1 AS window_time"
        return f"SELECT {columns} FROM {self.input()}"

    def aligned(self):
        ts = self.table.rowtime.engine
        unit = self.step if self.kind == "HOP" else self.size
        first = f"({ts} - ({ts} - {self.offset}) % {unit})"
        if self.kind == "HOP":
            return f"({first} - k_ * {self.step})", f"({first} - k_ * {self.step} + {self.size})"
        return first, f"({first} + {self.size})" if self.kind == "TUMBLE" else f"({first} + (k_ + 1) * {self.step})"

    def sessions(self):
        over = f"OVER (PARTITION BY {names_of(self.partition + (column('session_', TIMESTAMP),))})"
        ts = self.table.rowtime.engine
        return f"MIN({ts}) {over}", f"(MAX({ts}) {over} + {self.size})"

    def input(self):
        ts, name = self.table.rowtime.engine, self.table.name
        if self.kind == "TUMBLE":
            return name
        if self.kind == "SESSION":
            by = f"PARTITION BY {names_of(self.partition)} " if self.partition else ""
            gaps = f"SELECT *, {ts} - LAG({ts}) OVER ({by}ORDER BY {ts}) > {self.size} AS gap_ FROM {name}"
            return f"(SELECT *, SUM(COALESCE(gap_, 0)) OVER ({by}ORDER BY {ts} ROWS UNBOUNDED PRECEDING) AS session_ FROM ({gaps}))"
        numbers = " UNION ALL ".join(f"SELECT {k} AS k_" for k in range(self.size // self.step))
        return f"{name}, ({numbers})" + (f" WHERE {self.aligned()[1]} > {ts}" if self.kind == "CUMULATE" else "")

    def children(self):
        return {}

    def smaller(self):
        if self.offset:
            yield dataclasses.replace(self, offset=0)
        if self.kind != "SESSION" and not self.legacy and self.kind != "TUMBLE":
            yield Window("TUMBLE", self.table, self.size, self.size)


@dataclasses.dataclass(frozen=True)
class Filtered:
    """SELECT * of a table, or UNION ALL of two such: keeps its time attribute and its watermark."""

    table: Table
    where: Term
    also: Term = None

    columns = property(lambda self: self.table.columns)
    rows = property(lambda self: self.table.rows * (2 if self.also else 1))

    def text(self, side):
        return " UNION ALL ".join(f"SELECT * FROM {self.table.name} WHERE {w.text(side)}" for w in (self.where, self.also) if w)

    def children(self):
        return {name: getattr(self, name) for name in ("where", "also") if getattr(self, name)}

    def smaller(self):
        if self.also:
            yield dataclasses.replace(self, also=None)


@dataclasses.dataclass(frozen=True)
class Select:
    """`keys` None: no aggregation. `sets`: grouping sets, as tuples of places in `keys`; `fixed`: so many keys first that are in each of them."""

    input: object
    items: tuple  # (name, term)
    where: Term = None
    keys: tuple = None
    sets: tuple = None
    style: str = "GROUPING SETS"
    fixed: int = 0
    having: Term = None
    distinct: bool = False
    order: tuple = ()  # (name, " DESC NULLS LAST")
    limit: int = None

    @property
    def columns(self):
        return tuple(column(name, t.type, bound=t.bound, fine=t.fine, plain=t.plain) for name, t in self.items)

    @property
    def rows(self):
        return self.input.rows * (len(self.sets) if self.sets else 1)

    def text(self, side):
        if side == SQLITE and self.sets is not None:
            parts = " UNION ALL ".join(self.body(side, set(range(self.fixed)) | set(chosen)) for chosen in self.sets)
            return f"SELECT {self.distinct * 'DISTINCT '}* FROM ({parts})" + self.tail()
        return self.body(side, None) + self.tail()

    def tail(self):
        order = " ORDER BY " + ", ".join(name + how for name, how in self.order) if self.order else ""
        return order + (f" LIMIT {self.limit}" if self.limit is not None else "")

    def body(self, side, chosen):
        """`chosen`: the keys of one grouping set, all the SELECT is for."""

        def out(term):
            return (term if chosen is None else within_set(term, self.keys, chosen)).text(side)

        items = ", ".join(f"{out(t)} AS {name}" for name, t in self.items)
        distinct = "DISTINCT " if self.distinct and chosen is None else ""
        return (f"SELECT {distinct}{items} FROM {self.input.source(side)}{self.conditions(side)}{self.grouping(side, chosen)}"
                + (f" HAVING {out(self.having)}" if self.having else ""))

    def conditions(self, side):
        conditions = [self.where.text(side)] if self.where else []
        if side == SQLITE and isinstance(self.input, Window) and self.input.table.late and self.windowed():
            conditions.append("window_end - 1 > wm_")
        return " WHERE " + " AND ".join(conditions) if conditions else ""

    def windowed(self):
        return self.keys is not None and self.fixed > 0

    def grouping(self, side, chosen):
        if self.keys is None:
            return ""
        texts = [k.text(side) for k in self.keys]
        if side == SQLITE:
            # SQLite may find a key to be a constant, and take it for a column's number; none at all would make a group of no rows.
            within = (f"COALESCE({text}, NULL)" for i, text in enumerate(texts) if chosen is None or i in chosen)
            return " GROUP BY " + (", ".join(within) or "NULL")
        if self.sets is None:
            return " GROUP BY " + (", ".join(texts) or "()")
        parts = texts[self.fixed :] if self.style != "GROUPING SETS" else ["(" + ", ".join(texts[i] for i in s) + ")" for s in self.sets]
        return " GROUP BY " + ", ".join(texts[: self.fixed] + [f"{self.style} ({', '.join(parts)})"])

    def children(self):
        found = {"input": self.input} | {f"items.{i}": t for i, (_, t) in enumerate(self.items)}
        return found | {n: getattr(self, n) for n in ("where", "having") if getattr(self, n)}

    def smaller(self):
        if isinstance(self.input, SubQuery):
            yield self.input.query
        for change in ({"where": None}, {"having": None}, {"distinct": False}, {"order": (), "limit": None}, {"sets": None}):
            if any(getattr(self, name) != value for name, value in change.items()):
                yield dataclasses.replace(self, **change)
        yield from self.without_items()
        yield from self.without_keys()
        yield from self.without_sets()

    def without_sets(self):
        for i in range(len(self.sets or ())):
            left = self.sets[:i] + self.sets[i + 1 :]
            if set().union(*left) == set(range(self.fixed, len(self.keys))):
                yield dataclasses.replace(self, sets=left, style="GROUPING SETS")

    def without_items(self):
        for i in range(len(self.items)):
            left = self.items[:i] + self.items[i + 1 :]
            if left:
                yield dataclasses.replace(self, items=left, order=tuple(o for o in self.order if o[0] != self.items[i][0]))

    def without_keys(self):
        for i in range(self.fixed, len(self.keys or ())):
            key, left = self.keys[i], self.keys[:i] + self.keys[i + 1 :]
            items = tuple(x for x in self.items if not x[1].mentions(key) or x[1].aggregate)
            if items and self.sets is None:
                names = [name for name, _ in items]
                yield dataclasses.replace(self, keys=left, items=items, order=tuple(o for o in self.order if o[0] in names))


def within_set(term, keys, chosen):
    """The term as it is in the rows of one grouping set."""
    if term in keys:
        return term if keys.index(term) in chosen else null(term.type)
    if term.engine == "GROUPING({0})":
        return dataclasses.replace(term, sqlite="0" if keys.index(term.args[0]) in chosen else "1", args=())
    return term if term.aggregate else dataclasses.replace(term, args=tuple(within_set(a, keys, chosen) for a in term.args))


@dataclasses.dataclass(frozen=True)
class Union:
    left: object
    right: object
    all: bool
    order: tuple = ()
    limit: int = None

    columns = property(lambda self: tuple(dataclasses.replace(l, **facts_of([l, r])) for l, r in zip(self.left.columns, self.right.columns)))
    rows = property(lambda self: self.left.rows + self.right.rows)

    def text(self, side):
        # SQLite takes no parentheses around the branches: one that is ordered or is a union itself is selected from.
        left, right = (q.text(side) if isinstance(q, Select) and not q.order else f"SELECT * FROM ({q.text(side)})" for q in (self.left, self.right))
        return f"{left} UNION {self.all * 'ALL '}{right}" + Select.tail(dataclasses.replace(EMPTY, order=self.order, limit=self.limit))

    def children(self):
        return {"left": self.left, "right": self.right}

    def smaller(self):
        yield from (self.left, self.right)
        if self.order:
            yield dataclasses.replace(self, order=(), limit=None)
        if not self.all:
            yield dataclasses.replace(self, all=True)


EMPTY = Select(None, ())


@dataclasses.dataclass(frozen=True)
class With:
    parts: tuple  # (name, query)
    query: object

    columns = property(lambda self: self.query.columns)
    rows = property(lambda self: self.query.rows)

    @property
    def order(self):
        return self.query.order

    def text(self, side):
        return "WITH " + ", ".join(f"{name} AS ({q.text(side)})" for name, q in self.parts) + " " + self.query.text(side)

    def children(self):
        return {"query": self.query} | {f"parts.{i}": q for i, (_, q) in enumerate(self.parts)}

    def smaller(self):
        yield self.query
        yield from (dataclasses.replace(self, parts=self.parts[:i] + self.parts[i + 1 :]) for i in range(len(self.parts)) if len(self.parts) > 1)


def with_child(node, name, child):
    """The node with another child; the name may be that of a pair's second half in a tuple ("items.3")."""
    field, _, place = name.partition(".")
    if place:
        pairs, i = getattr(node, field), int(place)
        child = pairs[:i] + ((pairs[i][0], child),) + pairs[i + 1 :]
    return dataclasses.replace(node, **{field: child})
