"""The suite webgpu's work in PyTorch on the same GPU: prints one JSON object.

    python torch_bench.py ['{"quick": false, "batches": [128, 512], "convolutions": [...]}']

{torch, device, isGpu, cudnn, parameters, rows: [{name, tf32, compiled, times (ms), work, unit}], notRun}. All in
channels_last, with cuDNN's search for the fastest algorithm on, float32 with TF32 off and on, torch.compile off and
on (each row says which). "Train" is the forward pass and the gradients of all inputs; of a network, a whole step with
SGD, momentum and weight decay. Dynamic DNS is the fastest composition found: the nine shifted maps, weighted,
concatenated, and one 1x1 convolution. The networks have as many parameters as ours, which is checked. Without a GPU it
runs on the processor, to see that it runs.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

DEFAULTS = {"quick": False, "batches": [128, 512], "convolutions": None}
SHAPES = [(128, 32, 32, 32), (128, 16, 64, 64), (128, 8, 128, 128), (32, 42, 64, 64)]
"""With 10 classes, as packages/models has them."""
PARAMETERS = {"cnn-cifar": 511_200, "nsn-cifar": 890_946, "nsn-cifar, plain predictor": 890_946}

is_gpu = torch.cuda.is_available()
device = "cuda" if is_gpu else "cpu"
layout = torch.channels_last


class SphereConv(nn.Conv2d):
    """A convolution divided by the norm of the patch: sqrt(sum x^2 + 1e-4)."""

    def forward(self, x):
        window = torch.ones(1, 1, 3, 3, device=x.device)
        energy = F.conv2d(x.square().sum(1, keepdim=True), window, padding=1)
        return super().forward(x) * torch.rsqrt(energy + 1e-4)


class DynamicDns(nn.Module):
    def __init__(self, channels, filters, sphere):
        super().__init__()
        first = SphereConv if sphere else nn.Conv2d
        self.predictor = nn.Sequential(
            first(channels, 64, 3, padding=1, bias=False),
            nn.BatchNorm2d(64, eps=1e-3),
            nn.ReLU(),
            nn.Conv2d(64, 9, 3, padding=1, bias=False),
            nn.BatchNorm2d(9, eps=1e-3),
        )
        self.kernel = nn.Conv2d(9 * channels, filters, 1, bias=False)

    def forward(self, x):
        return self.kernel(weighted_taps(x, 1 + self.predictor(x)))


def weighted_taps(x, m):
    height, width = x.shape[2:]
    padded = F.pad(x, (1, 1, 1, 1))
    taps = [
        padded[:, :, i : i + height, j : j + width] * m[:, 3 * i + j : 3 * i + j + 1] for i in range(3) for j in range(3)
    ]
    return torch.cat(taps, 1)


def cifar(predictor=None):
    """Root, three stages of three convolutions and a pool, score; `predictor` is None, plain or sphere."""
    layers, channels = [], 3

    def add(filters, conv):
        layers.extend([conv, nn.BatchNorm2d(filters, eps=1e-3), nn.ReLU()])

    add(32, nn.Conv2d(3, 32, 3, padding=1, bias=False))
    channels = 32
    for filters in (32, 64, 128):
        for _ in range(3):
            plain = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
            add(filters, plain if predictor is None else DynamicDns(channels, filters, predictor == "sphere"))
            channels = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Conv2d(channels, 10, 4, bias=False), nn.Flatten())


NETWORKS = {
    "cnn-cifar": lambda: cifar(),
    "nsn-cifar": lambda: cifar("sphere"),
    "nsn-cifar, plain predictor": lambda: cifar("plain"),
}


def check_parameters():
    found = {name: sum(p.numel() for p in build().parameters()) for name, build in NETWORKS.items()}
    if found != PARAMETERS:
        sys.exit(f"parameters {found}, not {PARAMETERS}")
    return found


def settle():
    if is_gpu:
        torch.cuda.synchronize()


def time_rounds(run, quick):
    """Milliseconds a run, of several rounds of as many runs as fill 50 ms."""
    for _ in range(1 if quick else 5):
        run()
    settle()
    start = time.perf_counter()
    run()
    settle()
    once = time.perf_counter() - start
    repeats = 1 if quick else max(1, min(200, int(0.05 / once) + 1))
    times = []
    for _ in range(2 if quick else 9):
        start = time.perf_counter()
        for _ in range(repeats):
            run()
        settle()
        times.append(1000 * (time.perf_counter() - start) / repeats)
    return times


def tensor(*sizes):
    return torch.randn(*sizes, device=device).to(memory_format=layout)


def convolution(shape, train, dns):
    kernel, batch, channels = shape["kernel"], shape["batch"], shape["channels"]
    x = tensor(batch, channels, shape["height"], shape["width"])
    filters = shape["filters"]
    m = tensor(batch, 9, shape["height"], shape["width"]) if dns else None
    w = tensor(filters, 9 * channels, 1, 1) if dns else tensor(filters, channels, kernel, kernel)
    dy = tensor(batch, filters, shape["height"], shape["width"])
    inputs = (x, w, m) if dns else (x, w)

    def forward(x, w, m=None):
        return F.conv2d(x, w, padding="same") if m is None else F.conv2d(weighted_taps(x, m), w)

    def make(compiled):
        run = torch.compile(forward) if compiled else forward
        if not train:
            return lambda: run(*inputs)
        for each in inputs:
            each.requires_grad_()
        return lambda: torch.autograd.grad(run(*inputs), inputs, dy)

    return make


def network(build, batch, train):
    def make(compiled):
        net = build().to(device).to(memory_format=layout).train(train)
        run = torch.compile(net) if compiled else net
        x = tensor(batch, 3, 32, 32)
        if not train:

            def infer():
                with torch.inference_mode():
                    run(x)

            return infer
        labels = torch.arange(batch, device=device) % 10
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9, weight_decay=5e-4, fused=is_gpu or None)

        def step():
            optimizer.zero_grad()
            F.cross_entropy(run(x), labels).backward()
            optimizer.step()

        return step

    return make


def main():
    options = {**DEFAULTS, **(json.loads(sys.argv[1]) if len(sys.argv) > 1 else {})}
    quick = options["quick"]
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    rows, not_run = [], []

    def report(name, work, unit, make):
        for tf32 in (False, True) if is_gpu else (False,):
            torch.backends.cudnn.allow_tf32 = tf32
            torch.backends.cuda.matmul.allow_tf32 = tf32
            for compiled in (False, True):
                if compiled and quick:
                    continue
                try:
                    torch._dynamo.reset()
                    times = time_rounds(make(compiled), quick)
                except Exception as error:  # a missing compiler, or memory
                    why = str(error).strip().splitlines()[:1]
                    not_run.append(f"PyTorch, {name}{', compiled' if compiled else ''}: {why[0] if why else error!r}")
                    continue
                rows.append(
                    {"name": name, "tf32": tf32, "compiled": compiled, "times": times, "work": work, "unit": unit}
                )

    parameters = check_parameters()
    for shape in options["convolutions"] or [named(*each) for each in SHAPES]:
        for train in (False, True):
            what, tflop = ("train", 3 * shape["tflop"]) if train else ("forward", shape["tflop"])
            report(f"{shape['name']}, plain {what}", tflop, "TFLOP/s", convolution(shape, train, False))
            if shape["kernel"] == 3:
                report(f"{shape['name']}, DNS {what}", tflop, "TFLOP/s", convolution(shape, train, True))
    for batch in options["batches"]:
        for name, build in NETWORKS.items():
            for train in (True, False):
                title = f"{name} {'train' if train else 'forward'}, batch {batch}"
                report(title, batch, "images/s", network(build, batch, train))
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "device": torch.cuda.get_device_name() if is_gpu else "the processor",
                "isGpu": is_gpu,
                "cuda": torch.version.cuda,
                "cudnn": torch.backends.cudnn.version() if is_gpu else None,
                "parameters": parameters,
                "rows": rows,
                "notRun": not_run,
            }
        )
    )


def named(batch, side, channels, filters):
    return {
        "name": f"{batch}×{side}×{side}×{channels}→{filters}, 3×3",
        "batch": batch,
        "height": side,
        "width": side,
        "channels": channels,
        "filters": filters,
        "kernel": 3,
        "tflop": 2 * batch * side * side * 9 * channels * filters / 1e12,
    }


main()
