"""distilabel: a pipeline of one `TextGeneration` task; a batch is as wide as the concurrency."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

from benchmarks.clients import harness

MAX_TOKENS = 2048


def collect(job: harness.Job) -> list[harness.Row]:
    prompts = [{"id": name, "instruction": prompt} for name, prompt in job.prompts()]
    with Pipeline(name="benchmark", cache_dir=job.folder) as pipeline:
        load = LoadDataFromDicts(data=prompts, batch_size=job.concurrency)
        generate = TextGeneration(
            llm=OpenAILLM(
                model=harness.MODEL,
                base_url=job.base_url,
                api_key=harness.KEY,
                timeout=int(job.timeout_s),
                generation_kwargs={"max_new_tokens": MAX_TOKENS},
            ),
            input_batch_size=job.concurrency,
        )
        load >> generate
    answers = pipeline.run(use_cache=True)["default"]["train"]
    return [(row["id"], row["generation"]) for row in answers]


def main() -> None:
    harness.measure(collect)
    harness.leave()


if __name__ == "__main__":
    main()
