"""What numpy's SVD gives for small matrices: golden values for the tests of @neusim/train.

    pip install numpy && python tools/golden/spectrum.py > tools/golden/spectrum.json

Matrices are [rows, columns], row by row, in float32; singular values are those of the same numbers in float64.
"""

import json

import numpy as np

random = np.random.default_rng(7)


def case(name, matrix):
    matrix = np.asarray(matrix, dtype=np.float32)
    values = np.linalg.svd(matrix.astype(np.float64), compute_uv=False)
    shares = values / values.sum() if values.sum() > 0 else values
    shares = shares[shares > 0]
    return {
        "name": name,
        "rows": matrix.shape[0],
        "columns": matrix.shape[1],
        "matrix": [float(value) for value in matrix.ravel()],
        "values": values.tolist(),
        "nuclear": float(np.linalg.norm(matrix.astype(np.float64), "nuc")),
        "frobenius": float(np.linalg.norm(matrix.astype(np.float64))),
        "rank": int(np.linalg.matrix_rank(matrix)),
        "effectiveRank": float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0,
        "stableRank": float((values**2).sum() / values[0] ** 2) if values[0] > 0 else 0.0,
    }


low = random.normal(size=(12, 2)) @ random.normal(size=(2, 5))
print(
    json.dumps(
        {
            "numpy": np.__version__,
            "cases": [
                case("tall", random.normal(size=(18, 4))),
                case("wide", random.normal(size=(3, 11))),
                case("square, near the identity", np.eye(9) + 0.1 * random.normal(size=(9, 9))),
                case("of rank two", low),
                case("large and small values", random.normal(size=(6, 3)) * [1e6, 1, 1e-2]),
                case("one column", random.normal(size=(7, 1))),
                case("zero", np.zeros((4, 3))),
            ],
        }
    )
)
