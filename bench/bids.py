#!/usr/bin/env python3
"""Makes the bids that the file benchmarks read: N lines of about 246 bytes, the same for everyone.

usage: bids.py N JSON [CSV]

A window of 1,000 auctions moves on by one every 50 bids; half of the bids go to its 10 newest. Event time advances 10 ms a bid,
with up to 2 s of disorder. The JSON file of 2,000,000 bids has the SHA-256 that bench/run.py knows.
"""
import random
import sys
from datetime import datetime, timedelta, timezone

BASE = datetime(2026, 1, 1, tzinfo=timezone.utc)
CHANNELS = ["Google", "Facebook", "Baidu", "Apple"] + ["channel-%d" % i for i in range(100)]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
JSON_LINE = '{"auction":%d,"bidder":%d,"price":%d,"channel":"%s","url":"%s","dateTime":"%s","extra":"%s"}\n'
CSV_LINE = "%d,%d,%d,%s,%s,%s,%s\n"


def time_text(ms, seconds):
    whole, fraction = divmod(ms, 1000)
    if whole not in seconds:
        seconds[whole] = (BASE + timedelta(seconds=whole)).strftime("%Y-%m-%d %H:%M:%S")
    return "%s.%03d" % (seconds[whole], fraction)


def bids(count):
    source = random.Random(42)
    draw = source.random
    pool = ["".join(source.choice(LETTERS) for _ in range(72)) for _ in range(4096)]
    seconds = {}
    for i in range(count):
        oldest = 1000 + i // 50
        auction = oldest + (990 + int(draw() * 10) if draw() < 0.5 else int(draw() * 1000))
        ms = i * 10 + 2000 - int(draw() * 2000)
        channel = CHANNELS[int(draw() * 104)]
        text = pool[int(draw() * 4096)]
        bidder, price = 1000 + int(draw() * 5000), 100 + int(10 ** (draw() * 6))
        url = "https://www.nexmark.example/%s/item.htm?query=1&id=%d" % (text[:16], i)
        yield auction, bidder, price, channel, url, time_text(ms, seconds), text[16:66]


def write(count, json_path, csv_path=None):
    csv = open(csv_path, "w", buffering=1 << 20) if csv_path else None
    with open(json_path, "w", buffering=1 << 20) as json:
        for bid in bids(count):
            json.write(JSON_LINE % bid)
            if csv:
                csv.write(CSV_LINE % bid)
    if csv:
        csv.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    write(int(sys.argv[1]), *sys.argv[2:4])
