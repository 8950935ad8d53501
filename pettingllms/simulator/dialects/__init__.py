"""The providers' ways of writing requests, answers, errors, headers and model lists."""

from pettingllms.simulator.dialects.anthropic_messages import AnthropicDialect
from pettingllms.simulator.dialects.base import Dialect
from pettingllms.simulator.dialects.deepseek import DeepSeekDialect
from pettingllms.simulator.dialects.openai_chat import OpenAIDialect

ANTHROPIC = AnthropicDialect()
DEEPSEEK = DeepSeekDialect()
OPENAI = OpenAIDialect()

__all__ = ["ANTHROPIC", "DEEPSEEK", "OPENAI", "Dialect"]
