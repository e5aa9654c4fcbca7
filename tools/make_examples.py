#!/usr/bin/env python3
"""Makes examples/data from the third-party files it was drawn from.

    tools/make_examples.py SOURCE [TARGET]

SOURCE holds binance/spot_btcusdt_20240808.gz, binance/usdm_btcusdt_20240808.gz, earthquakes.tar.xz and
weblogs.tar.xz. TARGET is examples/data beside this script's folder unless given. The same SOURCE gives the same
lines at every run (their SHA-256 is printed; the same `zstd` gives the same compressed bytes as well).

Rows keep the order in which they arrived; nothing is sorted but the earthquakes, whose arrival order is `updated`.
Numbers keep their decimal digits: they never pass through binary floating point.
"""

import datetime
import decimal
import gzip
import hashlib
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tarfile

MS = 1_000_000  # nanoseconds
ZSTD = ["zstd", "-19", "-q", "-c", "--single-thread"]

# Binance writes "61837.63000000" on spot and "61800.20" on futures; two decimals hold both exactly.
PRICE_DIGITS = 2


def timestamp(ns, digits):
    """Nanoseconds since 1970 as a TIMESTAMP(digits) in UTC, cut off, never rounded up."""
    seconds, rest = divmod(ns, 1_000_000_000)
    day = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    return f"{day}.{rest:09d}"[: 20 + digits] if digits else day


class Number(str):
    """A number of the source, written out as it stands there."""


def plain(value):
    """A Decimal without an exponent."""
    return Number(format(value, "f")) if isinstance(value, decimal.Decimal) else value


def to_json(value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def line(row):
    return "{" + ",".join(f'"{name}":{to_json(value)}' for name, value in row.items()) + "}\n"


def price(text):
    """`text`, a plain decimal, with two decimals; it must not lose any."""
    whole, _, part = text.partition(".")
    assert not part[PRICE_DIGITS:].strip("0"), text
    return Number(f"{whole}.{part[:PRICE_DIGITS]:0<{PRICE_DIGITS}}")


def quantity(text):
    """`text`, a plain decimal, without the zeros at its end."""
    return Number(text.rstrip("0").rstrip(".") if "." in text else text)


def levels(side):
    return [[price(p), quantity(q)] for p, q in side]


def event_ms(message):
    """When the exchange matched the order (T), or else when it sent the message (E); None if it says neither."""
    return message.get("T", message.get("E"))


def read_capture(path):
    """The capture's lines, `<receive ns> <json>`, as (receive ns, message), stream wrapper taken off."""
    with gzip.open(path, "rt", encoding="utf-8") as capture:
        for text in capture:
            ns, _, document = text.partition(" ")
            message = json.loads(document)
            yield int(ns), message.get("data", message)


def clock_offset(capture):
    """Nanoseconds to add to the receiver's clock: the median of event time minus receive time."""
    return statistics.median_low(event_ms(m) * MS - ns for ns, m in capture if event_ms(m) is not None)


def kind_of(message):
    if "lastUpdateId" in message:
        return "snapshot"
    return {"trade": "trade", "bookTicker": "book", "depthUpdate": "depth"}[message.get("e", "bookTicker")]


def trade_fields(m):
    return {"trade_id": m["t"], "price": price(m["p"]), "qty": quantity(m["q"]), "buyer_maker": m["m"]}


def book_fields(m):
    return {
        "last_update_id": m["u"],
        "bid": price(m["b"]),
        "bid_qty": quantity(m["B"]),
        "ask": price(m["a"]),
        "ask_qty": quantity(m["A"]),
    }


def depth_fields(m):
    fields = {"first_update_id": m["U"], "last_update_id": m["u"]}
    if "pu" in m:
        fields["prev_update_id"] = m["pu"]
    return {**fields, "bids": levels(m["b"]), "asks": levels(m["a"])}


def snapshot_fields(m):
    return {"last_update_id": m["lastUpdateId"], "bids": levels(m["bids"]), "asks": levels(m["asks"])}


FIELDS_OF = {"trade": trade_fields, "book": book_fields, "depth": depth_fields, "snapshot": snapshot_fields}


def market_lines(venue, path):
    capture = list(read_capture(path))
    offset = clock_offset(capture)
    print(f"{venue}: the receiver's clock is {offset / 1e9:.6f} s behind")
    for ns, message in capture:
        kind = kind_of(message)
        event = event_ms(message)
        row = {"type": kind, "venue": venue, "symbol": "BTCUSDT"}
        row["ts"] = timestamp(ns + offset if event is None else event * MS, 3)
        if "E" in message:
            row["sent_ts"] = timestamp(message["E"] * MS, 3)
        row["recv_ts"] = timestamp(ns, 9)
        yield line({**row, **FIELDS_OF[kind](message)})


def member_of(archive, name):
    with tarfile.open(archive) as tar:
        return tar.extractfile(name).read().decode("utf-8")


def earthquake_lines(archive):
    feed = json.loads(member_of(archive, "vega/earthquakes.json"), parse_float=decimal.Decimal)
    for feature in sorted(feed["features"], key=lambda f: (f["properties"]["updated"], f["id"])):
        p = feature["properties"]
        lon, lat, depth = feature["geometry"]["coordinates"]
        row = {"id": feature["id"], "ts": timestamp(p["time"] * MS, 3), "updated": timestamp(p["updated"] * MS, 3)}
        row.update({"mag": p["mag"], "mag_type": p["magType"], "place": p["place"], "lon": lon, "lat": lat})
        row.update({"depth_km": depth, "type": p["type"]})
        row.update({name: p[name] for name in ("status", "net", "nst", "gap", "dmin", "rms", "felt", "cdi", "mmi")})
        row.update({"alert": p["alert"], "tsunami": p["tsunami"] == 1, "sig": p["sig"]})
        yield line({name: plain(value) for name, value in row.items()})


# One line of the log lacks the closing quote of its agent, hence the optional quote at the end.
ACCESS = re.compile(r'(\S+) - - \[([^\]]+)\] "(\S+) (\S+) (\S+)" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"?$')


def absent(text):
    return None if text == "-" else text


def weblog_line(text):
    ip, time, method, path, protocol, status, size, referrer, agent = ACCESS.match(text).groups()
    utc = datetime.datetime.strptime(time, "%d/%b/%Y:%H:%M:%S %z").astimezone(datetime.timezone.utc)
    row = {"ip": ip, "ts": utc.strftime("%Y-%m-%d %H:%M:%S"), "method": method, "path": path, "protocol": protocol}
    row.update({"status": int(status), "bytes": None if size == "-" else int(size)})
    row.update({"referrer": absent(referrer), "agent": absent(agent)})
    return line(row)


def write(target, name, lines):
    content = "".join(lines).encode("utf-8")
    packed = subprocess.run(ZSTD, input=content, stdout=subprocess.PIPE, check=True).stdout
    (target / name).write_bytes(packed)
    rows = content.count(b"\n")
    digest = hashlib.sha256(content).hexdigest()
    print(f"{name}: {rows} rows, {len(content)} bytes, {len(packed)} packed, sha256 {digest}")


def main(source, target):
    target.mkdir(parents=True, exist_ok=True)
    binance = source / "binance"
    write(target, "btc_spot.jsonl.zst", market_lines("spot", binance / "spot_btcusdt_20240808.gz"))
    write(target, "btc_futures.jsonl.zst", market_lines("futures", binance / "usdm_btcusdt_20240808.gz"))
    write(target, "earthquakes.jsonl.zst", earthquake_lines(source / "earthquakes.tar.xz"))
    log = member_of(source / "weblogs.tar.xz", "weblogs/apache_logs")
    write(target, "weblogs.log.zst", [log])
    write(target, "weblogs.jsonl.zst", map(weblog_line, log.splitlines()))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    beside = pathlib.Path(__file__).resolve().parent.parent / "examples" / "data"
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else beside)
