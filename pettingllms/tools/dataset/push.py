"""A data set brought to the Hugging Face hub by its own client: what is there is not sent."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from pettingllms.errors import (
    KeyRefusedError,
    MissingKeyError,
    MissingSDKError,
    OutputError,
    SettingError,
)
from pettingllms.providers.credentials import from_environment
from pettingllms.tools.dataset.build import CARD
from pettingllms.tools.dataset.manifest import NAME as MANIFEST
from pettingllms.tools.dataset.manifest import Manifest, check_files, read_manifest
from pettingllms.tools.dataset.shards import DATA, LINEAGE
from pettingllms.wording import counted

_INSTALL = 'pip install "pettingllms-sft[hub]"'
_KIND = "dataset"
_REFUSED = (401, 403)
_TOKEN_MARK = "hf_"  # noqa: S105 - no password
"""What the hub's tokens begin with."""


def push(folder: Path, repository: str, token_env: str, *, is_private: bool) -> str:
    """Bring the files of the data set in `folder` to `repository`, which is made where it is not
    there, and take away those of an earlier one: in one commit, whose URL is returned. The token
    is in the variable `token_env`.

    Raises: MissingKeyError, KeyRefusedError; OutputError where there is no data set, or the hub
    does not take it; MissingSDKError; SettingError where `token_env` is a token, or `repository` no
    name.
    """
    if token_env.startswith(_TOKEN_MARK):
        raise SettingError(
            "--token-env takes the name of a variable, and was given what looks like a token.",
            "Leave it out, and set HF_TOKEN to the token: words of a command are seen by others.",
        )
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    if not (folder / CARD).is_file():
        raise OutputError(f"{folder / CARD} is not there.", "Build the data set again.")
    hub: Any = _client()
    with _told(hub, repository, token_env, ""):
        hub.utils.validate_repo_id(repository)
        if "/" not in repository:  # made under the token's name, it could not be found again
            raise hub.errors.HFValidationError("it has no owner.")
    token = from_environment(token_env)
    if token is None:
        raise MissingKeyError(
            "The hub's token is not in the environment.",
            f"export {token_env}=hf_..., one that may write; or name its variable: --token-env.",
        )
    with _told(hub, repository, token_env, token):
        api = hub.HfApi(token=token)
        api.create_repo(repository, repo_type=_KIND, private=is_private, exist_ok=True)
        there = _there(hub, api, repository)
        return str(
            api.create_commit(
                repository,
                [*_operations(hub, folder, manifest, there)],
                repo_type=_KIND,
                commit_message=_message(manifest),
            ).commit_url
        )


def _files(manifest: Manifest) -> list[str]:
    return [CARD, MANIFEST, *(file.path for file in manifest.files)]


def _there(hub: Any, api: Any, repository: str) -> Mapping[str, str]:
    """The files of the repository, each with its sha256 where the hub says it."""
    tree = api.list_repo_tree(repository, recursive=True, repo_type=_KIND)
    files = (each for each in tree if isinstance(each, hub.hf_api.RepoFile))
    return {file.path: file.lfs.sha256 if file.lfs else "" for file in files}


def _operations(
    hub: Any, folder: Path, manifest: Manifest, there: Mapping[str, str]
) -> Iterator[Any]:
    known = {file.path: file.sha256 for file in manifest.files}
    for name in _files(manifest):
        if there.get(name) != known.get(name, "another"):
            yield hub.CommitOperationAdd(name, str(folder / name))
    for name in sorted(there.keys() - {*_files(manifest)}):
        if name.partition("/")[0] in (DATA, LINEAGE):
            yield hub.CommitOperationDelete(name)


def _message(manifest: Manifest) -> str:
    rows = sum(manifest.rows.values())
    return f"{counted(rows, 'row')} of {counted(len(manifest.runs), 'run')}"


@contextmanager
def _told(hub: Any, repository: str, token_env: str, token: str) -> Generator[None]:
    """What the hub or its client says, in our words and without the token."""
    try:
        yield
    except hub.errors.HfHubHTTPError as error:
        said = _first_line(error, token)
        if error.response is not None and error.response.status_code in _REFUSED:
            raise KeyRefusedError(
                f"The hub refuses to write to {repository}: {said}",
                f"The token in {token_env} has to have the right to write there.",
            ) from None
        raise OutputError(f"The hub does not take it: {said}", "Push again later.") from None
    except hub.errors.HFValidationError as error:
        raise SettingError(
            f"{repository!r} is no name of a data set: {_first_line(error, token)}",
            "Name it OWNER/NAME.",
        ) from None
    except RuntimeError as error:  # of a file, once its upload has been tried again and again
        raise OutputError(
            f"The hub does not take it: {_first_line(error, token)}",
            "Push again: what has arrived is not sent again.",
        ) from None
    except (hub.errors.HTTPError, OSError) as error:
        raise OutputError(
            f"The hub cannot be reached: {_first_line(error, token)}",
            "Check the connection, and HF_ENDPOINT where it is set.",
        ) from None


def _first_line(error: Exception, token: str) -> str:
    lines = (line.strip() for line in str(error).splitlines())
    said = next(filter(None, lines), type(error).__name__)
    return said.replace(token, "***") if token else said


def _client() -> Any:
    """A second to import, and none of its types are ours. Raises: MissingSDKError."""
    try:
        for part in ("errors", "utils"):  # which it loads as late as it can
            import_module(f"huggingface_hub.{part}")
        return import_module("huggingface_hub")
    except ImportError as error:
        raise MissingSDKError(
            "Pushing needs the package huggingface_hub.", f"Install it: {_INSTALL}"
        ) from error
