"""What Pillow and torchvision make of two small synthetic images: golden values for the tests of @neusim/datasets.

    pip install pillow numpy torch torchvision && python tools/golden/augment.py > tools/golden/augment.json

Images in the file are bytes [height, width, channels] in base64.
"""

import base64
import json

import numpy as np
import PIL
import torch

# Where the wheel's compiled operators do not load, its transforms do all the same.
_register_fake = torch.library.register_fake


def _lenient(name, *args, **kwargs):
    def decorate(function):
        try:
            return _register_fake(name, *args, **kwargs)(function)
        except RuntimeError:
            return function

    return decorate


torch.library.register_fake = _lenient

import torchvision  # noqa: E402
from PIL import Image  # noqa: E402
from torchvision.transforms import functional as F  # noqa: E402
from torchvision.transforms.autoaugment import RandAugment, _apply_op  # noqa: E402

NEAREST, BILINEAR = F.InterpolationMode.NEAREST, F.InterpolationMode.BILINEAR
HEIGHT, WIDTH = 16, 21


def picture():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    red = 255 * x / (WIDTH - 1)
    green = 127 + 100 * np.sin(y / 2.3) * np.cos(x / 3.1)
    blue = (37 * x + 61 * y) % 211
    image = np.stack([red, green, blue], -1)
    image[4:9, 6:13] = [230, 40, 60]
    image[11:14, 2:8] = 90
    return np.clip(image.round(), 0, 255).astype(np.uint8)


def encoded(image):
    array = np.asarray(image)
    if array.ndim == 2:
        array = array[:, :, None]
    return {"shape": list(array.shape), "bytes": base64.b64encode(array.tobytes()).decode()}


def hue(image, shift):
    tensor = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)
    return F.adjust_hue(tensor, shift).permute(1, 2, 0).numpy()


def cases(image, channels):
    resize = lambda size, of=image: F.resize(of, size, BILINEAR, antialias=True)  # noqa: E731
    for size in [7, 33, [5, 40], [16, 9], [30, 21]]:
        yield "transform", {"resize": size}, resize(size)
    for size, crop in [[23, 16], [20, [9, 14]], [16, [11, 16]]]:
        yield "transform", {"resize": size, "centerCrop": crop}, F.center_crop(resize(size), crop)
    for top, left, height, width in [[3, 2, 9, 13], [0, 10, 16, 4]]:
        box = {"top": top, "left": left, "height": height, "width": width}
        cropped = F.resized_crop(image, top, left, height, width, [12, 12], BILINEAR, antialias=True)
        yield "box", box, cropped
        yield "box", {**box, "flip": True, "flipRows": True}, F.vflip(F.hflip(cropped))
    for factor in [0.0, 0.35, 1.7]:
        yield "brightness", {"factor": factor}, F.adjust_brightness(image, factor)
        yield "contrast", {"factor": factor}, F.adjust_contrast(image, factor)
        yield "sharpness", {"factor": factor}, F.adjust_sharpness(image, factor)
        if channels == 3:
            yield "saturation", {"factor": factor}, F.adjust_saturation(image, factor)
    if channels == 3:
        yield "grayscale", {}, F.rgb_to_grayscale(image, 3)
        for shift in [-0.4, 0.07, 0.5]:
            yield "hue", {"shift": shift}, hue(image, shift)
    motions = [
        {"angle": 25, "translate": [2, -1], "scale": 1.2, "shear": [8, 0]},
        {"angle": -140, "translate": [0, 0], "scale": 0.7, "shear": [0, -15]},
    ]
    for motion in motions:
        for name, mode in [["nearest", NEAREST], ["bilinear", BILINEAR]]:
            yield "affine", {**motion, "interpolation": name}, F.affine(image, **motion, interpolation=mode)
    space = RandAugment()._augmentation_space(31, (HEIGHT, WIDTH))
    for name, (magnitudes, signed) in space.items():
        for m in [9, 30]:
            magnitude = float(magnitudes[m].item()) if magnitudes.ndim > 0 else 0.0
            for sign in [1, -1] if signed and m == 9 else [1]:
                yield "randAugment", {"operation": name, "m": m, "sign": sign}, _apply_op(
                    image, name, sign * magnitude, interpolation=NEAREST, fill=None
                )


def main():
    color = Image.fromarray(picture())
    grey = Image.fromarray(picture()[:, :, 2])
    images = {"color": color, "grey": grey}
    found = [
        {"image": name, "operation": operation, "options": options, "out": encoded(out)}
        for name, image in images.items()
        for operation, options, out in cases(image, 3 if name == "color" else 1)
    ]
    versions = {"pillow": PIL.__version__, "torchvision": torchvision.__version__, "torch": torch.__version__}
    versions = {name: version.split("+")[0] for name, version in versions.items()}
    lines = ",\n".join(json.dumps(case) for case in found)
    head = json.dumps({"versions": versions, "images": {name: encoded(image) for name, image in images.items()}})
    print(f'{head[:-1]}, "cases": [\n{lines}\n]}}')


main()
