"""Rolling restarts under load: pods of real nginx, gunicorn and haproxy behind clients whose endpoint lists lag,
stopped one after the other as the kubelet stops them, in every way that people stop them. Counts every request, and the
seconds that a stop takes; prints the tables of docs/benchmarks.md.

Usage, as root: python3 Tests/Benchmarks/rolling [PATH OF LASTCALL] [--svg FILE] [--servers nginx,haproxy] [--lags 0,3]

A pod's address is gone with its container. All contenders run at the same time, each with clients of its own: 12
minutes for everything. Needs nginx, gunicorn, haproxy, iproute2, util-linux, tini and dumb-init.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE

from figure import figure, tables
from pods import GRACE, SERVERS, Pod, end_now, run, stop_as_kubelet

HERE = os.path.dirname(os.path.abspath(__file__))
PODS = 3
STOPPED = 2
LAGS = (0, 3, 10)
SIGNALS = {"QUIT": 3, "USR1": 10, "TERM": 15}


def contenders(lastcall, server, lag):
    """Name, what runs the server, and the preStop hook."""
    stop = server.stop
    hook = [lastcall, "wait-then-signal", "--signal", stop, "--grace-period", str(GRACE)]
    rewrite = [] if stop == "TERM" else ["-r", f"15:{SIGNALS[stop]}"]
    # The recipes that people have: nginx's own command, or the signal by hand.
    name, finish = f"kill -{stop} 1", f"kill -{stop} 1"
    if server.name == "nginx":
        name, finish = "nginx -s quit", "nginx -c {folder}/nginx.conf -s quit"
    return [
        ("no wrapper", [], None),
        ("tini", ["tini", "--"], None),
        (" ".join(["dumb-init", *rewrite]), ["dumb-init", *rewrite], None),
        ("sleep 5", [], ["sh", "-c", "sleep 5"]),
        (f"sleep 5 && {name}", [], ["sh", "-c", f"sleep 5 && {finish}"]),
        ("sleep 30", [], ["sh", "-c", "sleep 30"]),
        # Who knows the lag waits for it and a little longer.
        (f"lastcall --wait {lag + 2}s", [lastcall, "--"], [*hook, "--wait", f"{lag + 2}s"]),
        ("lastcall --until-quiet 2s", [lastcall, "--"],
         [*hook, "--until-quiet", "2s", "--max-wait", "40s", "--port", "80"]),
    ]


# What stands for each contender where all servers share a line.
LABELS = ("no wrapper", "tini", "dumb-init, remapped", "sleep 5", "sleep 5 && quit", "sleep 30",
          "lastcall --wait lag+2s", "lastcall --until-quiet 2s")


def make_network(client):
    run("ip", "netns", "add", client)
    # With an address of its own: else it would change when a pod goes, and the others be lost for a while.
    run("ip", "-n", client, "link", "add", "bridge", "address", "02:00:00:00:00:01", "type", "bridge")
    run("ip", "-n", client, "link", "set", "bridge", "up")
    run("ip", "-n", client, "link", "set", "lo", "up")
    run("ip", "-n", client, "addr", "add", "198.51.100.1/24", "dev", "bridge")


async def contest(number, server, name, wrapper, hook, lag, folder):
    client = f"lastcall-{number}-clients"
    make_network(client)
    pods = [Pod(number, index, server, wrapper, folder) for index in range(PODS)]
    clients = await asyncio.create_subprocess_exec(
        "ip", "netns", "exec", client, sys.executable, os.path.join(HERE, "clients.py"), str(lag),
        *[pod.address for pod in pods], stdin=PIPE, stdout=PIPE)
    assert await clients.stdout.readline() == b"ready\n"
    seconds = []
    for pod in pods[:STOPPED]:
        clients.stdin.write(f"remove {pod.address}\n".encode())
        seconds.append(await stop_as_kubelet(pod, hook))
        # Clients may still know the address that is gone now.
        clients.stdin.write(b"settle\n")
        assert await clients.stdout.readline() == b"settled\n"
    clients.stdin.write(b"end\n")
    counts = json.loads(await clients.stdout.readline())
    await clients.wait()
    for pod in pods[STOPPED:]:
        await end_now(pod)
        pod.disconnect()
    run("ip", "netns", "del", client)
    return {"server": server.name, "name": name, "label": LABELS[number], "lag": lag,
            "seconds": sum(seconds) / len(seconds), **counts}



def arguments():
    parser = argparse.ArgumentParser(prog="rolling")
    parser.add_argument("lastcall", nargs="?", default=os.path.join(HERE, "../../../.build/release/lastcall"))
    parser.add_argument("--svg")
    parser.add_argument("--servers", default=",".join(server.name for server in SERVERS))
    parser.add_argument("--lags", default=",".join(map(str, LAGS)))
    return parser.parse_args()


async def main():
    given = arguments()
    lastcall = os.path.abspath(given.lastcall)
    servers = [server for server in SERVERS if server.name in given.servers.split(",")]
    lags = [int(lag) for lag in given.lags.split(",")]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for server in servers:
            for lag in lags:
                place = os.path.join(folder, f"{server.name}-{lag}")
                os.makedirs(place)
                rows += await asyncio.gather(*[
                    contest(number, server, name, wrapper, hook, lag, place)
                    for number, (name, wrapper, hook) in enumerate(contenders(lastcall, server, lag))])
    names = [server.name for server in servers]
    tables(rows, names, lags)
    if given.svg:
        figure(rows, names, lags, given.svg)


asyncio.run(main())
