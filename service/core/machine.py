"""What this machine has to spare, as far as Linux tells: cores and memory, a container's limits."""

import contextlib
import math
import os
import re
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
MEMORY = Path("/proc/meminfo")
STAT = Path("/proc/stat")


class Cores:
    """How many cores all but yielding processes leave unused, from one look to the next."""

    def __init__(self, file: Path = STAT) -> None:
        """Look for the first time."""
        self._file = file
        self._before = self._read()

    def left(self) -> float | None:
        """So many on average since the last look; None where the system doesn't tell.

        Who yields is who has a lower priority: `nice` above 0.
        """
        before, now = self._before, self._read()
        self._before = now
        if before is None or now is None or now[1] <= before[1]:
            return None
        return (os.cpu_count() or 1) * (now[0] - before[0]) / (now[1] - before[1])

    def _read(self) -> tuple[int, int] | None:
        """Ticks of all cores since the system began: unused ones, and all."""
        # proc_stat(5): user nice system idle iowait irq softirq steal, and two that are counted
        # among the first.
        with contextlib.suppress(OSError, ValueError):
            user, nice, system, idle, iowait, *others = map(
                int, self._file.read_text().splitlines()[0].split()[1:9]
            )
            unused = nice + idle + iowait
            return unused, unused + user + system + sum(others)
        return None


def spare_cores(folder: Path = CGROUP) -> int:
    """How many cores a process may keep busy that yields to all others: every one.

    Under a quota one less, as that is spent by all processes alike, whatever their priority.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = map(int, (folder / "cpu.max").read_text().split())
        return max(1, min(cores, math.ceil(quota / period)) - 1)
    return cores


def spare_memory(folder: Path = CGROUP, file: Path = MEMORY) -> int | None:
    """Bytes that can be had without anything being swapped out; None where nobody knows."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        if available := re.search(r"^MemAvailable:\s+(\d+) kB", file.read_text(), re.MULTILINE):
            found.append(int(available[1]) * 1024)
    with contextlib.suppress(OSError, ValueError):
        limit = int((folder / "memory.max").read_text())
        if used := re.search(r"^anon (\d+)$", (folder / "memory.stat").read_text(), re.MULTILINE):
            found.append(max(0, limit - int(used[1])))
    return min(found, default=None)
