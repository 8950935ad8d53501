"""The shape of the code: imports go down only, and each outside thing has its place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = sorted(path for top in ("pettingllms", "flows") for path in (ROOT / top).rglob("*.py"))

LAYERS = [
    {"errors", "records", "json_text"},
    {
        "dispatch",
        "base_url",
        "credentials",
        "bundled",
        "disk",
        "in_parallel",
        "json_records",
        "versions",
        "pricing",
        "privacy",
        "progress",
        "prompting",
        "spending",
        "tokens",
    },
    {"wire", "store", "http_client", "remote_files"},
    {"sdk_connection"},
    {"utils", "cache", "problems", "judge", "sharing"},
    {"engine", "export", "simulator", "settings", "verdicts"},
    {"rollout", "exporting", "finished_shards", "verification", "report", "local_server"},
    {"shards", "output"},
    {"checking"},
    {"collection"},
    {"opening"},
    {"planning", "rebuilding", "merging", "doctor", "training"},
    {"cache_tools"},
    {"flows"},
]
"""From the bottom up. A module imports from its own package and from layers below it."""

PLACES = {
    "prefect": {"flows"},
    "diskcache": {"pettingllms/store"},
    "openai": set(),
    "anthropic": set(),
    "fsspec": {"pettingllms/remote_files.py"},
    "redis": set(),
    "httpx2": {"pettingllms/http_client.py"},
    "datasketch": set(),
    "pandas": {"pettingllms/problems"},
    "datasets": {"pettingllms/problems"},
    "genai_prices": {"pettingllms/pricing.py"},
    "pydantic": {
        "pettingllms/problems",
        "pettingllms/simulator",
        "pettingllms/settings.py",
        "pettingllms/training",
        "flows",
    },
    "msgspec": {"pettingllms/json_records.py"},
    "jinja2": {"pettingllms/report/page.py"},
    "rich": {"pettingllms/export/summary.py", "flows"},
}
"""Where a package may be named; the SDKs and redis are imported by name, where they are opened."""


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def names(path: Path) -> set[str]:
    """Every dotted name, as `os.environ`."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}


def part(module: str) -> str | None:
    """The name that LAYERS knows a module by."""
    top, _, rest = module.partition(".")
    return top if top == "flows" else rest.split(".")[0] if top == "pettingllms" else None


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def level(name: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if name in layer)


@pytest.mark.parametrize("path", PRODUCT, ids=module_of)
def test_imports_go_down_only(path: Path) -> None:
    """A module of a layer knows nothing of its neighbours, or of what is above."""
    own = part(module_of(path))
    if not own or own == "__init__":
        return
    known = {name for name in map(part, imported(path)) if name} - {own}
    upward = {name for name in known if level(name) >= level(own)}
    assert not upward, f"{path.name} imports from {upward}"


@pytest.mark.parametrize("path", PRODUCT, ids=module_of)
def test_outside_packages_stay_in_their_places(path: Path) -> None:
    """Prefect in flows only, each library behind one module of ours."""
    here = path.relative_to(ROOT).as_posix()
    for package in {module.split(".")[0] for module in imported(path)} & PLACES.keys():
        assert any(here.startswith(place) for place in PLACES[package]), f"{here}: {package}"


@pytest.mark.parametrize("path", PRODUCT, ids=module_of)
def test_the_environment_has_its_places(path: Path) -> None:
    """Settings, key lookup, and Prefect's telemetry switch; the sandbox's inside has none."""
    here = path.relative_to(ROOT).as_posix()
    if here not in {"pettingllms/settings.py", "pettingllms/credentials.py", "flows/__init__.py"}:
        assert not {"os.environ", "os.getenv"} & names(path)


@pytest.mark.parametrize("path", PRODUCT, ids=module_of)
def test_functions_are_short_and_the_library_prints_nothing(path: Path) -> None:
    """Nothing over 50 lines; `print` is for the commands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 50, f"{path.name}:{node.lineno} {node.name} has {length} lines"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print" or path.name == "__main__.py"
