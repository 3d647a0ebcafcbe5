"""The benchmarks' work in PyTorch on the CPU: prints a JSON list of {name, threads, times (ms), work, unit}.

Each is timed as NCHW and as channels_last, and the faster is reported. Dynamic DNS is the fastest composition
found: a plain predictor's nine values weight the nine shifted maps, which are concatenated for a 1x1 convolution.
"""

import json
import os
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

options = json.loads(sys.argv[1])
quick = options["quick"]
rounds = 2 if quick else 3
lines = []


def time_rounds(run):
    times = []
    for index in range(rounds + 1):
        start = time.perf_counter()
        run()
        if index > 0:
            times.append(1000 * (time.perf_counter() - start))
    return times


def report(name, work, unit, make):
    """make(memory_format) gives what is timed."""
    for threads in sorted({1, os.cpu_count() or 1}):
        torch.set_num_threads(threads)
        both = [time_rounds(make(layout)) for layout in (torch.contiguous_format, torch.channels_last)]
        times = min(both, key=lambda each: sorted(each)[len(each) // 2])
        lines.append({"name": name, "threads": threads, "times": times, "work": work, "unit": unit})


def convolution(shape, train):
    def make(layout):
        def tensor(*sizes):
            return torch.randn(*sizes).to(memory_format=layout)

        kernel = shape["kernel"]
        x = tensor(shape["batch"], shape["channels"], shape["height"], shape["width"])
        w = tensor(shape["filters"], shape["channels"], kernel, kernel)
        dy = tensor(shape["batch"], shape["filters"], shape["height"], shape["width"])
        if not train:
            return lambda: F.conv2d(x, w, padding="same")
        x.requires_grad_()
        w.requires_grad_()
        return lambda: torch.autograd.grad(F.conv2d(x, w, padding="same"), (x, w), dy)

    return make


class DynamicDns(nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        self.predictor = nn.Sequential(
            nn.Conv2d(channels, 64, 3, padding=1, bias=False),
            nn.BatchNorm2d(64, eps=1e-3),
            nn.ReLU(),
            nn.Conv2d(64, 9, 3, padding=1, bias=False),
            nn.BatchNorm2d(9, eps=1e-3),
        )
        self.kernel = nn.Conv2d(9 * channels, filters, 1, bias=False)

    def forward(self, x):
        m = 1 + self.predictor(x)
        height, width = x.shape[2:]
        padded = F.pad(x, (1, 1, 1, 1))
        taps = [
            padded[:, :, i : i + height, j : j + width] * m[:, 3 * i + j : 3 * i + j + 1]
            for i in range(3)
            for j in range(3)
        ]
        return self.kernel(torch.cat(taps, 1))


def vgg_like(size, width):
    layers, channels = [], 3
    for filters in (width, 2 * width, 4 * width):
        for _ in range(2):
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear((size // 8) ** 2 * channels, 10))


def cifar(size, width, dynamic):
    layers, channels = [], 3

    def add(filters, conv):
        layers.extend([conv, nn.BatchNorm2d(filters, eps=1e-3), nn.ReLU()])

    add(width, nn.Conv2d(3, width, 3, padding=1, bias=False))
    channels = width
    for filters in (width, 2 * width, 4 * width):
        for _ in range(3):
            plain = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
            add(filters, DynamicDns(channels, filters) if dynamic else plain)
            channels = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Conv2d(channels, 10, size // 8, bias=False), nn.Flatten())


def network(build, size, batch, train):
    def make(layout):
        net = build().to(memory_format=layout).train(train)
        x = torch.randn(batch, 3, size, size).to(memory_format=layout)
        if not train:

            def infer():
                with torch.inference_mode():
                    net(x)

            return infer
        labels = torch.arange(batch) % 10
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9, weight_decay=5e-4)

        def step():
            optimizer.zero_grad()
            F.cross_entropy(net(x), labels).backward()
            optimizer.step()

        return step

    return make


for shape in options["convolutions"]:
    for what, passes in (("forward", 1), ("train", 3)):
        name = f"{shape['name']}, plain {what}"
        report(name, passes * shape["gflop"], "GFLOP/s", convolution(shape, what == "train"))

size, batch, vgg_width, width = (8, 2, 4, 4) if quick else (32, 32, 64, 32)
networks = {
    "VGG-like": lambda: vgg_like(size, vgg_width),
    "cnn-cifar": lambda: cifar(size, width, False),
    "nsn-cifar dynamic-dns": lambda: cifar(size, width, True),
}
for name, build in networks.items():
    for what in ("train", "forward"):
        report(f"{name} {what}", batch, "images/s", network(build, size, batch, what == "train"))

print(json.dumps(lines))
