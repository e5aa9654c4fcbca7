#!/usr/bin/env python3
"""Asks the engine what plain Python computes from examples/data (known_answers.py).

    tests/oracle/engine_answers.py THALWEG [OPTION...]      the options go to `thalweg run`

Each question is a script of its own; its last query's rows, as CSV without the header, are the answer. Late rows are asked for twice: as
rows of `$late`, and in the line that the program says of them when it ends.
"""

import csv
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXPECTED = ROOT / "tests" / "expected"
INPUT = "WITH ('connector' = 'filesystem', 'path' = 'examples/data/{}.jsonl.zst', 'format' = 'json');\n"
SECOND = "DESCRIPTOR(ts), INTERVAL '1' SECOND"


def market(venue, delay):
    return (
        "CREATE TABLE m (`type` STRING, ts TIMESTAMP(3), trade_id BIGINT, price DECIMAL(10, 2), qty DECIMAL(12, 5),"
        f" WATERMARK FOR ts AS ts - INTERVAL '{delay}' SECOND) " + INPUT.format("btc_" + venue)
        + "CREATE VIEW trades AS SELECT * FROM m WHERE `type` = 'trade';\n"
    )


def weblogs(delay):
    return f"CREATE TABLE w (ip STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '{delay}' SECOND) " + INPUT.format("weblogs")


def earthquakes(time):
    return f"CREATE TABLE q (ts TIMESTAMP(3), updated TIMESTAMP(3), WATERMARK FOR {time} AS {time}) " + INPUT.format("earthquakes")


CANDLES = (
    "SELECT window_start, FIRST_VALUE(price) AS o, MAX(price) AS h, MIN(price) AS l, LAST_VALUE(price) AS c, SUM(qty) AS v, COUNT(*) AS n"
    f" FROM TABLE(TUMBLE(TABLE trades, {SECOND})) GROUP BY window_start, window_end"
)
TEN_SECONDS = (
    "CREATE TABLE nowhere (s TIMESTAMP(3), n BIGINT) WITH ('connector' = 'blackhole');\n"
    "INSERT INTO nowhere SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
    " GROUP BY window_start, window_end;\n"
)
SECONDS_OF_TRADES = (
    "CREATE TABLE nowhere (s TIMESTAMP(3), n BIGINT) WITH ('connector' = 'blackhole');\n"
    f"INSERT INTO nowhere SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE trades, {SECOND})) GROUP BY window_start, window_end;\n"
)


class Engine:
    def __init__(self, command):
        self.command, self.failures = command, 0

    def ask(self, script):
        """Rows of the last query, and how many late rows the program told of at its end."""
        done = subprocess.run(self.command + ["--format", "csv", "-e", script], cwd=ROOT, capture_output=True, text=True, timeout=100)
        if done.returncode != 0:
            sys.exit(f"{script}\n{done.stderr}")
        told = re.search(r"([0-9,_ ]+) late row", done.stderr)
        return list(csv.reader(done.stdout.splitlines()))[1:], int(re.sub(r"\D", "", told.group(1))) if told else 0

    def check(self, what, got, expected):
        if got == expected:
            return
        self.failures += 1
        print(f"{what}: the engine says {got}, plain Python {expected}")

    def check_late(self, what, script, table, expected):
        rows, told = self.ask(script + f"SELECT COUNT(*) AS n FROM `{table}$late`;")
        self.check(what, int(rows[0][0]) if rows else 0, expected)
        self.check(what + ", told at the end", told, expected)


def check_ids(engine, answers):
    for venue in ("spot", "futures"):
        ask = "SELECT COUNT(*) AS n, COUNT(DISTINCT trade_id) AS d, MIN(trade_id) AS low, MAX(trade_id) AS high FROM trades;"
        n, distinct, low, high = map(int, engine.ask(market(venue, "1") + ask)[0][0])
        engine.check(f"{venue}: trades", n, answers[f"{venue}: rows of type trade"])
        engine.check(f"{venue}: gaps in trade ids", high - low + 1 - distinct, answers[f"{venue}: gaps in trade ids"])


def check_late_trades(engine, answers):
    for venue in ("spot", "futures"):
        for delay, ms in (("0", 0), ("0.001", 1), ("0.010", 10), ("0.100", 100), ("0.250", 250)):
            name = f"{venue}: all rows: trades late for one second at delay {ms} ms"
            engine.check_late(name, market(venue, delay) + SECONDS_OF_TRADES, "m", answers[name])


def check_repair(engine):
    """Candles that late trades repair are those of a watermark that waits long enough."""
    for venue, delay in (("futures", "0.001"), ("futures", "0"), ("spot", "0")):
        repaired, told = engine.ask(market(venue, delay) + CANDLES + " EMIT ON CLOSE WITH LATENESS INTERVAL '10' SECOND;")
        patient, _ = engine.ask(market(venue, "10") + CANDLES + ";")
        dropped, _ = engine.ask(market(venue, delay) + CANDLES + ";")
        engine.check(f"{venue}: late rows after repair at delay {delay} s", told, 0)
        engine.check(f"{venue}: candles that differ after repair", len(set(map(tuple, repaired)) ^ set(map(tuple, patient))), 0)
        engine.check(f"{venue}: candles are damaged without repair", sorted(dropped) != sorted(patient), True)


def check_weblogs(engine, answers):
    rows, _ = engine.ask(weblogs(60) + "SELECT COUNT(*) AS n FROM w;")
    engine.check("weblogs: rows", int(rows[0][0]), answers["weblogs: rows"])
    for delay in (0, 10, 30, 60):
        name = f"weblogs: dropped by 10 s at delay {delay} s"
        engine.check_late(name, weblogs(delay) + TEN_SECONDS, "w", answers[name])
    sessions = (
        "SELECT COUNT(*) AS n FROM (SELECT ip, window_start, window_end FROM TABLE(SESSION(TABLE w PARTITION BY ip, DESCRIPTOR(ts),"
        " INTERVAL '30' MINUTE)) GROUP BY ip, window_start, window_end);"
    )
    rows, _ = engine.ask(weblogs(60) + sessions)
    engine.check("weblogs: sessions", int(rows[0][0]), answers["weblogs: sessions per address at gap 30 min"])


def check_earthquakes(engine, answers):
    """A row behind is one whose time is less than the watermark before it, which is the greatest time so far."""
    for time, name in (("ts", "earthquakes: rows behind"), ("updated", "earthquakes: rows behind by updated")):
        ask = f"SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE {time} < CURRENT_WATERMARK({time})) AS b FROM q;"
        n, behind = map(int, engine.ask(earthquakes(time) + ask)[0][0])
        engine.check("earthquakes: rows", n, answers["earthquakes: rows"])
        engine.check(name, behind, answers[name])


def main(program, options):
    with open(EXPECTED / "known_answers.csv", newline="", encoding="utf-8") as file:
        answers = {row["name"]: int(row["value"]) for row in csv.DictReader(file)}
    engine = Engine([str(pathlib.Path(program).resolve()), "run", *options])
    check_ids(engine, answers)
    check_late_trades(engine, answers)
    check_repair(engine)
    check_weblogs(engine, answers)
    check_earthquakes(engine, answers)
    return 1 if engine.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
