"""NeMo DataDesigner: one LLM column over a seed data set, resumed where it can be."""

import data_designer.config as dd
from data_designer.config.seed_source_dataframe import DataFrameSeedSource
from data_designer.interface import DataDesigner, ResumeMode
from pandas import DataFrame

from benchmarks.clients import harness


def collect(job: harness.Job) -> list[harness.Row]:
    prompts = job.prompts()
    provider = dd.ModelProvider(name="simulator", endpoint=job.base_url, api_key="OPENAI_API_KEY")
    model = dd.ModelConfig(
        alias="writer",
        model=harness.MODEL,
        provider="simulator",
        skip_health_check=True,
        inference_parameters=dd.ChatCompletionInferenceParams(
            max_parallel_requests=job.concurrency, timeout=int(job.timeout_s)
        ),
    )
    config = dd.DataDesignerConfigBuilder(model_configs=[model])
    config.with_seed_dataset(DataFrameSeedSource(df=DataFrame(prompts, columns=["id", "prompt"])))
    config.add_column(
        dd.LLMTextColumnConfig(name="text", prompt="{{ prompt }}", model_alias="writer")
    )
    designer = DataDesigner(artifact_path=job.folder, model_providers=[provider])
    designer.set_run_config(dd.RunConfig(disable_early_shutdown=True))
    made = designer.create(config, num_records=len(prompts), resume=ResumeMode.IF_POSSIBLE)
    answers = made.load_dataset()
    return list(zip(answers["id"], answers["text"], strict=True))


def main() -> None:
    harness.measure(collect)
    harness.leave()


if __name__ == "__main__":
    main()
