"""Time the fits that agree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from .agreement import agreeing_peers, check_each_other
from .peak import Peak
from .peers.peer import Peer
from .timing import Turns, best_seconds
from .workloads import Workload


@dataclass(frozen=True)
class Measurement:
    """How fast a peer did its share of a workload; GFLOP/s count the matrix products only."""

    workload: str
    peer: str
    dtype: str
    n_samples: int
    n_epochs: int
    samples_per_second: float
    gflops: float
    percent_of_peak: float
    percent_of_one_core: float
    eigencoder_over_peer: float


def measure(
    workloads: Sequence[Workload],
    peer_types: Sequence[type[Peer]],
    turns: Turns,
    peak: Peak,
    report: Callable[[str], None],
) -> dict[str, list[Measurement]]:
    """Check every workload, then time each and check it again; ``report`` is given a line after each."""
    peers_of: dict[Workload, list[Peer]] = {}
    for workload in workloads:
        peers_of[workload] = agreeing_peers(workload, peer_types)
        report(f"{workload.name}: losses agree")

    seconds_of: dict[Workload, list[float]] = {}
    for workload, peers in peers_of.items():
        seconds_of[workload] = best_seconds([peer.fit for peer in peers], turns, peak)
        check_each_other(peers)  # still
        report(f"{workload.name}: timed")

    rows = (measurements(peers, seconds_of[workload], peak) for workload, peers in peers_of.items())
    return {"fits": list(chain.from_iterable(rows))}


def measurements(peers: Sequence[Peer], seconds: Sequence[float], peak: Peak) -> list[Measurement]:
    rates = [peer.workload.n_samples * peer.workload.n_epochs / each for peer, each in zip(peers, seconds, strict=True)]
    gflops = [rate * peer.workload.flops_per_sample / 1e9 for peer, rate in zip(peers, rates, strict=True)]
    return [
        Measurement(
            workload=peer.workload.name,
            peer=peer.name,
            dtype=peer.dtype,
            n_samples=peer.workload.n_samples,
            n_epochs=peer.workload.n_epochs,
            samples_per_second=rate,
            gflops=rate_of_flops,
            percent_of_peak=100 * rate_of_flops / peak.all_cores,
            percent_of_one_core=100 * rate_of_flops / peak.one_core,
            eigencoder_over_peer=rates[0] / rate,
        )
        for peer, rate, rate_of_flops in zip(peers, rates, gflops, strict=True)
    ]
