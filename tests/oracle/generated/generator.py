"""Random queries over a world's tables."""

import dataclasses

from generated.builders import Terms
from generated.data import LETTERS
from generated.queries import Filtered, Select, SubQuery, Table, Union, Values, Window, With
from generated.terms import BIGINT, DOUBLE, KINDS, Term, column, decimal, exactly, facts_of, fits, make

ORDERS = ("", " DESC", " ASC NULLS LAST", " DESC NULLS FIRST", " NULLS FIRST")


def without_time(terms):
    return [t for t in terms if t.type.kind != "time"]


class Queries:
    def __init__(self, rng, tables):
        self.rng, self.tables = rng, tables
        self.names, self.parts = 0, []

    def make(self):
        self.parts = []
        query = self.query(2)
        if self.chance(0.3):
            query = self.ordered(query)
        return With(tuple(self.parts), query) if self.parts else query

    def chance(self, p):
        return self.rng.random() < p

    def name(self, prefix="x"):
        self.names += 1
        return f"{prefix}{self.names}"

    def terms(self, leaves):
        return Terms(self.rng, list(leaves), LETTERS)

    def query(self, depth, kinds=None):
        makers = [self.plain, self.plain, self.grouped, self.grouped, self.grouped, self.windowed, self.windowed] + [self.union] * (depth > 0)
        return self.rng.choice(makers)(depth, kinds)

    # --- FROM ---

    def input(self, depth):
        if depth <= 0 or self.chance(0.5):
            return self.values() if self.chance(0.1) else self.rng.choice(self.tables)
        query = self.query(depth - 1)
        if self.chance(0.2):
            query = self.ordered(query)
        if self.chance(0.2):
            return self.part(query)
        return SubQuery(self.name("s"), query)

    def part(self, query, rowtime=None, late=False):
        name = self.name("p")
        self.parts.append((name, query))
        return Table(name, query.columns, query.rows, rowtime, late)

    def values(self):
        g, kinds = self.terms([]), self.rng.choices(KINDS, k=self.rng.randint(1, 3))
        samples = [g.literal(kind) for kind in kinds]
        types = [{"int": BIGINT, "decimal": decimal(9, 2)}.get(t.type.kind, t.type) for t in samples]
        lines = tuple(tuple(exactly(g.leaf(k), t) for k, t in zip(kinds, types)) for _ in range(self.rng.randint(1, 5)))
        columns = tuple(column(self.name(), t, **facts_of(values)) for t, values in zip(types, zip(*lines)))
        return Values(self.name("v"), columns, lines)

    # --- SELECT ---

    def some(self, g, kinds):
        """Terms of the kinds asked for, or of any."""
        kinds = kinds or self.rng.choices(KINDS, k=self.rng.randint(1, 4))
        return [self.settled(g, kind) if kind in ("int", "decimal") else g.of(kind) for kind in kinds]

    def settled(self, g, kind):
        """Terms that other branches of a UNION can be brought to: BIGINT, DECIMAL(20, 4)."""
        for _ in range(8):
            term = exactly(g.of(kind), BIGINT if kind == "int" else decimal(20, 4))
            if term is not None:
                return term
        return exactly(g.literal(kind), BIGINT if kind == "int" else decimal(20, 4))

    def named(self, terms):
        return tuple((self.name(), t) for t in terms)

    def plain(self, depth, kinds=None):
        input = self.input(depth)
        g = self.terms(input.columns)
        where = g.of("boolean") if self.chance(0.5) else None
        return Select(input, self.named(self.some(g, kinds)), where, distinct=self.chance(0.25))

    def grouped(self, depth, kinds=None):
        input = self.input(depth)
        g = self.terms(input.columns)
        keys = self.keys(g, input.columns, self.rng.choice([0, 1, 1, 2, 3]))
        return self.aggregation(input, g, keys, 0, kinds)

    def keys(self, g, columns, n):
        keys = []
        for _ in range(n):
            key = self.rng.choice(columns) if columns and self.chance(0.7) else g.any(1)
            # A constant is no key: SQLite takes a number for the number of a column.
            if any(key.mentions(c) for c in columns) and key not in keys:
                keys.append(key)
        return tuple(keys)

    def aggregation(self, input, g, keys, fixed, kinds, extra=(), one_set=False):
        """GROUP BY the keys, the first `fixed` of them outside of any grouping sets; items may name `extra` too."""
        many = not one_set and len(keys) > fixed and self.chance(0.25)
        sets, style = self.grouping_sets(len(keys) - fixed, fixed) if many else (None, "")
        leaves = list(keys[fixed:]) + list(extra) + self.aggregates(g, input.rows)
        if sets is not None:
            leaves += [make(BIGINT, "GROUPING({0})", k, bound=1) for k in keys[fixed:] if self.chance(0.5)]
        terms = self.some(self.terms(leaves), kinds) if kinds or self.chance(0.4) else self.rng.sample(leaves, self.rng.randint(1, len(leaves)))
        having = self.terms(leaves).of("boolean") if self.chance(0.25) else None
        where = g.of("boolean") if self.chance(0.3) else None
        return Select(input, self.named(terms), where, keys, sets, style, fixed, having, distinct=self.chance(0.1))

    def grouping_sets(self, n, fixed):
        places = range(fixed, fixed + n)
        style = self.rng.choice(["ROLLUP", "CUBE", "GROUPING SETS"])
        rollup = [tuple(places[:i]) for i in range(n, -1, -1)]
        cube = [tuple(p for i, p in enumerate(places) if bits >> i & 1) for bits in range(2**n)]
        if style == "GROUPING SETS":  # what is in none of the sets is no key
            some = self.rng.sample(cube, self.rng.randint(1, len(cube)))
            return tuple(some + [tuple(p for p in places if not any(p in s for s in some))] * (set().union(*some) != set(places))), style
        return tuple(rollup if style == "ROLLUP" else cube), style

    def aggregates(self, g, rows):
        found = [self.aggregate(g, rows) for _ in range(self.rng.randint(1, 4))]
        return [a for a in found if a] or [Term(BIGINT, "COUNT(*)", "COUNT(*)", bound=10**6, aggregate=True)]

    def aggregate(self, g, rows):
        """A call, None where a sum might not fit."""
        r, filter = self.rng, " FILTER (WHERE {1})" if self.chance(0.2) else ""
        distinct = "DISTINCT " if self.chance(0.25) else ""
        function = r.choice(["COUNT", "COUNT", "SUM", "SUM", "SUM", "MIN", "MAX", "AVG"])
        a = g.any(1) if function in ("COUNT", "MIN", "MAX") else g.of(r.choice(["int", "double"] + ["decimal"] * (function == "SUM")), 1)
        args = (a, g.of("boolean", 1)) if filter else (a,)
        if function == "COUNT" and self.chance(0.3):
            return make(BIGINT, "COUNT(*) FILTER (WHERE {0})", g.of("boolean", 1), bound=10**6, aggregate=True)
        call = f"{function}({distinct}{{0}}){filter}"
        if function == "COUNT":
            return make(BIGINT, call, *args, bound=10**6, aggregate=True)
        if function in ("MIN", "MAX"):
            return make(a.type, call, *args, bound=a.bound, fine=a.fine, plain=a.plain, aggregate=True)
        if not fits(a.type, a.bound * rows):
            return None
        if function == "SUM":
            type = decimal(38, a.type.scale) if a.type.kind == "decimal" else a.type
            return make(type, call, *args, bound=a.bound * rows, fine=a.fine, aggregate=True)
        return self.average(a, args, call, filter, distinct, rows)

    def average(self, a, args, call, filter, distinct, rows):
        if a.type == DOUBLE:  # a quotient: no term may reckon on with it, which its bound prevents
            return make(DOUBLE, call, *args, bound=2**53, aggregate=True)
        whole = f"(SUM({distinct}{{0}}){filter} / COUNT({distinct}{{0}}){filter})"
        return make(a.type, call, *args, sqlite=whole, bound=a.bound, aggregate=True)

    # --- windows ---

    def timed(self, late):
        """A table with a time attribute, perhaps through WITH; `late`: rows may be late."""
        table = self.rng.choice([t for t in self.tables if t.rowtime and (late or not t.late)])
        if self.chance(0.25):
            g = self.terms(table.columns)
            return self.part(Filtered(table, g.of("boolean"), g.of("boolean") if self.chance(0.4) else None), table.rowtime, table.late)
        return table if table.late or not self.chance(0.2) else self.cascade(table)

    def cascade(self, table):
        """Windows over what windows give."""
        select = self.window_select(Window("TUMBLE", table, 2000, 2000), None, one_set=True)
        name = self.name()
        select = Select(select.input, select.items + ((name, Window.TIME),), select.where, select.keys + (Window.TIME,), fixed=3)
        return self.part(select, column(name, Window.TIME.type))

    def window(self):
        r, kind = self.rng, self.rng.choice(["TUMBLE", "HOP", "CUMULATE", "SESSION"])
        table = self.timed(late=kind != "SESSION")
        step, n = r.choice([500, 1000, 3000, 10000, 60000]), r.randint(1, 5) if kind in ("HOP", "CUMULATE") else 1
        offset = r.choice([0, 0, 0, 250, 1000]) if kind != "SESSION" else 0
        others = without_time(table.columns)
        partition = tuple(r.sample(others, 1)) if kind == "SESSION" and others and self.chance(0.6) else ()
        legacy = kind != "CUMULATE" and not offset and self.chance(0.2)
        return Window(kind, table, step * n, step, offset, partition, legacy, self.chance(0.3))

    def windowed(self, depth, kinds=None):
        window = self.window()
        if window.legacy or window.kind == "SESSION" or self.chance(0.7):
            return self.window_select(window, kinds)
        g = self.terms(window.columns)
        if self.chance(0.5):  # continuous: one of the window's bounds alone makes no window aggregation
            return self.aggregation(window, g, (self.rng.choice([Window.START, Window.END]),) + self.keys(g, window.table.columns, 1), 0, kinds)
        return Select(window, self.named(self.some(g, kinds)), g.of("boolean") if self.chance(0.5) else None)

    def window_select(self, window, kinds, one_set=False):
        g, fixed, extra = self.terms(window.table.columns), (Window.START, Window.END), [Window.START, Window.END]
        if window.legacy:
            fixed = (Term(Window.START.type, window.group_window(window.kind), "(window_start || ' ' || window_end)"),)
            extra = [Term(Window.START.type, window.group_window(f"{window.kind}_{p}"), f"window_{p.lower()}") for p in ("START", "END")]
        fixed += window.partition
        keys = [k for k in self.keys(g, window.table.columns, self.rng.choice([0, 1, 1, 2])) if k not in window.partition]
        if window.legacy and window.kind == "SESSION":
            keys = []  # its sessions are those of all keys, which are in `partition`
        # Grouping sets are refused beside the older windows, as in Flink.
        select = self.aggregation(window, g, fixed + tuple(keys), len(fixed), kinds, extra + list(window.partition), one_set or window.legacy)
        # Sessions of the older kind are those of the rows that WHERE leaves.
        return dataclasses.replace(select, where=None) if window.legacy and window.kind == "SESSION" else select

    # --- UNION, ORDER BY ---

    def union(self, depth, kinds=None):
        kinds = kinds or self.rng.choices(KINDS, k=self.rng.randint(1, 3))
        return Union(self.query(depth - 1, kinds), self.query(depth - 1, kinds), self.chance(0.5))

    def ordered(self, query):
        """By all columns, so that what is equal is the same."""
        if query.order:
            return query
        names = [c.engine for c in query.columns]
        self.rng.shuffle(names)
        limit = self.rng.choice([None, 0, 1, 2, 5, 5, 10])
        order = tuple((name, self.rng.choice(ORDERS)) for name in names)
        return dataclasses.replace(query, order=order, limit=limit)
