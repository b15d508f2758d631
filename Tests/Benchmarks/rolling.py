#!/usr/bin/env python3
"""Rolling restarts under load: pods of a real nginx behind clients whose endpoint lists lag, stopped one after the other as
the kubelet stops them, in every way that people stop them. Counts every request, and the seconds that a stop takes.

Usage, as root: Tests/Benchmarks/rolling.py [PATH OF LASTCALL] [--svg FILE]

A pod is a network namespace and a PID namespace; its address is gone with its container. All contenders run at the same
time, each with clients of its own. Needs nginx, iproute2, util-linux, tini and dumb-init.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PODS = 3
STOPPED = 2
GRACE = 60
LAGS = (0, 3, 10)
SHORT_CLIENTS = 6
SLOW_CLIENTS = 24
SLOW_BYTES = 60000  # 6 seconds at 10 kB a second
TIMEOUT = 15


def contenders(lastcall):
    """Name, what runs nginx, and the preStop hook."""
    hook = [lastcall, "wait-then-signal", "--signal", "QUIT", "--grace-period", str(GRACE)]
    return [
        ("no wrapper", [], None),
        ("tini", ["tini", "--"], None),
        ("dumb-init -r 15:3", ["dumb-init", "-r", "15:3"], None),
        ("sleep 5", [], ["sh", "-c", "sleep 5"]),
        ("sleep 5 && nginx -s quit", [], ["sh", "-c", "sleep 5 && nginx -c $CONF -s quit"]),
        ("sleep 30", [], ["sh", "-c", "sleep 30"]),
        ("lastcall --wait 12s", [lastcall, "--"], [*hook, "--wait", "12s"]),
        ("lastcall --until-quiet 2s", [lastcall, "--"], [*hook, "--until-quiet", "2s", "--max-wait", "40s"]),
    ]


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Pod:
    """nginx in namespaces of its own."""

    def __init__(self, contender, number, wrapper, folder):
        self.name = f"lastcall-{contender}-{number}"
        self.client = f"lastcall-{contender}-clients"
        self.address = f"198.51.100.{number + 2}"
        self.folder = os.path.join(folder, self.name)
        self.link = f"lc{contender}p{number}"
        self.wrapper = wrapper
        self.configure()
        self.connect()
        self.unshare = subprocess.Popen(
            ["ip", "netns", "exec", self.name, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
             *wrapper, "nginx", "-c", self.conf], stderr=subprocess.DEVNULL)
        self.pid = None

    def configure(self):
        os.makedirs(self.folder)
        self.conf = os.path.join(self.folder, "nginx.conf")
        with open(self.conf, "w") as conf:
            conf.write(f"""
daemon off; pid {self.folder}/pid; error_log /dev/null; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_timeout 30;
  server {{ listen 80; root {self.folder}; location /slow {{ limit_rate 10k; }} }}
}}""")
        for name, size in (("short", 500), ("slow", SLOW_BYTES)):
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(b"x" * size)
        os.chmod(self.folder, 0o755)

    def connect(self):
        run("ip", "netns", "add", self.name)
        run("ip", "-n", self.name, "link", "set", "lo", "up")
        run("ip", "link", "add", self.link, "netns", self.client, "type", "veth", "peer", "name", "eth0",
            "netns", self.name)
        run("ip", "-n", self.client, "link", "set", self.link, "master", "bridge", "up")
        run("ip", "-n", self.name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        run("ip", "-n", self.name, "link", "set", "eth0", "up")

    def first_process(self):
        if self.pid is None:
            children = f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children"
            self.pid = int(open(children).read().split()[0])
        return self.pid

    def hook(self, command):
        environment = dict(os.environ, CONF=self.conf)
        return subprocess.Popen(["nsenter", "-t", str(self.first_process()), "-p", "-m", "-n", *command],
                                env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def signal(self, number):
        try:
            os.kill(self.first_process(), number)
        except ProcessLookupError:
            pass

    def disconnect(self):
        """The address is silent from now on."""
        subprocess.run(["ip", "netns", "del", self.name], stderr=subprocess.DEVNULL)


async def ended(process, seconds):
    """Waits for a process's end, at most so long; says whether it came."""
    loop = asyncio.get_running_loop()
    descriptor = os.pidfd_open(process.pid)
    future = loop.create_future()
    loop.add_reader(descriptor, lambda: future.done() or future.set_result(True))
    try:
        await asyncio.wait_for(future, seconds)
        process.wait()
        return True
    except asyncio.TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def kubelet(pod, hook):
    """Stops a pod as killContainer in the kubelet's kuberuntime_container.go does. Returns the seconds it took."""
    start = time.monotonic()
    left = GRACE
    if hook:
        running = pod.hook(hook)
        await ended(running, GRACE)
        left -= int(time.monotonic() - start)
    pod.signal(signal.SIGTERM)
    if not await ended(pod.unshare, max(left, 2)):
        pod.signal(signal.SIGKILL)
        await ended(pod.unshare, 10)
    pod.disconnect()
    return time.monotonic() - start


async def contest(number, name, wrapper, hook, lag, folder):
    client = f"lastcall-{number}-clients"
    run("ip", "netns", "add", client)
    # With an address of its own: else it would change when a pod goes, and the others be lost for a while.
    run("ip", "-n", client, "link", "add", "bridge", "address", "02:00:00:00:00:01", "type", "bridge")
    run("ip", "-n", client, "link", "set", "bridge", "up")
    run("ip", "-n", client, "link", "set", "lo", "up")
    run("ip", "-n", client, "addr", "add", "198.51.100.1/24", "dev", "bridge")
    pods = [Pod(number, index, wrapper, folder) for index in range(PODS)]
    clients = await asyncio.create_subprocess_exec(
        "ip", "netns", "exec", client, sys.executable, os.path.abspath(__file__), "clients", str(lag),
        *[pod.address for pod in pods], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert await clients.stdout.readline() == b"ready\n"
    seconds = []
    for pod in pods[:STOPPED]:
        clients.stdin.write(f"remove {pod.address}\n".encode())
        seconds.append(await kubelet(pod, hook))
        # Clients may still know the address that is gone now.
        clients.stdin.write(b"settle\n")
        assert await clients.stdout.readline() == b"settled\n"
    clients.stdin.write(b"end\n")
    counts = json.loads(await clients.stdout.readline())
    await clients.wait()
    for pod in pods[STOPPED:]:
        pod.signal(signal.SIGKILL)
        await ended(pod.unshare, 10)
        pod.disconnect()
    run("ip", "netns", "del", client)
    return {"name": name, "lag": lag, "seconds": sum(seconds) / len(seconds), **counts}


# The clients, in a network namespace of their own.


class Clients:
    def __init__(self, lag, addresses):
        self.lag = lag
        self.addresses = addresses
        self.turn = 0
        self.counts = dict.fromkeys(("whole", "refused", "reset", "cut", "timeout"), 0)
        self.isOver = False

    async def request(self, path, size):
        self.turn += 1
        address = self.addresses[self.turn % len(self.addresses)]
        writer = None
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(address, 80), TIMEOUT)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n".encode())
            answer = await asyncio.wait_for(reader.read(-1), TIMEOUT)
            body = answer.partition(b"\r\n\r\n")[2]
            return "whole" if len(body) == size else "cut"
        except ConnectionRefusedError:
            return "refused"
        except asyncio.TimeoutError:
            return "timeout"
        except OSError:
            return "reset"
        finally:
            if writer:
                writer.close()

    async def keep_asking(self, path, size, delay):
        # Spread over time, so that there is always something of everything in flight.
        await asyncio.sleep(delay)
        while not self.isOver:
            self.counts[await self.request(path, size)] += 1
            await asyncio.sleep(0.1)

    async def ready(self):
        """Until each pod answers."""
        for address in self.addresses:
            while True:
                try:
                    _, writer = await asyncio.open_connection(address, 80)
                    writer.close()
                    break
                except OSError:
                    await asyncio.sleep(0.05)

    def remove(self, address):
        self.addresses = [other for other in self.addresses if other != address]

    async def run(self):
        loop = asyncio.get_running_loop()
        commands = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
        await self.ready()
        tasks = [asyncio.create_task(self.keep_asking("/short", 500, index / 60)) for index in range(SHORT_CLIENTS)]
        tasks += [asyncio.create_task(self.keep_asking("/slow", SLOW_BYTES, index / 4)) for index in range(SLOW_CLIENTS)]
        print("ready", flush=True)
        forgetting = None
        while True:
            word, _, address = (await commands.readline()).decode().strip().partition(" ")
            if word == "remove":
                forgetting = asyncio.create_task(self.forget(address))
            elif word == "settle":
                await forgetting
                print("settled", flush=True)
            else:
                break
        self.isOver = True
        await asyncio.gather(*tasks)
        print(json.dumps(self.counts), flush=True)

    async def forget(self, address):
        await asyncio.sleep(self.lag)
        self.remove(address)


def table(rows):
    print("| stopped by | list lags by | requests | whole | refused | reset | cut | timed out | seconds to stop |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        total = sum(row[key] for key in ("whole", "refused", "reset", "cut", "timeout"))
        print(f"| {row['name']} | {row['lag']} s | {total} | {row['whole']} | {row['refused']} | {row['reset']} | "
              f"{row['cut']} | {row['timeout']} | {row['seconds']:.1f} |")


def figure(rows, path):
    """Lost requests against seconds to stop, as bars: one block for each lag."""
    width, bar, head = 760, 18, 26
    blocks = [[row for row in rows if row["lag"] == lag] for lag in LAGS]
    height = sum(head + bar * len(block) for block in blocks) + 40
    most = max(row["seconds"] for row in rows)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
             'font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
    y = 16
    for lag, block in zip(LAGS, blocks):
        lines.append(f'<text x="8" y="{y}" font-weight="bold">endpoint lists lag by {lag} s</text>')
        y += head - 16
        for row in block:
            lost = sum(row[key] for key in ("refused", "reset", "cut", "timeout"))
            length = max(1, row["seconds"] / most * 260)
            color = "#2a7d2a" if lost == 0 else "#b03030"
            word = "nothing lost" if lost == 0 else f"{lost} requests lost"
            lines.append(f'<text x="200" y="{y + 12}" text-anchor="end">{row["name"].replace("&", "&amp;")}</text>')
            lines.append(f'<rect x="208" y="{y + 2}" width="{length:.0f}" height="{bar - 5}" fill="{color}"/>')
            lines.append(f'<text x="{214 + length:.0f}" y="{y + 12}">{row["seconds"]:.1f} s, {word}</text>')
            y += bar
        y += 16
    lines.append("</svg>")
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


async def main():
    arguments = sys.argv[1:]
    svg = None
    if "--svg" in arguments:
        place = arguments.index("--svg")
        svg = arguments[place + 1]
        del arguments[place:place + 2]
    lastcall = os.path.abspath(arguments[0] if arguments else os.path.join(HERE, "../../.build/release/lastcall"))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for lag in LAGS:
            place = os.path.join(folder, str(lag))
            os.makedirs(place)
            rows += await asyncio.gather(*[
                contest(number, name, wrapper, hook, lag, place)
                for number, (name, wrapper, hook) in enumerate(contenders(lastcall))])
    table(rows)
    if svg:
        figure(rows, svg)


if len(sys.argv) > 1 and sys.argv[1] == "clients":
    asyncio.run(Clients(float(sys.argv[2]), sys.argv[3:]).run())
else:
    asyncio.run(main())
