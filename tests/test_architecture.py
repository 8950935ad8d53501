"""The shape of the code: imports go down only, in no circle, and outside things have a place."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PRODUCT = sorted(
    path for top in ("pettingllms", "flows", "deployments") for path in (ROOT / top).rglob("*.py")
)

FLOORS = [
    {"records"},
    {"errors"},
    {"wording", "files"},
    {"problems", "providers", "cache"},
    {"utils", "judge"},
    {"agreement"},
    {"export"},
    {"settings", "engine"},
    {"simulator"},
    {"run", "local"},
    {"tools"},
    {"flows"},
    {"deployments"},
]
"""From the bottom up, as `docs/design.md` draws them. A file imports from its own room and from
floors below it, never from a neighbour."""

PLACES = {
    "prefect": {"flows", "deployments"},
    "diskcache": {"pettingllms/cache/store"},
    "openai": set(),
    "anthropic": set(),
    "fsspec": {"pettingllms/files/remote.py"},
    "redis": set(),
    "httpx2": {"pettingllms/providers/http.py"},
    "datasketch": set(),
    "pandas": set(),
    "datasets": {"pettingllms/problems"},
    "genai_prices": {"pettingllms/providers/pricing.py"},
    "pydantic": {
        "pettingllms/problems",
        "pettingllms/simulator",
        "pettingllms/settings",
        "pettingllms/local/training",
        "flows",
        "deployments",
    },
    "msgspec": {"pettingllms/files/json.py"},
    "jinja2": {
        "pettingllms/tools/report/page.py",
        "pettingllms/tools/history/page.py",
        "pettingllms/problems/template.py",
    },
    "rich": {"flows", "deployments"},
}
"""Where a package may be named; the SDKs and redis are imported by name, where they are opened."""

MAY_READ_THE_ENVIRONMENT = {
    "pettingllms/settings/resolve.py",
    "pettingllms/providers/credentials.py",
    "flows/__init__.py",
}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in PRODUCT}


def imported(path: Path) -> Iterator[str]:
    """The modules that a file names; of `from package import module` the module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in full)


def names(path: Path) -> set[str]:
    """Every dotted name, as `os.environ`."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}


def room(module: str) -> str | None:
    """The name that FLOORS knows a module by; None for what is not ours."""
    top, _, rest = module.partition(".")
    if top in ("flows", "deployments"):
        return top
    return rest.split(".")[0] if top == "pettingllms" and rest else None


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


def ours(path: Path) -> set[str]:
    """The product's modules that a file imports, by any of its statements, lazy ones too."""
    return set(imported(path)) & MODULES.keys() - {module_of(path)}


@pytest.mark.parametrize("path", PRODUCT, ids=module_of)
def test_imports_go_down_only(path: Path) -> None:
    """A room knows nothing of its neighbours, or of what is above."""
    own = room(module_of(path))
    if own is None:
        return
    upward = {
        name for name in map(room, ours(path)) if name and name != own and floor(name) >= floor(own)
    }
    assert not upward, f"{path.name} imports from {upward}"


def test_few_rooms_know_each_other() -> None:
    """An arrow from room to room is something a reader has to keep in mind."""
    pairs = {(room(module_of(path)), room(name)) for path in PRODUCT for name in ours(path)}
    arrows = {(above, below) for above, below in pairs if above and below and above != below}
    assert len(arrows) <= 100, sorted(arrows)


def test_no_file_imports_itself_by_way_of_others() -> None:
    """Inside the rooms too, and in flows."""
    graph = {module: ours(path) for module, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_listing_shows_the_way_of_a_row() -> None:
    """Five loose files at most, and no folder that no floor knows."""
    top = [path for path in (ROOT / "pettingllms").iterdir() if path.name[0] not in "._"]
    loose = {path.stem for path in top if path.suffix == ".py"}
    folders = {path.name for path in top if path.is_dir()}
    assert len(loose) <= 5, loose
    assert loose | folders == set().union(*FLOORS) - {"flows", "deployments"}


@pytest.mark.parametrize("path", PRODUCT, ids=module_of)
def test_outside_packages_stay_in_their_places(path: Path) -> None:
    """Prefect in flows only, each library behind one module of ours."""
    here = path.relative_to(ROOT).as_posix()
    for package in {module.split(".")[0] for module in imported(path)} & PLACES.keys():
        assert any(here.startswith(place) for place in PLACES[package]), f"{here}: {package}"


def test_what_is_imported_is_declared() -> None:
    """As a dependency of the base, or of an extra; what another package brings may go with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = (line for lines in project["optional-dependencies"].values() for line in lines)
    declared = {canonicalize_name(Requirement(line).name)
                for line in (*project["dependencies"], *extras)}  # fmt: skip
    imports = {name.split(".")[0] for path in PRODUCT for name in imported(path)}
    ours = {"pettingllms", "flows", "deployments"}
    ours |= {
        path.stem for path in PRODUCT if "inside" in path.parts
    }  # they know one another by these
    outside = imports - sys.stdlib_module_names - ours
    known = packages_distributions()
    missing = {
        name
        for name in outside
        if not {canonicalize_name(package) for package in known.get(name, [name])} & declared
    }
    assert not missing


@pytest.mark.parametrize("path", PRODUCT, ids=module_of)
def test_the_environment_has_its_places(path: Path) -> None:
    """Settings, key lookup, and Prefect's telemetry switch; the sandbox's inside has none."""
    here = path.relative_to(ROOT).as_posix()
    if here not in MAY_READ_THE_ENVIRONMENT and not here.startswith("deployments"):
        assert not {"os.environ", "os.getenv"} & names(path)


@pytest.mark.parametrize("path", PRODUCT, ids=module_of)
def test_functions_are_short_and_the_library_prints_nothing(path: Path) -> None:
    """Nothing over 50 lines; `print` is for the commands."""
    if path.parts[-2] == "deployments":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 50, f"{path.name}:{node.lineno} {node.name} has {length} lines"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print" or path.name == "__main__.py"


def test_files_are_read_in_one_sitting() -> None:
    """None over 550 lines."""
    long = {module: n for module, path in MODULES.items() if (n := _lines(path)) > 550}
    assert not long


def _lines(path: Path) -> int:
    return path.read_text().count("\n")
