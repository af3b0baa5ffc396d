"""JAX on its first GPU, with products in full float32 as everybody else's."""

import jax

from .jax_scan import JaxScan


class JaxOnGpu(JaxScan):
    name = "JAX jit + scan on the GPU"

    def fit(self) -> list[float]:
        with jax.default_matmul_precision("highest"):
            return super().fit()


def sees_a_gpu() -> bool:
    return bool(jax.default_backend() == "gpu")
