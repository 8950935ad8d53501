"""A provider of batches that does whatever a test has it do, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Step = Callable[[int], Any]
"""What is answered to the nth call (from 0): JSON, bytes, or a status and one of these."""


_STEPS = {
    "models": "models",
    "completions": "ask",
    "messages": "ask",
    "cancel": "cancel",
    "content": "results",
    "results": "results",
    "files": "upload",
    "batches": "list",
}


@dataclass
class HostileProvider:
    """`steps` takes the place of what an honest provider does: upload, create, list, look, results,
    cancel, and `ask` online."""

    api_type: str
    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    asked: list[str] = field(default_factory=list[str])
    """The custom ids of the latest batch."""
    calls: list[str] = field(default_factory=list[str])
    url: str = ""
    keeps_nothing: bool = False
    """Of what it is sent: it is only counted."""
    received_bytes: int = 0

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def anthropic_base_url(self) -> str:
        return self.url

    def answer(self, method: str, path: str, body: bytes) -> Any:
        step = self._step_of(method, path)
        if b'"custom_id"' in body:
            lines = body.splitlines() if self.api_type == "openai" else []
            requests = json.loads(body)["requests"] if self.api_type == "claude" else []
            found = [json.loads(line) for line in lines if line.startswith(b'{"custom_id"')]
            self.asked = [each["custom_id"] for each in (*found, *requests)]
        number = self.calls.count(step)
        self.calls.append(step)
        does = self.steps.get(step, getattr(self, step))
        return does(number)

    def _step_of(self, method: str, path: str) -> str:
        step = _STEPS.get(path.rpartition("/")[2], "look")
        return "create" if (step, method) == ("list", "POST") else step

    def models(self, _: int) -> Any:
        return {"data": [{"id": name} for name in ("gpt-4o", "claude-sonnet-4-5")]}

    def upload(self, number: int) -> Any:
        return {"id": f"file-{number}"}

    def create(self, number: int) -> Any:
        return self.batch("in_progress")

    def list(self, _: int) -> Any:
        return {"data": [], "has_more": False}

    def look(self, _: int) -> Any:
        return self.batch("completed")

    def cancel(self, _: int) -> Any:
        return self.batch("cancelling")

    def results(self, _: int) -> Any:
        return b"".join(self.line(key) for key in self.asked)

    def ask(self, _: int) -> Any:
        return self.completion("online")

    def batch(self, status: str, answered: int | None = None, **more: Any) -> dict[str, Any]:
        """As its state is written by OpenAI."""
        number = len(self.asked) if answered is None else answered
        has_ended = status in ("completed", "expired", "cancelled")
        if self.api_type == "openai":
            said = {"id": "b", "status": status, "output_file_id": "out" if has_ended else None}
            counts = {"total": len(self.asked), "completed": number if has_ended else 0}
        else:
            states = {"in_progress": "in_progress", "cancelling": "canceling"}
            said = {"id": "b", "processing_status": states.get(status, "ended")}
            counts = {"succeeded": number} if has_ended else {"processing": len(self.asked)}
        return said | {"request_counts": counts} | more

    def completion(self, text: Any) -> dict[str, Any]:
        if self.api_type == "openai":
            message = {"message": {"content": text}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 10, "completion_tokens": 20}
            return {"model": "gpt-4o", "choices": [message], "usage": usage}
        content = [{"type": "text", "text": text}]
        usage = {"input_tokens": 10, "output_tokens": 20}
        return {"content": content, "stop_reason": "end_turn", "usage": usage}

    def line(self, key: str, text: Any = "fine", body: Any = None, status: int = 200) -> bytes:
        body = self.completion(text) if body is None else body
        if self.api_type == "openai":
            said = {"custom_id": key, "response": {"status_code": status, "body": body}}
        elif status == 200:
            said = {"custom_id": key, "result": {"type": "succeeded", "message": body}}
        else:
            said = {"custom_id": key, "result": {"type": "errored", "error": body}}
        return json.dumps(said).encode() + b"\n"


@contextmanager
def serving(provider: HostileProvider) -> Iterator[HostileProvider]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self._body(int(self.headers.get("content-length") or 0))
            said = provider.answer(self.command, self.path.partition("?")[0], body)
            status, said = said if isinstance(said, tuple) else (200, said)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - as the server calls it

        def _body(self, length: int) -> bytes:
            provider.received_bytes += length
            while provider.keeps_nothing and length:
                length -= len(self.rfile.read(min(length, 1 << 16)))
            return self.rfile.read(length)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        provider.url = f"http://127.0.0.1:{server.server_port}"
        yield provider
        server.shutdown()
        thread.join()
