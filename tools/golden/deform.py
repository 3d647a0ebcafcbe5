"""Deformable convolution as torchvision computes it (`deform_conv2d`): golden values for the tests of @neusim/core.

    pip install numpy torch torchvision && python tools/golden/deform.py > tools/golden/deform.json

Inputs are rounded to float32 and computed with in float64. Arrays in the file are float32, little-endian, in base64, in
NeuSim's order: maps [B,H,W,C], kernels [kh,kw,C,F], offsets [B,H',W',G·2K] and factors [B,H',W',G·K], the channels in
G groups. torchvision's order of offsets, (dy, dx) for each tap, and of groups is the same.
"""

import base64
import json

import numpy as np
import torch
import torchvision
from torchvision.ops import deform_conv2d

BATCH, HEIGHT, WIDTH, CHANNELS, FILTERS = 2, 4, 5, 4, 3


def encoded(tensor, order):
    array = tensor.detach().permute(order).contiguous().numpy().astype("<f4")
    return {"shape": list(array.shape), "values": base64.b64encode(array.tobytes()).decode()}


def case(name, seed, kernel=(3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1, mask=False, offset="near"):
    random = np.random.default_rng(seed)
    taps = kernel[0] * kernel[1]
    out = [
        (size + 2 * pad - (window - 1) * gap - 1) // step + 1
        for size, pad, window, gap, step in zip((HEIGHT, WIDTH), padding, kernel, dilation, stride)
    ]
    places = (BATCH, groups * 2 * taps, *out)

    def leaf(array):
        return torch.from_numpy(array.astype(np.float32).astype(np.float64)).requires_grad_()

    moves = {
        # Within an element and a half.
        "near": lambda: random.uniform(-1.5, 1.5, places),
        # Many taps read far outside the map.
        "far": lambda: random.uniform(-6, 6, places),
        # Whole and half elements: on the elements themselves, on the border, and one beside it.
        "whole": lambda: random.integers(-4, 5, places) / 2,
    }
    x = leaf(random.standard_normal((BATCH, CHANNELS, HEIGHT, WIDTH)))
    w = leaf(random.standard_normal((FILTERS, CHANNELS, *kernel)))
    offsets = leaf(moves[offset]())
    factors = leaf(random.uniform(0, 1, (BATCH, groups * taps, *out))) if mask else None
    y = deform_conv2d(x, offsets, w, stride=stride, padding=padding, dilation=dilation, mask=factors)
    dy = leaf(random.standard_normal(tuple(y.shape)))
    y.backward(dy)
    last, kernels = (0, 2, 3, 1), (2, 3, 1, 0)
    arrays = {
        "x": encoded(x, last),
        "w": encoded(w, kernels),
        "offsets": encoded(offsets, last),
        "y": encoded(y, last),
        "dy": encoded(dy, last),
        "dx": encoded(x.grad, last),
        "dw": encoded(w.grad, kernels),
        "doffsets": encoded(offsets.grad, last),
    }
    if mask:
        arrays |= {"modulation": encoded(factors, last), "dmodulation": encoded(factors.grad, last)}
    options = {"strides": stride, "dilations": dilation, "pad": [[pad, pad] for pad in padding]}
    return {"name": name, "options": options, **arrays}


CASES = [
    case("v1", 1),
    case("v2", 2, mask=True),
    case("v2, 2 groups, stride 2", 3, stride=(2, 2), groups=2, mask=True),
    case("v1, 2 groups, 3x2, stride 2x1, dilation 1x2", 4, (3, 2), (2, 1), (0, 1), (1, 2), groups=2),
    case("v2, dilation 2", 5, padding=(2, 2), dilation=(2, 2), mask=True),
    case("v1, far outside the map", 6, offset="far"),
    case("v2, whole and half offsets", 7, offset="whole", mask=True),
]

if __name__ == "__main__":
    print(json.dumps({"torch": torch.__version__, "torchvision": torchvision.__version__, "cases": CASES}))
