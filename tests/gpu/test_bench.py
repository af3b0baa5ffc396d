"""The bench of a GPU measures nothing before all agree."""

import pytest

from bench import gpu
from bench.peers.eigencoder_fit import EigencoderFit
from bench.timing import Turns
from bench.workloads import Workload


class NoPeak:
    def take_turn(self, seconds: float) -> None:
        pass


def test_fits_on_both_devices_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    workload = Workload((6, 3, 6), batch_size=8, n_samples=40, n_epochs=2)
    monkeypatch.setattr(gpu, "WORKLOADS", (workload,))
    monkeypatch.setattr(gpu, "peer_types", lambda: [gpu.EigencoderOnGpu, EigencoderFit])
    lines: list[str] = []
    on_gpu, on_cpu = gpu.measure(Turns(n_rounds=1, seconds=0.0), NoPeak(), lines.append)["fits on a GPU"]
    assert (on_gpu.peer, on_cpu.peer) == ("eigencoder on the GPU", "eigencoder")
    assert on_gpu.eigencoder_over_peer == 1
    assert on_cpu.eigencoder_over_peer == pytest.approx(on_gpu.samples_per_second / on_cpu.samples_per_second)
    assert lines == [f"{workload.name}: losses agree, timed"]
