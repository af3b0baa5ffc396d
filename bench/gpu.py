"""Time the fits on a GPU: eigencoder there and on the CPU, and the peers that are installed with CUDA."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from .agreement import agreeing_peers, check_each_other
from .peers.eigencoder_fit import EigencoderFit
from .peers.peer import Peer
from .timing import TakesTurns, Turns, best_seconds
from .workloads import DEEP, KL, Workload

WORKLOADS = (
    Workload((784, 196, 784), batch_size=256, n_samples=51_200, n_epochs=4),
    Workload((784, 196, 784), batch_size=256, n_samples=51_200, n_epochs=4, objective=KL),
    Workload((784, 1000, 784), batch_size=256, n_samples=51_200, n_epochs=4),
    Workload((784, 1000, 784), batch_size=1024, n_samples=51_200, n_epochs=4),
    Workload((784, 1000, 784), batch_size=8192, n_samples=51_200, n_epochs=4),
    Workload(DEEP, batch_size=1024, n_samples=51_200, n_epochs=4),
)


class EigencoderOnGpu(EigencoderFit):
    name = "eigencoder on the GPU"
    device = "cuda"


@dataclass(frozen=True)
class Measurement:
    """How fast a peer trained; GFLOP/s count the matrix products only."""

    workload: str
    peer: str
    samples_per_second: float
    gflops: float
    eigencoder_over_peer: float


def peer_types() -> list[type[Peer]]:
    """eigencoder on both devices, and what can train on a GPU here."""
    found: list[type[Peer]] = [EigencoderOnGpu, EigencoderFit]
    if find_spec("torch") is not None:
        from .peers.torch_on_gpu import TorchOnGpu, can_train

        found += [TorchOnGpu] if can_train() else []
    if find_spec("jax") is not None:
        from .peers.jax_on_gpu import JaxOnGpu, sees_a_gpu

        found += [JaxOnGpu] if sees_a_gpu() else []
    return found


def measure(turns: Turns, peak: TakesTurns, report: Callable[[str], None]) -> dict[str, Sequence[Measurement]]:
    """Check and time each workload."""
    rows = []
    for workload in WORKLOADS:
        peers = agreeing_peers(workload, peer_types())
        seconds = best_seconds([peer.fit for peer in peers], turns, peak)
        check_each_other(peers)
        rates = [workload.n_samples * workload.n_epochs / each for each in seconds]
        rows += [
            Measurement(workload.name, peer.name, rate, rate * workload.flops_per_sample / 1e9, rates[0] / rate)
            for peer, rate in zip(peers, rates, strict=True)
        ]
        report(f"{workload.name}: losses agree, timed")
    return {"fits on a GPU": rows}
