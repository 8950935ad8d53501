"""Machines that are set up otherwise than the developers' own: proxies, no home."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEAD_PROXY = "http://127.0.0.1:9"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
AS_AN_UNKNOWN_USER = """
import pwd, sys

def unknown(uid):
    raise KeyError(f"getpwuid(): uid not found: {uid}")

pwd.getpwuid = unknown
from flows.cli import main
raise SystemExit(main())
"""


def collect(tmp_path: Path, *flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """As a user whom the machine does not know; without a home, unless `variables` name one."""
    left_out = ("HOME", "PREFECT_HOME", "XDG_CACHE_HOME", "NO_PROXY", "no_proxy", "PREFECT_API_URL")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    return subprocess.run(
        [sys.executable, "-c", AS_AN_UNKNOWN_USER, "--output-dir", str(tmp_path / "out"), *flags],
        check=False, capture_output=True, text=True, timeout=300,
        cwd=ROOT, env=environment | variables,
    )  # fmt: skip


def test_neither_a_proxy_nor_a_missing_home_keeps_the_demo_from_running(tmp_path: Path) -> None:
    """Prefect's own server is on loopback, which no proxy reaches; its folder is home enough."""
    proxies = dict.fromkeys(PROXIES, DEAD_PROXY)
    home = {"PREFECT_HOME": str(tmp_path / "prefect"), "NO_PROXY": "example.org"}
    ended = collect(
        tmp_path, "--cache-dir", str(tmp_path / "cache"), "--num-episodes", "1", **proxies, **home
    )
    assert ended.returncode == 0, ended.stderr
    assert len(list((tmp_path / "out").glob("sft_data_*.jsonl"))) == 1


def test_without_any_home_it_is_said_what_to_set(tmp_path: Path) -> None:
    """One message, whatever the command."""
    ended = collect(tmp_path)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "HOME is not set" in ended.stderr
    assert "export HOME=" in ended.stderr
