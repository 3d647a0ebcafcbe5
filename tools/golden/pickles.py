"""What Python and numpy write as pickles: golden files for the tests of @neusim/datasets.

    pip install numpy && python tools/golden/pickles.py > tools/golden/pickles.json

Each case has its bytes in base64, and names the value that they hold. Of values, as JSON, an array is {"shape", "dtype",
"values"} (in row-major order, whatever the order in memory), bytes are {"bytes"}, sets {"set"}, dicts {"dict": [[key,
value], ...]}. Python 2 is played by a pickler that writes text and bytes as Python 2 writes its text.
"""

import base64
import collections
import io
import json
import pickle
import pickletools
import sys

import numpy as np


class Python2(pickle._Pickler):
    """Text and bytes as STRING, BINSTRING and SHORT_BINSTRING."""

    dispatch = pickle._Pickler.dispatch.copy()

    def write_text(self, value):
        if self.proto == 0:
            self.write(b"S" + repr(value)[1:].encode("ascii") + b"\n")
        elif len(value) < 256:
            self.write(b"U" + bytes([len(value)]) + value)
        else:
            self.write(b"T" + len(value).to_bytes(4, "little") + value)

    def save_bytes(self, value):
        self.write_text(value)
        self.memoize(value)

    def save_str(self, value):
        self.write_text(value.encode("latin1"))
        self.memoize(value)

    dispatch[bytes] = save_bytes
    dispatch[str] = save_str


def python2(value, protocol):
    out = io.BytesIO()
    Python2(out, protocol).dump(value)
    # Python 2 had numpy 1.
    return out.getvalue().replace(b"numpy._core", b"numpy.core")


def plain(value):
    if isinstance(value, np.ndarray):
        values = [plain(each) for each in value.ravel().tolist()]
        return {"shape": list(value.shape), "dtype": value.dtype.str, "values": values}
    if isinstance(value, np.generic):
        return plain(np.asarray(value))
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": list(value)}
    if isinstance(value, (set, frozenset)):
        return {"set": sorted(plain(each) for each in value)}
    if isinstance(value, dict):
        return {"dict": [[plain(key), plain(each)] for key, each in value.items()]}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, int) and abs(value) > 2**53 - 1:
        return {"integer": str(value)}
    return value


def case(of, how, data):
    return {"of": of, "how": how, "base64": base64.b64encode(data).decode()}


def image(shape, dtype=np.uint8):
    count = int(np.prod(shape))
    return (np.arange(count) * 7 % 251).astype(dtype).reshape(shape)


shared = ["n01532829", "n01558993"]
values = {
    "nothing, truth, numbers": [None, True, False, 0, 255, 256, 65535, 65536, -1, -(2**31), 2**31, 2**53 - 1, -(2**40)],
    "whole numbers past 2^53": [2**53, 2**64, -(2**70), 10**30],
    "floats": [0.0, -1.5, 1e300, 5e-324, 3.141592653589793],
    "text": ["", "plain", "line\nend \\ 'quoted' \"twice\"", "\u00e9\u00fc", "\u4e2d\u6587", "\U0001f600", "x" * 300],
    "bytes": [b"", b"\x00\xff\n'\\", bytes(range(256)) * 2],
    "byte arrays": [bytearray(b"abc"), bytearray(b"")],
    "lists, tuples, dicts, sets": {
        "list": [1, [2, [3]]],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "dict": {"a": 1, 2: "b", "nested": {}},
        "set": {3, 1, 2},
        "frozen": frozenset(["b", "a"]),
    },
    "what is met twice": [shared, shared, shared[0], {"same": shared}],
    "many items": [list(range(1100)), {i: i % 3 for i in range(1010)}],
    "an ordered dict": collections.OrderedDict([("b", 1), ("a", 2)]),
    "an array of bytes": image((2, 3, 4, 3)),
    "an array that is left in the file": image((6, 10, 8, 3)),
    "arrays of other types": [image((3, 2), t) for t in ("u2", "i4", "i8", ">i4", ">u2", "f4", "f8", ">f8")],
    "an array, the first index fastest": np.asfortranarray(image((3, 4))),
    "a part of an array": image((6, 8))[::2, 1::3],
    "arrays without values": [np.zeros((0, 4), np.uint8), np.zeros((), np.int64)],
    "scalars of numpy": [np.int64(-5), np.float32(0.5), np.uint8(200)],
    "an array of objects": np.array([1, "two", None], dtype=object),
    "arrays of names": [np.array(["crane", "gr\u00fcn"]), np.array([b"abc", b"de"])],
    "a cache of images": {
        "image_data": image((6, 4, 4, 3)),
        "class_dict": {"n01": [0, 2, 4], "n02": [1, 3, 5]},
    },
    "images and labels": {"data": image((4, 3, 3, 3)), "labels": [7, 7, 9, 9], "catname2label": {"n07": 7, "n09": 9}},
}

cases = []
for name, value in values.items():
    for protocol in range(6):
        cases.append(case(name, f"protocol {protocol}", pickle.dumps(value, protocol)))

values["names"] = ["n01532829", "a 'quoted' name", "tab\t, line\n, \\, \x00\xff"]
values["names in bytes"] = [np.array([b"abc", b"de"])]
old = ["a cache of images", "images and labels", "names", "scalars of numpy", "names in bytes"]
for name in old:
    for protocol in range(3):
        cases.append(case(name, f"Python 2, protocol {protocol}", python2(values[name], protocol)))

# Without the numbers of the memo that nobody asks for.
optimized = pickletools.optimize(pickle.dumps(values["what is met twice"], 2))
cases.append(case("what is met twice", "optimized", optimized))
numpy1 = pickle.dumps(values["an array of bytes"], 3).replace(b"numpy._core", b"numpy.core")
cases.append(case("an array of bytes", "numpy 1", numpy1))

print(
    json.dumps(
        {
            "python": sys.version.split()[0],
            "numpy": np.__version__,
            "values": {name: plain(value) for name, value in values.items()},
            "cases": cases,
        }
    )
)
