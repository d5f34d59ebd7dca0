"""What `annotated_boxes.evaluate` gave on the real annotation files.

The files may not be copied, what was measured on them may; so a page can show the table where the files are absent.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

COUNTED = ("empty", "missing", "boxes_without_area")
"""Facts that name pictures; the record has their number only."""


def measured() -> dict[str, Any]:
    """The record that comes with the package: that of `annotated_boxes.evaluate`, with its `date` and `command`.

    Example:
        >>> sorted({row["data_set"] for row in measured()["rows"]})
        ['flickr_soundnet_all', 'flickr_soundnet_test', 'vggss']
    """
    record: dict[str, Any] = json.loads(files("avlearn.tasks").joinpath("measured_boxes.json").read_text())
    return record


def to_record(result: dict[str, Any], *, date: str, command: str) -> dict[str, Any]:
    """What of a result may be kept: all that was measured, but no id of a picture.

    Args:
        result: of `annotated_boxes.evaluate`.
        date: of the measurement.
        command: that repeats it.
    """
    facts = {
        name: {key: len(value) if key in COUNTED else value for key, value in described.items()}
        for name, described in result["data_sets"].items()
    }
    measured_here = {key: value for key, value in result.items() if key != "reported"}
    return {**measured_here, "date": date, "command": command, "data_sets": facts}
