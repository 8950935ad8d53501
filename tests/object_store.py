"""A real server of the S3 protocol on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
from moto.server import ThreadedMotoServer


@dataclass(frozen=True)
class Bucket:
    """One bucket, as a person with the server's own tools sees it."""

    client: Any
    name: str

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    def put(self, key: str, data: bytes) -> str:
        self.client.put_object(Bucket=self.name, Key=key, Body=data)
        return f"{self.url}/{key}"

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        listing = self.client.list_objects_v2(Bucket=self.name, Prefix=prefix)
        keys = [entry["Key"] for entry in listing.get("Contents", ())]
        return {key: self._read(key) for key in keys}

    def make(self) -> None:
        self.client.create_bucket(Bucket=self.name)

    def vanish(self) -> None:
        for key in self.objects():
            self.client.delete_object(Bucket=self.name, Key=key)
        self.client.delete_bucket(Bucket=self.name)

    def _read(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()


@dataclass(frozen=True)
class ObjectStore:
    endpoint: str

    @property
    def variables(self) -> dict[str, str]:
        """By which the tools of S3 find it, and have credentials."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "an-id",
            "AWS_SECRET_ACCESS_KEY": "a-s3cret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def bucket(self) -> Bucket:
        client = boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id="an-id", aws_secret_access_key="a-s3cret",
        )  # fmt: skip
        bucket = Bucket(client, f"bucket-{uuid4().hex}")
        bucket.make()
        return bucket


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield ObjectStore(f"http://{host}:{port}")
    finally:
        server.stop()
