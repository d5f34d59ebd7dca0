"""Tables of numbers that a screen reader can read out cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any, Literal

import numpy as np

from avlearn.viz.markup import Html, escape, figure

Best = Literal["highest", "lowest"]

TABLE = "border-collapse:collapse;width:auto;margin:0;font-variant-numeric:tabular-nums;font-size:.92em;color:inherit;"
TITLE = "caption-side:top;text-align:left;font-weight:600;padding:0 0 .4em;color:inherit;"
UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap;"
CELL = "padding:.35em .8em;border:0;border-bottom:1px solid rgba(128,138,150,.28);background:none;"


def table(
    rows: Sequence[Mapping[str, Any]],
    *,
    caption: str,
    columns: Sequence[str] | None = None,
    best: Mapping[str, Best] | None = None,
    decimals: int | Mapping[str, int] = 3,
    note: str = "",
) -> Html:
    """Rows of named values. The first column names its row; several numbers in a cell are seeds: mean ± deviation.

    Args:
        rows: text, numbers, or sequences of numbers (one per seed); a missing or None value is a dash.
        caption: what the table tells, above it.
        columns: which, in order; by default those of the first row.
        best: columns whose best value is printed bold.
        decimals: digits after the point of numbers that aren't whole, for all columns or by column.
        note: below the table, such as what ± means.

    Raises:
        ValueError: no rows, no caption, or columns that no row has.

    >>> rows = [{"method": "co-clustering", "pointing": [0.9, 0.92]}, {"method": "centre box", "pointing": 0.4}]
    >>> print(table(rows, caption="Pointing", best={"pointing": "highest"}).text)
    Pointing
    method | pointing
    co-clustering | 0.910 ± 0.014 (best)
    centre box | 0.400
    """
    names = _columns(rows, caption, columns, best or {})
    digits = {name: decimals if isinstance(decimals, int) else decimals.get(name, 3) for name in names}
    winners = {name: _winners(rows, name, kind) for name, kind in (best or {}).items()}
    cells = [
        [_Cell(row.get(name), decimals=digits[name], best=number in winners.get(name, ())) for name in names]
        for number, row in enumerate(rows)
    ]
    text = [caption, " | ".join(names), *(" | ".join(cell.text for cell in row) for row in cells)]
    return Html(_markup(names, cells, caption, note), "\n".join([*text, note] if note else text))


def shown(value: Any, *, decimals: int) -> str:
    """A value as a cell prints it."""
    if value is None:
        return "–"
    if isinstance(value, str | bool | int | np.integer):
        return str(value)
    numbers = np.asarray(value, dtype=float).reshape(-1)
    if len(numbers) == 1:
        return f"{numbers[0]:.{decimals}f}".replace("-", "−")
    return f"{numbers.mean():.{decimals}f} ± {numbers.std(ddof=1):.{decimals}f}".replace("-", "−")


@dataclass(frozen=True)
class _Cell:
    value: Any
    decimals: int
    best: bool

    @property
    def shown(self) -> str:
        return shown(self.value, decimals=self.decimals)

    @property
    def text(self) -> str:
        return f"{self.shown} (best)" if self.best else self.shown

    def markup(self, tag: str, place: str) -> str:
        body = escape(self.shown)
        if self.best:
            body = f'<strong style="font-weight:750;">{body}</strong><span style="{UNSEEN}"> (best)</span>'
        ground = "background:rgba(128,138,150,.16);" if self.best else ""
        side = "right" if isinstance(self.value, Number) or not isinstance(self.value, str) else "left"
        return f'<{tag}{place} style="{CELL}text-align:{side};font-weight:400;{ground}">{body}</{tag}>'


def _columns(
    rows: Sequence[Mapping[str, Any]], caption: str, columns: Sequence[str] | None, best: Mapping[str, Best]
) -> list[str]:
    if not rows or not caption.strip():
        raise ValueError(
            f"table got {len(rows)} rows and caption={caption!r}; give at least one row and say what it tells"
        )
    names = list(rows[0] if columns is None else columns)
    known = {name for row in rows for name in row}
    for name in [*names, *best]:
        if name not in known:
            raise ValueError(f"no row has a column {name!r}; the columns are {', '.join(sorted(known))}")
    return names


def _winners(rows: Sequence[Mapping[str, Any]], name: str, kind: Best) -> set[int]:
    means = {number: float(np.mean(row[name])) for number, row in enumerate(rows) if row.get(name) is not None}
    target = max(means.values()) if kind == "highest" else min(means.values())
    return {number for number, mean in means.items() if mean == target}


def _markup(names: list[str], cells: list[list[_Cell]], caption: str, note: str) -> str:
    sides = ["left" if isinstance(cell.value, str) else "right" for cell in cells[0]]
    head = "".join(
        f'<th scope="col" style="{CELL}text-align:{side};font-weight:650;border-bottom-width:2px;">{escape(name)}</th>'
        for name, side in zip(names, sides, strict=True)
    )
    body = "".join(
        "<tr>" + row[0].markup("th", ' scope="row"') + "".join(cell.markup("td", "") for cell in row[1:]) + "</tr>"
        for row in cells
    )
    title = f'<caption style="{TITLE}">{escape(caption)}</caption>'
    whole = f'<table style="{TABLE}">{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return figure(f'<div style="overflow-x:auto;">{whole}</div>', kind="table", caption=note)
