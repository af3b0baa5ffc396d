"""The share of the variance that a reconstruction explains."""


def explained(error: float, deviation: float) -> float:
    """1 - error / deviation; where there is no variance 1 for an exact reconstruction and else 0."""
    return float(error == 0) if deviation == 0 else float(1 - error / deviation)
