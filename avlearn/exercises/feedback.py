"""What a check tells the reader: a tick, or a hint that names the mistake without giving the solution."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

BLANK = "the answer is None: write the body of the function, and don't forget return"
ELSE = "the shape is right, the numbers are not"


def feedback(passed: bool, hint: str) -> None:
    """Print "✔ right", or "✘" and the hint.

    >>> feedback(False, "look at the axis")
    ✘ look at the axis
    """
    print("✔ right" if passed else f"✘ {hint}")


def compare(
    answer: object, expected: Tensor, *, mistakes: Mapping[str, Tensor] | None = None, otherwise: str = ELSE
) -> None:
    """Print whether an answer equals the expected numbers, with a hint if it doesn't.

    Args:
        answer: whatever the reader's function returned.
        expected: the right numbers.
        mistakes: hint -> what the answer is when this mistake was made; the first that fits is shown.
        otherwise: hint where none of the mistakes fits.

    Example:
        >>> compare(2.0, torch.tensor(4.0), mistakes={"square it": torch.tensor(2.0)})
        ✘ square it
    """
    hint = _hint(answer, expected, mistakes or {}, otherwise)
    feedback(hint is None, hint or "")


def _hint(answer: object, expected: Tensor, mistakes: Mapping[str, Tensor], otherwise: str) -> str | None:
    if answer is None:
        return BLANK
    if not isinstance(answer, Tensor | int | float):
        return f"the answer is a {type(answer).__name__}; return a tensor or a number"
    given = torch.as_tensor(answer).detach()
    if _equal(given, expected):
        return None
    hint = next((hint for hint, wrong in mistakes.items() if _equal(given, wrong)), None)
    if hint is not None:
        return hint
    if given.shape != expected.shape:
        return f"the answer has shape {tuple(given.shape)}, expected {tuple(expected.shape)}"
    if not given.isfinite().all():
        return "some of the numbers are not finite; look for a division by zero or the logarithm of zero"
    return otherwise


def _equal(given: Tensor, wanted: Tensor) -> bool:
    return given.shape == wanted.shape and torch.allclose(given.double(), wanted.double(), rtol=1e-3, atol=1e-5)
