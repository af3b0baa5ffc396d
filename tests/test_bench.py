"""The benchmarks: every peer computes what it should, a wrong one is not timed, and a run leaves its tables."""

import json
import os
import re
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from bench import __main__ as command
from bench import defaults, fits, inference, kernels, machine, memory, peak, peers, report, scaling, serving
from bench.agreement import DisagreementError, agreeing_peers, check_agreement
from bench.defaults.summary import Cell, summary
from bench.peers import peer_types
from bench.peers.eigencoder_fit import EigencoderFit
from bench.peers.numpy_loop import NumpyLoop
from bench.peers.peer import Peer
from bench.peers.reference_fit import ReferenceFit
from bench.timing import Turns
from bench.workloads import KL, MASKING, Workload
from eigencoder import Autoencoder
from eigencoder.reference.training import loss_and_gradients
from tolerances import NATIVE_OVER_REFERENCE

# The last batches are smaller.
TINY = Workload((6, 3, 6), n_samples=22, batch_size=4, n_epochs=3)
DEEP = replace(TINY, layer_sizes=(7, 5, 3, 5, 7))
TINIES = (TINY, DEEP, replace(DEEP, objective=KL), replace(TINY, n_samples=24))
NOISY = Workload((64, 25, 64), n_samples=2048, batch_size=64, n_epochs=2, objective=MASKING)  # enough to average over
ONCE = Turns(n_rounds=1, seconds=0.0)
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # torch.compile's own
CLOSE = NATIVE_OVER_REFERENCE["cpu", "float32"]


class FixedPeak(peak.Peak):
    description = "a peak of 100"

    def gflops(self, n_threads: int, seconds: float) -> float:
        return 100.0 * n_threads


@pytest.mark.parametrize("workload", TINIES, ids=lambda workload: f"{len(workload.layer_sizes)}-{workload.name}")
@pytest.mark.parametrize("peer_type", peer_types(), ids=lambda peer_type: peer_type.name)
def test_a_peer_agrees_with_the_reference(peer_type: type[Peer], workload: Workload) -> None:
    if not peer_type.supports(workload):
        pytest.skip(f"{peer_type.name} cannot do it")
    peer = peer_type(workload)
    check_agreement(peer, ReferenceFit(workload).fit())
    assert peer.fit() == peer.fit()  # it starts anew in each fit


@pytest.mark.parametrize("peer_type", peer_types(), ids=lambda peer_type: peer_type.name)
def test_a_peer_draws_masks_of_the_right_level(peer_type: type[Peer]) -> None:
    if not peer_type.supports(NOISY):
        pytest.skip(f"{peer_type.name} draws none")
    expected = EigencoderFit(NOISY).fit()
    check_agreement(peer_type(NOISY), expected)
    with pytest.raises(DisagreementError, match=re.escape(peer_type.name)):
        check_agreement(peer_type(replace(NOISY, objective=replace(MASKING, corruption_level=0.2))), expected)


@pytest.mark.parametrize("workload", TINIES[1:], ids=lambda workload: workload.name)
def test_gradients_of_the_numpy_loop(workload: Workload) -> None:
    """Adam hardly sees a gradient's scale, so that losses do not show it."""
    peer = NumpyLoop(workload)
    loss = peer.compute_gradients(np.arange(4))
    expected = loss_and_gradients(workload.network, workload.objective, workload.initial_parameters, workload.x[:4])
    CLOSE.assert_close(loss, expected[0])
    CLOSE.assert_close(peer.gradients, expected[1])


def test_flops_of_a_step() -> None:
    workload = replace(TINY, layer_sizes=(64, 25, 64))
    assert workload.flops_per_sample == 6 * (64 * 25 + 25 * 64) - 2 * 64 * 25
    assert workload.flops_per_code == 2 * 64 * 25


class WrongLosses(NumpyLoop):
    name = "wrong losses"

    def fit(self) -> list[float]:
        return [1.001 * loss for loss in super().fit()]


class WrongWithoutNoise(NumpyLoop):
    name = "wrong without noise"

    def fit(self) -> list[float]:
        factor = 1 if self.workload.objective == MASKING else 1.001
        return [factor * loss for loss in super().fit()]


@pytest.mark.parametrize(("workload", "wrong"), [(TINY, WrongLosses), (NOISY, WrongWithoutNoise)])
def test_a_peer_that_computes_something_else_is_refused(workload: Workload, wrong: type[NumpyLoop]) -> None:
    agreeing_peers(workload, (EigencoderFit, NumpyLoop))
    with pytest.raises(DisagreementError, match=wrong.name):
        agreeing_peers(workload, (EigencoderFit, wrong))


def test_a_peer_that_stops_working_while_it_is_timed_is_refused() -> None:
    class Tiring(NumpyLoop):
        name = "tiring"
        n_fits = 0

        def fit(self) -> list[float]:
            self.n_fits += 1
            return super().fit() if self.n_fits == 1 else [0.0] * self.workload.n_epochs

    with pytest.raises(DisagreementError, match=Tiring.name):
        fits.measure([TINY], (EigencoderFit, Tiring), ONCE, FixedPeak(), report=print)


def test_run_prints_the_table_and_writes_the_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = ("eigencoder", "numpy", "sklearn", "reference")
    command.run("fits", TINIES, keys, ONCE, tmp_path / "tiny")

    lines = capsys.readouterr().out.splitlines()
    results = json.loads((tmp_path / "tiny.json").read_text())
    expected = [
        (workload.name, peer_type.name)
        for workload in TINIES
        for peer_type in peer_types(keys)
        if peer_type.supports(workload)
    ]
    rows = results["tables"]["fits"]
    assert [(row["workload"], row["peer"]) for row in rows] == expected
    table = lines[-len(rows) - 3 : -3]
    for row, line in zip(rows, table, strict=True):
        assert line.startswith(row["workload"])
        assert f" {row['peer']} " in line
        assert f"{row['samples_per_second']:,.0f}" in line
        assert (row["eigencoder_over_peer"] == 1) == (row["peer"] == EigencoderFit.name)
        assert row["percent_of_peak"] == pytest.approx(100 * row["gflops"] / results["peak"]["all_cores_gflops"])
    assert results["machine"]["engine"] in "\n".join(lines)
    assert (tmp_path / "tiny.png").exists()


def test_a_peer_that_cannot_be_had_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = peers.Source("absent", "no_such_module", "NoSuchClass", "no_such_package")
    compiled = peers.Source("compiled", "no_such_module", "NoSuchClass", "numpy", program="no-such-program")
    monkeypatch.setattr(peers, "SOURCES", (*peers.SOURCES, source, compiled))
    command.run("fits", [TINY], ("absent", "compiled", "numpy"), ONCE, tmp_path / "tiny")
    lines = capsys.readouterr().out.splitlines()
    assert "absent         not installed: pip install no_such_package" in lines
    assert any(line.startswith("compiled       needs the program no-such-program") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "no such"], "matches none of: 64-25-64, batch 32;"),
        (["--peers", "numpy,nobody"], "found nobody, expected some of eigencoder,jax"),
        (["scaling", "--peers", "numpy"], "--peers does not apply to scaling"),
        (["memory", "--only", "64"], "--only does not apply to memory"),
        (["defaults", "--only", "no such"], "matches none of: iris;"),
    ],
)
def test_an_option_that_cannot_be_honoured_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the command would restart itself, and so end the tests."""
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    with pytest.raises(SystemExit):
        command.main()
    assert message in capsys.readouterr().err


def test_the_fma_program_leaves_no_work_out() -> None:
    """A core has its limits, and more threads than cores do no more; if the compiler foresees results, it is not so."""
    measured = peak.measurable_peak()
    assert isinstance(measured, peak.FmaPeak)
    n_cores = measured.n_cores
    one_core = max(measured.gflops(1, seconds=0.05) for _ in range(3))
    assert one_core < 2 * 64 * 2 * 8  # two units of 64 lanes at 8 GHz
    assert 0 < measured.gflops(16 * n_cores, seconds=0.05) < 2 * n_cores * one_core


@pytest.mark.parametrize("compiler", ["no-such-compiler", "false"])
def test_without_a_compiler_the_peak_is_a_product_of_numpy(compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", compiler)
    measured = peak.measurable_peak()
    assert "sgemm" in measured.description
    measured.take_turn(0.0)
    assert measured.all_cores > 0
    assert measured.one_core > 0


@pytest.mark.parametrize("workload", TINIES[:2], ids=lambda workload: workload.name)
def test_kernels_compute_what_the_reference_does(workload: Workload) -> None:
    workload = replace(workload, batch_size=workload.n_samples)
    loss_only, with_gradients = kernels.core_gradients(workload, workload.x)
    loss, gradients = loss_and_gradients(workload.network, workload.objective, workload.initial_parameters, workload.x)
    CLOSE.assert_close(loss_only(), loss)
    CLOSE.assert_close(with_gradients(), loss)
    CLOSE.assert_close(with_gradients.keywords["gradients"], gradients)

    rows = kernels.measure([workload], ONCE, FixedPeak())["kernels"]
    assert [row.kernel for row in rows] == ["forward", "loss and gradients", "backward and gradients"]


def test_inference_compares_the_same_codes() -> None:
    workload = replace(TINY, n_samples=2 * inference.BLOCK + 1)
    codes: NDArray[np.float32] = inference.numpy_encoder(workload)(workload.x)
    autoencoder = EigencoderFit(workload).autoencoder.set_params(max_iter=0).fit(workload.x)
    CLOSE.assert_close(codes, autoencoder.transform(workload.x))

    latency, throughput = inference.measure(workload, ONCE, FixedPeak()).values()
    assert [row.peer for row in latency] == ["eigencoder", "scikit-learn PCA"]
    assert [row.peer for row in throughput] == ["eigencoder", "scikit-learn PCA", "NumPy in-place loop"]


def test_scaling_varies_one_thing_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "BASE", replace(TINY, batch_size=22))
    for sizes in ("N_SAMPLES", "N_FEATURES", "N_COMPONENTS"):
        monkeypatch.setattr(scaling, sizes, (2, 5))
    rows = scaling.measure(ONCE, FixedPeak())["scaling"]
    assert [(row.varied, row.value) for row in rows if row.varied != "n_jobs"] == [
        (varied, value) for varied in ("n_samples", "n_features", "n_components") for value in (2, 5)
    ]
    assert {row.value for row in rows if row.varied == "n_jobs"} >= {1, FixedPeak().n_cores}


def test_memory_of_a_fit_is_that_of_its_own_process() -> None:
    ((row,),) = memory.measure(["eigencoder"]).values()
    n_parameters = memory.WORKLOAD.network.n_parameters
    assert 3 * 4 * n_parameters < 1e6 * row.peak_megabytes  # parameters and moments
    assert row.peak_megabytes < row.data_megabytes


def test_serving_compares_the_same_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "WORKLOADS", (replace(TINY, n_samples=40), replace(DEEP, n_samples=40)))
    monkeypatch.setattr(serving, "LARGE", (300, 300))
    monkeypatch.setattr(serving, "SECONDS_OF_ONE_ROW", 0.001)
    monkeypatch.setattr(serving, "N_STARTS", 1)
    one_row, many_rows, starts, loading = serving.measure(ONCE, FixedPeak()).values()
    assert [row.network for row in one_row] == [row.network for row in many_rows] == ["6-3", "7-5-3"]
    for row in one_row:
        assert row.over_1 == row.encoder_1 / row.onnxruntime_1
        assert row.over_all == row.encoder_all / row.onnxruntime_all
    for row in many_rows:
        assert row.encoder_over_onnxruntime == row.encoder / row.onnxruntime
    assert [row.peer for row in starts] == ["import numpy", "Encoder.load", "onnxruntime"]
    assert [row.function for row in loading] == list(serving.LOADERS)

    class Wrong(serving.Encoder):
        def __call__(self, x, out=None):
            return super().__call__(x, out) + 1e-5

    monkeypatch.setattr(serving, "Encoder", Wrong)
    with pytest.raises(DisagreementError, match="codes of onnxruntime are off by 1"):
        serving.measure(ONCE, FixedPeak())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.00512, "-0.005"),
        (0.97, "0.970"),
        (1.234, "1.23"),
        (-12.34, "-12.3"),
        (1234.5, "1,234"),
        (7, "7"),
        (None, ""),
    ],
)
def test_a_cell_of_a_table_has_three_digits(value: float | None, text: str) -> None:
    assert report.cell(value) == text


def data_set(name: str) -> defaults.DataSet:
    (found,) = (each for each in defaults.DATA_SETS if each.name == name)
    return found


def test_defaults_are_compared_with_pca_on_held_out_rows() -> None:
    lines: list[str] = []
    sets = [defaults.DataSet("absent", lambda: import_module("no_such_package")), data_set("iris"), data_set("digits")]
    tables = defaults.measure(sets, quick=True, report=lines.append)
    assert lines == ["absent: left out: No module named 'no_such_package'", "iris: measured"]  # the digits are many

    cells = tables["defaults"]
    assert [(cell.scaling, cell.n_components) for cell in cells] == [("raw", 1), ("raw", 2), ("standardised", 2)]
    raw = train_test_split(load_iris().data, test_size=0.25, random_state=0)
    scaler = StandardScaler().fit(raw[0])
    for cell in cells:
        train, test = raw if cell.scaling == "raw" else map(scaler.transform, raw)
        pca = PCA(cell.n_components).fit(train)
        linear = Autoencoder(cell.n_components, random_state=0).fit(train)
        rebuilt = pca.inverse_transform(pca.transform(test))
        assert cell.pca == pytest.approx(r2_score(test, rebuilt, multioutput="variance_weighted"))
        assert cell.pca + cell.linear_minus_pca == pytest.approx(linear.score(test))
    assert tables["summary"] == summary(cells)


def test_summary_of_defaults_names_the_worst_cells() -> None:
    good = Cell(
        data="a",
        n_samples=1000,
        n_features=1000,
        scaling="raw",
        n_components=2,
        pca=0.5,
        linear_minus_pca=0.0,
        hidden_minus_pca=0.1,
        mlp_of_first_split=None,
        pca_seconds=0.01,
        linear_seconds=0.02,
        hidden_seconds=1.0,
        linear_over_pca=2.0,
        hidden_over_pca=100.0,
    )
    bad = replace(good, data="b", n_samples=2000, linear_minus_pca=-0.1, linear_seconds=0.08, hidden_seconds=10.0)
    exhausted = replace(good, data="c", pca=0.98, hidden_minus_pca=-0.2)
    wide = replace(good, data="d", hidden_minus_pca=None, hidden_seconds=None, hidden_over_pca=None)
    found = [(figure.found, figure.cell.partition(",")[0]) for figure in summary([good, bad, exhausted, wide])]
    assert found == [
        (-0.1, "b"),
        (pytest.approx(-0.1 / 4), ""),
        (1, ""),
        (-0.2, "c"),
        (1, ""),
        (pytest.approx(0.1), ""),
        (1.0, ""),
        (pytest.approx(2.0), "b"),
        (1.0, "a"),
        (pytest.approx(2.0), "b"),
    ]
    assert len(summary([exhausted])) == len(found) - 3  # little left to gain, and a small table


def test_command_restarts_without_the_overrides_of_openblas(monkeypatch: pytest.MonkeyPatch) -> None:
    class Restarted(Exception):
        pass

    def execve(path: str, arguments: list[str], environment: dict[str, str]) -> None:
        assert path == sys.executable
        assert not set(machine.OPENBLAS_OVERRIDES) & set(environment)
        assert environment["PATH"] == os.environ["PATH"]
        raise Restarted

    monkeypatch.setattr(os, "execve", execve)
    for variable in machine.OPENBLAS_OVERRIDES:
        monkeypatch.delenv(variable, raising=False)
    machine.restart_without_openblas_overrides()
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    with pytest.raises(Restarted):
        machine.restart_without_openblas_overrides()
