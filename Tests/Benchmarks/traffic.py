#!/usr/bin/env python3
"""Measures one look at 100,000 connections against `ss -Htn` and against reading /proc/net/tcp, in one run, and what the
looks of a wait do to the latency of an app with that many connections. Prints the tables of docs/benchmarks.md.

Usage, as root: Tests/Benchmarks/traffic.py [CONNECTIONS]
after: swift build -c release --product lastcall; swift build -c release --product TrafficProbe

Everything is in one new network namespace: both ends of every connection stand in the kernel's table. Needs iproute2,
util-linux and strace.
"""

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RELEASE = os.path.join(HERE, "../../.build/release")
PORT = 8080
PER_PROCESS = 9000
ROUNDS = 5
LATENCY_SECONDS = 6
LATENCY_ROUNDS = 3


def hold(count):
    """Processes that hold both ends of so many connections to one listener."""
    listener = socket.create_server(("", PORT), backlog=4096)
    children = []
    while count > 0:
        here = min(count, PER_PROCESS)
        count -= here
        address = f"127.0.1.{len(children) + 1}"
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            ends = []
            for _ in range(here):
                ends.append(socket.create_connection((address, PORT)))
                ends.append(listener.accept()[0])
            os.write(writer, b"x")
            signal.pause()
        os.close(writer)
        if not os.read(reader, 1):
            sys.exit("a holder failed")
        os.close(reader)
        children.append(child)
    listener.close()
    return children


class Probe:
    """TrafficProbe, which looks when it is told to."""

    def __init__(self, until_quiet, prefix=()):
        command = [*prefix, os.path.join(RELEASE, "TrafficProbe"), "wait-then-signal", "--until-quiet", until_quiet]
        self.process = subprocess.Popen(
            [*command, "--max-wait", "10h"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.read()

    def read(self):
        return self.process.stdout.readline().strip()

    def look(self):
        """CPU milliseconds, and what was found."""
        before = self.cpu()
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found = self.read()
        return self.cpu() - before, found

    def cpu(self):
        with open(f"/proc/{self.process.pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e6

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def run(command):
    """CPU milliseconds of a command."""
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return (after.children_user + after.children_system - before.children_user - before.children_system) * 1000


TRACE = ["strace", "-qq", "-e", "trace=read,pread64,recvfrom,recvmsg", "-e", "signal=none", "-o"]
TRACE_FILE = "/tmp/lastcall-traffic-trace"


def count(lines):
    """The bytes that calls took from the kernel. A peek takes none, and the dynamic loader's are not meant."""
    calls = (re.search(r"= (\d+)$", line) for line in lines if "MSG_PEEK" not in line and "ELF" not in line)
    return sum(int(call.group(1)) for call in calls if call)


def traced():
    with open(TRACE_FILE) as file:
        return file.readlines()


def bytes_read(command):
    subprocess.run([*TRACE, TRACE_FILE, *command], stdout=subprocess.DEVNULL, check=True)
    return count(traced())


def bytes_of_looks(until_quiet, steps):
    """Bytes that the probe takes in each look, before which a step is done."""
    probe = Probe(until_quiet, prefix=[*TRACE, TRACE_FILE])
    sizes = []
    done = len(traced())
    for step in steps:
        step()
        probe.look()
        lines = traced()
        # The order to look is no part of the look.
        sizes.append(count(line for line in lines[done:] if not line.startswith("read(0")))
        done = len(lines)
    probe.close()
    os.unlink(TRACE_FILE)
    return sizes


def elsewhere():
    """Segments that have nothing to do with what is served."""
    try:
        socket.create_connection(("127.0.0.1", 9)).close()
    except OSError:
        pass


def table(title, rows):
    print(f"\n{title}\n")
    widths = [max(len(str(row[index])) for row in rows) for index in range(len(rows[0]))]
    for number, row in enumerate(rows):
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def nothing():
    pass


def looks(connections):
    cpu = {name: [] for name in ("ss", "times", "proc", "first", "same", "elsewhere", "busy")}
    memory = 0
    for _ in range(ROUNDS):
        cpu["ss"].append(run(["ss", "-Htn"]))
        cpu["times"].append(run(["ss", "-Htni"]))
        cpu["proc"].append(run(["cat", "/proc/net/tcp"]))
        # All that moved is long ago; and for the busy one, nothing is.
        quiet, busy = Probe("1ms"), Probe("5h")
        cpu["first"].append(quiet.look()[0])
        cpu["same"].append(quiet.look()[0])
        busy.look()
        elsewhere()
        cpu["elsewhere"].append(quiet.look()[0])
        cpu["busy"].append(busy.look()[0])
        memory = max(memory, quiet.memory(), busy.memory())
        quiet.close()
        busy.close()
    size = {"ss": bytes_read(["ss", "-Htn"]), "times": bytes_read(["ss", "-Htni"])}
    size["proc"] = bytes_read(["cat", "/proc/net/tcp"])
    size["first"], size["same"], size["elsewhere"] = bytes_of_looks("1ms", (nothing, nothing, elsewhere))
    size["busy"] = bytes_of_looks("5h", (nothing, elsewhere))[1]
    names = {
        "ss": "`ss -Htn`",
        "times": "`ss -Htni`, which tells when data came",
        "proc": "reading /proc/net/tcp",
        "first": "lastcall, the first look",
        "same": "lastcall, nothing has moved since",
        "busy": "lastcall, most connections have moved",
        "elsewhere": "lastcall, something has moved, none of the connections",
    }
    rows = [("one look", "CPU (ms, median)", "bytes from the kernel")]
    for name, text in names.items():
        rows.append((text, f"{statistics.median(cpu[name]):.2f}", f"{size[name]:,}"))
    table(f"{connections:,} connections, {ROUNDS} rounds; memory of the looking process: {memory} kB at the most", rows)


def ping(seconds):
    """Latencies of requests in microseconds, one after the other, for so long."""
    listener = socket.create_server(("127.0.2.2", PORT + 1))
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        app = listener.accept()[0]
        app.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while app.recv(64):
            app.send(b"y")
        os._exit(0)
    client = socket.create_connection(("127.0.2.2", PORT + 1))
    listener.close()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    taken = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter_ns()
        client.send(b"x")
        client.recv(64)
        taken.append((time.perf_counter_ns() - start) / 1000)
    client.close()
    os.waitpid(child, 0)
    return taken


def latency(connections):
    app = subprocess.Popen(["sleep", "1000"])
    hook = [os.path.join(RELEASE, "lastcall"), "wait-then-signal", "--pid", str(app.pid), "--signal", "none"]
    hook += ["--until-quiet", "2s", "--max-wait", "1h"]
    taken = {"without": [], "with": []}
    cpu = 0
    for _ in range(LATENCY_ROUNDS):
        taken["without"] += ping(LATENCY_SECONDS)
        waiting = subprocess.Popen(hook, stderr=subprocess.DEVNULL)
        taken["with"] += ping(LATENCY_SECONDS)
        with open(f"/proc/{waiting.pid}/schedstat") as file:
            cpu += int(file.read().split()[0]) / 1e6
        waiting.terminate()
        waiting.wait()
    app.kill()
    app.wait()
    rows = [("requests one after the other", "p50 (µs)", "p99 (µs)", "p99.9 (µs)")]
    for name, text in (("without", "nobody looks"), ("with", "lastcall waits for quiet")):
        values = sorted(taken[name])
        rows.append((text, *(f"{values[int(len(values) * share)]:.1f}" for share in (0.5, 0.99, 0.999))))
    share = cpu / (LATENCY_ROUNDS * LATENCY_SECONDS * 1000) * 100
    table(f"beside {connections:,} idle connections; lastcall took {share:.2f} % of one CPU", rows)


def main():
    if os.environ.get("LASTCALL_IN_NETWORK") is None:
        os.environ["LASTCALL_IN_NETWORK"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    children = hold(connections)
    try:
        looks(connections)
        latency(connections)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


main()
