"""The Hugging Face hub's protocol on loopback, as far as pushing a data set needs it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from threading import Thread
from typing import Any

TOKEN = "hf_the_right_one"


class Hub:
    """One owner's repositories. Data goes by LFS, the rest into the commit, as on the hub."""

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.private: set[str] = set()
        self.objects: dict[str, bytes] = {}
        self.uploads: Counter[str] = Counter()
        self.commits: list[str] = []
        self.url = ""
        self.asked: list[str] = []
        self.cut_at: tuple[int, str] | None = None
        """The number of the request from which on the line is cut: before it, or after it."""

    @property
    def environment(self) -> dict[str, str]:
        return {"HF_ENDPOINT": self.url, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}

    def is_cut(self, when: str) -> bool:
        if self.cut_at is None:
            return False
        number, of_that = self.cut_at
        return len(self.asked) > number or (len(self.asked) == number and when == of_that)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if method == "PUT":
            self.uploads[path.rpartition("/")[2]] += 1
            self.objects[path.rpartition("/")[2]] = body
            return 200, {}
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        kind, _, rest = path.removeprefix("/api/").removeprefix("/").partition("/")
        assert kind == "datasets", path
        name, action = "/".join(rest.split("/")[:2]), rest.split("/")[2:]
        if name.endswith(".git"):
            return 200, self._batch(json.loads(body))
        if name not in self.repositories:
            return 404, {"error": "Repository not found"}
        return 200, getattr(self, f"_{action[0]}")(name, body)

    def _create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        name = f"{asked.get('organization') or 'me'}/{asked['name']}"
        if asked.get("private") or asked.get("visibility") == "private":
            self.private.add(name)
        is_new = name not in self.repositories
        self.repositories.setdefault(name, {".gitattributes": b"*.parquet filter=lfs\n"})
        return 200 if is_new else 409, {"url": f"{self.url}/datasets/{name}"}

    def _tree(self, name: str, _: bytes) -> Any:
        return [
            {
                "type": "file", "path": path, "size": len(content),
                "oid": hashlib.sha1(content).hexdigest(), **_lfs(path, content),
            }
            for path, content in self.repositories[name].items()
        ]  # fmt: skip

    def _preupload(self, name: str, body: bytes) -> Any:
        return {"files": [
            {"path": file["path"], "uploadMode": _mode(file["path"]), "shouldIgnore": False}
            for file in json.loads(body)["files"]
        ]}  # fmt: skip

    def _batch(self, asked: dict[str, Any]) -> Any:
        return {"transfer": "basic", "objects": [
            {
                **each, "authenticated": True,
                **({} if each["oid"] in self.objects else {"actions": {
                    "upload": {"href": f"{self.url}/store/{each['oid']}", "header": {}}}}),
            }
            for each in asked["objects"]
        ]}  # fmt: skip

    def _commit(self, name: str, body: bytes) -> Any:
        files = self.repositories[name]
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            match line["key"]:
                case "header":
                    self.commits.append(value["summary"])
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.objects[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        oid = f"{len(self.commits):040}"
        return {"commitUrl": f"{self.url}/datasets/{name}/commit/{oid}", "commitOid": oid}


def _mode(path: str) -> str:
    return "lfs" if path.startswith("data/") else "regular"


def _lfs(path: str, content: bytes) -> dict[str, Any]:
    if _mode(path) == "regular":
        return {}
    oid = hashlib.sha256(content).hexdigest()
    return {"lfs": {"oid": oid, "size": len(content), "pointerSize": 130}}


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = self._chunks()
        allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        path = self.path.partition("?")[0]
        self.hub.asked.append(f"{self.command} {path}")
        if self.hub.is_cut("before"):
            return self._hang_up()
        if allowed or path.startswith("/store/"):
            status, said = self.hub.answer(self.command, path, body)
        else:
            status, said = 401, {"error": "Invalid credentials"}
        return self._hang_up() if self.hub.is_cut("after") else self._say(status, said)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(SHUT_RDWR)

    def _say(self, status: int, said: Any) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    do_GET = do_POST = do_PUT = _do  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def hub_server() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
