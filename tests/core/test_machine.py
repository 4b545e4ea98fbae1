"""What a machine or a container has to spare."""

import os
from pathlib import Path

import pytest

from service.core.machine import Cores, spare_cores, spare_memory

CORES = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        ("max 100000", CORES), ("50000 100000", 1), ("200000 100000", 1),
        ("9900000 100000", max(1, CORES - 1)), ("nonsense", CORES),
    ],
)  # fmt: skip
def test_a_quota_leaves_a_core_to_others(tmp_path: Path, quota: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert spare_cores(tmp_path) == cores


def test_without_a_quota_all_cores_may_be_used(tmp_path: Path) -> None:
    assert spare_cores(tmp_path) == CORES


def test_the_smaller_of_machine_and_container_counts(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    assert spare_memory(tmp_path, meminfo) is None
    meminfo.write_text("MemTotal: 9000 kB\nMemAvailable:   2000 kB\n")
    assert spare_memory(tmp_path, meminfo) == 2_048_000
    (tmp_path / "memory.max").write_text("max")
    assert spare_memory(tmp_path, meminfo) == 2_048_000
    (tmp_path / "memory.max").write_text("1000000")
    (tmp_path / "memory.stat").write_text("anon 400000\nfile 900000\n")
    assert spare_memory(tmp_path, meminfo) == 600_000


def test_cores_are_left_by_all_but_those_who_yield(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    # user nice system idle iowait irq softirq steal guest guest_nice
    stat.write_text("cpu  100 50 20 1000 10 1 1 0 5 5\ncpu0 9 9 9 9 9 9 9 9 9 9\n")
    cores = Cores(stat)
    assert cores.left() is None  # no time has passed
    # Of 100 ticks 20 were nice, 15 idle, 5 spent waiting for a disk.
    stat.write_text("cpu  140 70 28 1015 15 2 2 10 9 9\n")
    assert cores.left() == pytest.approx(0.4 * (os.cpu_count() or 1))
    stat.write_text("nonsense")
    assert cores.left() is None
    assert Cores(tmp_path / "none").left() is None
