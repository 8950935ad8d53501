"""Bespoke Curator: an `LLM` subclass with a working directory of its own."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_TOKENIZERS = "litellm_core_utils/tokenizers"


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else Path()


os.environ |= {
    "TELEMETRY_ENABLED": "false",
    "CURATOR_DISABLE_RICH_DISPLAY": "1",
    "HF_HUB_OFFLINE": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "TIKTOKEN_CACHE_DIR": str(_folder_of("litellm") / _TOKENIZERS),  # it would download it
}

from bespokelabs import curator  # noqa: E402

from benchmarks.clients import harness  # noqa: E402


class Writer(curator.LLM):
    def prompt(self, row: dict[str, Any]) -> str:
        return row["prompt"]

    def parse(self, row: dict[str, Any], response: str) -> dict[str, Any]:
        return {"id": row["id"], "text": response}


def collect(job: harness.Job) -> list[harness.Row]:
    writer = Writer(
        model_name=harness.MODEL,
        backend="openai",
        backend_params={
            "base_url": job.base_url,
            "max_concurrent_requests": job.concurrency,
            "request_timeout": int(job.timeout_s),
            "require_all_responses": False,
            "max_requests_per_minute": job.requests_per_minute,
            "max_tokens_per_minute": 10**9,
        },
    )
    prompts = [{"id": name, "prompt": prompt} for name, prompt in job.prompts()]
    answers = writer(prompts, working_dir=str(job.folder))
    return [(row["id"], row["text"]) for row in answers.dataset]


def main() -> None:
    harness.measure(collect)
    harness.leave()


if __name__ == "__main__":
    main()
