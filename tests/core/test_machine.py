"""What a machine or a container has to spare."""

import os
from pathlib import Path

import pytest

from service.core.machine import spare_cores, spare_memory

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
