"""Time what agrees. Peers take turns, A B C A B C, so that a change of the machine's speed meets all of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

import numpy as np

from .agreement import agreeing_peers
from .peer import Peer
from .workloads import Workload

PAUSE_SECONDS = 0.1  # before a turn: the threads of the peer before spin for a while, then sleep
ROOF_SIZE = 2048


@dataclass(frozen=True)
class Measurement:
    """How fast a peer did its share of a workload; ``ratio`` is the first peer's rate over this one's."""

    workload: str
    peer: str
    dtype: str
    n_samples: int
    n_epochs: int
    samples_per_second: float
    gflops: float
    percent_of_roof: float
    ratio: float


@dataclass
class Timed:
    """Something to run again and again, and the seconds of its fastest run."""

    run: Callable[[], object]
    seconds: float = inf

    def take_turn(self, turn_seconds: float) -> None:
        """Run at least once, and again until the turn is over."""
        time.sleep(PAUSE_SECONDS)
        start = time.perf_counter()
        end = start + turn_seconds
        while True:
            self.run()
            now = time.perf_counter()
            self.seconds = min(self.seconds, now - start)
            if now >= end:
                return
            start = now


class SgemmRoof(Timed):
    """A large float32 product in NumPy, whose best rate in the run is what the others are held against."""

    def __init__(self) -> None:
        a, b = np.random.default_rng(0).random((2, ROOF_SIZE, ROOF_SIZE), dtype=np.float32)
        super().__init__(partial(np.dot, a, b, out=np.empty_like(a)))

    @property
    def gflops(self) -> float:
        return 2 * ROOF_SIZE**3 / self.seconds / 1e9


def compare(
    workloads: Sequence[Workload],
    peer_types: Sequence[type[Peer]],
    *,
    n_rounds: int,
    turn_seconds: float,
    report: Callable[[str], None],
) -> tuple[float, list[Measurement]]:
    """Check every workload, then time every workload; ``report`` is given a line after each.

    Returns
    -------
    roof_gflops, and a measurement for each workload and peer
    """
    peers_of: dict[Workload, list[Peer]] = {}
    for workload in workloads:
        peers_of[workload] = agreeing_peers(workload, peer_types)
        report(f"{workload.name}: results agree")

    roof = SgemmRoof()
    timed_of: dict[Workload, list[Timed]] = {}
    for workload, peers in peers_of.items():
        timed_of[workload] = [Timed(partial(peer.workload.run, peer)) for peer in peers]
        for _ in range(n_rounds):
            for timed in (*timed_of[workload], roof):
                timed.take_turn(turn_seconds)
        report(f"{workload.name}: timed")

    measurements = [
        measurement
        for workload, peers in peers_of.items()
        for measurement in measured(peers, timed_of[workload], roof.gflops)
    ]
    return roof.gflops, measurements


def measured(peers: Sequence[Peer], timed: Sequence[Timed], roof_gflops: float) -> list[Measurement]:
    rates = [peer.workload.samples_per_run / each.seconds for peer, each in zip(peers, timed, strict=True)]
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
            percent_of_roof=100 * rate_of_flops / roof_gflops,
            ratio=rates[0] / rate,
        )
        for peer, rate, rate_of_flops in zip(peers, rates, gflops, strict=True)
    ]
