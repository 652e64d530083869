"""The JSON payloads of the contract as one JSON Schema document, for those who build devices and their tests.

Every field is in it; what JSON Schema cannot say (a known site, a right secret, a UID's digits) `contract check` tells.
"""

import json
from typing import Any

import msgspec

from syspark.contract.table import ROWS, Row, Way

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas_json() -> str:
    """Write the document: `topics` names the schema of each in `$defs`. Topics are those below the root and the site.

    The same table gives the same bytes.
    """
    told = [row for row in ROWS if row.json is not None and row.way is not Way.OWN]
    forms = {row.json for row in told if row.json is not None}
    by_name = sorted(forms, key=lambda form: form.__name__)
    _, definitions = msgspec.json.schema_components(by_name, ref_template="#/$defs/{name}")
    document = {
        "$schema": DIALECT,
        "title": "SysPark MQTT contract: JSON payloads",
        "topics": {row.topic: _topic(row) for row in told},
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _topic(row: Row) -> dict[str, Any]:
    assert row.json is not None
    return {
        "way": row.way,
        "qos": row.qos,
        "retained": row.retain,
        "payload": {"$ref": f"#/$defs/{row.json.__name__}"},
    }
