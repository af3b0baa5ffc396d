"""PyTorch as it is used most, on a GPU."""

import torch

from .torch_eager import TorchEager


class TorchOnGpu(TorchEager):
    name = "PyTorch eager on the GPU"
    device = "cuda"


def can_train() -> bool:
    return bool(torch.cuda.is_available())
