"""The wheel and the sdist: what is in them, and that the wheel works from any folder."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.processes import ROOT, clean_environment, run

WANTED = {
    "pettingllms/py.typed",
    "pettingllms/_data/problems.jsonl",
    "pettingllms/tools/report/assets/page.html",
    "pettingllms/judge/sandbox/inside/zygote.py",
    "flows/cli.py",
    "deployments/prefect.yaml",
    "deployments/serve.py",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    built = run(
        "python", "-m", "hatchling", "build", "--directory", str(folder),
        cwd=ROOT, environment=clean_environment(folder),
    )  # fmt: skip
    assert built.exit_code == 0, built.output
    return folder


def test_the_wheel_has_what_a_run_needs_and_nothing_else(built: Path) -> None:
    """Typed, with data and pages; no tests."""
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names >= WANTED
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"pettingllms", "flows", "deployments"}


def test_the_sdist_builds_again(built: Path) -> None:
    """It has the sources, the data and the licence."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = WANTED - {"pettingllms/_data/problems.jsonl"} | {"data/problems.jsonl", "LICENSE"}
    assert names >= wanted | {"pyproject.toml", "README.md"}
    assert not any(name.startswith((".venv", "sft_data_code")) for name in names)


def test_the_wheel_works_from_any_folder(built: Path, tmp_path: Path) -> None:
    """Its own copy is what runs, and the bundled problems are found in it."""
    (wheel,) = built.glob("*.whl")
    place = tmp_path / "installed"
    environment = clean_environment(tmp_path, PYTHONPATH=str(place))
    installed = run(
        "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target",
        str(place), str(wheel), cwd=tmp_path, environment=environment,
    )  # fmt: skip
    assert installed.exit_code == 0, installed.output
    where = run(
        "python", "-c", "import flows; print(flows.__file__)", cwd=tmp_path, environment=environment
    )
    assert where.stdout.startswith(str(place))
    plan = run("python", "-m", "flows.collect", "plan", cwd=tmp_path, environment=environment)
    assert "30" in plan.stdout, plan.output
    assert plan.exit_code == 0
