"""What a part of the demo has measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A row of the final table.

    Attributes
    ----------
    what : what was measured
    found : its value
    compare : with what to compare it; for a claim, what was promised
    holds : whether the claim holds; None where nothing is claimed
    """

    what: str
    found: str
    compare: str
    holds: bool | None = None
