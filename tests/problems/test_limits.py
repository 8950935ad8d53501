"""Limits as data sets write them."""

from __future__ import annotations

import pytest

from pettingllms.problems.rules import AS_PUBLISHED
from pettingllms.problems.shapes import to_problem
from pettingllms.problems.shapes.limits import read_limits
from pettingllms.records import StatedLimits, StdioTests

SECONDS: dict[float | None, tuple[object, ...]] = {
    2: (
        *(2, 2.0, "2", "2.0", 2000, "2000", 2_000_000_000, "2 seconds", "2.0 Seconds", "2s"),
        *("2 sec", "2000 ms", "2000ms", "2000 milliseconds", "2000 msec", "2,0 seconds", "2 秒"),
        *(
            "2000 毫秒",
            "2,000 ms",
            "Time limit: 2 seconds",
            "2 seconds (Python: 8)",
            "2 sec / 5 sec",
        ),
        *(
            "00:00:02",
            "0:02",
            "00:02.0",
            "PT2S",
            "PT2.0S",
            "256 MB / 2 s",
            "2 s, 256 MB",
            "2 \u0441",
        ),
        *("2000000 \u03bcs",),
        *({"seconds": 2, "nanos": 0}, {"seconds": 1, "nanos": 10**9}, {"ms": 2000}),
    ),
    0.5: (0.5, "0.5", 500, "500 millisecond", "500000 us", {"nanos": 500_000_000}),
    90: ("00:01:30", "PT1M30S", "0:01:30"),
    3600: ("1h", "1 hour", "PT1H", "1:00:00"),
    60: ("1 m", "1 minute", "1 min", "60", "1 分钟"),
    None: (None, "", 0, -1, "-1", "unlimited", True, [2], {}, {"seconds": None}),
}
MEGABYTES: dict[int | None, tuple[object, ...]] = {
    256: (
        *(256, 256.0, "256", "256.0", "256 megabytes", "256 MB", "256MiB", "256 M", "256m"),
        *(
            268435456,
            "268435456",
            "268435456 bytes",
            262144,
            "262144",
            "262144 KB",
            "262144 kbytes",
        ),
        *("2 sec / 256 MB", "2 min, 256 MB", "256 Mo", "256 Mbytes", "256 МБ"),
        *("0.25 GB", "256 mebibytes", "Memory limit: 256 MB", {"megabytes": 256}, {"bytes": 2**28}),
    ),
    1024: (1024, "1 G", "1 gigabyte", "1,024 MB", 2**30),
    None: (None, "", 0, -1, "inf", "unlimited", False, [256], {}),
}


@pytest.mark.parametrize(
    ("seconds", "written"), [(value, one) for value, many in SECONDS.items() for one in many]
)
def test_seconds(seconds: float | None, written: object) -> None:
    """With a unit, or in the one that makes sense."""
    assert read_limits(written, None).seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("megabytes", "written"), [(value, one) for value, many in MEGABYTES.items() for one in many]
)
def test_megabytes(megabytes: int | None, written: object) -> None:
    """With a unit, or in the one that makes sense."""
    assert read_limits(None, written).memory_mb == megabytes


def test_limits_beside_the_tests() -> None:
    """As SYNTHETIC-1 may have them."""
    case = {"type": "stdin_stdout", "input": "1\n", "output": "2\n"}
    info = {"language": "python", "test_cases": [case], "time_limit": "2 seconds"}
    problem = to_problem({"prompt": "Double it.", "verification_info": info}, "here", AS_PUBLISHED)
    assert isinstance(problem.tests, StdioTests)
    assert problem.tests.limits == StatedLimits(2.0)
