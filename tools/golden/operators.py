"""Golden values for the operators of @neusim/hypernet, all in float64:

- cond-conv: values and gradients of timm's CondConv2d, its kernels mixed by sigmoid(Linear(mean)), as timm's networks do;
- dynamic convolution: the same layer with softmax(·/T) after a hidden layer (Chen et al. 2020);
- od-conv, involution: the formulas of their papers (Li et al. 2022; Li et al. 2021), evaluated with numpy.

    pip install numpy torch timm && python tools/golden/operators.py > tools/golden/operators.json

Maps are [B, H, W, C], kernels [n, kh, kw, C, F].
"""

import json

import numpy as np
import timm
import torch
import torch.nn.functional as F
from timm.layers import CondConv2d

rng = np.random.default_rng(6)


def normal(*shape, scale=1.0):
    return (scale * rng.standard_normal(shape)).astype(np.float32).astype(np.float64)


def packed(array):
    array = np.asarray(array, dtype=np.float64)
    return {"shape": list(array.shape), "data": [float(f"{value:.9g}") for value in array.ravel()]}


def leaf(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def cond_conv(batch, height, width, channels, filters, experts, kernel, stride, padding, hidden, temperature):
    """Weights in the order of the layers: [hidden], routing, experts and their biases."""
    x = leaf(normal(batch, channels, height, width))
    sizes = [channels, *([hidden] if hidden else []), experts]
    dense = [
        (leaf(normal(out, size, scale=0.7)), leaf(normal(out, scale=0.3))) for size, out in zip(sizes, sizes[1:])
    ]
    layer = CondConv2d(
        channels, filters, kernel, stride=stride, padding=padding, bias=True, num_experts=experts
    ).double()
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(normal(*layer.weight.shape, scale=0.4)))
        layer.bias.copy_(torch.from_numpy(normal(*layer.bias.shape, scale=0.4)))
    read = x.mean((2, 3))
    for i, (w, b) in enumerate(dense):
        read = F.linear(F.relu(read) if i > 0 else read, w, b)
    shares = torch.softmax(read / temperature, -1) if hidden else torch.sigmoid(read / temperature)
    y = layer(x, shares)
    dy = torch.from_numpy(normal(*y.shape))
    leaves = [x, *[t for pair in dense for t in pair], layer.weight, layer.bias]
    grads = torch.autograd.grad((y * dy).sum(), leaves)

    def ours(values):
        map_, *rest = [value.detach().numpy() for value in values]
        *networks, weight, bias = rest
        turned = [w.T[None, None] if w.ndim == 2 else w for w in networks]
        size = layer.kernel_size
        kernels = weight.reshape(experts, filters, channels, *size).transpose(0, 3, 4, 2, 1)
        return [packed(a) for a in [map_.transpose(0, 2, 3, 1), *turned, kernels, bias]]

    return {
        "options": {
            "experts": experts,
            "routing": "softmax" if hidden else "sigmoid",
            "temperature": temperature,
            "hidden": hidden,
        },
        "args": {"filters": filters, "kernelSize": kernel, "strides": stride, "padding": padding},
        "values": ours(leaves),
        "y": packed(y.detach().numpy().transpose(0, 2, 3, 1)),
        "dy": packed(dy.numpy().transpose(0, 2, 3, 1)),
        "gradients": ours(grads),
    }


def windows(x, size):
    """What the taps of a size×size window read, zeros outside: [B, H, W, K, C]."""
    edge = size // 2
    padded = np.pad(x, [(0, 0), (edge, edge), (edge, edge), (0, 0)])
    height, width = x.shape[1:3]
    taps = [padded[:, i : i + height, j : j + width] for i in range(size) for j in range(size)]
    return np.stack(taps, 3)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def od_conv(batch, height, width, channels, filters, kernels, size, hidden, temperature):
    x = normal(batch, height, width, channels)
    taps = size * size
    dense = [(normal(channels, hidden, scale=0.7), normal(hidden, scale=0.3))]
    dense += [(normal(hidden, out, scale=0.7), normal(out, scale=0.3)) for out in [channels, filters, taps, kernels]]
    w = normal(kernels, taps, channels, filters, scale=0.4)
    bias = normal(filters)
    inner = np.maximum(x.mean((1, 2)) @ dense[0][0] + dense[0][1], 0)
    logits = [(inner @ m + b) / temperature for m, b in dense[1:]]
    by_channel, by_filter, by_tap = map(sigmoid, logits[:3])
    powers = np.exp(logits[3])
    by_kernel = powers / powers.sum(1, keepdims=True)
    own = np.einsum("bi,bk,bc,bf,ikcf->bkcf", by_kernel, by_tap, by_channel, by_filter, w)
    y = np.einsum("bhwkc,bkcf->bhwf", windows(x, size), own) + bias
    values = [x, *[t for m, b in dense for t in (m[None, None], b)], w.reshape(kernels, size, size, channels, filters), bias]
    return {
        "options": {"kernels": kernels, "minHidden": hidden, "batchNorm": False, "temperature": temperature},
        "args": {"filters": filters, "kernelSize": size, "padding": "same"},
        "values": [packed(value) for value in values],
        "y": packed(y),
    }


def involution(batch, height, width, channels, group, size, reduction):
    x = normal(batch, height, width, channels)
    inner, taps, groups = channels // reduction, size * size, channels // group
    reduce = normal(channels, inner, scale=0.7)
    shift = normal(inner, scale=0.3)
    span = normal(inner, groups * taps, scale=0.7)
    span_bias = normal(groups * taps, scale=0.3)
    bias = normal(channels)
    h = np.maximum(x @ reduce + shift, 0) @ span + span_bias
    h = h.reshape(batch, height, width, groups, taps)
    grouped = windows(x, size).reshape(batch, height, width, taps, groups, group)
    y = np.einsum("bhwgk,bhwkgc->bhwgc", h, grouped).reshape(x.shape) + bias
    values = [x, reduce[None, None], shift, span[None, None], span_bias, bias]
    return {
        "options": {"groupChannels": group, "reduction": reduction, "batchNorm": False},
        "args": {"filters": channels, "kernelSize": size, "padding": "same"},
        "values": [packed(value) for value in values],
        "y": packed(y),
    }


print(
    json.dumps(
        {
            "versions": {
                "numpy": np.__version__,
                "torch": torch.__version__.split("+")[0],
                "timm": timm.__version__,
            },
            "cases": {
                "cond-conv": [
                    cond_conv(2, 5, 4, 3, 2, 4, 3, 1, "same", 0, 1),
                    cond_conv(3, 5, 5, 2, 3, 3, 3, 2, "valid", 2, 4),
                ],
                "od-conv": [od_conv(2, 4, 5, 3, 2, 4, 3, 3, 1), od_conv(2, 5, 4, 2, 3, 2, 5, 2, 30)],
                "involution": [involution(2, 4, 5, 4, 2, 3, 2), involution(1, 7, 6, 6, 3, 7, 3)],
            },
        }
    )
)
