"""Pods of real servers, each in a network namespace and a PID namespace of its own, and the kubelet that stops them."""

import asyncio
import os
import signal
import subprocess
import time

from clients import SHORT_BYTES, SLOW_BYTES, SLOW_SECONDS

GRACE = 60

NGINX = """
daemon off; pid {folder}/pid; error_log /dev/null; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_timeout 30;
  server {{ listen {port}; root {folder}; location /slow {{ limit_rate %d; }} }}
}}
""" % (SLOW_BYTES // SLOW_SECONDS)

HAPROXY = """
global
  maxconn 1000
defaults
  mode http
  option http-server-close
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend pod
  bind :80
  http-request return status 200 content-type text/plain file {folder}/short if {{ path /short }}
  default_backend slow
backend slow
  server slow 127.0.0.1:8080
"""

GUNICORN = """
import time

def app(environ, start):
    slow = environ["PATH_INFO"] == "/slow"
    parts = %d if slow else 1
    size = %d if slow else %d
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(parts * size))])
    for _ in range(parts):
        if slow:
            time.sleep(1)
        yield b"x" * size
""" % (SLOW_SECONDS, SLOW_BYTES // SLOW_SECONDS, SHORT_BYTES)


class Server:
    """What a pod runs, and the signal that lets it finish its answers."""

    def __init__(self, name, files, command, stop, companion=None):
        self.name = name
        self.files = files
        self.command = command
        self.stop = stop
        # Another container of the pod, which lives as long as the pod does.
        self.companion = companion


SERVERS = [
    Server("nginx", {"nginx.conf": NGINX}, ["nginx", "-c", "{folder}/nginx.conf"], "QUIT"),
    Server("gunicorn", {"app.py": GUNICORN},
           ["gunicorn", "--chdir", "{folder}", "--bind", "0.0.0.0:80", "--threads", "64", "--keep-alive", "30",
            "--graceful-timeout", "50", "--worker-tmp-dir", "/dev/shm", "app:app"], "TERM"),
    Server("haproxy", {"haproxy.cfg": HAPROXY, "nginx.conf": NGINX}, ["haproxy", "-db", "-f", "{folder}/haproxy.cfg"],
           "USR1", companion=["nginx", "-c", "{folder}/nginx.conf"]),
]


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Pod:
    def __init__(self, contender, number, server, wrapper, folder):
        self.name = f"lastcall-{contender}-{number}"
        self.client = f"lastcall-{contender}-clients"
        self.address = f"198.51.100.{number + 2}"
        self.folder = os.path.join(folder, self.name)
        self.link = f"lc{contender}p{number}"
        self.configure(server)
        self.connect()
        self.companion = self.start(server.companion) if server.companion else None
        self.process = self.start([*wrapper, *server.command])
        self.pid = None

    def configure(self, server):
        os.makedirs(self.folder)
        port = 8080 if server.companion else 80
        files = {name: text.format(folder=self.folder, port=port) if name != "app.py" else text
                 for name, text in server.files.items()}
        files.update(short="x" * SHORT_BYTES, slow="x" * SLOW_BYTES)
        for name, text in files.items():
            with open(os.path.join(self.folder, name), "w") as file:
                file.write(text)

    def connect(self):
        run("ip", "netns", "add", self.name)
        run("ip", "-n", self.name, "link", "set", "lo", "up")
        run("ip", "link", "add", self.link, "netns", self.client, "type", "veth", "peer", "name", "eth0",
            "netns", self.name)
        run("ip", "-n", self.client, "link", "set", self.link, "master", "bridge", "up")
        run("ip", "-n", self.name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        run("ip", "-n", self.name, "link", "set", "eth0", "up")

    def start(self, command):
        words = [word.format(folder=self.folder) for word in command]
        return subprocess.Popen(
            ["ip", "netns", "exec", self.name, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def first_process(self):
        if self.pid is None:
            children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
            self.pid = int(open(children).read().split()[0])
        return self.pid

    def hook(self, command):
        words = [word.format(folder=self.folder) for word in command]
        return subprocess.Popen(["nsenter", "-t", str(self.first_process()), "-p", "-m", "-n", *words],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def signal(self, number):
        try:
            os.kill(self.first_process(), number)
        except ProcessLookupError:
            pass

    def disconnect(self):
        """The address is silent from now on."""
        if self.companion:
            self.companion.kill()
            self.companion.wait()
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


async def stop_as_kubelet(pod, hook):
    """Stops a pod as killContainer in the kubelet's kuberuntime_container.go does. Returns the seconds it took."""
    start = time.monotonic()
    left = GRACE
    if hook:
        await ended(pod.hook(hook), GRACE)
        left -= int(time.monotonic() - start)
    pod.signal(signal.SIGTERM)
    if not await ended(pod.process, max(left, 2)):
        await end_now(pod)
    pod.disconnect()
    return time.monotonic() - start


async def end_now(pod):
    pod.signal(signal.SIGKILL)
    await ended(pod.process, 10)
