"""Load from a process of its own, and the CPU that servers spend on it."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterable, Sequence

import psutil


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """User and system time of these processes, their children and those that ended."""
    total = 0.0
    for process in processes:
        for one in [process, *process.children(recursive=True)]:
            try:
                times = one.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
            if one.pid == process.pid:
                total += times.children_user + times.children_system
    return total


async def _connection(
    port: int, requests: Sequence[bytes], first: float = 0.0, every: float = 0.0
) -> list[float]:
    """Send requests one after another; with `every`, each at its time, late or not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken = []
    due = time.perf_counter() + first
    for request in requests:
        if every:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        started = due if every else time.perf_counter()
        due += every
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        if not lines[0].split()[1].startswith(b"2"):
            raise RuntimeError(head.decode() + (await reader.read(500)).decode())
        length = next(line for line in lines if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        taken.append(time.perf_counter() - started)
    writer.close()
    return taken


async def _all(port: int, shares: Sequence[Sequence[bytes]]) -> list[float]:
    lists = await asyncio.gather(*(_connection(port, share) for share in shares))
    return [seconds for taken in lists for seconds in taken]


def _send(port: int, requests: Sequence[bytes], connections: int) -> list[float]:
    shares = [requests[n::connections] for n in range(connections)]
    return asyncio.run(_all(port, shares))


def _send_timed(
    port: int, requests: Sequence[bytes], connections: int
) -> tuple[list[float], float]:
    started = time.perf_counter()
    taken = _send(port, requests, connections)
    return sorted(taken), time.perf_counter() - started


def drive(port: int, requests: Sequence[bytes], connections: int = 16) -> list[float]:
    """Send all requests over kept connections; the seconds that each took, sorted."""
    return drive_timed(port, requests, connections)[0]


def drive_timed(
    port: int, requests: Sequence[bytes], connections: int = 16
) -> tuple[list[float], float]:
    """The same, and the seconds from the first to the last."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_send_timed, (port, requests, connections))


async def _all_paced(port: int, shares: Sequence[Sequence[bytes]], pace: float) -> list[float]:
    every = len(shares) / pace
    lists = await asyncio.gather(
        *(_connection(port, share, n / pace, every) for n, share in enumerate(shares))
    )
    return [seconds for taken in lists for seconds in taken]


def _send_paced(
    port: int, requests: Sequence[bytes], pace: float, connections: int
) -> tuple[list[float], float]:
    started = time.perf_counter()
    shares = [requests[n::connections] for n in range(connections)]
    taken = asyncio.run(_all_paced(port, shares, pace))
    return sorted(taken), time.perf_counter() - started


def drive_paced(
    port: int, requests: Sequence[bytes], pace: float, connections: int = 16
) -> tuple[list[float], float]:
    """Send so many a second, whether answers come or not; as drive_timed.

    A request's time begins when it was due, so that waiting for the one before counts.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_send_paced, (port, requests, pace, connections))


def measure(
    port: int,
    requests: Sequence[bytes],
    processes: Callable[[], list[psutil.Process]],
    connections: int = 16,
) -> tuple[float, list[float]]:
    """CPU microseconds a request, and the latencies; warmed up before."""
    drive(port, requests[: max(1, len(requests) // 5)], connections)
    before = cpu_seconds(processes())
    taken = drive(port, requests, connections)
    return (cpu_seconds(processes()) - before) / len(requests) * 1e6, taken


def http(method: str, path: str, body: bytes = b"", headers: str = "") -> bytes:
    """One request, ready to send."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}{headers}\r\n".encode() + body
