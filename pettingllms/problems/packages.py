"""Problem packages: folders as Kattis and Codeforces (Polygon) keep a problem in.

Each becomes one record of the shape `package`. LaTeX in statements stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree as Xml

from pettingllms.errors import ProblemFileError
from pettingllms.files.json import loads
from pettingllms.problems.packing import LONGEST_DOCUMENT
from pettingllms.problems.record import Row, UnusableRecordError

_KATTIS, _POLYGON = "problem.yaml", "problem.xml"
_STATEMENTS = ("problem_statement", "statement", ".")
_STATEMENT_NAMES = ("problem.en.md", "problem.en.tex", "problem.md", "problem.tex")
_SUBMISSIONS = {"accepted": "solutions", "wrong_answer": "wrong"}
_TOLERANCE = re.compile(r"float(?:_absolute|_relative)?_tolerance\s+([\d.eE+-]+)")
_GROUP_FILES = ("testdata.yaml", "test_group.yaml")
_FLAGS = ("validator_flags", "output_validator_flags", "output_validator_args")
_STANDARD_CHECKERS: Mapping[str, Mapping[str, Any]] = {
    **{name: {} for name in ("fcmp", "lcmp")},
    **{name: {"tokens": True} for name in ("ncmp", "hcmp", "wcmp", "icmp", "uncmp", "caseicmp")},
    **{name: {"tokens": True, "case_blind": True} for name in ("yesno", "nyesno")},
    "rcmp4": {"tokens": True, "float_tolerance": 1e-4},
    "rcmp6": {"tokens": True, "float_tolerance": 1e-6},
    "rcmp9": {"tokens": True, "float_tolerance": 1e-9},
    "rcmp": {"tokens": True, "float_tolerance": 1.5e-6},
    "acmp": {"tokens": True, "float_tolerance": 1.5e-6},
}
_STREAMS = frozenset({"stdin", "stdout"})
_MANY_RIGHT: Mapping[str, Any] = {"several_right": True}
"""What a checker of the problem's own says cannot be told without running it."""
_SOURCES = frozenset(
    [".py", ".cpp", ".cc", ".java", ".js", ".go", ".rs", ".kt", ".rb", ".c", ".cs"]
)


def find_packages(folder: Path) -> list[Path]:
    """`folder` itself, or the packages in it, sorted."""
    if _is_package(folder):
        return [folder]
    return sorted(path for path in folder.iterdir() if path.is_dir() and _is_package(path))


def _is_package(folder: Path) -> bool:
    return (folder / _KATTIS).is_file() or (folder / _POLYGON).is_file()


def read_package(folder: Path) -> Iterator[Row]:
    """One row."""
    yield Row(str(folder), partial(_record, folder))


def _record(folder: Path) -> dict[str, Any]:
    """Raises: UnusableRecordError, ProblemFileError."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > LONGEST_DOCUMENT:
        raise ProblemFileError(
            f"{folder}: holds {size // 1_000_000:,} MB, too much for one problem",
            f"Up to {LONGEST_DOCUMENT // 1_000_000:,} MB are read; leave some tests out.",
        )
    return _kattis(folder) if (folder / _KATTIS).is_file() else _polygon(folder)


def _kattis(folder: Path) -> dict[str, Any]:
    told = _yaml(folder / _KATTIS)
    validation = f"{told.get('validation', '')} {told.get('type', '')}"
    if "interactive" in validation:
        raise UnusableRecordError("is interactive: such problems cannot be judged by their tests")
    limits: Mapping[str, Any] = told.get("limits") or {}
    name = told.get("name") or folder.name
    titles = cast("Mapping[str, Any]", name) if isinstance(name, dict) else {"en": name}
    return {
        "package": "kattis",
        "name": folder.name,
        "title": str(titles.get("en") or next(iter(titles.values()))),
        "statement": _kattis_statement(folder),
        "samples": _pairs(folder / "data" / "sample", ".ans"),
        "secret": _pairs(folder / "data" / "secret", ".ans"),
        "seconds": limits.get("time_limit") or _number_in(folder / ".timelimit"),
        "memory_mb": limits.get("memory"),
        "comparison": _kattis_rule(folder, told),
        **_submissions(folder / "submissions"),
        "source": told.get("source"),
        "license": told.get("license"),
        "keywords": told.get("keywords"),
    }


def _yaml(file: Path) -> Mapping[str, Any]:
    import yaml  # noqa: PLC0415 - few problems are packages

    try:
        told: object = yaml.safe_load(_text(file))
    except yaml.YAMLError as error:
        raise UnusableRecordError(f"`{file.name}` is not YAML: {error}") from error
    if told is not None and not isinstance(told, dict):
        raise UnusableRecordError(f"`{file.name}` holds no fields")
    return cast("Mapping[str, Any]", told or {})


def _kattis_statement(folder: Path) -> str:
    places = (folder / place / name for place in _STATEMENTS for name in _STATEMENT_NAMES)
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        raise UnusableRecordError("has no statement in English (problem_statement/problem.en.tex)")
    return _text(found)


def _kattis_rule(folder: Path, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its default validator compares words, in any case."""
    if "custom" in str(told.get("validation")) or _has_validator(folder):
        return _MANY_RIGHT
    flags = _validator_flags(folder, told)
    tolerance = _TOLERANCE.search(flags)
    return {
        "tokens": "space_change_sensitive" not in flags,
        "case_blind": "case_sensitive" not in flags,
        **({"float_tolerance": float(tolerance[1])} if tolerance else {}),
    }


def _has_validator(folder: Path) -> bool:
    places = (folder / "output_validators", folder / "output_validator")
    files = (path for place in places if place.is_dir() for path in place.iterdir())
    return any(not path.name.startswith(".") for path in files)


def _validator_flags(folder: Path, told: Mapping[str, Any]) -> str:
    """Of the problem, and of its groups of tests."""
    groups = (path for name in _GROUP_FILES for path in sorted((folder / "data").rglob(name)))
    said = (_yaml(path).get(name) for path in groups for name in _FLAGS)
    found = (told.get("validator_flags"), *said)
    return " ".join(str(flag) for flags in found for flag in _listed(flags))


def _listed(flags: object) -> list[object]:
    return cast("list[object]", flags) if isinstance(flags, list) else [flags or ""]


def _pairs(folder: Path, ending: str) -> list[list[str]]:
    inputs = sorted(folder.rglob("*.in"))
    return [[_text(path), _text(path.with_suffix(ending))] for path in inputs]


def _submissions(folder: Path) -> dict[str, list[dict[str, str]]]:
    return {
        field: [
            {"language": path.suffix.removeprefix("."), "code": _text(path)}
            for path in sorted((folder / kind).glob("*"))
            if path.suffix in _SOURCES
        ]
        for kind, field in _SUBMISSIONS.items()
    }


def _number_in(file: Path) -> str | None:
    return _text(file).strip() if file.is_file() else None


def _polygon(folder: Path) -> dict[str, Any]:
    root = _xml(folder / _POLYGON)
    judging = root.find("judging")
    if judging is None or root.find("assets/interactor") is not None:
        what = "has no tests" if judging is None else "is interactive"
        raise UnusableRecordError(f"{what}: such problems cannot be judged by their tests")
    named = (judging.get(name) for name in ("input-file", "output-file"))
    if files := [name for name in named if name and name not in _STREAMS]:
        raise UnusableRecordError(
            f"wants a program that works on files ({', '.join(files)}): programs are judged by"
            " standard input and output here"
        )
    testset = _largest(judging.findall("testset"))
    if testset is None:
        raise UnusableRecordError("has no set of tests")
    return {
        "package": "codeforces",
        "name": root.get("short-name") or folder.name,
        "title": _polygon_title(root),
        "statement": _polygon_statement(folder),
        **_polygon_tests(folder, testset),
        "seconds": int(testset.findtext("time-limit") or 0) / 1_000,
        "memory_mb": int(testset.findtext("memory-limit") or 0) // 2**20,
        "comparison": _polygon_rule(root),
        **_polygon_solutions(folder, root),
        "tags": [tag.get("value") for tag in root.findall("tags/tag")],
    }


def _largest(testsets: list[Xml.Element]) -> Xml.Element | None:
    """Pretests and samples are sets of their own, and parts of the one that is judged by."""
    return max(testsets, key=lambda each: len(each.findall("tests/test")), default=None)


def _xml(file: Path) -> Xml.Element:
    text = _text(file)
    if "<!ENTITY" in text:
        raise UnusableRecordError(f"`{file.name}` defines entities, which are not read")
    try:
        return Xml.fromstring(text)  # noqa: S314 - without entities it cannot grow
    except Xml.ParseError as error:
        raise UnusableRecordError(f"`{file.name}` is not XML: {error}") from error


def _polygon_title(root: Xml.Element) -> str:
    names = root.findall("names/name")
    english = (name for name in names if name.get("language") == "english")
    name = next(english, names[0] if names else None)
    return "" if name is None else name.get("value") or ""


def _polygon_statement(folder: Path) -> str:
    parts = folder / "statements" / "english" / "problem-properties.json"
    if parts.is_file():
        told: Any = loads(_text(parts).encode())
        sections = {"": "legend", "Input": "input", "Output": "output", "Note": "notes"}
        texts = ((title, told.get(name) or "") for title, name in sections.items())
        return "\n\n".join(f"## {t}\n\n{text}" if t else text for t, text in texts if text.strip())
    sections_folder = folder / "statement-sections" / "english"
    names = ("legend.tex", "input.tex", "output.tex", "notes.tex")
    places = [*(sections_folder / name for name in names)]
    if not any(path.is_file() for path in places):
        places = [folder / "statements" / "english" / "problem.tex"]
    found = [_text(path) for path in places if path.is_file()]
    if not found:
        raise UnusableRecordError("has no statement in English")
    return "\n\n".join(found)


def _polygon_tests(folder: Path, testset: Xml.Element) -> dict[str, list[list[str]]]:
    given, told = testset.findtext("input-path-pattern"), testset.findtext("answer-path-pattern")
    tests: dict[str, list[list[str]]] = {"samples": [], "secret": []}
    for number, test in enumerate(testset.findall("tests/test"), start=1):
        pair = [_text(folder / _numbered(pattern, number)) for pattern in (given, told)]
        tests["samples" if test.get("sample") == "true" else "secret"].append(pair)
    return tests


def _numbered(pattern: str | None, number: int) -> str:
    """`tests/%02d` with its number. Raises: UnusableRecordError."""
    try:
        return (pattern or "") % number
    except (TypeError, ValueError) as error:
        raise UnusableRecordError(f"has tests by the pattern {pattern!r}, which is none") from error


def _polygon_rule(root: Xml.Element) -> Mapping[str, Any]:
    checker = root.find("assets/checker")
    name = "" if checker is None else checker.get("name") or ""
    standard = name.removeprefix("std::").removesuffix(".cpp")
    return _STANDARD_CHECKERS.get(standard, _MANY_RIGHT) if checker is not None else {}


def _polygon_solutions(folder: Path, root: Xml.Element) -> dict[str, list[dict[str, str]]]:
    """By their tags; those that are too slow say nothing of the tests."""
    found: dict[str, list[dict[str, str]]] = {"solutions": [], "wrong": []}
    kinds = {"main": "solutions", "accepted": "solutions", "wrong-answer": "wrong"}
    for solution in root.findall("assets/solutions/solution"):
        source, kind = solution.find("source"), kinds.get(solution.get("tag") or "")
        if source is not None and kind is not None:
            language = (source.get("type") or "").partition(".")[0]
            code = _text(folder / (source.get("path") or ""))
            found[kind].append({"language": language, "code": code})
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableRecordError(f"`{file.name}` is not UTF-8") from error
    except OSError as error:
        raise UnusableRecordError(f"`{file}` is missing: build the whole package") from error
