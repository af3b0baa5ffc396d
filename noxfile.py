"""The project's chores: `nox -s tests lint sanitizers gpu_emulation`, and `nox -s cuda` where there is a GPU."""

import nox

nox.options.sessions = ["tests", "lint"]
PYPROJECT = nox.project.load_toml("pyproject.toml")
LINTERS = nox.project.dependency_groups(PYPROJECT, "lint")
BUILD_REQUIREMENTS = PYPROJECT["build-system"]["requires"]


@nox.session
def tests(session: nox.Session) -> None:
    """Run the suite."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def random_calls(session: nox.Session) -> None:
    """Draw many random calls and programs, other ones each time; the suite draws a few, always the same."""
    session.install(".[test]")
    tests = ("tests/test_random_calls.py", "tests/test_stateful.py")
    session.run("pytest", *tests, *session.posargs, env={"HYPOTHESIS_PROFILE": "long"})


@nox.session
def lint(session: nox.Session) -> None:
    """Run the linters, and the stubs against the compiled module."""
    session.install(".[test]", *LINTERS)
    session.run("pre-commit", "run", "--all-files", *session.posargs)


@nox.session
def saelens(session: nox.Session) -> None:
    """Compare with what SAELens computes, which brings PyTorch and some GB."""
    session.install(".", "pytest", "sae-lens>=6.18")
    session.run("pytest", "-W", "ignore", "tests/with_saelens.py", *session.posargs)  # warnings of others


@nox.session
@nox.parametrize("preset", ["asan", "tsan"])
def sanitizers(session: nox.Session, preset: str) -> None:
    """Run the C++ tests under the address and undefined behaviour, or the thread sanitizer."""
    session.install(*BUILD_REQUIREMENTS, "cmake", "ninja")
    session.run("cmake", "--preset", preset, "-G", "Ninja")
    session.run("cmake", "--build", "--preset", preset)
    session.run("ctest", "--preset", preset)


@nox.session
@nox.parametrize("sanitizer", ["address,undefined", "thread"])
def gpu_emulation(session: nox.Session, sanitizer: str) -> None:
    """Run the CUDA engine on an emulated GPU under a sanitizer."""
    session.install(".[test]")
    session.run("python", "tests/emulated_gpu.py", sanitizer)


@nox.session
def cuda(session: nox.Session) -> None:
    """Run the contract and the bench on the GPU of this machine. It needs nvcc and a driver."""
    session.install(".[test,bench,cuda]", "-C", "cmake.define.EIGENCODER_CUDA=ON")
    session.run("python", "-c", "import eigencoder; eigencoder.show_config()")
    session.run("pytest", "tests/contract", "tests/gpu", *session.posargs, env={"EIGENCODER_TEST_DEVICE": "cuda"})
    session.run("python", "-m", "bench", "gpu")


@nox.session
def bench(session: nox.Session) -> None:
    """Compare with NumPy and scikit-learn and print the table; JAX and PyTorch join where they are installed."""
    session.install(".[plot,bench]")
    session.run("python", "-m", "bench", *session.posargs)
