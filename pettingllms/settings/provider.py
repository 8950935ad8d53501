"""Who is asked."""

from __future__ import annotations

from functools import partial

from pydantic import BaseModel

from pettingllms.providers.config import DEFAULT_MAX_RESPONSE_MB
from pettingllms.settings.setting import setting
from pettingllms.utils.api_client import DEFAULT_TIMEOUT_S

_setting = partial(setting, "Provider")


class ProviderSettings(BaseModel):
    api_type: str | None = _setting(
        "API_TYPE", "openai, deepseek, claude, local, replay, or package.module:Class"
    )
    model: str | None = _setting("API_MODEL", "model; its default goes by the provider")
    base_url: str | None = _setting("API_BASE_URL", "another server, such as a proxy")
    timeout: float = _setting(
        "API_TIMEOUT", "seconds for one request", DEFAULT_TIMEOUT_S, gt=0, changes="nothing"
    )
    max_response_mb: int = _setting(
        "API_MAX_RESPONSE_MB",
        "megabytes that one response may have, unpacked",
        DEFAULT_MAX_RESPONSE_MB,
        ge=1,
        changes="nothing",
    )
    api_key_block: str | None = _setting(
        "API_KEY_BLOCK", "name of a Prefect Secret block that holds the key", changes="nothing"
    )
