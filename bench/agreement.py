"""Speed means nothing before all peers compute the same: checked first, with one tolerance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .peer import Peer
from .peers import Reference
from .workloads import Workload

AGREEMENT = 1e-5  # of float32 results with expected ones: largest difference over largest expected value


class DisagreementError(AssertionError):
    """A peer's losses or codes are not those of the others."""


def agreeing_peers(workload: Workload, peer_types: Sequence[type[Peer]]) -> list[Peer]:
    """The peers, ready to be timed.

    Each is compared with the reference on as much of the workload as the reference does, and those that do all of it
    also with the first of them.
    """
    part = Reference.share_of(workload)
    expected = part.run(Reference(part))
    for peer_type in peer_types:
        check_agreement(peer_type(part), expected)

    peers = [peer_type(peer_type.share_of(workload)) for peer_type in peer_types]
    unlimited = [peer for peer in peers if peer.workload == workload]
    expected = workload.run(unlimited[0])
    for peer in unlimited[1:]:
        check_agreement(peer, expected)
    return peers


def check_agreement(peer: Peer, expected: NDArray[Any]) -> None:
    """Raise DisagreementError if the result of the peer's workload is not the expected one."""
    found = peer.workload.run(peer)
    difference = np.abs(found - expected).max() / np.abs(expected).max()
    if not difference <= AGREEMENT:
        raise DisagreementError(
            f"{peer.workload.name}: the result of {peer.name} is off by {difference:.1e} of the largest value, "
            f"expected at most {AGREEMENT:.0e}: mend it, nothing is timed before all peers compute the same"
        )
