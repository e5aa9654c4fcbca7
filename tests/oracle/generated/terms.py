"""Expressions that mean the same to the engine and to SQLite: types and terms.

A term is a pair of templates, one per side, over the same arguments. SQLite has fewer types, so values are mapped:

    INT, BIGINT      integers
    DOUBLE           REAL; multiples of 2^-fine below 2^53 of them, so that every sum is exact and its order does not matter
    DECIMAL(p, s)    the unscaled integer; the scale is in the term's type
    TIMESTAMP(3)     milliseconds since 1970, never before 2000
    BOOLEAN          0, 1

A term knows a bound of its value (unscaled; in units of 2^-fine for DOUBLE). Where integers would overflow Flink wraps and SQLite goes over to REAL,
so what could overflow is not made. Shrinking keeps to that: a term is replaced only by one whose bound is no greater."""

import dataclasses
import datetime

ENGINE, SQLITE = 0, 1
KINDS = ("int", "double", "decimal", "string", "boolean", "time")


@dataclasses.dataclass(frozen=True)
class Type:
    kind: str
    name: str
    precision: int = 0
    scale: int = 0


INT, BIGINT = Type("int", "INT"), Type("int", "BIGINT")
DOUBLE, STRING = Type("double", "DOUBLE"), Type("string", "STRING")
BOOLEAN, TIMESTAMP = Type("boolean", "BOOLEAN"), Type("time", "TIMESTAMP(3)")
LIMITS = {"INT": 2**31 - 1, "BIGINT": 2**63 - 1, "DOUBLE": 2**53}


def decimal(precision, scale):
    return Type("decimal", f"DECIMAL({precision}, {scale})", precision, scale)


@dataclasses.dataclass(frozen=True)
class Term:
    type: Type
    engine: str
    sqlite: str
    args: tuple = ()
    bound: int = 0
    fine: int = 0
    plain: bool = True  # text of ASCII only: UPPER and LOWER of SQLite know no other letters
    aggregate: bool = False

    def text(self, side):
        template = self.sqlite if side == SQLITE else self.engine
        return template.format(*(a.text(side) for a in self.args)) if self.args else template

    def smaller(self):
        """Simpler terms that may stand here: arguments of the same type, then a literal."""
        yield from (a for a in self.args if a.type == self.type and a.fits_into(self))
        if self.args:
            yield literal(self.type, {"string": "", "boolean": True}.get(self.type.kind, 0))
            yield null(self.type)

    def fits_into(self, other):
        return self.plain >= other.plain and self.fine <= other.fine and self.bound << (other.fine - self.fine) <= other.bound

    def mentions(self, other):
        return self == other or any(a.mentions(other) for a in self.args)


def column(name, type, **facts):
    return Term(type, name, name, **facts)


def fits(type, bound):
    return bound <= LIMITS.get(type.name, 2**63 - 1)


def null(type):
    return Term(type, f"CAST(NULL AS {type.name})", "NULL")


def time_text(ms):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)).isoformat(" ", "milliseconds")


def unscaled_text(value, scale):
    digits = str(abs(value)).rjust(scale + 1, "0")
    return ("-" if value < 0 else "") + (digits[:-scale] + "." + digits[-scale:] if scale else digits)


def literal(type, value):
    """`value` as SQLite has it."""
    if type.kind == "int":
        wide = abs(value) > LIMITS["INT"]
        text = str(value) if value >= 0 else f"({value})"
        return Term(type, text if (type == INT) != wide else f"CAST({text} AS {type.name})", text, bound=abs(value))
    if type.kind == "double":
        fine = next(f for f in range(60) if (value * 2**f) == int(value * 2**f))
        return Term(type, f"({float(value)!r}E0)", f"({float(value)!r})", bound=abs(int(value * 2**fine)), fine=fine)
    if type.kind == "decimal":
        return Term(type, f"CAST({unscaled_text(value, type.scale)} AS {type.name})", f"({value})", bound=abs(value))
    if type.kind == "boolean":
        return Term(type, "TRUE" if value else "FALSE", "1" if value else "0")
    if type.kind == "time":
        value = max(value, 946684800000)
        return Term(type, f"CAST(TIMESTAMP '{time_text(value)}' AS TIMESTAMP(3))", str(value))
    quoted = "'" + value.replace("'", "''") + "'"
    return Term(type, quoted, quoted, plain=value.isascii())


def make(type, engine, *args, sqlite=None, bound=0, fine=0, plain=None, **facts):
    """None when the value might not fit its type."""
    if not fits(type, bound):
        return None
    plain = all(a.plain for a in args) if plain is None else plain
    return Term(type, engine, engine if sqlite is None else sqlite, args, bound, fine, plain, **facts)


def facts_of(terms):
    """What holds of any of the terms: their greatest bound, in the finest of their units."""
    fine = max(t.fine for t in terms)
    return {"bound": max(t.bound << (fine - t.fine) for t in terms), "fine": fine, "plain": all(t.plain for t in terms)}


def wider(terms):
    return BIGINT if any(t.type == BIGINT for t in terms) else INT


def scaled(term, place, scale):
    """SQLite's text for the argument {place}, a decimal or an integer, at a scale that is no smaller."""
    return f"{{{place}}}" if scale == term.type.scale else f"({{{place}}} * {10 ** (scale - term.type.scale)})"


def aligned(terms):
    """SQLite's texts of arguments that may then be compared or added, their scale and bounds; None where that is beyond 64 bits."""
    scale = max(t.type.scale for t in terms)
    bounds = [t.bound * 10 ** (scale - t.type.scale) for t in terms]
    if scale and max(bounds) >= 2**63:
        return None
    return [scaled(t, i, scale) for i, t in enumerate(terms)], scale, bounds


def as_decimal(type):
    return type if type.kind == "decimal" else decimal(10 if type == INT else 19, 0)


def exactly(term, type):
    """The term with just this type, None when that might lose something."""
    if term is None or term.type == type:
        return term
    if type.kind == "decimal":
        was, factor = as_decimal(term.type), 10 ** (type.scale - term.type.scale) if type.scale >= term.type.scale else 0
        if not factor or type.precision - type.scale < was.precision - was.scale:
            return None
        return make(type, f"CAST({{0}} AS {type.name})", term, sqlite=f"({{0}} * {factor})", bound=term.bound * factor)
    return make(type, f"CAST({{0}} AS {type.name})", term, sqlite="{0}", bound=term.bound)


def alike(terms):
    """The terms with one type that holds all of them, None when there is none."""
    if None in terms:
        return None
    if terms[0].type.kind == "decimal":
        scale = max(t.type.scale for t in terms)
        whole = max(t.type.precision - t.type.scale for t in terms)
        common = decimal(whole + scale, scale) if whole + scale <= 38 else None
    else:
        common = wider(terms) if terms[0].type.kind == "int" else terms[0].type
    # Integers are left to the implicit coercions of the engine.
    cast = [t if common and common.kind != "decimal" else common and exactly(t, common) for t in terms]
    return None if None in cast else (common, cast)
