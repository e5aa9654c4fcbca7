#!/usr/bin/env python3
"""Runs the benchmarks of a release build and prints their rates, each only after its result was compared with the oracle's.

usage: run.py [--bids FILE] [--rounds N] BUILD [JOB...]

A job is a script bench/<job>.sql. Time is that of the whole process: wall clock, and CPU-seconds (user and system, from wait4). Of
several rounds the least and the median are shown; the jobs take turns, so that ratios are of one run. FILE holds the 2,000,000
bids of bids.py as JSON lines (made in BUILD when it is missing), with the same bids as CSV beside it.
"""
import argparse
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from string import Template

import bids
import oracle

HERE = os.path.dirname(os.path.abspath(__file__))
JSON_SHA256 = "977f2f340deefe4c08413b5a751b431394cba96f90c336bbed3f3318f4ff7a0b"
PEERS_SHA256 = "db0eb9dc8eeb3063138119208a2369132c7bf0fcc06679d2d4588194cd5f0804"
EXPECTED = json.load(open(oracle.EXPECTED))

# name: (input rows or events, of which file's bytes, goal in M a second)
JOBS = {
    "json_projection": (oracle.FILE_BIDS, "json", 10),
    "nexmark_q0": (oracle.NEXMARK_EVENTS, None, 10),
    "nexmark_q0_full": (oracle.NEXMARK_EVENTS, None, None),
    "nexmark_q1": (oracle.NEXMARK_EVENTS, None, 10),
    "nexmark_q2": (oracle.NEXMARK_EVENTS, None, 15),
    "tumble_10k": (10_000_000, None, 10),
    "tumble_1m": (20_000_000, None, 4),
    "hop_10k": (10_000_000, None, None),
    "tumble_1s": (41_990_000, None, None),
    "hop_1h": (6_000_000, None, None),
    "csv": (oracle.FILE_BIDS, "csv", None),
    "peers": (oracle.FILE_BIDS, "json", None),
}
TWO_SHARDS = ("json_projection", "nexmark_q1", "tumble_10k")
# title, dividend, divisor, most
RATIOS = (
    ("HOP 10 s by 2 s against TUMBLE 10 s", "hop_10k", "tumble_10k", 1.5),
    ("HOP 1 h by 1 s against TUMBLE 1 s", "hop_1h", "tumble_1s", 3.0),
)


class Bench:
    def __init__(self, options):
        self.program = os.path.join(options.build, "thalweg")
        self.folder = tempfile.mkdtemp(prefix="thalweg-bench-")
        self.json = options.bids
        self.csv = os.path.splitext(options.bids)[0] + ".csv"
        self.runs = {}  # (job, shards): [(wall, cpu)]

    def script(self, job):
        path = os.path.join(self.folder, job + ".sql")
        with open(os.path.join(HERE, job + ".sql")) as source, open(path, "w") as out:
            out.write(Template(source.read()).substitute(json=self.json, csv=self.csv, nexmark_events=oracle.NEXMARK_EVENTS))
        return path

    def command(self, job, shards):
        return [self.program, "run", "--shards", str(shards), self.script(job)]

    def run(self, job, shards=1):
        """One round: wall and CPU seconds, after the check."""
        output = os.path.join(self.folder, "out")
        command = self.command(job, shards)
        with open(output, "wb") as out:
            begin = time.monotonic()
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
            log = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit("bench: %s failed: %s" % (job, log.decode()))
        self.check(job, output)
        self.runs.setdefault((job, shards), []).append((wall, usage.ru_utime + usage.ru_stime))

    def check(self, job, output):
        if job == "peers":
            digest = hashlib.sha256(b"".join(sorted(open(output, "rb").readlines()))).hexdigest()
            if digest != PEERS_SHA256:
                sys.exit("bench: the lines of peers have SHA-256 %s" % digest)
            return
        rows = total = 0
        for line in open(output):
            found = re.fullmatch(r"checksum \S+ rows=(\d+) changes=0 sum=(0x[0-9a-f]+)\n", line)
            if found:
                rows, total = rows + int(found[1]), (total + int(found[2], 16)) & oracle.MASK
        got = {"rows": rows, "sum": "0x%016x" % total}
        if got != EXPECTED[job]:
            sys.exit("bench: %s gave %s, the oracle %s" % (job, got, EXPECTED[job]))

    def least(self, job, shards, which):
        return min(run[which] for run in self.runs[job, shards])

    def report_job(self, job, shards):
        events, file, goal = JOBS[job]
        walls, cpus = zip(*self.runs[job, shards])
        cpu = min(cpus)
        line = "%-16s %d shard%s %7.3f s wall %7.3f CPU-s (median %.3f) %7.2f M/s %7.3f CPU-s/M" % (
            job, shards, " " if shards == 1 else "s", min(walls), cpu, statistics.median(cpus), events / min(walls) / 1e6, cpu / events * 1e6)
        if file:
            line += " %6.0f MB/s" % (os.path.getsize(getattr(self, file)) / min(walls) / 1e6)
        if goal and shards == 1:
            line += "  goal %d M/s" % goal
        print(line, flush=True)

    def report_ratios(self):
        for title, a, b, most in RATIOS:
            if (a, 1) in self.runs and (b, 1) in self.runs:
                print("%-40s %.2f (CPU), goal < %.1f" % (title, self.least(a, 1, 1) / self.least(b, 1, 1), most))
        for job in TWO_SHARDS:
            if (job, 2) in self.runs:
                print("%-40s %.2f (wall), goal 1.8" % (job + ": two shards against one", self.least(job, 1, 0) / self.least(job, 2, 0)))

    def first_row(self):
        """Milliseconds from the start of the program to its first byte."""
        times = []
        for _ in range(5):
            begin = time.monotonic()
            process = subprocess.Popen(self.command("first_row", 1), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            process.stdout.read(1)
            times.append((time.monotonic() - begin) * 1e3)
            process.kill()
            process.communicate()
        print("start to first row: %.1f ms (median %.1f), goal < 100" % (min(times), statistics.median(times)))

    def idle(self):
        """Resident memory and CPU of an engine with a row a second to do."""
        process = subprocess.Popen(self.command("idle", 2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(3)
        with open("/proc/%d/status" % process.pid) as status:
            resident = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
        process.kill()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        print("idle: %.1f MB resident, goal < 30; %.3f CPU-s in 3 s" % (resident / 1024, usage.ru_utime + usage.ru_stime))

    def size(self):
        print("program: %.1f MB, goal < 15" % (os.path.getsize(self.program) / 1e6))


def make_bids(path):
    csv = os.path.splitext(path)[0] + ".csv"
    if not os.path.exists(path) or not os.path.exists(csv):
        print("make %s and %s" % (path, csv), flush=True)
        scratch = path + ".part"
        bids.write(oracle.FILE_BIDS, scratch, csv)
        os.rename(scratch, path)
    with open(path, "rb") as data:
        digest = hashlib.sha256()
        while chunk := data.read(1 << 20):
            digest.update(chunk)
    if digest.hexdigest() != JSON_SHA256:
        sys.exit("bench: %s does not hold the bids of bids.py" % path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bids")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("build")
    parser.add_argument("jobs", nargs="*")
    options = parser.parse_args()
    options.bids = options.bids or os.path.join(options.build, "bids.json")
    unknown = [job for job in options.jobs if job not in JOBS]
    if unknown:
        sys.exit("bench: no job %s; there are %s" % (", ".join(unknown), ", ".join(JOBS)))
    make_bids(options.bids)
    bench = Bench(options)
    jobs = [job for job in JOBS if job in options.jobs or not options.jobs]
    print("load average %.2f" % os.getloadavg()[0])
    for _ in range(options.rounds):
        for job in jobs:
            bench.run(job)
            if job in TWO_SHARDS:
                bench.run(job, 2)
    for job, shards in bench.runs:
        bench.report_job(job, shards)
    bench.report_ratios()
    if not options.jobs:
        bench.first_row()
        bench.idle()
        bench.size()


if __name__ == "__main__":
    main()
