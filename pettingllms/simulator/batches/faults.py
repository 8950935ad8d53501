"""What can go wrong with a batch."""

from __future__ import annotations

from typing import Literal, get_args

BatchFault = Literal[
    "lost-create",
    "lost-request",
    "unlisted-create",
    "failed-create",
    "failed-request",
    "refused-create",
    "overloaded",
    "no-output",
    "empty-file-id",
    "shuffled",
    "broken-off",
    "torn-line",
    "half-expired",
    "half-refused",
    "fails-validation",
    "too-many-tokens",
    "canceling",
    "results-gone",
    "gone",
]
"""
lost-create         it is made, but its answer never arrives
lost-request        the connection ends before anything is made
unlisted-create     as lost-create, and no list shows it
failed-create       it is made, but a gateway answers with a 502
failed-request      the same, and nothing is made
refused-create      a 429 in place of it, once
overloaded          a 529 in place of it, once, in the provider's own words
no-output           every request failed: OpenAI has no output file then
empty-file-id       the id of the file of errors is an empty string (OpenAI)
shuffled            the results come in another order
broken-off          the results break off in the middle of a line, the first time
torn-line           one line of the results is half of one
half-expired        every second request is not answered in time
half-refused        every second request is refused
fails-validation    nothing is asked: the input is not accepted
too-many-tokens     the same, since more is under way than the account may have
canceling           somebody cancels it when half is answered
results-gone        the results are kept no longer
gone                the batch itself is
"""
BATCH_FAULTS: tuple[BatchFault, ...] = get_args(BatchFault)
