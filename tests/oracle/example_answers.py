#!/usr/bin/env python3
"""Computes what the scripts of examples/market and examples/earthquakes print, in plain Python, without any code of the engine.

    tests/oracle/example_answers.py                    compares with tests/expected, exit 1 where they differ
    tests/oracle/example_answers.py --write            writes tests/expected
    tests/oracle/example_answers.py --printed FILE     compares with what a run of a script printed (lines `sink> +I[...]`, in any order)

Decimals are computed as Flink types them: a quotient has the digits of its result type, rounded half up, and averages are of
DOUBLE in order of arrival.
"""

import collections
import decimal
import sys

from known_answers import EXPECTED, VENUES, epoch_ms, late_rows, of_type, rows_of, sql_time, vwap

DAY_MS = 86_400_000
HEADERS = {
    "candles": "window_start,venue,open_price,high,low,close_price,volume,vwap,trades",
    "quotes": "window_start,venue,bid,ask,spread_bp,imbalance,updates",
    "basis": "window_start,spot,futures,basis,basis_bp",
    "alerts": "window_start,window_end,venue,low,high,move_bp",
    "by_arrival": "arrived,reports,strongest,mean_minutes,most_minutes",
    "by_quake_in_haste": "shaken,quakes,strongest",
    "by_quake": "shaken,quakes,strongest",
}
SCRIPTS = {"market": ("candles", "quotes", "basis", "alerts"), "earthquakes": ("by_arrival", "by_quake_in_haste", "by_quake")}


def rounded(value, digits):
    """To DECIMAL(38, digits), half up."""
    with decimal.localcontext(decimal.Context(prec=60)):
        return decimal.Decimal(value).quantize(decimal.Decimal(1).scaleb(-digits), decimal.ROUND_HALF_UP)


def quotient(a, b, digits):
    with decimal.localcontext(decimal.Context(prec=60)):
        return rounded(decimal.Decimal(a) / decimal.Decimal(b), digits)


def by_window(rows, size_ms):
    """Rows by start of their window, in order of arrival."""
    windows = collections.defaultdict(list)
    for row in rows:
        windows[row["ms"] // size_ms * size_ms].append(row)
    return dict(sorted(windows.items()))


def mean(doubles):
    total = 0.0
    for x in doubles:
        total += x
    return total / len(doubles)


def candles(market):
    for venue in VENUES:
        for start, rows in by_window(of_type(market[venue], "trade"), 1000).items():
            prices = [row["price"] for row in rows]
            volume = rounded(sum(decimal.Decimal(row["qty"]) for row in rows), 5)
            price = rounded(vwap(rows), 4)
            yield sql_time(start), venue, prices[0], max(prices), min(prices), prices[-1], volume, price, len(rows)


def spread_bp(row):
    return float(quotient(row["ask"] - row["bid"], row["bid"], 13) * 10_000)


def imbalance(row):
    bid, ask = decimal.Decimal(row["bid_qty"]), decimal.Decimal(row["ask_qty"])
    return float(quotient(bid - ask, bid + ask, 19))


def quotes(market):
    for venue in VENUES:
        for start, rows in by_window(of_type(market[venue], "book"), 1000).items():
            spread = rounded(mean([spread_bp(row) for row in rows]), 4)
            balance = rounded(mean([imbalance(row) for row in rows]), 4)
            yield sql_time(start), venue, rows[-1]["bid"], rows[-1]["ask"], spread, balance, len(rows)


def basis(market):
    spot, futures = (by_window(of_type(market[venue], "book"), 1000) for venue in VENUES)
    for start in sorted(spot.keys() & futures.keys()):
        middle = [rounded((w[start][-1]["bid"] + w[start][-1]["ask"]) / 2, 3) for w in (spot, futures)]
        difference = middle[1] - middle[0]
        yield sql_time(start), *middle, difference, rounded(quotient(difference, middle[0], 16) * 10_000, 4)


def alerts(market):
    for venue in VENUES:
        seconds = by_window(of_type(market[venue], "trade"), 1000)
        for start in range(min(seconds) - 4000, max(seconds) + 1000, 1000):
            prices = [row["price"] for second in range(start, start + 5000, 1000) for row in seconds.get(second, ())]
            move = quotient(max(prices) - min(prices), min(prices), 13) * 10_000
            if move > 10:
                yield sql_time(start), sql_time(start + 5000), venue, min(prices), max(prices), rounded(move, 4)


def by_arrival(reports):
    arrived = [{**row, "ms": epoch_ms(row["updated"]), "minutes": (epoch_ms(row["updated"]) - row["ms"]) // 60_000} for row in reports]
    for start, rows in by_window(arrived, DAY_MS).items():
        minutes = [row["minutes"] for row in rows]
        yield sql_time(start)[:10], len(rows), strongest(rows), sum(minutes) // len(minutes), max(minutes)


def strongest(rows):
    return float(max(row["mag"] for row in rows if row["mag"] is not None))


def by_quake(reports):
    for start, rows in by_window(reports, DAY_MS).items():
        yield sql_time(start)[:10], len(rows), strongest(rows)


def in_haste(reports):
    missed = set(map(id, late_rows(reports, DAY_MS, 3_600_000)))
    return by_quake([row for row in reports if id(row) not in missed])


def answers():
    market = {venue: rows_of(f"btc_{venue}") for venue in VENUES}
    reports = rows_of("earthquakes")
    return {
        "candles": candles(market),
        "quotes": quotes(market),
        "basis": basis(market),
        "alerts": alerts(market),
        "by_arrival": by_arrival(reports),
        "by_quake_in_haste": in_haste(reports),
        "by_quake": by_quake(reports),
    }


def file_text(sink, rows):
    return HEADERS[sink] + "\n" + "".join(sorted(",".join(map(str, row)) + "\n" for row in rows))


def printed(path):
    """The final rows of each sink of a run's output, in the form of `file_text`."""
    rows = collections.defaultdict(list)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            sink, mark, change = line.rstrip("\n").partition("> ")
            if mark and sink in HEADERS and change.startswith("+I["):
                rows[sink].append([sql_text(value) for value in change[3:-1].split(", ")])
    return {sink: file_text(sink, some) for sink, some in rows.items()}


def sql_text(value):
    """Java's text of a time to the millisecond, others as they are."""
    return sql_time(epoch_ms(value)) if "T" in value else value


def compare(path):
    got, differ = printed(path), 0
    script = next((sinks for sinks in SCRIPTS.values() if got.keys() & set(sinks)), SCRIPTS["market"])
    for sink in script:
        expected = (EXPECTED / f"{sink}.csv").read_text(encoding="utf-8").splitlines()
        found = got.get(sink, "").splitlines()
        if expected != found:
            differ = 1
            print(f"{sink}: {len(expected) - 1} rows expected, {max(len(found) - 1, 0)} found")
            for line in sorted(set(expected) - set(found))[:3]:
                print(f"  missing  {line}")
            for line in sorted(set(found) - set(expected))[:3]:
                print(f"  unwanted {line}")
    return differ


def main(arguments):
    if arguments[:1] == ["--printed"]:
        return compare(arguments[1])
    differ = 0
    for sink, rows in answers().items():
        path, text = EXPECTED / f"{sink}.csv", file_text(sink, rows)
        if "--write" in arguments:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{path.name} differs from what was computed")
            differ = 1
    return differ


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
