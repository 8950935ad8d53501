"""The card of a trained adapter: what it was made of, how, and how to serve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pettingllms.local.training.settings import TrainingSettings


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training. `losses` are of the steps, in order; `tokens` were seen in
    `seconds` by this run, which may have gone on from a checkpoint."""

    losses: tuple[float, ...]
    tokens: int
    seconds: float
    rows: int
    left_out: int
    versions: Mapping[str, str]

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds else 0.0


def render_card(folder: Path, export: Path, settings: TrainingSettings, trained: Trained) -> str:
    """A README.md."""
    name = folder.name
    used = settings.model_dump(exclude={"model"})
    return "\n".join(
        (
            "---",
            f"base_model: {settings.model}",
            "library_name: peft",
            "pipeline_tag: text-generation",
            "tags:",
            "- lora",
            "- sft",
            "- code",
            "---",
            "",
            f"# {name}",
            "",
            f"A LoRA adapter for `{settings.model}`, trained on {trained.rows:,} collected answers"
            f" to programming problems (`{export.name}`), with the model's own chat template."
            " The loss is on the accepted answers alone.",
            "",
            f"Loss: {trained.losses[0]:.3f} at the first step, {trained.losses[-1]:.3f} at the"
            f" last of {len(trained.losses)}. Rows over {settings.max_length:,} tokens, which were"
            f" left out: {trained.left_out:,}.",
            "",
            "![Loss over the steps](loss.png)",
            "",
            "| setting | value |",
            "|---|---|",
            *(f"| {setting.replace('_', ' ')} | {value:g} |" for setting, value in used.items()),
            "",
            f"{trained.tokens:,} tokens in {trained.seconds:,.0f} s:"
            f" {trained.tokens_per_second:,.0f} a second."
            f" {', '.join(f'{name} {version}' for name, version in trained.versions.items())}.",
            "",
            "## Serve it",
            "",
            "```bash",
            f"vllm serve {settings.model} --enable-lora --max-lora-rank {settings.lora_rank}"
            f" --lora-modules {name}={folder}",
            "```",
            "",
        )
    )
