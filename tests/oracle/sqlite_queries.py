#!/usr/bin/env python3
"""Asks the engine and SQLite the same random queries over the same random tables.

    tests/oracle/sqlite_queries.py THALWEG [--seed S] [--count N] [--world W]

Queries are asked in worlds of 25, each with tables of its own; the engine answers on one shard and on two, the latter in small batches and with
settings that change how it works, not what comes out. On a difference the query and the data are made as small as they get, and both sides' SQL
and rows are printed. --world repeats one world alone.

generated/terms.py says how values are mapped, queries.py how SQLite is told what it has no words for, builders.py what is left out, and why."""

import argparse
import random
import sys
import tempfile

sys.dont_write_bytecode = True

from generated.data import Worlds
from generated.generator import Queries
from generated.shrink import shrink
from generated.sides import Engine, Refused, Run, Sqlite, difference, same
from generated.terms import ENGINE, SQLITE

QUERIES = 25
SHOWN = 5  # differences that are shrunk and printed


SETTINGS = ((), (("table.exec.mini-batch.enabled", "false"),), (("table.optimizer.agg-phase-strategy", "TWO_PHASE"),),
            (("table.optimizer.agg-phase-strategy", "ONE_PHASE"),))


def runs(rng):
    return [Run(("--shards", "1")), Run(("--shards", "2", "--batch", str(rng.choice([1, 2, 3, 7]))), rng.choice(SETTINGS))]


class Comparison:
    def __init__(self, program, seed):
        self.program, self.seed = program, seed
        self.asked = self.rows = self.differences = 0

    def world(self, number, count):
        """Asks `count` queries of a world."""
        rng = random.Random(f"{self.seed}/{number}")
        world = Worlds(rng).make()
        generator = Queries(rng, [stored.table for stored in world])
        sqlite = Sqlite(world)
        queries, theirs = zip(*(self.question(rng, generator, sqlite, number) for _ in range(count)))
        with tempfile.TemporaryDirectory() as folder:
            engine = Engine(self.program, folder, world)
            for run in runs(rng):
                ours = engine.answers(queries, run)
                for query, mine, other in zip(queries, ours, theirs):
                    if not same(query, mine, other):
                        self.differ(number, world, query, run)
        self.asked += len(queries)
        self.rows += sum(map(len, theirs))

    def question(self, rng, generator, sqlite, number):
        """A query and SQLite's answer. Most that have no rows are passed over: they tell little."""
        while True:
            query = generator.make()
            try:
                rows = sqlite.answer(query)
            except Refused as refused:
                sys.exit(f"seed {self.seed}, world {number}: SQLite refuses a query: {refused}\n{query.text(SQLITE)}")
            if rows or rng.random() < 0.1:
                return query, rows

    def ask(self, world, query, run):
        with tempfile.TemporaryDirectory() as folder:
            return Engine(self.program, folder, world).answers([query], run)[0], Sqlite(world).answer(query)

    def differ(self, number, world, query, run):
        self.differences += 1
        if self.differences > SHOWN:
            return
        complaint = cause(self.ask(world, query, run)[0])

        def differs(world, query):
            try:
                mine, other = self.ask(world, query, run)
            except (Refused, TypeError, AttributeError):
                return False
            return cause(mine) == complaint and not same(query, mine, other)

        self.report(number, *shrink(world, query, differs), run)

    def report(self, number, world, query, run):
        mine, other = self.ask(world, query, run)
        print(f"\n=== seed {self.seed}, world {number}, {run}")
        for stored in world:
            if any(stored.table.name in text for text in (query.text(ENGINE), query.text(SQLITE))):
                print(stored.ddl("."), *stored.file_text().splitlines(), sep="\n")
        print(f"--- engine\n{query.text(ENGINE)};\n--- SQLite\n{query.text(SQLITE)};\n--- difference")
        print(*difference(mine, other), sep="\n", flush=True)


def cause(answer):
    """What a complaint begins with, without position and names; None for rows."""
    return answer.split("error", 1)[-1][:25] if isinstance(answer, str) else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--world", type=int)
    arguments = parser.parse_args()
    comparison = Comparison(arguments.program, arguments.seed)
    numbers = range((arguments.count + QUERIES - 1) // QUERIES) if arguments.world is None else [arguments.world]
    for number in numbers:
        comparison.world(number, min(QUERIES, arguments.count - number * QUERIES) if arguments.world is None else QUERIES)
    print(f"seed {arguments.seed}: {comparison.asked} queries with {comparison.rows} rows, {comparison.differences} differences")
    sys.exit(1 if comparison.differences else 0)


if __name__ == "__main__":
    main()
