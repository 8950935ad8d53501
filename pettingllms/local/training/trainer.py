"""TRL's SFTTrainer with LoRA over the rows. torch and all that needs it are loaded here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

from pettingllms.errors import MissingSDKError, OutputError, SettingError
from pettingllms.local.server import find_model
from pettingllms.local.training.arguments import Device, training_arguments
from pettingllms.local.training.card import Trained
from pettingllms.local.training.output import TrainingFolder
from pettingllms.local.training.rows import Conversation
from pettingllms.local.training.settings import TrainingSettings

_PACKAGES = ("torch", "transformers", "peft", "trl", "datasets", "matplotlib")
_LINES = 20
Tell = Callable[[str], None]


def require_packages() -> None:
    """Raises: MissingSDKError."""
    for package in _PACKAGES:
        try:
            import_module(package)
        except ImportError as error:
            raise MissingSDKError(
                f"{package} package is required",
                'Install what training needs: pip install "pettingllms-sft[train]"; or set'
                " TRAIN_PYTHON to a Python that has it.",
            ) from error


def train(
    settings: TrainingSettings,
    conversations: Sequence[Conversation],
    folder: TrainingFolder,
    tell: Tell,
) -> Trained:
    """The adapter into `folder`, from its last checkpoint where it has one.

    Raises: SettingError where the model cannot be loaded or trained; OutputError where no row
    is short enough.
    """
    tokenizer = _load_tokenizer(settings.model)
    rows = _short_enough(conversations, tokenizer, settings.max_length)
    trainer = _trainer(settings, rows, tokenizer, folder, tell)
    checkpoint = _last_checkpoint(folder)
    if checkpoint:
        tell(f"Going on from {checkpoint}")
    run = _run(trainer, checkpoint)
    trainer.save_model(str(folder.path))
    history = trainer.state.log_history
    return Trained(
        losses=tuple(entry["loss"] for entry in history if "loss" in entry),
        tokens=int(next((e["num_tokens"] for e in reversed(history) if "num_tokens" in e), 0)),
        seconds=float(run.metrics["train_runtime"]),
        rows=len(rows),
        left_out=len(conversations) - len(rows),
        versions={package: version(package) for package in _PACKAGES[:4]},
    )


def _load_tokenizer(model: str) -> Any:
    """Raises: SettingError."""
    transformers: Any = import_module("transformers")
    if find_model(model).adapter:
        raise SettingError(
            f"MODEL_PATH {model} is an adapter.",
            "Set it to the model that the adapter belongs to.",
        )
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    except (OSError, ValueError) as error:
        raise SettingError(
            f"The tokenizer of {model} cannot be loaded: {error}", "Check MODEL_PATH."
        ) from error
    if not tokenizer.chat_template:
        raise SettingError(
            f"{model} has no chat template, so that conversations cannot be put to it.",
            "Train an instruct or chat model, or put a chat_template.jinja in its folder.",
        )
    return tokenizer


def _short_enough(
    conversations: Sequence[Conversation], tokenizer: Any, max_length: int
) -> list[dict[str, Any]]:
    """As TRL's prompts and completions, whose loss is on the completion alone: that asks nothing
    of the chat template. Rows that are too long are left out: a cut answer teaches to stop short.
    """
    rows = [
        {"prompt": list(conversation.before), "completion": [conversation.answer]}
        for conversation in conversations
        if _length(conversation, tokenizer) <= max_length
    ]
    if not rows:
        raise OutputError(
            f"All {len(conversations):,} rows are longer than {max_length:,} tokens.",
            "Raise TRAIN_MAX_LENGTH (--max-length), which takes more memory.",
        )
    return rows


def _length(conversation: Conversation, tokenizer: Any) -> int:
    said = [*conversation.before, conversation.answer]
    return len(tokenizer.apply_chat_template(said, tokenize=True, return_dict=True)["input_ids"])


def _trainer(
    settings: TrainingSettings,
    rows: list[dict[str, Any]],
    tokenizer: Any,
    folder: TrainingFolder,
    tell: Tell,
) -> Any:
    trl: Any = import_module("trl")
    device = _read_device()
    arguments = training_arguments(settings, len(rows), folder.checkpoints, device)
    trainer = trl.SFTTrainer(
        model=_load_model(settings.model, device.numbers),
        args=trl.SFTConfig(**arguments),
        train_dataset=import_module("datasets").Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=import_module("peft").LoraConfig(
            r=settings.lora_rank,
            lora_alpha=settings.lora_alpha,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
    transformers: Any = import_module("transformers")
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.add_callback(_telling(transformers.TrainerCallback, tell))
    return trainer


def _load_model(model: str, numbers: str) -> Any:
    """Raises: SettingError."""
    transformers: Any = import_module("transformers")
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(model, dtype=numbers)
    except (OSError, ValueError) as error:
        raise SettingError(f"{model} cannot be loaded: {error}", "Check MODEL_PATH.") from error


def _read_device() -> Device:
    cuda: Any = import_module("torch").cuda
    has_gpu = bool(cuda.is_available())
    return Device(has_gpu, has_bf16=has_gpu and bool(cuda.is_bf16_supported()))


def _last_checkpoint(folder: TrainingFolder) -> str | None:
    if not folder.checkpoints.is_dir():
        return None
    utilities: Any = import_module("transformers.trainer_utils")
    return utilities.get_last_checkpoint(str(folder.checkpoints))


def _run(trainer: Any, checkpoint: str | None) -> Any:
    """Raises: SettingError where the memory does not hold it."""
    try:
        return trainer.train(resume_from_checkpoint=checkpoint)
    except import_module("torch").OutOfMemoryError as error:
        raise SettingError(
            f"The GPU is out of memory: {str(error).splitlines()[0]}",
            "Halve TRAIN_BATCH_SIZE and double TRAIN_ACCUMULATION, which gives the same steps, or"
            " lower TRAIN_MAX_LENGTH.",
        ) from error


def _telling(base: type[Any], tell: Tell) -> Any:
    """A callback that says how far it is, about twenty times."""

    def on_log(_self: Any, _arguments: Any, state: Any, _control: Any, **given: Any) -> None:
        step, steps, loss = state.global_step, state.max_steps, given["logs"].get("loss")
        is_due = step in (1, steps) or step % max(1, steps // _LINES) == 0
        if is_due and loss is not None:
            tell(f"  step {step:,} of {steps:,}  loss {float(loss):.3f}")

    return type("Telling", (base,), {"on_log": on_log})()
