"""Clients whose endpoint lists lag, in a network namespace of their own. Orders come by standard input."""

import asyncio
import errno
import json
import random
import sys

SHORT_BYTES = 500
SLOW_BYTES = 60000
SLOW_SECONDS = 6
TIMEOUT = 15
KINDS = ("whole", "refused", "reset", "cut", "timed out")
# Half of each kind keep their connections, the others open one for each request.
SHORT_CLIENTS = 6
SLOW_CLIENTS = 24


class Lost(Exception):
    """A request that was not answered whole, and how."""


class Endpoints:
    """The list that all clients share, and what became of their requests."""

    def __init__(self, addresses):
        self.addresses = addresses
        self.turn = 0
        self.counts = dict.fromkeys(KINDS, 0)
        self.is_over = False

    def next(self):
        self.turn += 1
        return self.addresses[self.turn % len(self.addresses)]

    def remove(self, address):
        self.addresses = [other for other in self.addresses if other != address]


class Client:
    def __init__(self, endpoints, path, size, keeps):
        self.endpoints = endpoints
        self.path = path
        self.size = size
        self.keeps = keeps
        self.kept = {}

    async def run(self, delay):
        # Spread over time, so that there is always something of everything in flight.
        await asyncio.sleep(delay)
        while not self.endpoints.is_over:
            self.endpoints.counts[await self.outcome()] += 1
            await asyncio.sleep(0.1)
            self.forget()
        self.endpoints = Endpoints([])
        self.forget()

    def forget(self):
        """Closes what is kept to an address that is no longer listed."""
        for address in list(self.kept):
            if address not in self.endpoints.addresses:
                self.kept.pop(address)[1].close()

    async def outcome(self):
        address = self.endpoints.next()
        try:
            return await asyncio.wait_for(self.request(address), TIMEOUT)
        except Lost as lost:
            return str(lost)
        except asyncio.TimeoutError:
            return "timed out"

    async def connection(self, address):
        reader, writer = self.kept.pop(address, (None, None))
        # A client that looks at its connection before it uses it again, as good ones do; none asks twice.
        if reader and not reader.at_eof():
            return reader, writer
        try:
            return await asyncio.open_connection(address, 80)
        except ConnectionRefusedError:
            raise Lost("refused")
        except OSError as error:
            # Nobody is at that address any more.
            raise Lost("timed out" if error.errno in (errno.EHOSTUNREACH, errno.ETIMEDOUT) else "reset")

    async def request(self, address):
        reader, writer = await self.connection(address)
        word = "keep-alive" if self.keeps else "close"
        answered = 0
        stays = False
        try:
            writer.write(f"GET {self.path} HTTP/1.1\r\nHost: pod\r\nConnection: {word}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            answered = len(head)
            await reader.readexactly(self.size)
            stays = self.keeps and b"connection: close" not in head
            if not head.startswith(b"http/1.1 200"):
                raise Lost("cut")
            return "whole"
        except asyncio.IncompleteReadError as error:
            raise Lost("cut" if answered or error.partial else "reset")
        except OSError:
            raise Lost("cut" if answered else "reset")
        finally:
            if stays:
                self.kept[address] = (reader, writer)
            else:
                writer.close()


async def wait_for_answers(addresses):
    for address in addresses:
        while True:
            try:
                _, writer = await asyncio.open_connection(address, 80)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.05)


async def forget(endpoints, address, lag):
    await asyncio.sleep(lag)
    endpoints.remove(address)


def start(endpoints):
    def of_a_kind(count, path, size, spread):
        return [
            asyncio.create_task(Client(endpoints, path, size, number % 2 == 0).run(random.uniform(0, spread)))
            for number in range(count)]

    return (of_a_kind(SHORT_CLIENTS, "/short", SHORT_BYTES, 0.1)
            + of_a_kind(SLOW_CLIENTS, "/slow", SLOW_BYTES, SLOW_SECONDS))


async def main(lag, addresses):
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    await wait_for_answers(addresses)
    endpoints = Endpoints(addresses)
    tasks = start(endpoints)
    # The first of the slow ones are then at work.
    await asyncio.sleep(SLOW_SECONDS)
    print("ready", flush=True)
    forgetting = None
    while True:
        word, _, address = (await orders.readline()).decode().strip().partition(" ")
        if word == "remove":
            forgetting = asyncio.create_task(forget(endpoints, address, lag))
        elif word == "settle":
            await forgetting
            print("settled", flush=True)
        else:
            break
    endpoints.is_over = True
    await asyncio.gather(*tasks)
    print(json.dumps(endpoints.counts), flush=True)


if __name__ == "__main__":
    random.seed(1)
    asyncio.run(main(float(sys.argv[1]), sys.argv[2:]))
