#!/usr/bin/env python3
"""Measures lastcall against tini, tini-static, dumb-init and catatonit in one run, and prints the tables of
docs/benchmarks.md. Runs are interleaved, so that a drift of the machine meets all alike.

Usage, as root: Tests/Benchmarks/benchmark.py [PATH OF LASTCALL]
"""

import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
STARTS = 400
FORWARDS = 4000
ORPHANS = 10000
IDLE_SECONDS = 10

# lastcall and catatonit are subreapers of their own accord where they are not PID 1; tini has to be told.
os.environ["TINI_SUBREAPER"] = "1"


def candidates():
    lastcall = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../../.build/release/lastcall")
    found = [("lastcall", [os.path.abspath(lastcall), "--"])]
    for name in ("tini-static", "tini", "dumb-init", "catatonit"):
        path = shutil.which(name)
        if path:
            found.append((name, [path, "--"]))
    return found


def build_probe(folder):
    probe = os.path.join(folder, "probe")
    subprocess.run(["cc", "-O2", "-static", "-o", probe, os.path.join(HERE, "probe.c")], check=True)
    return probe


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


class FirstProcess:
    """An init as PID 1 of a new PID namespace, with a probe as its app."""

    def __init__(self, command, *app):
        self.unshare = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", *command, *app], stdout=subprocess.PIPE)
        self.expect(b"ready\n")
        children = f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children"
        self.pid = int(open(children).read().split()[0])

    def expect(self, line):
        assert self.unshare.stdout.readline() == line

    def status(self, field):
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith(field + ":"):
                return int(line.split()[1])
        return 0

    def proportional_size(self):
        for line in open(f"/proc/{self.pid}/smaps_rollup"):
            if line.startswith("Pss:"):
                return int(line.split()[1])
        return 0

    def cpu_nanoseconds(self):
        return int(open(f"/proc/{self.pid}/schedstat").read().split()[0])

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        self.unshare.wait()


def start_up(inits, probe):
    times = {name: [] for name, _ in inits}
    for _ in range(STARTS):
        for name, command in inits:
            times[name].append(int(output(probe, "start", *command, probe)))
    return times


def forwarding(inits, probe):
    times = {name: [] for name, _ in inits}
    for _ in range(8):
        for name, command in inits:
            lines = output(probe, "forward", str(FORWARDS // 8), *command, probe, "echo")
            times[name] += [int(line) for line in lines.split()]
    return times


def reaping(inits, probe):
    cost = {name: [] for name, _ in inits}
    for _ in range(5):
        for name, command in inits:
            first = FirstProcess(command, probe, "orphans", str(ORPHANS))
            before = first.cpu_nanoseconds()
            # The app is the init's only child.
            app = open(f"/proc/{first.pid}/task/{first.pid}/children").read().split()[0]
            os.kill(int(app), signal.SIGUSR1)
            first.expect(b"done\n")
            cost[name].append((first.cpu_nanoseconds() - before) / ORPHANS)
            first.end()
    return cost


def idle(inits, probe):
    firsts = [(name, FirstProcess(command, probe, "idle")) for name, command in inits]
    before = {name: (first.status("voluntary_ctxt_switches"), first.cpu_nanoseconds()) for name, first in firsts}
    time.sleep(IDLE_SECONDS)
    rows = {}
    for name, first in firsts:
        rows[name] = {
            "wakeups": first.status("voluntary_ctxt_switches") - before[name][0],
            "cpu": first.cpu_nanoseconds() - before[name][1],
            "anon": first.status("RssAnon"), "rss": first.status("VmRSS"), "pss": first.proportional_size(),
        }
        first.end()
    return rows


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def table(title, head, rows):
    print(f"\n### {title}\n")
    print("| | " + " | ".join(head) + " |")
    print("|---" * (len(head) + 1) + "|")
    for name, cells in rows:
        print(f"| {name} | " + " | ".join(cells) + " |")


def spread(times, unit):
    own = statistics.median(times["lastcall"])
    rows = []
    for name, values in times.items():
        middle = statistics.median(values)
        low, high = percentile(values, 0.25), percentile(values, 0.75)
        rows.append((name, [f"{middle / unit:.1f}", f"{low / unit:.1f} to {high / unit:.1f}",
                            f"{percentile(values, 0.99) / unit:.1f}", f"{own / middle:.2f}"]))
    return rows


def versions(inits):
    for name, command in inits:
        answer = subprocess.run([command[0], "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(f"- {name}: {answer.stdout.strip()}")


def main():
    inits = candidates()
    print(f"Linux {platform.release()}, {platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}\n")
    versions(inits)
    with tempfile.TemporaryDirectory() as folder:
        probe = build_probe(folder)
        rest = idle(inits, probe)
        table("Size and memory, idle as PID 1", ["file, bytes", "RssAnon, kB", "VmRSS, kB", "PSS, kB"],
              [(name, [str(os.path.getsize(os.path.realpath(command[0]))), str(rest[name]["anon"]),
                       str(rest[name]["rss"]), str(rest[name]["pss"])]) for name, command in inits])
        table(f"Idle for {IDLE_SECONDS} s", ["wake-ups", "CPU, µs"],
              [(name, [str(rest[name]["wakeups"]), f"{rest[name]['cpu'] / 1000:.0f}"]) for name, _ in inits])
        head = ["median", "quarter to three quarters", "p99", "lastcall's median / this one"]
        table("Start-up, µs from exec of the init to the app's first line", head, spread(start_up(inits, probe), 1000))
        table("Forwarding, µs from kill(2) to the app", head, spread(forwarding(inits, probe), 1000))
        table("Reaping, µs of the init's CPU time an orphan", head, spread(reaping(inits, probe), 1000))


main()
