"""What a compiler, or a runtime, says of an answer that a newer one would have taken: it is no
error of the answer's."""

from __future__ import annotations

import re

from pettingllms.records.languages import Language

_SAID = {
    "cpp": r"\W(?:zip_\w+|adjacent\w*|pairwise\w*|slide|chunk(?:_by)?|stride|join_with"
    r"|repeat|cartesian_product|concat|to|fold_(?:left|right)\w*|find_last\w*|contains|generator"
    r"|flat_(?:map|set)|mdspan)\W is not a member of \Wstd\b"
    r"|error: (?:generator|flat_map|flat_set|mdspan|stdfloat|inplace_vector): No such file",
    "java": r"(?:instanceof|case)\s+\w+(?:<[\w<>, ]*>)?\((?:[\w<>]+\s\w+|\))|preview feature"
    r"|method (?:(?:get|remove|add)(?:First|Last)|reversed)\(.*\n.*List<"
    r"|class (?:Gatherers?|ScopedValue|StructuredTaskScope|Sequenced\w+)\b",
    "go": r"package \"(?:iter|unique|weak|structs|math/rand/v2)\"|cannot range over .* of type func"
    r"|undefined: (?:(?:slices|maps|cmp)\.\w+|strings\.(?:Cut(?:Pre|Suf)fix|ContainsFunc|Lines"
    r"|SplitSeq|FieldsSeq)|errors\.Join|sync\.Once(?:Func|Values?)|time\.(?:Date|Time)Only"
    r"|time\.DateTime|bytes\.Clone|reflect\.TypeFor)\b",
    "csharp": r"Feature `[^']+' cannot be used because it is not part of|error: Custom deconstruct"
    r"|for `TrimEntries'",
    "kotlin": r"only available since (?:language version|Kotlin)",
    "ruby": r"undefined local variable or method `it'|uninitialized constant Data\b",
    "php": r"undefined function (?:json_validate|array_(?:find|find_key|any|all|first|last)"
    r"|mb_(?:str_pad|l?r?trim|[ul]cfirst)|str_(?:in|de)crement)\(",
}  # fmt: skip


def too_new(said: str, language: Language) -> str | None:
    """The line that says so."""
    found = re.search(rf"^.*(?:{_SAID.get(language.name, '(?!)')}).*", said, re.MULTILINE)
    return found and found[0].strip()
