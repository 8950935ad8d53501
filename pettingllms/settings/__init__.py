"""Every setting of a collection: one table, read by flags, environment, TOML and the flow.

A value comes from the first place that has one: flags (or flow parameters), the environment,
the TOML file, the default. To add a setting, add one field to the file of its group; everything
else follows.
"""

from pettingllms.settings.needs import check_needs
from pettingllms.settings.resolve import CONFIG_ENV, REPLAY, Resolved, resolve
from pettingllms.settings.setting import environment_name, group_of, metavar_of, parameter_type
from pettingllms.settings.table import Settings, flag_of, how_to_set, settings_that_change

__all__ = [
    "CONFIG_ENV",
    "REPLAY",
    "Resolved",
    "Settings",
    "check_needs",
    "environment_name",
    "flag_of",
    "group_of",
    "how_to_set",
    "metavar_of",
    "parameter_type",
    "resolve",
    "settings_that_change",
]
