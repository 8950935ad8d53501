"""One data set from the runs of all nights: each answer once, by its newest verdict; split by
problem; in shards, with a manifest and the lineage of each row. It grows by what is new.

    places -> sightings -> index -> selection -> shards -> manifest, card
"""

from pettingllms.tools.dataset.build import Built, Options, build
from pettingllms.tools.dataset.diff import Change, DatasetDifference, difference
from pettingllms.tools.dataset.push import push
from pettingllms.tools.dataset.selection import Cap
from pettingllms.tools.dataset.shards import Layout

__all__ = [
    "Built",
    "Cap",
    "Change",
    "DatasetDifference",
    "Layout",
    "Options",
    "build",
    "difference",
    "push",
]
