"""What the seeds of a study say about a claim: confirmed, refuted or open, and the numbers in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Verdict = Literal["confirmed", "refuted", "open"]


def decide(ends: Sequence[float] | None, *, nothing: float = 0.0) -> Verdict:
    """A claim is confirmed if all of an interval lies above `nothing`, refuted if all lies below, and else open.

    Args:
        ends: low and high end of the interval; None where there are too few seeds for one.
        nothing: what the claim says is exceeded.

    Example:
        >>> decide([0.1, 0.3]), decide([-0.3, -0.1]), decide([-0.1, 0.1]), decide(None)
        ('confirmed', 'refuted', 'open', 'open')
    """
    if ends is None or ends[0] <= nothing <= ends[1]:
        return "open"
    return "confirmed" if ends[0] > nothing else "refuted"


def verdicts(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many claims are confirmed, refuted and open, in words.

    Example:
        >>> verdicts([{"verdict": "open"}, {"verdict": "confirmed"}, {"verdict": "open"}])
        '1 confirmed, 0 refuted, 2 open'
    """
    counts = Counter(row["verdict"] for row in rows)
    return ", ".join(f"{counts[kind]} {kind}" for kind in ("confirmed", "refuted", "open"))


def ends_in_words(ends: Sequence[float] | None) -> str | None:
    """An interval as tables print it; None stays None.

    Example:
        >>> ends_in_words([-0.25, 0.5])
        '−0.250 to 0.500'
    """
    return None if ends is None else f"{_minus(f'{ends[0]:.3f}')} to {_minus(f'{ends[1]:.3f}')}"


def signed(number: float) -> str:
    """A difference, with its sign.

    Example:
        >>> signed(0.25), signed(-0.25)
        ('+0.250', '−0.250')
    """
    return _minus(f"{number:+.3f}")


def _minus(digits: str) -> str:
    return digits.replace("-", "−")
