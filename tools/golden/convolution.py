"""What PyTorch's conv2d and its gradients give for small odd cases: golden values for the tests of @neusim/core.

    pip install torch && python tools/golden/convolution.py > tools/golden/convolution.json

Arrays are flat; maps lie [B,H,W,C] and kernels [kh,kw,C,F], as NeuSim has them. All inputs are multiples of 1/8, so that
every value is exact, in float32 too.
"""

import json

import torch
from torch.nn.functional import conv2d, pad as zero_pad

# name, x [B,H,W,C], kernel [kh,kw,F], strides, dilations, pad [[top, bottom], [left, right]]
CASES = [
    ("3x3", (2, 5, 4, 2), (3, 3, 3), (1, 1), (1, 1), ((1, 1), (1, 1))),
    ("3x3 without padding", (1, 6, 5, 3), (3, 3, 2), (1, 1), (1, 1), ((0, 0), (0, 0))),
    ("strides 2x1", (2, 7, 5, 2), (3, 3, 2), (2, 1), (1, 1), ((1, 1), (1, 1))),
    ("even kernel 2x4 with uneven padding", (1, 5, 6, 2), (2, 4, 3), (1, 1), (1, 1), ((0, 1), (1, 2))),
    ("even kernel 4x2, strides 3x2", (2, 8, 7, 1), (4, 2, 3), (3, 2), (1, 1), ((1, 2), (0, 1))),
    ("dilation 2", (1, 7, 8, 2), (3, 3, 2), (1, 1), (2, 2), ((2, 2), (2, 2))),
    ("dilations 3x1 of an even kernel", (2, 8, 5, 1), (2, 3, 2), (1, 1), (3, 1), ((1, 2), (1, 1))),
    ("stride 2 with dilation 2", (1, 9, 8, 2), (3, 2, 3), (2, 2), (2, 2), ((2, 1), (0, 2))),
    ("1x1, stride 2", (2, 5, 4, 3), (1, 1, 4), (2, 2), (1, 1), ((0, 0), (0, 0))),
]


def eighths(shape, seed):
    """Multiples of 1/8 in [-2, 2]."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-16, 17, shape, generator=generator).double() / 8


def flat(tensor):
    return [int(v) if v == int(v) else v for v in tensor.flatten().tolist()]


def run(name, x_shape, kernel, strides, dilations, pad):
    batch, height, width, channels = x_shape
    x = eighths(x_shape, 1).requires_grad_()
    w = eighths((kernel[0], kernel[1], channels, kernel[2]), 2).requires_grad_()
    (top, bottom), (left, right) = pad
    padded = zero_pad(x.permute(0, 3, 1, 2), (left, right, top, bottom))
    y = conv2d(padded, w.permute(3, 2, 0, 1), stride=strides, dilation=dilations).permute(0, 2, 3, 1)
    dy = eighths(tuple(y.shape), 3)
    dx, dw = torch.autograd.grad(y, [x, w], dy)
    shapes = {"x": list(x.shape), "w": list(w.shape), "y": list(y.shape)}
    options = {"strides": strides, "pad": pad, "dilations": dilations}
    arrays = {"x": x, "w": w, "dy": dy, "y": y, "dx": dx, "dw": dw}
    return {"name": name, "options": options, "shapes": shapes, **{key: flat(v) for key, v in arrays.items()}}


def main():
    versions = {"torch": torch.__version__.split("+")[0]}
    lines = ",\n".join(json.dumps(run(*case), separators=(",", ":")) for case in CASES)
    print(f'{{"versions": {json.dumps(versions)}, "cases": [\n{lines}\n]}}')


main()
