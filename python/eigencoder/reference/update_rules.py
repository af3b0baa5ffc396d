"""How a gradient moves parameters and their moments, entry by entry; csrc/math/update_rule.h holds the same rules."""

from typing import TypeAlias

import numpy as np

from .config import Array, Optimizer

Moved: TypeAlias = tuple[Array, Array, Array]  # parameter, m, v


def adam(
    optimizer: Optimizer,
    rate: float,
    n_updates: int,
    decay: Array,
    gradient: Array,
    parameter: Array,
    m: Array,
    v: Array,
) -> Moved:
    """Adam (Kingma & Ba 2015, Algorithm 1), where t = ``n_updates`` counts this update.

    m = beta_1 m + (1 - beta_1) g,  v = beta_2 v + (1 - beta_2) g^2,  m^ = m / (1 - beta_1^t),  v^ = v / (1 - beta_2^t),
    parameter = parameter - rate m^ / (sqrt(v^) + epsilon)
    """
    m = optimizer.beta_1 * m + (1 - optimizer.beta_1) * gradient
    v = optimizer.beta_2 * v + (1 - optimizer.beta_2) * gradient**2
    m_hat = m / (1 - optimizer.beta_1**n_updates)
    v_hat = v / (1 - optimizer.beta_2**n_updates)
    return parameter - rate * m_hat / (np.sqrt(v_hat) + optimizer.epsilon), m, v


def adamw(
    optimizer: Optimizer,
    rate: float,
    n_updates: int,
    decay: Array,
    gradient: Array,
    parameter: Array,
    m: Array,
    v: Array,
) -> Moved:
    """AdamW (Loshchilov & Hutter 2019, Algorithm 2): parameter = (1 - rate decay) parameter, then Adam."""
    return adam(optimizer, rate, n_updates, decay, gradient, (1 - rate * decay) * parameter, m, v)


def rmsprop(
    optimizer: Optimizer,
    rate: float,
    n_updates: int,
    decay: Array,
    gradient: Array,
    parameter: Array,
    m: Array,
    v: Array,
) -> Moved:
    """RMSprop (Tieleman & Hinton 2012, lecture 6.5); the mean square is m, v stays.

    m = beta_2 m + (1 - beta_2) g^2,  parameter = parameter - rate g / (sqrt(m) + epsilon)
    """
    m = optimizer.beta_2 * m + (1 - optimizer.beta_2) * gradient**2
    return parameter - rate * gradient / (np.sqrt(m) + optimizer.epsilon), m, v


def sgd(
    optimizer: Optimizer,
    rate: float,
    n_updates: int,
    decay: Array,
    gradient: Array,
    parameter: Array,
    m: Array,
    v: Array,
) -> Moved:
    """Gradient descent with momentum, or with Nesterov's (Sutskever et al. 2013); the velocity is m, v stays.

    m = momentum m - rate g,
    parameter = parameter + m,  with Nesterov's momentum  parameter + momentum m - rate g
    """
    descent = rate * gradient
    m = optimizer.momentum * m - descent
    return parameter + (optimizer.momentum * m - descent if optimizer.nesterovs_momentum else m), m, v


UPDATE_RULES = {"adam": adam, "adamw": adamw, "rmsprop": rmsprop, "sgd": sgd}
