"""The benchmarks: the opponent computes what it should, a wrong one is not timed, and a run leaves its table."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench import __main__ as command
from bench.agreement import DisagreementError, agreeing_peers, check_agreement
from bench.numpy_loop import NumpyLoop
from bench.peers import PEERS, Eigencoder, Reference
from bench.workloads import Fit, Transform, Workload
from eigencoder.reference import Objective
from eigencoder.reference.training import loss_and_gradients
from tolerances import NATIVE_OVER_REFERENCE

# The last batch is a smaller one.
TINY: tuple[Workload, ...] = (
    Fit((6, 3, 6), n_samples=22, batch_size=4, n_epochs=3),
    Fit((7, 5, 3, 5, 7), n_samples=22, batch_size=4, n_epochs=3),
    Transform((6, 3, 6), n_samples=22),
    Transform((7, 5, 3, 5, 7), n_samples=22),
)


@pytest.mark.parametrize("workload", TINY, ids=lambda workload: workload.name)
def test_numpy_loop_agrees_with_the_reference(workload: Workload) -> None:
    check_agreement(NumpyLoop(workload), workload.run(Reference(workload)))


def test_gradients_of_the_numpy_loop() -> None:
    """Adam hardly sees a gradient's scale, so that losses do not show it."""
    workload = TINY[1]
    peer = NumpyLoop(workload)
    squared_error = peer.compute_gradients(np.arange(4))
    loss, gradients = loss_and_gradients(workload.network, Objective(), workload.initial_parameters, workload.x[:4])
    tolerance = NATIVE_OVER_REFERENCE["cpu", "float32"]
    tolerance.assert_close(squared_error / 4, loss)
    tolerance.assert_close(peer.gradients, gradients)


def test_numpy_loop_starts_anew_in_each_fit() -> None:
    peer = NumpyLoop(TINY[0])
    assert peer.fit() == peer.fit()


def test_numpy_loop_encodes_more_than_one_block() -> None:
    workload = Transform((6, 3, 6), n_samples=2 * NumpyLoop.block + 1)
    check_agreement(NumpyLoop(workload), workload.run(Reference(workload)))


def test_flops_of_a_step() -> None:
    fit = Fit((64, 25, 64), n_samples=1)
    assert fit.flops_per_sample == 6 * (64 * 25 + 25 * 64) - 2 * 64 * 25
    assert Transform((64, 25, 64), n_samples=1).flops_per_sample == 2 * 64 * 25


class WrongLosses(NumpyLoop):
    name = "wrong losses"

    def fit(self) -> list[float]:
        return [1.001 * loss for loss in super().fit()]


class WrongCodes(NumpyLoop):
    name = "wrong codes"

    def transform(self) -> NDArray[np.float32]:
        return super().transform() + np.float32(0.001)


@pytest.mark.parametrize(("workload", "wrong"), [(TINY[0], WrongLosses), (TINY[2], WrongCodes)])
def test_a_peer_that_computes_something_else_is_refused(workload: Workload, wrong: type[NumpyLoop]) -> None:
    with pytest.raises(DisagreementError, match=wrong.name):
        agreeing_peers(workload, (Eigencoder, wrong))


def test_run_prints_the_table_and_writes_the_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.run(TINY, tmp_path / "tiny", n_rounds=1, turn_seconds=0.0)

    lines = capsys.readouterr().out.splitlines()
    results = json.loads((tmp_path / "tiny.json").read_text())
    measurements = results["measurements"]
    expected = [(workload.name, peer.name) for workload in TINY for peer in PEERS]
    assert [(row["workload"], row["peer"]) for row in measurements] == expected
    for row in measurements:
        (line,) = (line for line in lines if line.startswith(row["workload"]) and f" {row['peer']} " in line)
        assert f"{row['samples_per_second']:,.0f}" in line
        assert (row["ratio"] == 1) == (row["peer"] == Eigencoder.name)
    assert results["machine"]["engine"] in "\n".join(lines)
    assert (tmp_path / "tiny.png").exists()


def test_command_restarts_without_the_overrides_of_openblas(monkeypatch: pytest.MonkeyPatch) -> None:
    class Restarted(Exception):
        pass

    def execve(path: str, arguments: list[str], environment: dict[str, str]) -> None:
        assert path == sys.executable
        assert not set(command.OPENBLAS_OVERRIDES) & set(environment)
        assert environment["PATH"] == os.environ["PATH"]
        raise Restarted

    monkeypatch.setattr(os, "execve", execve)
    for variable in command.OPENBLAS_OVERRIDES:
        monkeypatch.delenv(variable, raising=False)
    command.restart_without_openblas_overrides()
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    with pytest.raises(Restarted):
        command.restart_without_openblas_overrides()
