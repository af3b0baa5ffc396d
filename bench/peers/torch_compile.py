"""PyTorch's compiler at its best: a whole step as one graph."""

from functools import partial
from math import log

import torch

from ..workloads import OPTIMIZER, SEED, Workload
from .peer import Peer
from .torch_loss import Tensor, batches_of, epoch_loss, loss_of, parameters_of, use_all_cores

N_GRAPHS = 128  # one for each shape; past the default limit of 8 the compiler would give up


class TorchCompile(Peer):
    """The step is compiled with its gradient and Adam: on small nets three times as fast as loss beside optimizer."""

    name = "torch.compile"

    def __init__(self, workload: Workload) -> None:
        super().__init__(workload)
        use_all_cores()
        torch._dynamo.config.recompile_limit = N_GRAPHS
        self._x = torch.from_numpy(workload.x)
        self._epochs = batches_of(workload)
        self._initial = parameters_of(workload)
        self._step = torch.compile(partial(step, workload), fullgraph=True, dynamic=False)

    def fit(self) -> list[float]:
        torch.manual_seed(SEED)
        parameters = [initial.clone() for initial in self._initial]
        m, v = ([torch.zeros_like(initial) for initial in self._initial] for _ in range(2))
        n_updates = torch.zeros(())
        loss_curve = []
        for batches in self._epochs:
            losses = [self._step(parameters, m, v, n_updates, self._x, rows) for rows in batches]
            loss_curve.append(epoch_loss(losses, batches))
        return loss_curve


def step(
    workload: Workload,
    parameters: list[Tensor],
    m: list[Tensor],
    v: list[Tensor],
    n_updates: Tensor,
    x: Tensor,
    rows: Tensor,
) -> Tensor:
    """One step of Adam in place; the loss before it."""
    batch = x.index_select(0, rows)
    gradients, loss = torch.func.grad_and_value(loss_of)(parameters, workload, batch)
    n_updates += 1
    beta_1, beta_2 = OPTIMIZER.beta_1, OPTIMIZER.beta_2
    scale_m = -torch.expm1(n_updates * log(beta_1))  # 1 - beta_1^t
    scale_v = -torch.expm1(n_updates * log(beta_2))
    for parameter, gradient, first, second in zip(parameters, gradients, m, v, strict=True):
        first.mul_(beta_1).add_(gradient, alpha=1 - beta_1)
        second.mul_(beta_2).addcmul_(gradient, gradient, value=1 - beta_2)
        parameter -= OPTIMIZER.learning_rate_init * (first / scale_m) / ((second / scale_v).sqrt() + OPTIMIZER.epsilon)
    return loss
