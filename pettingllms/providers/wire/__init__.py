"""What goes over the wire and what comes back, as pure functions: no I/O, no SDK.

One module per protocol (`openai_chat`, `anthropic_messages`; `protocol` is their shape), one
table of what models accept (`capabilities`), one table of what failures mean (`failures`).
"""
