"""One function per operator or function of SQL that both sides have, listed by the kind of its result. Each makes a term over random arguments, or
None where the arguments do not suit.

Left out, because Flink (which the engine follows) and SQLite differ:
  division by zero      fails the row / NULL: every divisor is a literal or NULLIF(x, 0)
  -0.0                  a key of its own / equal to 0.0: products add 0.0, negation subtracts from it
  SUBSTRING             from 0, from before the beginning, with a negative length
  REPLACE of ''         repeats the new text between all characters / does nothing
  LIKE                  patterns with a backslash and no ESCAPE; _ for an end of line
  casts of text         fail the row / take what looks like a number
  UPPER, LOWER          of other letters than ASCII"""

from generated.terms import BIGINT, BOOLEAN, DOUBLE, INT, KINDS, STRING, TIMESTAMP
from generated.terms import aligned, alike, as_decimal, decimal, exactly, facts_of, fits, literal, make, null, wider

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")


# --- of any kind ---


def same(g, kind, depth, n):
    """n terms of one type: type, terms, facts; the type is None where there is none."""
    found = alike([g.of(kind, depth) for _ in range(n)])
    return (found[0], found[1], facts_of(found[1])) if found else (None, None, None)


def places(terms):
    return ", ".join(f"{{{i}}}" for i in range(len(terms)))


def case(kind):
    def build(g, depth):
        type, values, facts = same(g, kind, depth, 3)
        a, b = g.of("boolean", depth), g.of("boolean", depth)
        return type and make(type, "(CASE WHEN {0} THEN {1} WHEN {2} THEN {3} ELSE {4} END)", a, values[0], b, values[1], values[2], **facts)

    return build


def case_of(kind):
    def build(g, depth):
        type, values, facts = same(g, kind, depth, 2)
        x, a, b = (g.of("int", depth) for _ in range(3))
        return type and make(type, "(CASE {0} WHEN {1} THEN {2} WHEN {3} THEN {4} END)", x, a, values[0], b, values[1], **facts)

    return build


def first_of(kind):
    def build(g, depth):
        type, values, facts = same(g, kind, depth, g.rng.randint(2, 3))
        name = "IFNULL" if type and len(values) == 2 and g.chance(0.5) else "COALESCE"
        return type and make(type, f"{name}({places(values)})", *values, **facts)

    return build


def nullif(kind):
    def build(g, depth):
        type, values, _ = same(g, kind, depth, 2)
        return type and make(values[0].type, "NULLIF({0}, {1})", *values, **facts_of(values[:1]))

    return build


def if_(kind):
    def build(g, depth):
        type, values, facts = same(g, kind, depth, 2)
        return type and make(type, "IF({0}, {1}, {2})", g.of("boolean", depth), *values, sqlite="IIF({0}, {1}, {2})", **facts)

    return build


def extreme(kind):
    def build(g, depth):
        type, values, facts = same(g, kind, depth, g.rng.randint(2, 3))
        engine, sqlite = g.rng.choice([("GREATEST", "MAX"), ("LEAST", "MIN")])
        return type and make(type, f"{engine}({places(values)})", *values, sqlite=f"{sqlite}({places(values)})", **facts)

    return build


# --- integers ---


def int_sum(g, depth):
    a, b = g.of("int", depth), g.of("int", depth)
    return make(wider([a, b]), f"({{0}} {g.rng.choice('+-')} {{1}})", a, b, bound=a.bound + b.bound)


def int_product(g, depth):
    a, b = g.of("int", depth), g.of("int", depth)
    return make(wider([a, b]), "({0} * {1})", a, b, bound=a.bound * b.bound)


def divisor(g):
    if g.chance(0.5):
        return literal(INT, g.rng.choice([-7, -2, -1, 1, 2, 3, 10]))
    b = g.leaf("int")
    return make(b.type, "NULLIF({0}, 0)", b, bound=b.bound)


def int_quotient(g, depth):
    a, b = g.of("int", depth), divisor(g)
    return make(wider([a, b]), "({0} / {1})", a, b, bound=a.bound) if b and fits(a.type, a.bound) else None


def int_rest(g, depth):
    a, b = g.of("int", depth), divisor(g)
    style = g.rng.choice(["({0} % {1})", "MOD({0}, {1})"])
    if not b or not fits(a.type, a.bound):
        return None
    # The type is the divisor's: the rest is smaller than it.
    return make(b.type, style, a, b, sqlite="({0} % {1})", bound=min(a.bound, b.bound))


def int_minus(g, depth):
    a = g.of("int", depth)
    return make(a.type, "(-{0})", a, bound=a.bound)


def int_abs(g, depth):
    a = g.of("int", depth)
    return make(a.type, "ABS({0})", a, bound=a.bound)


def int_cast(g, depth):
    a = g.of(g.rng.choice(["int", "double", "decimal", "boolean"]), depth)
    to = g.rng.choice([INT, BIGINT])
    if a.type.kind == "decimal":
        return make(to, f"CAST({{0}} AS {to.name})", a, sqlite=f"({{0}} / {10 ** a.type.scale})", bound=a.bound // 10**a.type.scale)
    bound = (a.bound >> a.fine) + 1 if a.type.kind == "double" else max(a.bound, 1)
    return make(to, f"CAST({{0}} AS {to.name})", a, sqlite="CAST({0} AS INTEGER)", bound=bound)


def char_length(g, depth):
    name = g.rng.choice(["CHAR_LENGTH", "CHARACTER_LENGTH"])
    return make(INT, name + "({0})", g.of("string", depth), sqlite="LENGTH({0})", bound=10**5)


def position(g, depth):
    style = g.rng.choice(["POSITION({1} IN {0})", "LOCATE({1}, {0})", "INSTR({0}, {1})"])
    return make(INT, style, g.of("string", depth), g.of("string", depth), sqlite="INSTR({0}, {1})", bound=10**5)


def ascii_code(g, depth):
    a = g.of("string", depth)
    return make(INT, "ASCII({0})", a, sqlite="(CASE WHEN {0} = '' THEN 0 ELSE UNICODE({0}) END)", bound=127) if a.plain else None


UNITS = {"YEAR": "%Y", "MONTH": "%m", "DAY": "%d", "HOUR": "%H", "MINUTE": "%M", "SECOND": "%S"}


def extract(g, depth):
    unit, code = g.rng.choice(list(UNITS.items()))
    style = g.rng.choice([f"EXTRACT({unit} FROM {{0}})", f"{unit if unit != 'DAY' else 'DAYOFMONTH'}({{0}})"])
    return make(BIGINT, style, g.of("time", depth), sqlite=f"CAST(STRFTIME('{code}', {{0}} / 1000, 'unixepoch') AS INTEGER)", bound=9999)


def timestamp_diff(g, depth):
    unit, ms = g.rng.choice([("SECOND", 1000), ("MINUTE", 60000), ("HOUR", 3600000), ("DAY", 86400000)])
    a, b = g.of("time", depth), g.of("time", depth)
    return make(INT, f"TIMESTAMPDIFF({unit}, {{0}}, {{1}})", a, b, sqlite=f"(({{1}} - {{0}}) / {ms})", bound=2**31 - 1)


# --- DOUBLE: sums and products of few bits ---


def double_sum(g, depth):
    a, b = g.of("double", depth), g.of("double", depth)
    fine = max(a.fine, b.fine)
    bound = (a.bound << (fine - a.fine)) + (b.bound << (fine - b.fine))
    return make(DOUBLE, f"({{0}} {g.rng.choice('+-')} {{1}})", a, b, bound=bound, fine=fine)


def double_product(g, depth):
    a, b = g.of("double", depth), g.of("double", depth)
    return make(DOUBLE, "({0} * {1} + 0E0)", a, b, sqlite="({0} * {1} + 0.0)", bound=a.bound * b.bound, fine=a.fine + b.fine)


def double_quotient(g, depth):
    a, power = g.of("double", depth), g.rng.randint(0, 3)
    return make(DOUBLE, f"({{0}} / {2 ** power}E0)", a, sqlite=f"({{0}} / {2 ** power}.0)", bound=a.bound, fine=a.fine + power)


def double_minus(g, depth):
    a = g.of("double", depth)
    return make(DOUBLE, "(0E0 - {0})", a, sqlite="(0.0 - {0})", bound=a.bound, fine=a.fine)


def double_abs(g, depth):
    a = g.of("double", depth)
    return make(DOUBLE, "ABS({0})", a, bound=a.bound, fine=a.fine)


def double_cast(g, depth):
    a = g.of("int", depth)
    return make(DOUBLE, "CAST({0} AS DOUBLE)", a, sqlite="CAST({0} AS REAL)", bound=a.bound)


def double_round(g, depth):
    name, sign, beyond = g.rng.choice([("FLOOR", "-", "<"), ("CEIL", "+", ">"), ("CEILING", "+", ">")])
    a = g.of("double", depth)
    whole = "CAST({0} AS INTEGER)"
    # The cast goes towards zero, so that one side of it needs a step; adding 0E0 spares CEIL a -0.0.
    return make(DOUBLE, f"({name}({{0}}) + 0E0)", a,
                sqlite=f"(CAST({whole} {sign} ({{0}} {beyond} {whole}) AS REAL))", bound=(a.bound >> a.fine) + 1)


# --- DECIMAL ---


def decimal_sum(g, depth):
    a, b = g.of("decimal", depth), g.of(g.rng.choice(["decimal", "decimal", "int"]), depth)
    p, q, sign, same_scale = as_decimal(a.type), as_decimal(b.type), g.rng.choice("+-"), aligned([a, b])
    if not same_scale:
        return None
    (left, right), scale, bounds = same_scale
    precision = max(p.precision - p.scale, q.precision - q.scale) + scale + 1
    if precision > 38:
        return None
    return make(decimal(precision, scale), f"({{0}} {sign} {{1}})", a, b, sqlite=f"({left} {sign} {right})", bound=sum(bounds))


def decimal_product(g, depth):
    a, b = g.of("decimal", depth), g.of(g.rng.choice(["decimal", "decimal", "int"]), depth)
    p, q = as_decimal(a.type), as_decimal(b.type)
    precision, scale = p.precision + q.precision, p.scale + q.scale
    return make(decimal(precision, scale), "({0} * {1})", a, b, bound=a.bound * b.bound) if precision <= 38 else None


def decimal_minus(g, depth):
    a = g.of("decimal", depth)
    return make(a.type, "(-{0})", a, bound=a.bound)


def decimal_abs(g, depth):
    a = g.of("decimal", depth)
    return make(a.type, "ABS({0})", a, bound=a.bound)


def decimal_cast(g, depth):
    return exactly(g.of(g.rng.choice(["decimal", "int"]), depth), decimal(g.rng.choice([20, 25, 30]), g.rng.choice([0, 2, 4])))


# --- STRING ---


def changed_case(g, depth):
    a, name = g.of("string", depth), g.rng.choice(["UPPER", "LOWER"])
    return make(STRING, name + "({0})", a) if a.plain else None


TRIMS = [("TRIM({0})", "TRIM({0})"), ("LTRIM({0})", "LTRIM({0})"), ("RTRIM({0})", "RTRIM({0})"), ("TRIM(BOTH 'a' FROM {0})", "TRIM({0}, 'a')"),
         ("TRIM(LEADING ' ' FROM {0})", "LTRIM({0}, ' ')"), ("TRIM(TRAILING 'b' FROM {0})", "RTRIM({0}, 'b')"),
         ("BTRIM({0}, 'ab')", "TRIM({0}, 'ab')"),
         ("LTRIM({0}, 'ab')", "LTRIM({0}, 'ab')"), ("RTRIM({0}, 'b ')", "RTRIM({0}, 'b ')")]


def trim(g, depth):
    engine, sqlite = g.rng.choice(TRIMS)
    return make(STRING, engine, g.of("string", depth), sqlite=sqlite)


def substring(g, depth):
    start, length = g.rng.randint(1, 4), g.rng.randint(0, 4)
    engine, sqlite = g.rng.choice([(f"SUBSTRING({{0}} FROM {start} FOR {length})", f"SUBSTR({{0}}, {start}, {length})"),
                                   (f"SUBSTRING({{0}} FROM {start})", f"SUBSTR({{0}}, {start})"),
                                   (f"SUBSTR({{0}}, {start}, {length})", f"SUBSTR({{0}}, {start}, {length})"),
                                   (f"LEFT({{0}}, {length})", f"SUBSTR({{0}}, 1, {length})"),
                                   (f"RIGHT({{0}}, {start})", f"SUBSTR({{0}}, -{start})")])
    return make(STRING, engine, g.of("string", depth), sqlite=sqlite)


def concatenation(g, depth):
    engine = g.rng.choice(["({0} || {1})", "CONCAT({0}, {1})"])
    return make(STRING, engine, g.of("string", depth), g.of("string", depth), sqlite="({0} || {1})")


def replace(g, depth):
    old, new = g.rng.choice(["a", "b", "ab", " ", ","]), g.rng.choice(["", "x", "aa", "é"])
    return make(STRING, f"REPLACE({{0}}, '{old}', '{new}')", a := g.of("string", depth), plain=a.plain and new.isascii())


def repeat(g, depth):
    n = g.rng.randint(0, 3)
    return make(STRING, f"REPEAT({{0}}, {n})", g.of("string", depth), sqlite=f"REPLACE('{'x' * n}', 'x', {{0}})") if n else None


def string_cast(g, depth):
    a = g.of(g.rng.choice(["int", "boolean", "time"]), depth)
    sqlite = {"int": "CAST({0} AS TEXT)", "boolean": "(CASE {0} WHEN 1 THEN 'TRUE' WHEN 0 THEN 'FALSE' END)",
              "time": "(STRFTIME('%Y-%m-%d %H:%M:%S', {0} / 1000, 'unixepoch') || PRINTF('.%03d', {0} % 1000))"}
    return make(STRING, "CAST({0} AS STRING)", a, sqlite=sqlite[a.type.kind], plain=True)


# --- BOOLEAN ---


def comparable(g, depth, n):
    """Terms that may be compared with each other, and SQLite's texts of them."""
    kind = g.rng.choice(["int", "int", "double", "decimal", "string", "string", "time", "boolean", "mixed"])
    kinds = g.rng.choice([["int", "decimal"], ["int", "double"]]) if kind == "mixed" else [kind]
    terms = [g.of(g.rng.choice(kinds), depth) for _ in range(n)]
    # Flink makes DOUBLE of the integer, SQLite compares exactly: the same up to 2^53.
    if kinds == ["int", "double"] and any(t.bound > 2**53 for t in terms):
        return None, None
    same_scale = aligned(terms)
    return (terms, same_scale[0]) if same_scale else (None, None)


def comparison(g, depth):
    terms, texts = comparable(g, depth, 2)
    op = g.rng.choice(COMPARISONS)
    return terms and make(BOOLEAN, f"({{0}} {op} {{1}})", *terms, sqlite=f"({texts[0]} {op} {texts[1]})")


def distinctness(g, depth):
    terms, texts = comparable(g, depth, 2)
    engine, sqlite = g.rng.choice([("IS DISTINCT FROM", "IS NOT"), ("IS NOT DISTINCT FROM", "IS")])
    return terms and make(BOOLEAN, f"({{0}} {engine} {{1}})", *terms, sqlite=f"({texts[0]} {sqlite} {texts[1]})")


def between(g, depth):
    terms, texts = comparable(g, depth, 3)
    if not terms:
        return None
    x, a, b = texts
    plain, swapped = f"({x} BETWEEN {a} AND {b})", f"({x} BETWEEN {b} AND {a})"
    engine, sqlite = g.rng.choice([("BETWEEN", plain), ("NOT BETWEEN", f"(NOT {plain})"), ("BETWEEN SYMMETRIC", f"({plain} OR {swapped})")])
    return make(BOOLEAN, f"({{0}} {engine} {{1}} AND {{2}})", *terms, sqlite=sqlite)


def in_list(g, depth):
    kind = g.rng.choice(["int", "string", "double", "time", "decimal"])
    found = alike([g.of(kind, depth)] + [g.leaf(kind) if g.chance(0.2) else g.literal(kind) for _ in range(g.rng.randint(1, 6))])
    if not found:
        return None
    listed = ", ".join(f"{{{i}}}" for i in range(1, len(found[1])))
    return make(BOOLEAN, f"({{0}} {g.rng.choice(['IN', 'NOT IN'])} ({listed}))", *found[1])


def logic(g, depth):
    return make(BOOLEAN, f"({{0}} {g.rng.choice(['AND', 'OR'])} {{1}})", g.of("boolean", depth), g.of("boolean", depth))


def negation(g, depth):
    return make(BOOLEAN, "(NOT {0})", g.of("boolean", depth))


def null_test(g, depth):
    return make(BOOLEAN, f"({{0}} {g.rng.choice(['IS NULL', 'IS NOT NULL'])})", g.any(depth))


TRUTHS = [(t, t) for t in ("IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE")] + [("IS UNKNOWN", "IS NULL"), ("IS NOT UNKNOWN", "IS NOT NULL")]


def truth_test(g, depth):
    engine, sqlite = g.rng.choice(TRUTHS)
    return make(BOOLEAN, f"({{0}} {engine})", g.of("boolean", depth), sqlite=f"({{0}} {sqlite})")


PATTERNS = ("%", "_", "a%", "%b", "%a%", "_b%", "a_c", "%_", "", "A%", "%é%", "__", "%,%", "a%b%", "x!%%' ESCAPE '!", "%!_%' ESCAPE '!")


def like(g, depth):
    pattern = g.rng.choice(PATTERNS)
    text = "REPLACE({0}, '\n', ' ')" if "_" in pattern else "{0}"
    return make(BOOLEAN, f"({text} {g.rng.choice(['LIKE', 'NOT LIKE'])} '{pattern}')", g.of("string", depth))


def starts(g, depth):
    # SUBSTR(x, -0) is all of x.
    ends = "(CASE WHEN {1} = '' THEN {0} = {0} ELSE SUBSTR({0}, -LENGTH({1})) = {1} END)"
    engine, sqlite = g.rng.choice([("STARTSWITH({0}, {1})", "(SUBSTR({0}, 1, LENGTH({1})) = {1})"), ("ENDSWITH({0}, {1})", ends)])
    return make(BOOLEAN, engine, g.of("string", depth), g.of("string", depth), sqlite=sqlite)


# --- TIMESTAMP(3) ---


def moved_time(g, depth):
    n, (unit, ms) = g.rng.randint(0, 99), g.rng.choice([("SECOND", 1000), ("MINUTE", 60000), ("HOUR", 3600000), ("DAY", 86400000)])
    sign = g.rng.choice("+-")
    engine = g.rng.choice([f"({{0}} {sign} INTERVAL '{n}' {unit})", f"TIMESTAMPADD({unit}, {sign.strip('+')}{n}, {{0}})"])
    return make(TIMESTAMP, engine, g.of("time", depth), sqlite=f"({{0}} {sign} {n * ms})")


def floored_time(g, depth):
    unit, ms = g.rng.choice([("SECOND", 1000), ("MINUTE", 60000), ("HOUR", 3600000), ("DAY", 86400000)])
    name, before = g.rng.choice([("FLOOR", 0), ("CEIL", ms - 1)])
    return make(TIMESTAMP, f"{name}({{0}} TO {unit})", g.of("time", depth), sqlite=f"(({{0}} + {before}) / {ms} * {ms})")


def of_any(kind):
    return [case(kind), case_of(kind), first_of(kind), first_of(kind), nullif(kind), if_(kind)]


OF = {
    "int": [int_sum, int_sum, int_product, int_quotient, int_rest, int_minus, int_abs, int_cast, char_length, position, ascii_code, extract,
            timestamp_diff, extreme("int")] + of_any("int"),
    "double": [double_sum, double_sum, double_product, double_quotient, double_minus, double_abs, double_cast, double_round, extreme("double")]
    + of_any("double"),
    "decimal": [decimal_sum, decimal_sum, decimal_product, decimal_minus, decimal_abs, decimal_cast] + of_any("decimal"),
    "string": [changed_case, trim, substring, concatenation, replace, repeat, string_cast, extreme("string")] + of_any("string"),
    "boolean": [comparison] * 4 + [logic] * 3 + [distinctness, between, in_list, negation, null_test, truth_test, like, like, starts]
    + of_any("boolean"),
    "time": [moved_time, floored_time, extreme("time")] + of_any("time"),
}


class Terms:
    """Makes random terms over the leaves it is given (columns; behind GROUP BY, keys and aggregates)."""

    def __init__(self, rng, leaves, words):
        self.rng, self.leaves, self.words = rng, leaves, words

    def chance(self, p):
        return self.rng.random() < p

    def any(self, depth=None):
        return self.of(self.rng.choice(KINDS), depth)

    def literal(self, kind):
        r = self.rng
        if kind == "int":
            small = [(INT, r.randint(-9, 9)), (INT, r.randint(-1000, 1000))]
            return literal(*r.choice(small + [(BIGINT, r.randint(-(2**40), 2**40)), (BIGINT, 2**63 - 1)]))
        if kind == "double":
            return literal(DOUBLE, r.randint(-64, 64) / 2 ** r.randint(0, 3))
        if kind == "decimal":
            return literal(decimal(5, 2), r.randint(-9999, 9999))
        if kind == "boolean":
            return literal(BOOLEAN, r.random() < 0.5)
        if kind == "time":
            return literal(TIMESTAMP, 1704067200000 + r.randint(0, 400) * 250)
        return literal(STRING, r.choice(self.words))

    def leaf(self, kind):
        fitting = [t for t in self.leaves if t.type.kind == kind]
        if fitting and self.chance(0.8):
            return self.rng.choice(fitting)
        return null(self.literal(kind).type) if self.chance(0.1) else self.literal(kind)

    def of(self, kind, depth=None):
        depth = self.rng.choice([1, 2, 2, 3]) if depth is None else depth
        if depth > 0 and self.chance(0.75):
            term = self.rng.choice(OF[kind])(self, depth - 1)
            if term is not None:
                return term
        return self.leaf(kind)
