"""Saving replaces a model by another, whole, or not at all; and neither saving nor loading takes more than it needs."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from eigencoder import Autoencoder, load_model

HUNDRED_KILLS = """
import os, random, signal, sys, time
import numpy as np
from eigencoder import Autoencoder, load_model

path, found = sys.argv[1], set()
models = [Autoencoder(n, max_iter=0, random_state=0).fit(np.zeros((4, 100))) for n in (20, 40)]
models[0].save_model(path)
draw, start = random.Random(0), time.perf_counter()
for child in (os.fork() for _ in range(5)):
    if child == 0:
        models[0].save_model(path)
        os._exit(0)
    os.waitpid(child, 0)
duration = (time.perf_counter() - start) / 5
for kill in range(100):
    child = os.fork()
    while child == 0:
        models[kill % 2].save_model(path)
        models[1 - kill % 2].save_model(path)
    time.sleep(draw.uniform(0, 2 * duration))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found.add(load_model(path).n_components_)
print(sorted(found))
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model"


def test_a_hundred_kills_leave_the_old_model_or_the_new_one(path):
    done = subprocess.run([sys.executable, "-c", HUNDRED_KILLS, path], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[20, 40]\n", "")
    left = {each.name for each in path.parent.iterdir() if each != path}
    assert all(name.startswith(".eigencoder-") and name.endswith(".tmp") for name in left)


def test_a_full_disk_leaves_the_old_model(path):
    Autoencoder(3, max_iter=0, random_state=0).fit(np.zeros((4, 5))).save_model(path)
    before = path.read_bytes()
    program = """
import resource, sys
import numpy as np
from eigencoder import Autoencoder
model = Autoencoder(30, max_iter=0).fit(np.zeros((4, 500)))
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
model.save_model(sys.argv[1])
"""
    done = subprocess.run([sys.executable, "-c", program, path], stderr=subprocess.PIPE, text=True)
    assert (
        f"OSError: [Errno 27] File too large, and nothing there has changed: give a path that can be written: '{path}'"
        in (done.stderr)
    )
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_loading_takes_the_memory_of_the_file(path):
    Autoencoder(300, max_iter=0, random_state=0).fit(np.zeros((4, 1000))).save_model(path)
    load_model(path)
    for verify in (True, False):
        tracemalloc.start()
        try:
            loaded = load_model(path, verify=verify)
            assert tracemalloc.get_traced_memory()[1] < 1.1 * path.stat().st_size
        finally:
            tracemalloc.stop()
        assert loaded.n_components_ == 300


def test_a_wrong_prefix_is_refused_before_the_file_is_read(path):
    with open(path, "wb") as file:
        file.truncate(50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="it has 50000000 bytes and begins with"):
            load_model(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
