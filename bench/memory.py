"""What a fit holds beside its data: anonymous memory at its highest, in a process of its own (Linux only).

python -m bench.memory jax        prints the bytes of one peer
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .peers import SOURCES
from .workloads import Workload

WORKLOAD = Workload((784, 196, 784), batch_size=256, n_samples=50_000, n_epochs=1)
FIRST = Workload((8, 4, 8), batch_size=256, n_samples=512, n_epochs=1)
GIVE_BACK_WHAT_IS_FREED = {"MALLOC_MMAP_THRESHOLD_": "65536"}  # else glibc keeps it, and a fit seems to need less
STATUS = Path("/proc/self/status")
SAMPLING_SECONDS = 0.005


@dataclass(frozen=True)
class Memory:
    """From before the peer is made to the end of its fit; what it compiles meanwhile is included."""

    peer: str
    peak_megabytes: float
    data_megabytes: float
    peak_over_data: float


def measure(keys: Sequence[str]) -> dict[str, list[Memory]]:
    """A row for each of the named peers that is installed."""
    data = 4 * WORKLOAD.n_samples * WORKLOAD.layer_sizes[0]
    rows = []
    for source in SOURCES:
        if source.key in keys and not source.obstacle and source.load().fit_limit is None:
            command = [sys.executable, "-m", "bench.memory", source.key]
            environment = {**os.environ, **GIVE_BACK_WHAT_IS_FREED}
            run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
            peak = int(run.stdout)
            rows.append(Memory(source.load().name, peak / 1e6, data / 1e6, peak / data))
    return {f"memory of a fit, {WORKLOAD.name}, {WORKLOAD.n_samples:,} rows": rows}


def peak_of(key: str) -> int:
    """Bytes above those held before: by the data, and by whatever a first fit loads."""
    (peer_type,) = (source.load() for source in SOURCES if source.key == key)
    peer_type(FIRST).fit()
    _ = WORKLOAD.x, WORKLOAD.orders, WORKLOAD.initial_parameters
    return peak_during(lambda: peer_type(WORKLOAD).fit())


def peak_during(call: Callable[[], object]) -> int:
    """Bytes above those held before."""
    before = peak = anonymous_bytes()
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(SAMPLING_SECONDS):
            peak = max(peak, anonymous_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    result = call()
    done.set()
    watcher.join()
    peak = max(peak, anonymous_bytes())
    del result
    return peak - before


def anonymous_bytes() -> int:
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("RssAnon"))
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    print(peak_of(sys.argv[1]))
