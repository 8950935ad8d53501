"""How records become problems, as far as the user has a say in it."""

from __future__ import annotations

from dataclasses import dataclass

from pettingllms.problems.mapping import FieldMap
from pettingllms.problems.metadata import KEEP_SMALL, MetadataRule
from pettingllms.problems.template import PromptTemplate
from pettingllms.problems.where import Where


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """`fields` names them where they are in no known shape; `allows_untested` reads a record whose
    tests are in no known form as one without; `ids_by_line` makes each id one of its own; of
    problems only those are read for which `where` holds."""

    fields: FieldMap | None = None
    template: PromptTemplate | None = None
    allows_untested: bool = False
    ids_by_line: bool = False
    metadata: MetadataRule = KEEP_SMALL
    where: Where | None = None


AS_PUBLISHED = ReadingRules()
"""What is read where nothing else is asked for."""
FOR_COMPARISON = ReadingRules(allows_untested=True)
"""Of problems that are only looked at, never asked."""
