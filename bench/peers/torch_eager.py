"""PyTorch as it is used most."""

import torch

from ..workloads import OPTIMIZER, SEED, Workload
from .peer import Peer
from .torch_loss import batches_of, epoch_loss, loss_of, parameters_of, use_all_cores


class TorchEager(Peer):
    """Data in one tensor, batches by index_select, the fused Adam."""

    name = "PyTorch eager"

    def __init__(self, workload: Workload) -> None:
        super().__init__(workload)
        use_all_cores()
        self._x = torch.from_numpy(workload.x).to(self.device)
        self._epochs = batches_of(workload, self.device)
        self._initial = parameters_of(workload, self.device)
        self._parameters = [torch.empty_like(initial, requires_grad=True) for initial in self._initial]

    def fit(self) -> list[float]:
        torch.manual_seed(SEED)
        with torch.no_grad():
            for parameter, initial in zip(self._parameters, self._initial, strict=True):
                parameter.copy_(initial)
        optimizer = torch.optim.Adam(
            self._parameters,
            lr=OPTIMIZER.learning_rate_init,
            betas=(OPTIMIZER.beta_1, OPTIMIZER.beta_2),
            eps=OPTIMIZER.epsilon,
            fused=True,
        )
        loss_curve = []
        for batches in self._epochs:
            losses = []
            for rows in batches:
                optimizer.zero_grad()
                loss = loss_of(self._parameters, self.workload, self._x.index_select(0, rows))
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            loss_curve.append(epoch_loss(losses, batches))
        return loss_curve
