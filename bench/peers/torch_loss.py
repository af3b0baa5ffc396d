"""What both peers of PyTorch compute."""

from typing import Any

import joblib
import torch
from torch.nn import functional

from ..workloads import Workload

Tensor = Any  # torch.Tensor


def use_all_cores() -> None:
    torch.set_num_threads(joblib.cpu_count())


def parameters_of(workload: Workload, device: str = "cpu") -> list[Tensor]:
    """The initial weights, (n_outputs, n_inputs) as in torch.nn.Linear, and bias of each layer, one after the other."""
    return [
        torch.tensor(array, device=device)  # a copy
        for weights, bias in workload.initial_layers
        for array in (weights.T, bias)
    ]


def batches_of(workload: Workload, device: str = "cpu") -> list[tuple[Tensor, ...]]:
    """The rows of each batch of each epoch."""
    return [torch.from_numpy(order).to(device).tensor_split(workload.n_batches) for order in workload.orders]


def epoch_loss(losses: list[Tensor], batches: tuple[Tensor, ...]) -> float:
    """The mean of the batches' losses by rows."""
    n_rows = torch.tensor([float(len(rows)) for rows in batches], device=losses[0].device)
    return float(torch.dot(torch.stack(losses), n_rows) / n_rows.sum())


def loss_of(parameters: list[Tensor], workload: Workload, batch: Tensor) -> Tensor:
    objective = workload.objective
    n_layers = len(parameters) // 2
    output = batch
    if objective.corruption == "masking":
        output = batch * (torch.rand_like(batch) >= objective.corruption_level)  # faster than bernoulli_ and dropout
    penalty: Tensor = 0.0
    for layer in range(n_layers):
        output = functional.linear(output, parameters[2 * layer], parameters[2 * layer + 1])
        if layer + 1 < n_layers:
            output = torch.sigmoid(output)
        if layer + 1 == workload.code and objective.penalty == "kl":
            rho, rho_hat = objective.sparsity, output.mean(dim=0).clamp(1e-6, 1 - 1e-6)
            divergence = rho * torch.log(rho / rho_hat) + (1 - rho) * torch.log((1 - rho) / (1 - rho_hat))
            penalty = objective.sparsity_weight * divergence.sum()
    return functional.mse_loss(output, batch, reduction="sum") / len(batch) + penalty
