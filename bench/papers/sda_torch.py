"""Stacked denoising autoencoders by PyTorch: the same recipe, with weights, masks and an order of rows of its own."""

import time
from typing import Any

import torch
from torch.nn import functional

from eigencoder import EncoderClassifier, StackedAutoencoder

from ..peers.torch_loss import use_all_cores
from . import data

Tensor = Any  # torch.Tensor
Layer = tuple[Tensor, Tensor]  # weights (n_outputs, n_inputs), bias (n_outputs,)

N_DIGITS = 10


def train(stack: StackedAutoencoder, classifier: EncoderClassifier, digits: data.Mnist) -> tuple[float, float]:
    """The share of test digits taken for another, and the seconds, with the settings of the two estimators."""
    use_all_cores()
    torch.manual_seed(0)
    x, labels = torch.from_numpy(digits.train), torch.tensor(digits.train_labels, dtype=torch.int64)
    started = time.perf_counter()
    layers: list[Layer] = []
    codes = x
    for settings in stack.layers_:
        layers.append(pretrained(settings, codes))
        with torch.no_grad():
            codes = torch.sigmoid(functional.linear(codes, *layers[-1]))
    layers = fine_tuned(classifier, layers, x, labels)
    seconds = time.perf_counter() - started
    with torch.no_grad():
        answers = logits(layers, torch.from_numpy(digits.test)).argmax(dim=1).numpy()
    return float((answers != digits.test_labels).mean()), seconds


def new_layer(n_inputs: int, n_outputs: int) -> Layer:
    weights = torch.empty(n_outputs, n_inputs)
    torch.nn.init.xavier_uniform_(weights)
    return weights.requires_grad_(), torch.zeros(n_outputs, requires_grad=True)


def pretrained(settings: Any, x: Tensor) -> Layer:
    """The encoder of a denoising autoencoder with tied weights, sigmoid layers and the cross-entropy."""
    n_features = x.shape[1]
    weights, bias = new_layer(n_features, settings.n_components)
    output_bias = torch.zeros(n_features, requires_grad=True)
    parameters = [weights, bias, output_bias]
    optimizer = torch.optim.Adam(parameters, lr=settings.learning_rate_init, fused=True)
    for _ in range(settings.max_iter):
        for rows in torch.randperm(len(x)).split(settings.batch_size):
            batch = x.index_select(0, rows)
            code = torch.sigmoid(functional.linear(masked(batch, settings), weights, bias))
            z = functional.linear(code, weights.T, output_bias)
            loss = functional.binary_cross_entropy_with_logits(z, batch, reduction="sum") / len(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return weights.detach(), bias.detach()


def fine_tuned(settings: EncoderClassifier, encoder: list[Layer], x: Tensor, labels: Tensor) -> list[Layer]:
    """The encoder with a softmax layer on top, at the lowest loss of the last rows, which do not train."""
    n_train = len(x) - round(settings.validation_fraction * len(x))
    held_out = masked(x[n_train:], settings)
    layers = [(weights.clone().requires_grad_(), bias.clone().requires_grad_()) for weights, bias in encoder]
    layers.append(new_layer(len(encoder[-1][1]), N_DIGITS))
    parameters = [array for layer in layers for array in layer]
    optimizer = torch.optim.Adam(parameters, lr=settings.learning_rate_init, fused=True)
    n_epochs, batch_size = int(settings.max_iter), int(settings.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_epochs * -(-n_train // batch_size))
    best_loss, best = float("inf"), layers
    for _ in range(n_epochs):
        for rows in torch.randperm(n_train).split(batch_size):
            noisy = masked(x.index_select(0, rows), settings)
            loss = functional.cross_entropy(logits(layers, noisy), labels.index_select(0, rows))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            loss = float(functional.cross_entropy(logits(layers, held_out), labels[n_train:]))
            if loss < best_loss:
                best_loss, best = loss, [(weights.clone(), bias.clone()) for weights, bias in layers]
    return best


def masked(batch: Tensor, settings: Any) -> Tensor:
    return batch * (torch.rand_like(batch) >= settings.corruption_level)


def logits(layers: list[Layer], x: Tensor) -> Tensor:
    output = x
    for weights, bias in layers[:-1]:
        output = torch.sigmoid(functional.linear(output, weights, bias))
    return functional.linear(output, *layers[-1])
