"""The frameworks' own losses, called as a user calls them: what the Python backend's results are held to.

usage: reference.py FRAMEWORK JOBS
JOBS is a JSON list of jobs: a format, the id of a loss, and a file that has the logits, then the targets, as float64. For each
job loss and gradient by the logits go to the standard output, likewise.
"""

import array
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def of_torch(name, z, t):
    import torch
    import torch.nn.functional as F

    if name.startswith("torchvision/"):
        from torchvision.ops import sigmoid_focal_loss
    x = torch.stack([z, torch.zeros_like(z)], -1)
    return {
        "torch/bce": lambda: F.binary_cross_entropy(z.sigmoid(), t, reduction="none"),
        "torch/bce-with-logits": lambda: torch.nn.BCEWithLogitsLoss(reduction="none")(z, t),
        "torch/cross-entropy": lambda: torch.nn.CrossEntropyLoss(reduction="none")(x, 1 - t.long()),
        "torchvision/sigmoid-focal-loss": lambda: sigmoid_focal_loss(z, t),
        "notebook/focal": lambda: -F.logsigmoid(z) * (torch.sigmoid(-z) ** 2.0) * t
        + -F.logsigmoid(-z) * (torch.sigmoid(z) ** 2.0) * (1 - t),
    }[name.split("@")[0]]()


def of_tensorflow(name, z, t):
    import tensorflow as tf

    x = tf.stack([z, tf.zeros_like(z)], 1)
    return {
        "tf/sigmoid-cross-entropy-with-logits": lambda: tf.nn.sigmoid_cross_entropy_with_logits(t, z),
        "tf/softmax-cross-entropy-with-logits": lambda: tf.nn.softmax_cross_entropy_with_logits(tf.stack([t, 1 - t], 1), x),
        "tf/sparse-softmax-cross-entropy-with-logits": lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(
            1 - tf.cast(t, tf.int32), x
        ),
    }[name]()


def of_jax(name, z, t):
    import jax.numpy as jnp
    import optax

    x = jnp.stack([z, jnp.zeros_like(z)], 1)
    return {
        "optax/sigmoid-binary-cross-entropy": lambda: optax.sigmoid_binary_cross_entropy(z, t),
        "optax/sigmoid-focal-loss": lambda: optax.sigmoid_focal_loss(z, t),
        "optax/softmax-cross-entropy-with-integer-labels": lambda: optax.softmax_cross_entropy_with_integer_labels(
            x, 1 - t.astype(int)
        ),
    }[name.split("@")[0]]()


def torch_main(form, name, data):
    import torch

    z, t = torch.tensor(data, dtype=torch.float64).to(getattr(torch, form)).reshape(2, -1)
    z = z.clone().requires_grad_()
    loss = of_torch(name, z, t)
    loss.sum().backward()
    return [loss.detach().double().tolist(), z.grad.double().tolist()]


def tensorflow_main(form, name, data):
    import tensorflow as tf

    z, t = tf.reshape(tf.cast(tf.constant(data, tf.float64), form), (2, -1))
    with tf.GradientTape() as tape:
        tape.watch(z)
        loss = of_tensorflow(name, z, t)
        total = tf.reduce_sum(loss)
    return [tf.cast(each, tf.float64).numpy().tolist() for each in (loss, tape.gradient(total, z))]


def jax_main(form, name, data):
    import jax
    import numpy

    jax.config.update("jax_enable_x64", form == "float64")
    import jax.numpy as jnp

    z, t = jnp.asarray(numpy.array(data).reshape(2, -1).astype(numpy.dtype(getattr(jnp, form))))
    gradient, loss = jax.grad(lambda x: (lambda each: (each.sum(), each))(of_jax(name, x, t)), has_aux=True)(z)
    return [numpy.asarray(each).astype(float).tolist() for each in (loss, gradient)]


def main():
    framework, jobs = sys.argv[1:]
    evaluate = {"torch": torch_main, "tensorflow": tensorflow_main, "jax": jax_main}[framework]
    for form, name, path in json.loads(jobs):
        with open(path, "rb") as file:
            data = array.array("d", file.read()).tolist()
        for result in evaluate(form, name, data):
            sys.stdout.buffer.write(array.array("d", result).tobytes())


main()
