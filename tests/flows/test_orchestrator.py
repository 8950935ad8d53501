"""The Prefect server that PREFECT_API_URL names."""

from __future__ import annotations

import asyncio
import os
import ssl

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import look_at_no_certificates
from flows.orchestrator import reach_server
from pettingllms.errors import OrchestratorError
from tests.flows.test_ahead import server_that_says

CERTIFICATES = "PREFECT_API_SSL_CERT_FILE"


@pytest.mark.parametrize(
    "version",
    [
        (200, "<html><body>Welcome</body></html>"),
        (200, "null"),
        (200, "[1, 2]"),
        (200, '"latest"'),
        (200, ""),
        (404, "not here"),
    ],
)
def test_what_is_no_prefect_server_is_told_as_such(version: tuple[int, str]) -> None:
    """As its own page answers, where the address lacks /api, or a proxy."""
    with (
        server_that_says({"/health": (200, "true"), "/admin/version": version}) as url,
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(OrchestratorError, match=f"{url}, is no API of a Prefect server") as raised,
    ):
        asyncio.run(reach_server())
    assert "/api" in raised.value.remedy


@pytest.mark.parametrize("url", ["localhost:4200/api", "ftp://127.0.0.1/api"])
def test_an_address_of_no_server_is_told_as_such(url: str) -> None:
    """Whatever Prefect makes of it."""
    with (
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(OrchestratorError, match=r"PREFECT_API_URL|does not answer") as raised,
    ):
        asyncio.run(reach_server())
    assert "Errno" not in str(raised.value)


def test_where_no_certificate_is_looked_at_prefects_clients_read_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In place of all authorities of this world; those that the user names stay."""
    monkeypatch.setenv(CERTIFICATES, "/mine.pem")
    look_at_no_certificates()
    assert os.environ[CERTIFICATES] == "/mine.pem"
    monkeypatch.delenv(CERTIFICATES)
    look_at_no_certificates()
    read = ssl.create_default_context(cafile=os.environ[CERTIFICATES]).get_ca_certs()
    assert len(read) == 1
    assert "no server has a certificate" in str(read[0]["subject"])
