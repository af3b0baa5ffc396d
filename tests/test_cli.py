"""The commands fit, transform, reconstruct, score, info and export on files."""

import json
import os
import pty
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.csv
import pytest

import eigencoder
from eigencoder import Autoencoder, load_model
from eigencoder.cli import main

X = np.random.default_rng(0).normal(size=(40, 3)) @ np.random.default_rng(1).normal(size=(3, 5))
FRAME = pd.DataFrame(X, columns=["a", "b", "c", "d", "e"])
COMMAND = [sys.executable, "-c", "import sys; from eigencoder.cli import main; sys.exit(main())"]
GIVEN = ["--set", "n_components=2", "--set", "random_state=0"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", X)
    np.savez("x.npz", X)
    FRAME.to_csv("x.csv", index=False)
    FRAME.to_csv("plain.csv", index=False, header=False)
    FRAME.to_parquet("x.parquet")
    Autoencoder(2, random_state=0).fit(FRAME).save_model("model.safetensors")
    return tmp_path


@pytest.fixture
def fitted():
    return Autoencoder(2, random_state=0).fit(X)


def read_csv(path):
    return pyarrow.csv.read_csv(path).to_pandas()  # pandas' own reader does not round to the nearest number


def refused(words, capsys, status=2):
    before = {path: path.read_bytes() for path in Path().iterdir()}
    if status == 2:
        with pytest.raises(SystemExit) as stopped:
            main(words)
        assert stopped.value.code == 2
    else:
        assert main(words) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert {path: path.read_bytes() for path in Path().iterdir()} == before
    return printed.err


@pytest.mark.parametrize("data", ["x.npy", "x.npz", "x.csv", "x.parquet", "plain.csv"])
def test_a_fit_is_that_of_python(files, capsys, fitted, data):
    options = ["--no-header"] if data == "plain.csv" else []
    assert main(["fit", data, "--out", "new.safetensors", *GIVEN, *options]) == 0
    model = load_model("new.safetensors")
    assert model.get_params() == fitted.get_params()
    has_names = data in ("x.csv", "x.parquet")
    np.testing.assert_array_equal(model.transform(FRAME if has_names else X), fitted.transform(X))
    assert getattr(model, "feature_names_in_", np.array([])).tolist() == (list(FRAME) if has_names else [])
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "eigencoder: Autoencoder of 5-2-5 explains 0." in printed.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["n_components=3", "hidden_layer_sizes=(4,)", "activation=tanh"], (3, (4,), "tanh")),
        (["n_components=0.3"], (0.3, (), "sigmoid")),
    ],
)
def test_any_parameter_may_be_set(files, words, expected):
    options = [option for word in words for option in ("--set", word)]
    assert main(["fit", "x.npy", "--out", "new.safetensors", "--class", "DenoisingAutoencoder", *options]) == 0
    model = load_model("new.safetensors")
    assert type(model) is eigencoder.DenoisingAutoencoder
    assert (model.n_components, model.hidden_layer_sizes, model.activation) == expected
    assert model.verbose == 0


def test_every_epoch_is_a_line_where_there_is_no_terminal(files, capsys):
    epochs = ["--set", "solver=adam", "--set", "max_iter=3", *GIVEN]
    assert main(["fit", "x.npy", "--out", "new.safetensors", *epochs]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("Epoch")] == ["Epoch 1", "Epoch 2", "Epoch 3"]
    assert main(["fit", "x.npy", "--out", "new.safetensors", "--force", "--set", "verbose=0", *epochs]) == 0
    assert "Epoch" not in capsys.readouterr().err


def test_a_terminal_shows_a_bar(files):
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    words = ["fit", "x.npy", "--out", "new.safetensors", "--set", "solver=adam", "--set", "max_iter=3", *GIVEN]
    process = subprocess.Popen([*COMMAND, *words], stderr=follower, stdout=subprocess.PIPE, env=environment)
    os.close(follower)
    shown = b""
    try:
        while read := os.read(leader, 4096):
            shown += read
    except OSError:  # the other end is closed
        pass
    os.close(leader)
    assert process.communicate()[0] == b""
    assert process.returncode == 0
    assert "x.npy" in shown.decode()
    assert "━" in shown.decode()
    assert "Epoch" not in shown.decode()


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".parquet"])
@pytest.mark.parametrize("command", ["transform", "reconstruct"])
def test_rows_go_where_they_are_to_go(files, fitted, command, suffix):
    assert main([command, "model.safetensors", "x.csv", "--out", f"new{suffix}"]) == 0
    expected = getattr(fitted, command)(X)
    if suffix in (".npy", ".npz"):
        found = np.load(f"new{suffix}")
        found = found if suffix == ".npy" else found["array"]
    else:
        frame = read_csv("new.csv") if suffix == ".csv" else pd.read_parquet("new.parquet")
        assert list(frame) == (["autoencoder0", "autoencoder1"] if command == "transform" else list(FRAME))
        found = frame.to_numpy()
    np.testing.assert_array_equal(found, expected)


def test_score(files, capsys, fitted):
    assert main(["score", "model.safetensors", "x.csv"]) == 0
    assert capsys.readouterr().out == f"{fitted.score(X):.6g}\n"
    assert main(["score", "model.safetensors", "x.csv", "--out", "new.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "explained_variance": fitted.score(X),
        "n_samples": 40,
        "out": "new.csv",
    }
    np.testing.assert_array_equal(read_csv("new.csv")["score"], fitted.score_samples(X))


def test_info_tells_what_a_model_is(files, capsys):
    assert main(["info", "model.safetensors", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "class": "Autoencoder",
        "layers": "5-2-5",
        "dtype": "float64",
        "n_parameters": 27,
        "parameters": {"n_components": 2, "random_state": 0},
    }
    assert main(["info", "model.safetensors"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["class", "Autoencoder"]


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (["fit", "x.npy", "--out", "new.safetensors", *GIVEN], {"class", "explained_variance", "loss", "seconds"}),
        (["transform", "model.safetensors", "x.csv", "--out", "new.npy"], {"shape", "dtype"}),
        (["export", "model.safetensors", "--out", "new.onnx"], {"inputs", "outputs", "opset"}),
    ],
)
def test_what_machines_read_is_one_object(files, capsys, command, keys):
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert keys <= found.keys()
    assert found["out"] == command[command.index("--out") + 1]


def test_numbers_that_json_lacks_are_null(files, capsys):
    np.save("one.npy", X[:1])
    assert main(["fit", "one.npy", "--out", "new.safetensors", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["explained_variance"] is None


def test_export(files, capsys, fitted):
    runtime = pytest.importorskip("onnxruntime")
    assert main(["export", "model.safetensors", "--out", "new.onnx", "--part", "autoencoder", "--opset", "17"]) == 0
    session = runtime.InferenceSession("new.onnx")
    np.testing.assert_allclose(session.run(None, {"X": X})[0], fitted.reconstruct(X), rtol=1e-9, atol=1e-9)
    assert "reconstruction of model.safetensors written to new.onnx" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "x.npy", "--out", "model.safetensors"], "model.safetensors is there already: give another --out, or"),
        (["transform", "model.safetensors", "x.csv", "--out", "x.npy"], "x.npy is there already"),
        (["export", "model.safetensors", "--out", "x.onnx.txt"], "--out must end in .onnx, found x.onnx.txt"),
        (["transform", "model.safetensors", "x.csv", "--out", "x.txt"], "--out must end in .npy or .npz or .csv or"),
        (["fit", "x.xlsx", "--out", "new.safetensors"], "data must end in .npy or .npz or .csv or .parquet, found"),
        (["fit", "x.npy", "--out", "nowhere/new.safetensors"], "--out lies in nowhere, which is no folder: make it"),
        (["fit", "x.npy", "--out", "n", "--array", "x"], "--array names an array of a .npz file, found x.npy"),
        (["fit", "x.npy", "--out", "n", "--no-header"], "--no-header is said of a .csv file, found x.npy"),
        (["fit", "x.npy", "--out", "n", "--set", "n_units=2"], "--set takes NAME=VALUE with one of the names n_comp"),
        (["fit", "x.npy", "--out", "n", "--set", "n_components"], "found 'n_components'"),
        (["fit", "x.npy", "--out", "n", "--class", "PCA"], "invalid choice: 'PCA'"),
        (["fit", "x.npy"], "the following arguments are required: --out"),
        (["info", "--json"], "--json describes a model file, found none"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_arguments_that_cannot_be_used(files, capsys, words, message):
    assert message in refused(words, capsys)


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("pandas", ["fit", "x.csv", "--out", "new.safetensors"]),
        ("pyarrow", ["transform", "model.safetensors", "x.npy", "--out", "new.parquet"]),
        ("onnx", ["export", "model.safetensors", "--out", "new.onnx"]),
    ],
)
def test_a_package_that_is_missing_is_named(files, capsys, monkeypatch, package, words):
    monkeypatch.setitem(sys.modules, package, None)
    extra = "onnx" if package == "onnx" else "cli"
    assert f'needs {package}: pip install "eigencoder[{extra}]"' in refused(words, capsys)


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        (None, ["fit", "new.npy"], "No such file or directory: 'new.npy'"),
        (b"no array", ["fit", "new.npy"], "new.npy holds no array of numbers that NumPy can read"),
        (b"a,b\n1,2\n3,4,5\n", ["fit", "new.csv"], "new.csv is no table that pyarrow can read"),
        (b"a,b\n1,2\n3,red\n", ["fit", "new.csv"], "column 'b' of new.csv must hold numbers, found 'red'"),
        (b"1,2\n3,4\n", ["fit", "new.csv"], "the first line of new.csv holds numbers in place of names: add --no"),
        (b"a,b\n1,2\n3,\n", ["fit", "new.csv"], "NaN"),
        (b"", ["fit", "new.csv"], "new.csv is no table"),
        (b"{}", ["info", "new.safetensors"], "new.safetensors"),
        (None, ["info", "new.safetensors"], "No such file or directory: 'new.safetensors'"),
    ],
    ids=str,
)
def test_what_cannot_be_done(files, capsys, content, words, message):
    if content is not None:
        Path(words[1]).write_bytes(content)
    options = ["--out", "other.safetensors"] if words[0] == "fit" else []
    error = refused([*words, *options], capsys, status=1)
    assert message in error
    assert error.startswith("eigencoder: ")
    assert error.count("\n") <= 3


def test_arrays_of_a_file_have_names(files, capsys):
    np.savez("two.npz", first=X[:20], second=X)
    words = ["fit", "two.npz", "--out", "new.safetensors", *GIVEN]
    assert "two.npz holds the arrays first, second: say which by --array" in refused(words, capsys, status=1)
    assert "has no array 'third', but first, second" in refused([*words, "--array", "third"], capsys, status=1)
    assert main([*words, "--array", "second", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_samples"] == 40


def test_a_command_that_a_model_has_not(files, capsys):
    classifier = eigencoder.EncoderClassifier(Autoencoder(2), random_state=0).fit(X, np.arange(40) % 2)
    classifier.save_model("classifier.safetensors")
    error = refused(["reconstruct", "classifier.safetensors", "x.npy", "--out", "new.npy"], capsys, status=1)
    assert "classifier.safetensors holds a model of EncoderClassifier, which has no reconstruct" in error


@pytest.mark.filterwarnings("always:training ended")
def test_a_warning_is_a_line(files, capsys):
    words = ["--set", "solver=adam", "--set", "max_iter=2", "--set", "init=glorot", "--set", "verbose=0"]
    assert main(["fit", "x.npy", "--out", "new.safetensors", *GIVEN, *words]) == 0
    assert "eigencoder: ConvergenceWarning: training ended at max_iter=2" in capsys.readouterr().err


def test_force_replaces_whole_files_alone(files):
    old = Path("model.safetensors").read_bytes()

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(old) // 2, len(old) // 2))

    words = [*COMMAND, "fit", "x.npy", "--out", "model.safetensors", "--force", *GIVEN, "--set", "n_components=4"]
    failed = subprocess.run(words, preexec_fn=limit, capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "File too large" in failed.stderr
    assert Path("model.safetensors").read_bytes() == old
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    assert load_model("model.safetensors").n_components == 4
    assert not list(Path().glob(".eigencoder-*"))


def test_ctrl_c_writes_nothing(files):
    np.save("many.npy", np.random.default_rng(0).random((20000, 64)))
    words = ["fit", "many.npy", "--out", "new.safetensors", "--set", "solver=adam", "--set", "init=glorot"]
    words += ["--set", "max_iter=100000", "--set", "tol=0"]
    process = subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Epoch 1")
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, error = process.communicate()
    assert time.monotonic() - started < 5
    assert process.returncode == 130
    assert error.splitlines()[-1] == "eigencoder: interrupted, nothing was written"
    assert not Path("new.safetensors").exists()
