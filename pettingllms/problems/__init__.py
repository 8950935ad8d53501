"""Problems from files, here or by URL, and the Hugging Face hub, read one at a time.

    for problem in read_problems(["problems.jsonl", "s3://b/*.parquet", "hf:owner/name:train"]):
        ...

A record goes source (`sources`, `remote`, `hub`) -> row (`json_files`, `tables`) -> shape
(`shapes`) -> Problem. Whether the tests are right is not asked here: the judge runs
the reference for that.

To read another published shape: write `shapes/yours.py` with one pydantic model of the fields as
they are published and one function `to_problem(record) -> Problem`, then add one row to the
table in `shapes/__init__.py`. To read another file type: write one function `file -> rows` and
add one row to `READERS` in `sources.py`.
"""

from pettingllms.problems.reading import (
    OnBad,
    ProblemCount,
    Records,
    check_problems,
    digest_of,
    find_rows,
    problem_of,
    read_problems,
)
from pettingllms.problems.record import Row
from pettingllms.problems.remote import look_again
from pettingllms.problems.rules import AS_PUBLISHED, FOR_COMPARISON, ReadingRules

__all__ = [
    "AS_PUBLISHED",
    "FOR_COMPARISON",
    "OnBad",
    "ProblemCount",
    "ReadingRules",
    "Records",
    "Row",
    "check_problems",
    "digest_of",
    "find_rows",
    "look_again",
    "problem_of",
    "read_problems",
]
