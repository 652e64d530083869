"""What the environment says, read once at the start: only valid values inside, one clear sentence when it is wrong.

Source: the settings table of the interface. The table in the documentation is generated from `settings_table()`.
"""

from syspark.settings.coherence import Settings
from syspark.settings.environment import SettingsError, Variable
from syspark.settings.generated import generate_missing_secrets
from syspark.settings.model import LogFormat, LogLevel, MqttVersion
from syspark.settings.table import settings_table

__all__ = [
    "LogFormat",
    "LogLevel",
    "MqttVersion",
    "Settings",
    "SettingsError",
    "Variable",
    "generate_missing_secrets",
    "settings_table",
]
