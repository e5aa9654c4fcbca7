#!/usr/bin/env python3
"""What the benchmarks' results must be, computed in plain Python from the definitions of the sources, not by the engine.

usage: oracle.py [JOB...]      computes the jobs (all of them: some minutes) and enters them in expected.json

The sum is the checksum connector's (src/connector/checksum/checksum.c); the file jobs read no file but what bids.py makes.
"""
import json
import os
import sys
from collections import Counter

import bids

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = os.path.join(HERE, "expected.json")
MASK = (1 << 64) - 1
START = 0x9E3779B97F4A7C15
FACTOR = 0xD6E8FEB86659FD93
FILE_BIDS = 2_000_000
NEXMARK_EVENTS = 5_000_000


# ---- the checksum connector ----


def step(h, value):
    x = ((h ^ (value & MASK)) * FACTOR) & MASK
    return x ^ (x >> 32)


def step_text(h, text):
    data = text.encode()
    h = step(h, len(data))
    for i in range(0, len(data), 8):
        h = step(h, int.from_bytes(data[i : i + 8], "little"))
    return h


def step_decimal38(h, value):
    return step(step(h, value), value >> 64)


def checksum(rows, steps):
    count = total = 0
    for row in rows:
        h = START
        for how, value in zip(steps, row):
            h = how(h, value)
        total += h
        count += 1
    return {"rows": count, "sum": "0x%016x" % (total & MASK)}


# ---- files of bids ----


def time_ms(text):
    days = (int(text[8:10]) - 1 + sum((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[: int(text[5:7]) - 1])) + 20454
    assert text.startswith("2026-")
    return ((days * 24 + int(text[11:13])) * 60 + int(text[14:16])) * 60000 + int(text[17:19]) * 1000 + int(text[20:23])


def json_projection():
    rows = ((b[0], b[2], b[3], time_ms(b[5])) for b in bids.bids(FILE_BIDS))
    return checksum(rows, (step, step, step_text, step))


def csv():
    rows = (b[:5] + (time_ms(b[5]), b[6]) for b in bids.bids(FILE_BIDS))
    return checksum(rows, (step, step, step, step_text, step_text, step, step_text))


# ---- nexmark: src/connector/nexmark/generator.c ----


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class Prng:
    def __init__(self, state):
        self.state = state

    def below(self, bound):
        self.state = (self.state + START) & MASK
        return (mix(self.state) * bound) >> 64


def url(prng, tail):
    parts = ["".join(chr(97 + prng.below(26)) for _ in range(3 + prng.below(3))) for _ in range(3)]
    return "https://www.nexmark.com/%s/item.htm?query=1%s" % ("/".join(parts), tail)


def channels():
    prng = Prng(0x6368616E)
    hot = [(name, url(prng, "")) for name in ("Google", "Facebook", "Baidu", "Apple")]
    others = []
    for i in range(10000):
        reverse = int("{:032b}".format(i)[::-1], 2)
        reverse = reverse if reverse < 1 << 31 else (1 << 32) - reverse
        others.append(("channel-%d" % i, url(prng, "&channel_id=%d" % reverse if prng.below(10) > 0 else "")))
    return hot, others


def draw(event, field, stream):
    return mix((event * 512 + (20 + field) * 16 + stream) * START & MASK)


def nexmark_bids(want):
    """(auction, bidder, price, channel, url, dateTime, extra) of each bid; fields that are not in `want` are None."""
    pool_prng = Prng(0)
    pool = "".join(chr(97 + pool_prng.below(26)) for _ in range(1 << 18))
    prices = [10 ** (6.0 * i / 1024) * 100 for i in range(1025)]
    hot, others = channels()
    for event in range(NEXMARK_EVENTS):
        round_, offset = divmod(event, 50)
        if offset < 4:
            continue
        last_auction, people = round_ * 3 + 2, round_ + 1
        bid = [None] * 7
        if 0 in want:
            r = draw(event, 0, 1)
            first = max(last_auction - 100, 0)
            bid[0] = 1000 + (last_auction // 100 * 100 if r & 1 else first + ((r * (last_auction - first + 11)) >> 64))
        if 1 in want:
            r, active = draw(event, 1, 1), min(people, 1000)
            bid[1] = 1000 + ((people - 1) // 100 * 100 + 1 if r & 3 else people - active + ((r * (active + 10)) >> 64))
        if 2 in want:
            r = draw(event, 2, 3)
            low = prices[r >> 54]
            bid[2] = int(low + (r >> 22 & 0xFFFFFFFF) / 4294967296.0 * (prices[(r >> 54) + 1] - low) + 0.5)
        if 3 in want:
            r = draw(event, 3, 2)
            bid[3], bid[4] = hot[r >> 1 & 3] if r & 1 else others[(r * 10000) >> 64]
        if 5 in want:
            bid[5] = 1436918400000 + event // 10
        if 6 in want:
            r = draw(event, 6, 7)
            length = 54 + ((r * 28) >> 64)
            at = ((r & 0x3FFFF) * (0x40000 - length)) >> 18
            bid[6] = pool[at : at + length]
        yield bid


def nexmark_q0():
    rows = (b[:3] + b[5:] for b in nexmark_bids({0, 1, 2, 5, 6}))
    return checksum(rows, (step, step, step, step, step_text))


def nexmark_q0_full():
    return checksum(nexmark_bids({0, 1, 2, 3, 5, 6}), (step, step, step, step_text, step_text, step, step_text))


def nexmark_q1():
    rows = ((b[0], b[1], 908 * b[2], b[5], b[6]) for b in nexmark_bids({0, 1, 2, 5, 6}))
    return checksum(rows, (step, step, step_decimal38, step, step_text))


def nexmark_q2():
    rows = ((b[0], b[2]) for b in nexmark_bids({0, 2}) if b[0] % 123 == 0)
    return checksum(rows, (step, step))


# ---- windows over datagen ----


def hash_mix(a, b):
    product = a * b
    return (product & MASK) ^ (product >> 64)


def datagen_salt(field):
    """tw_hash_bytes of a name of up to 7 bytes."""
    data = field.encode()
    assert len(data) < 8
    h = hash_mix(len(data) ^ FACTOR, START)
    return hash_mix(int.from_bytes(data, "little") ^ h ^ FACTOR, START ^ (h >> 29))


def slices(events, per_slice, keys):
    """A counter of auctions per slice of so many events; as datagen makes them."""
    salt = datagen_salt("auction")
    for begin in range(0, events, per_slice):
        count = Counter()
        draws = (mix((salt + (n * 4 + 2) * START) & MASK) for n in range(begin, min(begin + per_slice, events)))
        count.update((r * keys) >> 64 for r in draws)
        yield count


def window_rows(counts, start_ms, slide_ms):
    for i, count in enumerate(counts):
        for auction, n in count.items():
            yield start_ms + i * slide_ms, auction, n


def hops(parts, width):
    parts = list(parts)
    for end in range(1, len(parts) + width):
        total = Counter()
        for part in parts[max(0, end - width) : end]:
            total.update(part)
        yield total


STEPS = (step, step, step)


def tumble_10k():
    return checksum(window_rows(slices(10_000_000, 1_000_000, 10_000), 0, 10_000), STEPS)


def hop_10k():
    return checksum(window_rows(hops(slices(10_000_000, 200_000, 10_000), 5), -8_000, 2_000), STEPS)


def tumble_1m():
    return checksum(window_rows(slices(20_000_000, 10_000_000, 1_000_000), 0, 10_000), STEPS)


def every_second(seconds, width):
    for end in range(1, seconds + width):
        count = min(end, seconds) - max(0, end - width)
        for auction in range(10_000):
            yield (end - width) * 1000, auction, count


def hop_1h():
    return checksum(every_second(600, 3600), STEPS)


def tumble_1s():
    return checksum(every_second(4199, 1), STEPS)


JOBS = (json_projection, csv, nexmark_q0, nexmark_q0_full, nexmark_q1, nexmark_q2, tumble_10k, hop_10k, tumble_1m, hop_1h, tumble_1s)


def main():
    names = sys.argv[1:] or [job.__name__ for job in JOBS]
    for job in JOBS:
        if job.__name__ not in names:
            continue
        answer = job()
        expected = json.load(open(EXPECTED)) if os.path.exists(EXPECTED) else {}
        expected[job.__name__] = answer
        with open(EXPECTED, "w") as out:
            json.dump(expected, out, indent=1, sort_keys=True)
            out.write("\n")
        print(job.__name__, answer, flush=True)


if __name__ == "__main__":
    main()
