"""OpenAI's files and batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.parser import BytesParser
from typing import Any

import orjson

from pettingllms.simulator.batches.shop import BatchLine, Document, Result, Shop, SoldBatch
from pettingllms.simulator.chat import ErrorReply, RefusedError
from pettingllms.simulator.dialects import OPENAI

_SAID = {
    "fails-validation": ("invalid_json_line", "This line is not parseable as valid JSON."),
    "too-many-tokens": ("token_limit_exceeded", "Enqueued token limit reached for gpt-4o."),
}


def file_in(content_type: str, payload: bytes) -> bytes:
    """Of a form, the part `file`. Raises: RefusedError."""
    form = BytesParser().parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + payload
    )
    for part in form.walk():
        if part.get_param("name", header="content-disposition") == "file":
            return part.get_payload(decode=True)  # pyright: ignore[reportReturnType]
    raise RefusedError(ErrorReply(400, "'file' is a required property", param="file"))


def uploaded(name: str, content: bytes) -> Document:
    return {"id": name, "object": "file", "bytes": len(content), "purpose": "batch"}


def new_batch(shop: Shop, payload: bytes) -> SoldBatch:
    """Raises: RefusedError."""
    asked: dict[str, Any] = orjson.loads(payload)
    content = shop.files.get(asked.get("input_file_id", ""))
    if content is None or asked.get("completion_window") != "24h":
        raise RefusedError(ErrorReply(400, "Invalid input_file_id or completion_window."))
    metadata: Mapping[str, str] = asked.get("metadata") or {}
    lines = [orjson.loads(line) for line in content.splitlines()]
    read = [BatchLine(line["custom_id"], line["body"]) for line in lines]
    file = str(asked["input_file_id"])
    return SoldBatch(shop.new_id("batch"), OPENAI, read, metadata, shop.next_faults(), file)


def described(batch: SoldBatch) -> Document:
    """The batch object; its results are two files, each there only where something is in it."""
    answered, others = batch.count("succeeded"), batch.count("errored", "expired", "canceled")
    status = _status(batch)
    has_ended = batch.has_ended and not batch.fails_validation
    no_errors = "" if "empty-file-id" in batch.faults else None
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "errors": _errors(batch) if status == "failed" else None,
        "input_file_id": batch.input_file_id,
        "completion_window": "24h",
        "status": status,
        "output_file_id": f"out-{batch.id}" if has_ended and answered else None,
        "error_file_id": f"err-{batch.id}" if has_ended and others else no_errors,
        "created_at": int(batch.created_at),
        "request_counts": {
            "total": 0 if batch.fails_validation else len(batch.lines),
            "completed": answered,
            "failed": others,
        },
        "metadata": dict(batch.metadata) or None,
    }


def _status(batch: SoldBatch) -> str:
    if batch.fails_validation and batch.has_ended:
        return "failed"
    if batch.is_canceled:
        return "cancelled" if batch.has_ended else "cancelling"
    if batch.has_ended:
        return "expired" if "half-expired" in batch.faults else "completed"
    return "validating" if batch.looks == 0 else "in_progress"


def _errors(batch: SoldBatch) -> Document:
    code, message = next(_SAID[fault] for fault in batch.faults if fault in _SAID)
    return {"object": "list", "data": [{"code": code, "message": message, "line": 1}]}


def results_of(batch: SoldBatch, file: str) -> Iterator[Document]:
    """The lines of one of its two files."""
    is_output = file.startswith("out-")
    for number, result in enumerate(batch.results or ()):
        if (result.ending == "succeeded") == is_output:
            yield {"id": f"batch_req_{number}", **_line(result)}


def _line(result: Result) -> Document:
    line: Document = {"custom_id": result.custom_id, "response": None, "error": None}
    if result.answer is not None:
        line["response"] = {"status_code": 200, "request_id": "", "body": result.answer}
    elif result.error is not None:
        body = OPENAI.error(result.error, "")
        line["response"] = {"status_code": result.error.status, "request_id": "", "body": body}
    else:
        code = "batch_expired" if result.ending == "expired" else "batch_cancelled"
        line["error"] = {"code": code, "message": "This request was not executed in time."}
    return line


def page_of(shop: Shop, after: str, limit: int) -> Document:
    page, has_more = shop.page(OPENAI, after, limit)
    return {
        "object": "list",
        "data": [described(batch) for batch in page],
        "last_id": page[-1].id if page else None,
        "has_more": has_more,
    }
