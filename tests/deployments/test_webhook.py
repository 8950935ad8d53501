"""What `python -m deployments.automations --webhook` refuses, before it asks a server."""

import pytest

from deployments import automations


@pytest.mark.parametrize(
    "url",
    [
        "SECRET",
        "hooks.example.com/SECRET",
        "https://",
        "https:///SECRET",
        "ftp://hooks.example.com/SECRET",
        "https://hooks.example.com/T0 SECRET",
        "http://[::1/SECRET",
    ],
)
def test_a_webhook_that_is_no_web_address_is_refused(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whose typing error nobody would hear of, since no alarm would come; without its secret."""
    assert automations.main(["--webhook", url]) == 2
    told = capsys.readouterr()
    assert "What --webhook names is no web address." in told.err
    assert "SECRET" not in told.out + told.err
