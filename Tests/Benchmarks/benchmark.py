#!/usr/bin/env python3
"""Measures lastcall against tini, tini-static, dumb-init and catatonit in one run, and prints the tables of
docs/benchmarks.md. Every round takes each of them once, so that a drift of the machine meets all alike; a ratio is taken
within a round, and what is printed is the middle one and the span of them all.

Usage, as root: Tests/Benchmarks/benchmark.py [PATH OF LASTCALL]
"""

import contextlib
import os
import platform
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = 15
STARTS = 30
FORWARDS = 400
ORPHANS = 10000
IDLE_SECONDS = 10

# lastcall and catatonit are subreapers of their own accord where they are not PID 1; tini has to be told.
os.environ["TINI_SUBREAPER"] = "1"

POLLING = "while kill -0 {} 2>/dev/null; do sleep 1; done"


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


@contextlib.contextmanager
def control_group():
    """A group of the cpu controller, as a container has one. Outside of any, the kernel schedules each session for
    itself (autogroup), and a dumb-init, whose app has a session of its own, is woken for several orphans at a time."""
    version1 = os.path.isdir("/sys/fs/cgroup/cpu")
    top = "/sys/fs/cgroup/cpu" if version1 else "/sys/fs/cgroup"
    group = os.path.join(top, "lastcall-benchmark")
    try:
        os.makedirs(group, exist_ok=True)
        if not version1:
            write(os.path.join(top, "cgroup.subtree_control"), "+cpu")
        write(os.path.join(group, "cgroup.procs"), os.getpid())
    except OSError as error:
        print(f"not as in a container: {error}\n")
        yield
        return
    try:
        yield
    finally:
        write(os.path.join(top, "cgroup.procs"), os.getpid())
        os.rmdir(group)


def write(path, text):
    with open(path, "w") as file:
        file.write(str(text))


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def field(file, name):
    with open(file) as lines:
        for line in lines:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def cpu_nanoseconds(pid):
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0])


class FirstProcess:
    """An init as PID 1 of a new PID namespace, with a probe as its app."""

    def __init__(self, command, *app):
        self.unshare = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *command, *app], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.expect(b"ready\n")
        self.pid = children(self.unshare.pid)[0]

    def expect(self, line):
        assert self.unshare.stdout.readline() == line

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        self.unshare.wait()


# What is measured. Each returns a list, a round each, of {name: [value]}.


def start_up(inits, probe):
    rounds = []
    for _ in range(ROUNDS):
        times = {name: [] for name in ["no init", *dict(inits)]}
        for _ in range(STARTS):
            for name, command in [("no init", []), *inits]:
                times[name].append(int(output(probe, "start", *command, probe)))
        rounds.append(times)
    return rounds


def forwarding(inits, probe):
    rounds = []
    for _ in range(ROUNDS):
        times = {}
        for name, command in [("no init", []), *inits]:
            lines = output(probe, "forward", str(FORWARDS), *command, probe, "echo")
            times[name] = [int(line) for line in lines.split()]
        rounds.append(times)
    return rounds


def reaping(inits, probe):
    rounds = []
    for _ in range(ROUNDS):
        cost = {}
        for name, command in inits:
            first = FirstProcess(command, probe, "orphans", str(ORPHANS))
            before = cpu_nanoseconds(first.pid)
            # The app is the init's only child.
            os.kill(children(first.pid)[0], signal.SIGUSR1)
            first.expect(b"done\n")
            cost[name] = [(cpu_nanoseconds(first.pid) - before) / ORPHANS]
            first.end()
        rounds.append(cost)
    return rounds


def hook_exit(lastcall, probe):
    """From the app's last instruction to the hook's exit."""
    rounds = []
    for _ in range(ROUNDS):
        times = {}
        # How long the app takes to stop, so that it meets a poll at any of its moments.
        taken = str(random.randint(100, 1100))
        first = FirstProcess([lastcall, "--"], probe, "last", taken)
        hook = [lastcall, "wait-then-signal", "--signal", "TERM"]
        end = int(output(probe, "beside", str(first.pid), *hook))
        times["lastcall as PID 1"] = [end - int(first.unshare.stdout.readline())]
        first.unshare.wait()
        for name in ("lastcall alone, --pid", "sh, a poll every second"):
            app = subprocess.Popen([probe, "last", taken], stdout=subprocess.PIPE)
            assert app.stdout.readline() == b"ready\n"
            # A zombie would be alive to kill -0.
            reaper = threading.Thread(target=app.wait)
            reaper.start()
            hook = [lastcall, "wait-then-signal", "--pid", str(app.pid), "--signal", "TERM"]
            if name.startswith("sh"):
                hook = ["sh", "-c", f"kill -TERM {app.pid}; {POLLING.format(app.pid)}"]
            end = int(output(probe, "beside", "0", *hook))
            times[name] = [end - int(app.stdout.readline())]
            reaper.join()
        rounds.append(times)
    return rounds


def rest(processes):
    """What processes of {name: pid} are and do while nothing happens."""
    def counters(pid):
        return field(f"/proc/{pid}/status", "voluntary_ctxt_switches"), cpu_nanoseconds(pid)

    before = {name: counters(pid) for name, pid in processes.items()}
    # The measure itself: so long nothing shall happen.
    time.sleep(IDLE_SECONDS)
    rows = {}
    for name, pid in processes.items():
        switches, cpu = counters(pid)
        rows[name] = {
            "wakeups": str(switches - before[name][0]), "cpu": f"{(cpu - before[name][1]) / 1000:.0f}",
            "anon": str(field(f"/proc/{pid}/status", "RssAnon")), "rss": str(field(f"/proc/{pid}/status", "VmRSS")),
            "pss": str(field(f"/proc/{pid}/smaps_rollup", "Pss")),
        }
    return rows


def settle():
    """The peers say nothing when they have started and begin to wait, and what they do until then is not idleness."""
    time.sleep(1)


def idle(inits, probe):
    firsts = {name: FirstProcess(command, probe, "idle") for name, command in inits}
    settle()
    rows = rest({name: first.pid for name, first in firsts.items()})
    for first in firsts.values():
        first.end()
    return rows


def waiting_hooks(lastcall, probe):
    first = FirstProcess([lastcall, "--"], probe, "idle")
    target = subprocess.Popen([probe, "idle"], stdout=subprocess.PIPE)
    hook = [lastcall, "wait-then-signal", "--wait", "1h"]
    commands = {
        "lastcall as PID 1": [probe, "beside", str(first.pid), *hook],
        "lastcall alone, --pid": [probe, "beside", "0", *hook, "--pid", str(target.pid)],
        "sh, a poll every second": [probe, "beside", "0", "sh", "-c", POLLING.format(target.pid)],
    }
    beside = {name: subprocess.Popen(command, stdout=subprocess.DEVNULL) for name, command in commands.items()}
    settle()
    rows = rest({name: children(process.pid)[0] for name, process in beside.items()})
    first.end()
    target.terminate()
    for process in [target, *beside.values()]:
        process.wait()
    return rows


# How it is printed.


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def short(ratio):
    return f"{ratio:.2f}" if ratio >= 0.05 else f"{ratio:.4f}"


def table(title, head, rows):
    print(f"\n### {title}\n")
    print("| | " + " | ".join(head) + " |")
    print("|---" * (len(head) + 1) + "|")
    for name, cells in rows:
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def rest_table(title, rows, sizes):
    """`sizes`: {name: bytes of the file}."""
    table(f"{title}, for {IDLE_SECONDS} s",
          ["file, bytes", "RssAnon, kB", "VmRSS, kB", "PSS, kB", "wake-ups", "CPU, µs"],
          [(name, [sizes[name], row["anon"], row["rss"], row["pss"], row["wakeups"], row["cpu"]])
           for name, row in rows.items()])


def spread(title, rounds, unit, baseline=None):
    """`baseline`: what is deducted from both before their ratio is taken; `unit` in nanoseconds."""
    own = next(name for name in rounds[0] if name.startswith("lastcall"))
    rows = []
    for name in rounds[0]:
        values = [value / unit for times in rounds for value in times[name]]
        ratio = ""
        if name not in ("no init", own):
            ratios = []
            for times in rounds:
                deducted = statistics.median(times[baseline]) if baseline else 0
                ratios.append((statistics.median(times[own]) - deducted)
                              / max(1, statistics.median(times[name]) - deducted))
            ratio = f"{short(statistics.median(ratios))} ({short(min(ratios))} to {short(max(ratios))})"
        low, high = percentile(values, 0.25), percentile(values, 0.75)
        rows.append((name, [f"{statistics.median(values):.1f}", f"{low:.1f} to {high:.1f}",
                            f"{percentile(values, 0.99):.1f}", ratio]))
    label = f"{own}'s median / this one" + (f", both less {baseline}" if baseline else "")
    table(title, ["median", "quarter to three quarters", "p99", label], rows)


def versions(inits):
    for name, command in inits:
        answer = subprocess.run([command[0], "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(f"- {name}: {answer.stdout.strip()}")


def main():
    inits = candidates()
    lastcall = inits[0][1][0]
    print(f"Linux {platform.release()}, {platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; "
          f"{ROUNDS} rounds\n")
    versions(inits)
    with tempfile.TemporaryDirectory() as folder, control_group():
        probe = build_probe(folder)
        sizes = {name: str(os.path.getsize(os.path.realpath(command[0]))) for name, command in inits}
        rest_table("Idle as PID 1", idle(inits, probe), sizes)
        shell = os.path.getsize(os.path.realpath(shutil.which("sh")))
        hooks = waiting_hooks(lastcall, probe)
        rest_table("A hook that waits", hooks,
                   {name: str(shell) if name.startswith("sh") else sizes["lastcall"] for name in hooks})
        spread("Start-up, µs from exec of the init to the app's first line", start_up(inits, probe), 1000, "no init")
        spread("Forwarding, µs from kill(2) to the app", forwarding(inits, probe), 1000)
        spread("Reaping, µs of the init's CPU time an orphan", reaping(inits, probe), 1000)
        spread("A hook's exit, ms after the app's end", hook_exit(lastcall, probe), 1_000_000)


main()
