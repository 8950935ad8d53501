"""A Python with libraries for answers to import: what it has, and where the sandbox finds it.

`make judge-libraries` installs one; `--judge-python` names another. Only answers and tests that
mention a library run in it, forked from a process that has imported the usual ones already.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pettingllms.errors import SettingError, reason

PLACE = Path(sys.prefix) / "judge" / "bin" / "python"
"""Where `make judge-libraries` puts it: inside the environment of this program."""
WARM = (
    *("numpy", "pandas", "scipy", "scipy.special", "scipy.stats", "scipy.optimize", "sympy"),
    *("networkx", "sortedcontainers", "more_itertools", "bitarray", "dateutil", "regex"),
)
"""What the process has imported that answers are forked from."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KNOWN = _words(
    "numpy pandas scipy sympy networkx sortedcontainers more_itertools dateutil regex gmpy2"
    " bitarray numba sklearn torch torchvision tensorflow keras jax matplotlib seaborn plotly"
    " requests bs4 lxml yaml toml PIL cv2 nltk spacy transformers datasets statsmodels"
    " xgboost lightgbm pydantic attr attrs cachetools toolz cytoolz funcy pyrsistent bidict"
    " intervaltree blist pygtrie ahocorasick Levenshtein rapidfuzz fuzzywuzzy mpmath"
    " primesieve pyprimesieve ortools pulp cvxpy z3 shapely igraph flask django fastapi"
    " sqlalchemy aiohttp httpx pytz pendulum arrow psutil tqdm rich click faker openpyxl xlrd"
    " docx nose pytest hypothesis parameterized mock freezegun cryptography Crypto rsa jwt"
    " markdown jinja2 html5lib pyparsing lark ply chardet unidecode emoji phonenumbers"
    " textblob gensim simpy deap pygame pyttsx3 librosa soundfile wordcloud geopy folium"
    " acl atcoder acll typing_extensions"
)
"""Import names of libraries that answers are written with: another missing module is the answer's
own mistake."""
NOT_THERE = "is not among the judge's libraries"
_LEAST = (3, 11)
_ASK = """
import json, sys, sysconfig
from importlib.metadata import packages_distributions, version
names = {name: version(of[0]) for name, of in packages_distributions().items()}
print(json.dumps({
    "executable": getattr(sys, "_base_executable", "") or sys.executable,
    "prefixes": [sys.base_prefix, sys.base_exec_prefix],
    "folders": [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")],
    "version": sys.version_info[:2],
    "names": names,
}))
"""
_MISSING = re.compile(r"ModuleNotFoundError: No module named '(\w+)(?:\.[\w.]+)?'")


@dataclass(frozen=True)
class Libraries:
    """`executable` is the Python itself, outside its environment; `folders` hold the libraries,
    `paths` are all that it needs to read; `versions` are by import name."""

    executable: str
    folders: tuple[str, ...]
    paths: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.versions if name.isidentifier())

    @property
    def digest(self) -> str:
        """Of all versions: other libraries may lead to another verdict."""
        return hashlib.sha256(repr(self.versions).encode()).hexdigest()[:12]

    def are_mentioned(self, text: str) -> bool:
        """Whether some code may import one of them."""
        return not self.names.isdisjoint(re.findall(r"\w+", text))

    def __str__(self) -> str:
        of = dict(self.versions)
        usual = [f"{name} {of[name]}" for name in WARM if name in of]
        return f"{', '.join(usual)} and more" if usual else f"{len(of)} packages"


def find_libraries(python: Path | None = None) -> Libraries | None:
    """Those of `python`, or of the place where they are installed by default; None where nothing
    is. Raises: SettingError where `python` is none that can be used."""
    if python is not None:
        return _ask(python)
    return _ask(PLACE) if PLACE.exists() else None


@lru_cache
def _ask(python: Path) -> Libraries:
    try:
        asked = subprocess.run(  # noqa: S603  # a Python that the user named
            [str(python), "-I", "-c", _ASK], capture_output=True, check=True, timeout=60
        )
        told: dict[str, Any] = json.loads(asked.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SettingError(
            f"The judge's Python {python} does not run: {reason(error)}.",
            "Name a Python 3.11 or newer with --judge-python, or run `make judge-libraries`.",
        ) from error
    if tuple(told["version"]) < _LEAST:
        found = ".".join(map(str, told["version"]))
        raise SettingError(
            f"The judge's Python {python} is {found}; answers need 3.11 or newer.",
            "Name another with --judge-python.",
        )
    executable = Path(told["executable"]).resolve()
    folders = tuple(dict.fromkeys(map(str, told["folders"])))
    prefixes = dict.fromkeys([*told["prefixes"], str(executable.parent.parent)])
    needed = [Path(prefix, name) for prefix in prefixes for name in ("lib", "lib64")]
    paths = [*folders, *map(str, needed), str(executable)]
    there = tuple(path for path in dict.fromkeys(paths) if Path(path).exists())
    return Libraries(str(executable), folders, there, tuple(sorted(told["names"].items())))


def missing_library(error: str) -> str | None:
    """The library that is not installed, by the last line of a traceback; None where it is
    something else that failed."""
    found = _MISSING.findall(error.rsplit("\n\n", 1)[-1])
    return found[-1] if found and found[-1] in KNOWN else None


def imported_libraries(code: str) -> frozenset[str]:
    """The known libraries that some Python imports, anywhere in it, and cannot do without."""
    if "import" not in code:
        return frozenset()
    try:
        nodes = list(_unguarded(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return KNOWN & {name.partition(".")[0] for name in names}


def _unguarded(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that something else is done for, if they cannot import."""
    yield node
    guarded = node.body if isinstance(node, ast.Try) and any(map(_catches, node.handlers)) else ()
    for child in ast.iter_child_nodes(node):
        if child not in guarded:
            yield from _unguarded(child)


def _catches(handler: ast.ExceptHandler) -> bool:
    names = {"ImportError", "ModuleNotFoundError", "Exception"}
    caught = ast.walk(handler.type) if handler.type else ()
    return handler.type is None or any(getattr(one, "id", "") in names for one in caught)
