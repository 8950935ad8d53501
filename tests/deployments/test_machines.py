"""The files that set a machine up: compose, the image, the systemd units, and their page."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.commands import COMMANDS
from tests.documents import blocks
from tests.processes import BIN, ROOT

DEPLOYMENTS = ROOT / "deployments"
UNITS = sorted((DEPLOYMENTS / "systemd").glob("*.service"))
VARIABLE = re.compile(r"\$\{(\w+)")


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOYMENTS / "compose.yaml").read_text())


def test_every_variable_of_compose_is_in_the_example() -> None:
    """And the other way round: nothing is asked for that nobody reads."""
    example = (DEPLOYMENTS / "example.env").read_text()
    asked = {line.split("=")[0] for line in example.splitlines() if "=" in line.split("#")[0]}
    assert set(VARIABLE.findall((DEPLOYMENTS / "compose.yaml").read_text())) == asked


def test_compose_starts_things_in_their_order() -> None:
    """Each waits for one that says when it is ready."""
    services = compose()["services"]
    for name, service in services.items():
        for other, wait in service.get("depends_on", {}).items():
            ready = wait["condition"] == "service_healthy"
            assert ("healthcheck" in services[other]) == ready, name
    assert services["server"]["ports"] == ["127.0.0.1:4200:4200"]


def test_the_settings_in_compose_are_settings_of_prefect() -> None:
    """A misspelt variable is ignored without a word. (prefect-redis is not installed here.)"""
    import prefect.settings

    services = compose()["services"].values()
    given = {name for service in services for name in service.get("environment", {})}
    of_prefect = [name for name in given if name.startswith("PREFECT_") and "REDIS" not in name]
    assert len(of_prefect) > 8
    for name in of_prefect:
        assert hasattr(prefect.settings, name), name


def test_the_image_has_what_it_copies() -> None:
    """Each path is there, and not shut out by the ignore file."""
    copied = re.findall(
        r"^COPY --chown=sft (.+) \S+$", (DEPLOYMENTS / "Dockerfile").read_text(), re.MULTILINE
    )
    paths = [path for line in copied for path in line.split()]
    let_in = (DEPLOYMENTS / "Dockerfile.dockerignore").read_text().splitlines()
    assert len(paths) == 8
    for path in paths:
        assert (ROOT / path).exists()
        assert f"!{path}" in let_in


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_program_that_is_there(unit: Path, tmp_path: Path) -> None:
    """By systemd's own check, where it is installed."""
    here = unit.read_text().replace("/opt/pettingllms-sft/.venv/bin", str(BIN))
    parsed = configparser.RawConfigParser(strict=False)
    parsed.optionxform = str
    parsed.read_string(here)
    assert Path(parsed["Service"]["ExecStart"].split()[0]).exists()
    if shutil.which("systemd-analyze"):
        (tmp_path / unit.name).write_text(here)
        checked = subprocess.run(
            ["systemd-analyze", "verify", tmp_path / unit.name], capture_output=True, check=False
        )
        assert (checked.returncode, checked.stderr.decode()) == (0, "")


def test_what_the_page_names_is_there() -> None:
    """Its links and pictures; its commands are run by a test."""
    page = ROOT / "docs" / "operations.md"
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target
    automations, *of_ours = "".join(
        block for block in blocks(page, "bash") if "s3://" not in block
    ).splitlines()
    command, _ = automations.split(" https://")
    assert command in (Path(__file__).parent / "test_automations.py").read_text()
    for line in of_ours:
        program, word, *flags = shlex.split(line)
        if program == "sft-collect":
            COMMANDS[word].parser().parse_args(flags)  # raises at a flag that is none
    for name in re.findall(r"`deployments/([\w./]+)`", page.read_text()):
        assert (DEPLOYMENTS / name).exists() or name == ".env", name
