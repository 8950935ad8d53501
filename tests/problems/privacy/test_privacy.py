"""What is private is found and held back, never quoted; what only looks so is let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.problems import bundled, read_problems
from pettingllms.problems.privacy import HeldBackTally, scan, why_held_back
from pettingllms.records import (
    AssertTests,
    FunctionCase,
    FunctionTests,
    Problem,
    StdioCase,
    StdioTests,
)
from pettingllms.run import prompts

RANDOM = "9fQ2mZ7xLr4Kp0Wd8vTb3Hs6Yc1Gj5NaUe"
"""Not a key of anyone's: typed in here."""
FOUND = {
    f"sk-proj-{RANDOM * 3}": "API key",
    "sk-" + "0f9e8d7c6b5a4132" * 2: "API key",
    f"sk-ant-api03-{RANDOM}": "Anthropic key",
    "AKIA" + "Q3EGRXWZ5TUVNPLK": "AWS key",
    f"ghp_{RANDOM}Ab": "GitHub token",
    f"github_pat_{RANDOM}": "GitHub token",
    f"glpat-{RANDOM[:20]}": "GitLab token",
    f"AIza{RANDOM}Q": "Google key",
    f"hf_{RANDOM}": "Hugging Face token",
    f"xoxb-{RANDOM[:12]}-{RANDOM[:12]}": "Slack token",
    f"https://hooks.slack.com/services/T0AB/B0CD/{RANDOM[:24]}": "Slack webhook",
    f"sk_live_{RANDOM[:24]}": "Stripe key",
    f"npm_{RANDOM}Xy": "npm token",
    f"pypi-AgE{RANDOM}{RANDOM}": "PyPI token",
    f"eyJhbGciOiJIUzI1NiJ9.eyJ{RANDOM[:14]}.{RANDOM}": "JSON web token",
    f"Authorization: Bearer {RANDOM}": "bearer token",
    f"-----BEGIN RSA PRIVATE KEY-----\n{RANDOM}{RANDOM}\n": "private key",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\\n{RANDOM}{RANDOM}\\n": "private key",
    f'API_KEY = "{RANDOM}"': "secret value",
    f"{{'client_secret': '{RANDOM}'}}": "secret value",
    "postgres://svc:" + "kj7Fq2nW@db.firm.com/orders": "password in a URL",
    "Send it to maria.gonzalez@siemens-energy.com.": "e-mail address",
    '"ankitrai326@gmail.com"': "e-mail address",
    "http://jenkins.build.corp:8080/job": "private host name",
    "ssh db-01.prod.internal": "private host name",
    "the share on nas2.lan": "private host name",
    "billing.payments.svc.cluster.local": "private host name",
}
HARMLESS = [
    "OPENAI_API_KEY=sk-...",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "sk-your-key-goes-here-0123456789abcdef",
    "sk-learn-compatible-estimator-api",
    "task-sk-management-system-for-employees",
    "AKIAIOSFODNN7EXAMPLE",
    "-----BEGIN PRIVATE KEY----- starts the block",
    'password = "correct horse battery staple"',
    'token = "identifier_or_number_or_operator"',
    'secret = "aaaaaaaaaaaaaaaaaaaaaaaa111"',
    "postgres://user:password@db.firm.com/x and ftp://u:${PASS}@host",
    "http://svc:kj7Fq2nW@localhost:5432 and http://svc:kj7Fq2nW@db.example.com",
    "user@example.com, a@b.co, name@domain.com, john.doe@gmail.com, alice@firm.test",
    "git@github.com:owner/name.git",
    "x = A@B.T; y = W1@x.shape; z = df@frame.at[0]",
    "@app.route('/users')",
    "http://localhost:8000 http://127.0.0.1/ 192.168.0.1",
    "threading.local() self.state.local module.internal np.corp",
    "app.module.sub.local = 3",
]


@pytest.mark.parametrize(("text", "kind"), FOUND.items(), ids=lambda value: value[:24])
def test_private_things_are_found(text: str, kind: str) -> None:
    """Each kind, alone and in the middle of code; the finding does not hold it."""
    (found,) = scan(f"def f():\n    x = {text} # here")
    assert found.kind == kind
    assert found.line in (2, 3)
    assert RANDOM[:8] not in repr(found)


@pytest.mark.parametrize("text", HARMLESS, ids=lambda text: text[:24])
def test_examples_and_code_are_let_through(text: str) -> None:
    """Placeholders, reserved domains, loopback, attributes, matrix products."""
    assert not list(scan(text))


def test_none_of_the_bundled_problems_is_held_back() -> None:
    """Nor of HumanEval's or MBPP's: see docs/privacy.md."""
    for problem in read_problems([str(bundled.problems_file())]):
        assert why_held_back(problem, prompts.first_turn(problem)) is None


KEY = f"hf_{RANDOM}"
WHERE = {
    "system message": (f"Ask {KEY}", "x", None),
    "user message": ("", f"Use {KEY}", None),
    "tests": ("", "x", AssertTests("f", (f"assert f('{KEY}')",))),
    "tests, arguments": ("", "x", FunctionTests("f", (FunctionCase(([{"k": f"\n{KEY}"}],), 1),))),
    "tests, input": ("", "x", StdioTests((StdioCase(f"1\n{KEY}\n", ""),))),
}


@pytest.mark.parametrize("place", WHERE)
def test_whatever_may_be_sent_is_looked_at(place: str) -> None:
    """Messages, and tests, whose failures are fed back; the error names file, kind and place."""
    system, user, tests = WHERE[place]
    problem = Problem("p", ({"role": "user", "content": user},), tests, origin="f:7")
    held_back = why_held_back(problem, prompts.first_turn(problem, system))
    assert held_back is not None
    assert held_back.message.startswith("f:7: `p` is held back: a Hugging Face token")
    assert f"of the {place.split(',', maxsplit=1)[0]}." in held_back.message
    assert "--allow-private" in held_back.remedy
    assert RANDOM[:8] not in str(held_back)


def test_what_never_leaves_is_not_looked_at() -> None:
    """The reference and the metadata."""
    problem = Problem("p", ({"role": "user", "content": "x"},), None, KEY, {"k": KEY})
    assert why_held_back(problem, problem.messages) is None


def test_the_tally_counts_problems_by_kind_and_names_the_first() -> None:
    """One line for the log."""
    tally = HeldBackTally()
    texts = ["fine", f"{KEY} and nas2.lan", "nas2.lan", KEY]
    for number, text in enumerate(texts):
        problem = Problem(str(number), ({"role": "user", "content": text},), origin=f"f:{number}")
        tally.add(problem, problem.messages)
    said = str(tally.total)
    assert said.startswith("3 problems are held back: 2 with a Hugging Face token, 1 with a priv")
    assert "the first: f:1" in said
    assert "--allow-private" in said


@given(st.text())
def test_any_text_can_be_scanned(text: str) -> None:
    """Lone surrogates, control characters and all: no error, no empty finding."""
    assert all(found.length > 0 and found.line > 0 for found in scan(text))
