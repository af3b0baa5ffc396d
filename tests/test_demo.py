"""The demo measures what it says and fails where it must, and the command line tells what is wrong."""

import io
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console
from sklearn.decomposition import PCA

import eigencoder
from eigencoder import Autoencoder
from eigencoder._progress import TrainingProgress
from eigencoder.cli import main
from eigencoder.demo import codes, data, denoise, edges, native, noise, parts, pictures, sizes
from tolerances import N_SIGMA, NATIVE_OVER_REFERENCE

LARGEST_PICTURE = 300_000  # bytes
PNG = b"\x89PNG"


@pytest.fixture
def progress():
    return TrainingProgress(Console(file=io.StringIO()))


@pytest.mark.parametrize(
    ("part", "draw", "max_iter"),
    [
        (codes, pictures.draw_codes, 100),
        (denoise, pictures.draw_denoised, 20),
        (noise, pictures.draw_noise, 20),
        (edges, pictures.draw_edges, 1000),
        (sizes, pictures.draw_sizes, 50),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_part_keeps_its_claims_and_draws_a_picture(progress, tmp_path, part, draw, max_iter):
    result = part.measure(progress, max_iter=max_iter)
    claims = [finding for finding in result.findings() if finding.holds is not None]
    assert claims
    assert all(claim.holds for claim in claims)
    assert all(np.isfinite(value).all() for value in vars(result).values())
    picture = tmp_path / "picture.png"
    draw(result).savefig(picture)
    assert picture.read_bytes().startswith(PNG)
    assert picture.stat().st_size < LARGEST_PICTURE


def test_the_core_agrees_with_numpy(progress):
    core = native.measure(progress, max_iter=2)
    assert all(finding.holds for finding in core.findings())
    assert all(speed.ratio > 0 for speed in core.speeds)
    assert core.gradient_error > 0


def test_a_step_that_fails_takes_its_callback_along(progress):
    pytest.importorskip("sklearn.callback", reason="scikit-learn < 1.9 has no callbacks")
    autoencoder = Autoencoder(2)
    with pytest.raises(ValueError, match="NaN"), progress.step("fails", autoencoder):
        autoencoder.fit([[np.nan]])
    assert vars(autoencoder) == vars(Autoencoder(2))


def test_a_speed_between_different_trainings_does_not_hold(progress, monkeypatch):
    monkeypatch.setattr(native, "_numpy_loss_curve", lambda rows, max_iter: [1.0] * max_iter)
    speeds = native.measure(progress, max_iter=1).speeds
    assert [speed.finding().holds for speed in speeds] == [False, False]


def test_the_figures_are_those_of_held_out_rows(progress):
    digits = data.digits()
    rows = {tuple(row) for row in digits.train}
    assert not any(tuple(row) in rows for row in digits.test)
    result = codes.measure(progress, max_iter=1)
    autoencoder = codes.deep_autoencoder(1).fit(digits.train)
    tolerance = NATIVE_OVER_REFERENCE["cpu", "float32"]
    tolerance.assert_close(result.error, -autoencoder.score_samples(digits.test).mean())
    tolerance.assert_close(result.error, result.error_curve[-1])
    pca = PCA(codes.N_COMPONENTS).fit(digits.train)
    tolerance.assert_close(
        result.pca_error, data.squared_error(digits.test, pca.inverse_transform(pca.transform(digits.test)))
    )


def test_an_error_is_summed_over_pixels_and_averaged_over_pictures():
    assert data.squared_error(np.zeros((3, 2)), np.full((3, 2), 2.0)) == 8


def test_masking_loses_the_share_that_it_says(progress):
    result = denoise.measure(progress, max_iter=1)
    was_set = result.clean > 0
    lost = np.mean(result.noisy[was_set] == 0)
    deviation = math.sqrt(denoise.MASKED_SHARE * (1 - denoise.MASKED_SHARE) / was_set.sum())
    assert abs(lost - denoise.MASKED_SHARE) < N_SIGMA * deviation
    assert np.array_equal(result.noisy[~was_set], result.clean[~was_set])


def test_denoised_is_what_comes_out_where_noisy_goes_in(progress):
    result = denoise.measure(progress, max_iter=1)
    autoencoder = denoise.denoising_autoencoder(1).fit(data.digits().train)
    NATIVE_OVER_REFERENCE["cpu", "float32"].assert_close(result.denoised, autoencoder.reconstruct(result.noisy))


@pytest.mark.parametrize("angle", np.linspace(0, np.pi, 8, endpoint=False))
def test_a_sharp_edge_is_an_edge(angle):
    vertical, horizontal = np.mgrid[-3.5:4, -3.5:4]
    tile = np.sign(np.cos(angle) * horizontal + np.sin(angle) * vertical + 0.1)
    assert edges.coherence(tile[np.newaxis]) > edges.MIN_COHERENCE


def test_coherence_of_tiles_without_an_edge():
    noise_tiles = np.random.default_rng(0).standard_normal((1000, 8, 8))
    vertical, horizontal = np.mgrid[-3.5:4, -3.5:4]
    blob = np.exp(-(vertical**2 + horizontal**2) / 4)
    assert not np.any(edges.coherence(noise_tiles) > edges.MIN_COHERENCE)
    assert edges.coherence(blob[np.newaxis]) < edges.MIN_COHERENCE
    assert edges.coherence(np.ones((1, 8, 8))) == 0


def test_a_bar_counts_the_epochs_of_a_fit(progress):
    pytest.importorskip("sklearn.callback", reason="scikit-learn < 1.9 has no callbacks")
    autoencoder = Autoencoder(2, solver="adam", max_iter=5, random_state=0)
    with progress.step("fit", autoencoder):
        (task,) = progress.tasks
        assert (task.completed, task.total) == (0, 5)
        autoencoder.set_params(max_iter=3).fit(np.eye(4))
        assert task.completed == 3
    assert task.finished


def test_too_short_a_training_fails_and_says_so(tmp_path, capsys):
    assert not parts.run(tmp_path, max_iter=1)
    printed = capsys.readouterr().out
    assert "Does not hold: (a) error of 16 numbers a digit" in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "codes.png",
        "denoise.png",
        "edges.png",
        "noise.png",
        "sizes.png",
    ]


@pytest.mark.parametrize(("holds", "status"), [(True, 0), (False, 1)])
def test_the_status_tells_whether_the_claims_hold(tmp_path, monkeypatch, holds, status):
    asked = []
    monkeypatch.setattr("eigencoder.demo.run", lambda out: asked.append(out) or holds)
    folder = tmp_path / "new" / "folder"
    assert main(["demo", "--out", str(folder)]) == status
    assert asked == [folder]
    assert folder.is_dir()


@pytest.mark.parametrize("package", ["matplotlib", "rich"])
def test_a_missing_package_is_named(monkeypatch, tmp_path, capsys, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SystemExit) as stopped:
        main(["demo", "--out", str(tmp_path / "out")])
    assert stopped.value.code == 2
    assert capsys.readouterr().err == f'eigencoder: the demo needs {package}: pip install "eigencoder[plot]"\n'
    assert not (tmp_path / "out").exists()


def test_out_must_be_a_folder(tmp_path, capsys):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SystemExit) as stopped:
        main(["demo", "--out", str(file)])
    assert stopped.value.code == 2
    assert f"--out must be a folder that can be written to, found {file}" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "message"), [(["train"], "invalid choice: 'train'"), ([], "command")])
def test_an_unknown_command_is_refused(capsys, words, message):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"eigencoder {eigencoder.__version__}\n"


COMMAND = """
import sys
import eigencoder.demo
from eigencoder.cli import main
from eigencoder.demo import parts

eigencoder.demo.run = lambda out: parts.DemoConsole().print("found") is None
sys.exit(main())
"""
WORDS = [["info"], ["--version"], ["--help"], ["demo"]]


def run_command(words, stdout, folder):
    command = [sys.executable, "-W", "ignore", "-c", COMMAND, *words]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # else argparse itself meets the error, and hides it
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, text=True, cwd=folder, env=buffered, check=False
    )


@pytest.mark.parametrize("words", WORDS, ids=str)
def test_a_pipe_that_nobody_reads_ends_a_command_quietly(words, tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    result = run_command(words, writer, tmp_path)
    os.close(writer)
    assert (result.stderr, result.returncode) == ("", 141)


@pytest.mark.parametrize("words", WORDS, ids=str)
def test_a_full_device_is_told_in_a_line(words, tmp_path):
    with open("/dev/full", "w") as full:
        result = run_command(words, full, tmp_path)
    assert (result.stderr, result.returncode) == ("eigencoder: [Errno 28] No space left on device\n", 1)


def test_info_is_show_config(capsys):
    assert main(["info"]) == 0
    printed = capsys.readouterr().out
    eigencoder.show_config()
    assert printed == capsys.readouterr().out
