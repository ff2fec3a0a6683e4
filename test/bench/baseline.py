"""The same losses in NumPy and PyTorch. Reads lines `library format what count`, answers each with seconds."""

import sys
import time

import numpy as np

try:
    import torch
except ImportError:
    torch = None

inputs = {}


def logits_and_targets(library, dtype, count):
    key = (library, dtype, count)
    if key not in inputs:
        inputs.clear()
        logits = ((np.arange(count) / count - 0.5) * 40).astype(np.float32)
        targets = (np.arange(count) % 2).astype(np.float32)
        if library == "torch":
            logits, targets = (torch.from_numpy(array).to(getattr(torch, dtype)) for array in (logits, targets))
        inputs[key] = logits, targets
    return inputs[key]


def numpy_loss(z, t):
    return np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))


def numpy_gradient(z, t):
    return 1 / (1 + np.exp(-z)) - t


def torch_loss(z, t):
    return torch.nn.functional.binary_cross_entropy_with_logits(z, t, reduction="none")


def torch_gradient(z, t):
    return torch.sigmoid(z) - t


print("numpy", np.__version__, "torch", torch.__version__ if torch else "-", flush=True)
for line in sys.stdin:
    library, dtype, what, count = line.split()
    if library == "torch" and torch is None or library == "numpy" and dtype != "float32":
        print("-", flush=True)
        continue
    z, t = logits_and_targets(library, dtype, int(count))
    compute = globals()[f"{library}_{what}"]
    start = time.perf_counter()
    compute(z, t)
    print(time.perf_counter() - start, flush=True)
