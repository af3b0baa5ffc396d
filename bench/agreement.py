"""Speed means nothing before all peers compute the same: checked first, with two tolerances."""

from collections.abc import Sequence

import numpy as np

from .peers.peer import Peer
from .peers.reference_fit import ReferenceFit
from .workloads import Workload

# The largest difference of an epoch's loss over the largest expected loss: of the same computation in float32, and of
# computations that differ in the masks drawn.
AGREEMENT = 1e-5
AGREEMENT_ON_AVERAGE = 2e-3


class DisagreementError(AssertionError):
    """A peer's losses are not those of the others."""


def agreeing_peers(workload: Workload, peer_types: Sequence[type[Peer]]) -> list[Peer]:
    """The peers that can do the workload, ready to be timed.

    Each is compared with the reference on as much of the workload as the reference does, and with the first of them on
    all of it. Peers that draw masks of their own then agree on average only, so that they are compared without
    corruption as well.
    """
    peer_types = [peer_type for peer_type in peer_types if peer_type.supports(workload)]
    share = ReferenceFit.share_of(workload)
    for part in dict.fromkeys((share.without_corruption(), share)):
        expected = ReferenceFit(part).fit()
        for peer_type in peer_types:
            check_agreement(peer_type(part), expected)

    peers = [peer_type(peer_type.share_of(workload)) for peer_type in peer_types]
    check_each_other(peers)
    return peers


def check_each_other(peers: Sequence[Peer]) -> None:
    """Raise DisagreementError if one that does as much as the first has other losses."""
    expected = peers[0].fit()
    for peer in peers[1:]:
        if peer.workload == peers[0].workload:
            check_agreement(peer, expected)


def check_agreement(peer: Peer, expected: Sequence[float]) -> None:
    """Raise DisagreementError if the peer's losses are not the expected ones."""
    corrupted = peer.workload.objective.corruption != "none"
    tolerance = AGREEMENT_ON_AVERAGE if corrupted and peer.own_noise else AGREEMENT
    difference = np.abs(np.subtract(peer.fit(), expected)).max() / np.max(expected)
    if not difference <= tolerance:
        raise DisagreementError(
            f"{peer.workload.name}: the losses of {peer.name} are off by {difference:.1e} of the largest one, expected "
            f"at most {tolerance:.0e}: mend it, nothing is timed before all peers compute the same"
        )
