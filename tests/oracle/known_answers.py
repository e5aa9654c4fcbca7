#!/usr/bin/env python3
"""Computes the known answers of examples/data in plain Python, without any code of the engine.

    tests/oracle/known_answers.py            compares with tests/expected, exit 1 where they differ
    tests/oracle/known_answers.py --write    writes tests/expected

Late means what it means to Flink: a window drops a row when window end - 1 ms <= the row's watermark, and the row's
watermark is made of the rows before it in its file: the greatest `ts` minus the delay. Of the row's own file all rows
count, whatever their type. So a delay of 0 (`WATERMARK FOR ts AS ts`) takes a row stamped .999 for late as soon as
another one of that millisecond was seen; a delay of 1 ms (`ts - INTERVAL '0.001' SECOND`) waits for a later one.
"""

import collections
import datetime
import decimal
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "examples" / "data"
EXPECTED = ROOT / "tests" / "expected"

EPOCH = datetime.datetime(1970, 1, 1)
VENUES = ("spot", "futures")


def epoch_ms(text):
    return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(milliseconds=1)


def rows_of(name):
    text = subprocess.run(["zstd", "-dcq", DATA / f"{name}.jsonl.zst"], stdout=subprocess.PIPE, check=True).stdout
    rows = [json.loads(line, parse_float=decimal.Decimal) for line in text.decode("utf-8").splitlines()]
    for row in rows:
        row["ms"] = epoch_ms(row["ts"])
    return rows


def sql_time(ms):
    return (EPOCH + datetime.timedelta(milliseconds=ms)).isoformat(" ", "milliseconds")


def with_watermark(rows, delay_ms):
    """Pairs of row and its watermark, that of the rows before it."""
    greatest = -(2**62)
    for row in rows:
        yield row, greatest - delay_ms
        greatest = max(greatest, row["ms"])


def window_end(ms, size_ms):
    return ms // size_ms * size_ms + size_ms


def late_rows(rows, size_ms, delay_ms):
    """The rows that a TUMBLE of `size_ms` drops."""
    return [row for row, mark in with_watermark(rows, delay_ms) if window_end(row["ms"], size_ms) - 1 <= mark]


def behind(rows):
    """By how many milliseconds each row that is behind the greatest time before it is so, ascending."""
    return sorted(mark - row["ms"] for row, mark in with_watermark(rows, 0) if row["ms"] < mark)


def of_type(rows, *types):
    return [row for row in rows if row["type"] in types]


def gaps(pairs):
    return sum(before != after for before, after in pairs)


def trade_id_gaps(rows):
    ids = [row["trade_id"] for row in of_type(rows, "trade")]
    return gaps((before + 1, after) for before, after in zip(ids, ids[1:]))


def depth_chain_gaps(rows):
    """Futures name the update before; on spot an update begins where the one before ended."""
    depth = of_type(rows, "depth")
    pairs = zip(depth, depth[1:])
    return gaps((a["last_update_id"], b.get("prev_update_id", b["first_update_id"] - 1)) for a, b in pairs)


def sessions(rows, key, gap_ms):
    """Sessions per key; a row `gap_ms` after the one before it opens a new one."""
    times = collections.defaultdict(list)
    for row in rows:
        times[row[key]].append(row["ms"])
    count = 0
    for series in times.values():
        series.sort()
        count += 1 + sum(after - before >= gap_ms for before, after in zip(series, series[1:]))
    return count


def vwap(trades):
    """SUM(price * qty) / SUM(qty) as DECIMAL(38, 6), rounded half up."""
    with decimal.localcontext(decimal.Context(prec=60)):
        amount = sum(decimal.Decimal(t["price"]) * decimal.Decimal(t["qty"]) for t in trades)
        volume = sum(decimal.Decimal(t["qty"]) for t in trades)
        return (amount / volume).quantize(decimal.Decimal("0.000001"), decimal.ROUND_HALF_UP)


def candle(start, trades):
    prices = [t["price"] for t in trades]
    volume = sum(decimal.Decimal(t["qty"]) for t in trades).quantize(decimal.Decimal("0.00001"))
    values = (sql_time(start), prices[0], max(prices), min(prices), prices[-1], volume, vwap(trades), len(trades))
    return ",".join(map(str, values)) + "\n"


def candles(rows, dropped):
    """One-second candles of the trades in order of arrival, without those in `dropped`, as CSV with a header."""
    gone = set(map(id, dropped))
    seconds = collections.defaultdict(list)
    for row in of_type(rows, "trade"):
        if id(row) not in gone:
            seconds[row["ms"] // 1000 * 1000].append(row)
    header = "window_start,open,high,low,close,volume,vwap,trades\n"
    return header + "".join(candle(start, seconds[start]) for start in sorted(seconds))


def market_answers(venue, rows, answers):
    parts = {"all rows": rows, "trades and tickers": of_type(rows, "trade", "book"), "trades": of_type(rows, "trade")}
    for kind, count in sorted(collections.Counter(row["type"] for row in rows).items()):
        answers[f"{venue}: rows of type {kind}"] = count
    answers[f"{venue}: gaps in trade ids"] = trade_id_gaps(rows)
    answers[f"{venue}: gaps in depth chain"] = depth_chain_gaps(rows)
    for part, some in parts.items():
        late = behind(some)
        answers[f"{venue}: {part}: rows behind"] = len(late)
        answers[f"{venue}: {part}: most behind in ms"] = max(late, default=0)
        for delay_ms in (0, 1, 10, 100, 250):
            count = len(of_type(late_rows(some, 1000, delay_ms), "trade"))
            answers[f"{venue}: {part}: trades late for one second at delay {delay_ms} ms"] = count


def sent_time_answers(rows, answers):
    """The futures again, with the time at which the exchange sent the row in place of `ts`."""
    sent = [{**row, "ms": epoch_ms(row["sent_ts"])} for row in rows]
    answers["futures: all rows: rows behind by sent_ts"] = len(behind(sent))
    for delay_ms in (0, 1):
        count = len(of_type(late_rows(sent, 1000, delay_ms), "trade"))
        answers[f"futures: all rows: trades late for one second by sent_ts at delay {delay_ms} ms"] = count


def late_trades(rows):
    out = "trade_id,ts,price,qty\n"
    for t in of_type(late_rows(rows, 1000, 1), "trade"):
        out += f"{t['trade_id']},{t['ts']},{t['price']},{t['qty']}\n"
    return out


def weblog_answers(answers):
    rows = rows_of("weblogs")
    late = behind(rows)
    answers["weblogs: rows"] = len(rows)
    answers["weblogs: rows behind"] = len(late)
    answers["weblogs: most behind in ms"] = max(late)
    for delay_s in (0, 10, 30, 60):
        answers[f"weblogs: dropped by 10 s at delay {delay_s} s"] = len(late_rows(rows, 10_000, delay_s * 1000))
    answers["weblogs: sessions per address at gap 30 min"] = sessions(rows, "ip", 30 * 60 * 1000)


def earthquake_answers(answers):
    rows = rows_of("earthquakes")
    late = behind(rows)
    answers["earthquakes: rows"] = len(rows)
    answers["earthquakes: rows behind by updated"] = gaps(
        (True, before["updated"] <= after["updated"]) for before, after in zip(rows, rows[1:])
    )
    arrival = sorted(epoch_ms(row["updated"]) - row["ms"] for row in rows)
    answers["earthquakes: median from event to arrival in min"] = round(arrival[len(arrival) // 2] / 60_000)
    answers["earthquakes: most from event to arrival in min"] = round(arrival[-1] / 60_000)
    answers["earthquakes: rows behind"] = len(late)
    answers["earthquakes: median behind in min"] = round(late[len(late) // 2] / 60_000)
    answers["earthquakes: most behind in min"] = round(late[-1] / 60_000)


def expected_files():
    answers, files = {}, {}
    for venue in VENUES:
        rows = rows_of(f"btc_{venue}")
        market_answers(venue, rows, answers)
        files[f"candles_{venue}.csv"] = candles(rows, [])
        files[f"candles_{venue}_late_dropped.csv"] = candles(rows, late_rows(rows, 1000, 1))
        files[f"late_trades_{venue}.csv"] = late_trades(rows)
    sent_time_answers(rows, answers)
    weblog_answers(answers)
    earthquake_answers(answers)
    files["known_answers.csv"] = "name,value\n" + "".join(f"{name},{value}\n" for name, value in answers.items())
    return files


def main(write):
    differ = 0
    for name, text in expected_files().items():
        path = EXPECTED / name
        if write:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{name} differs from what was computed")
            differ = 1
    return differ


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
