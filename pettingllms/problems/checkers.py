"""Checkers as data sets publish them, brought into the one form that the judge calls.

That is `check(given, expected, got)`, or a script that takes three files. A function of another
name, or whose parameters come in another order, is told by their names; where these leave open
which text is the answer's, the record is refused: a checker that is asked about the expected output
would let every answer pass.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from pettingllms.problems.python_source import defined_functions, parse
from pettingllms.problems.record import UnusableRecordError

_FORM = ("given", "expected", "got")
_NAMES = (
    *("check", "checker", "check_answer", "check_output", "check_solution", "check_result"),
    *("validate", "verify", "is_correct", "is_valid", "judge", "grade", "evaluate", "spj"),
)
_ROLES = {
    "given": "given input inp inputs stdin args arguments case testcase test_case test_input"
    " input_data judge_input problem_input",
    "expected": "expected expected_output expected_answer expected_result exp correct"
    " correct_output correct_answer reference reference_output ref jury jury_output jury_answer"
    " judge_output truth ground_truth gt std std_output standard target gold",
    "got": "got actual actual_output user user_output user_answer participant participant_output"
    " contestant contestant_output result submission submission_output submitted received"
    " prediction pred returned student student_output team_output program_output process_output"
    " solution_output model_output candidate candidate_output your_output",
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names.split()}
_EITHER = {
    **dict.fromkeys(("output", "out", "solution"), ("got", "expected")),
    **dict.fromkeys(("answer", "ans"), ("expected", "got")),
}
"""Of what these speak is told by the other parameters, or else is usually so."""
_SUFFIXES = ("_str", "_text", "_string", "_content", "_data", "_lines", "_value", "_raw")


def read_checker(source: str, field: str) -> str:
    """The checker in the judge's form. Raises UnusableRecordError, naming `field`."""
    tree = parse(source, field)
    if "sys.argv" in source or "import argv" in source:
        return source
    function = _function(tree, field)
    if function is None:
        return source
    called = _call(function, field)
    speaks = any(isinstance(node, ast.Return) and node.value for node in ast.walk(function))
    speaks = speaks or any(_is_print(node) for node in ast.walk(function))
    if function.name == "check" and called == _FORM and speaks:
        return source
    verdict = "return _check({0})" if speaks else "_check({0})\n    return True"
    lines = verdict.format(", ".join(called))
    return (
        f"{source}\n\n_check = {function.name}\n\n\ndef check({', '.join(_FORM)}):\n    {lines}\n"
    )


def _function(tree: ast.Module, field: str) -> ast.FunctionDef | None:
    """None where `check` is made in another way, of which nothing is known."""
    functions = {function.name: function for function in defined_functions(tree)}
    for name in _NAMES:
        if name in functions:
            return functions[name]
    if any(isinstance(node, ast.Name) and node.id == "check" for node in ast.walk(tree)):
        return None
    if len(functions) == 1:
        return next(iter(functions.values()))
    raise UnusableRecordError(f"`{field}` defines no function `check({', '.join(_FORM)})`")


def _call(function: ast.FunctionDef, field: str) -> tuple[str, ...]:
    """What its parameters are given, in their order, those that have to be named by their names."""
    arguments = function.args
    taken = [*arguments.posonlyargs, *arguments.args]
    names = [one.arg for one in taken[: len(taken) - len(arguments.defaults)]]
    if arguments.vararg is not None and not names:
        return _FORM
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    by_name = [one.arg for one, default in named if default is None]
    roles = _roles([_plain(name) for name in (*names, *by_name)])
    if roles is None:
        shown = f"{function.name}({', '.join((*names, *by_name))})"
        raise UnusableRecordError(
            f"`{field}`: `{shown}` does not tell which parameter is the answer's output: name them"
            f" `{', '.join(_FORM)}`"
        )
    told = (f"{name}={role}" for name, role in zip(by_name, roles[len(names) :], strict=True))
    return (*roles[: len(names)], *told)


def _plain(name: str) -> str:
    name = name.lower().strip("_")
    if name not in _ROLE_OF:
        for suffix in _SUFFIXES:
            name = name.removesuffix(suffix)
    return name


def _roles(names: Sequence[str]) -> tuple[str, ...] | None:
    """None where they are not plain. Three of which none is known are in the usual order."""
    if not 1 <= len(names) <= len(_FORM):
        return None
    roles = [_ROLE_OF.get(name) for name in names]
    for at, name in enumerate(names):
        likely = (role for role in _EITHER.get(name, ()) if role not in roles)
        roles[at] = roles[at] or next(likely, None)
    if not any(roles):
        return _FORM if len(names) == len(_FORM) else None
    left = [role for role in _FORM if role not in roles]
    if roles.count(None) == 1 and len(left) == 1:
        roles[roles.index(None)] = left[0]
    told = tuple(role for role in roles if role is not None)
    return told if len(told) == len(names) == len(set(told)) and "got" in told else None


def _is_print(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "print"
