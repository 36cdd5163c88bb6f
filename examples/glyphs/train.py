"""Train the small network of this folder on the glyphs and export it with its image sets.

    pip install -r requirements.txt
    python train.py

It needs no downloads: images.py draws the data, and every random choice has a fixed seed.
"""

import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime
import optax
from onnx import TensorProto, helper
from PIL import Image

from images import (CALIBRATION, CLASSES, HELD_OUT, HERE, SIZE, TRAIN, VALIDATION, image_set,
                    store, store_samples)

TRAIN_IMAGES, HELD_OUT_IMAGES, VALIDATION_IMAGES, CALIBRATION_IMAGES = 28800, 3200, 320, 96
BATCH, EPOCHS, PEAK_RATE = 64, 7, 1.5e-3
WEIGHT_DECAY = 1.0
EPSILON = 1e-5

# name, outputs, kernel, stride, padding, followed by a 3x3 stride-2 max-pool
CONVS = [("conv1", 48, 7, 2, 3, True), ("conv2", 64, 5, 1, 2, True), ("conv3", 96, 3, 1, 1, False),
         ("conv4", 96, 3, 1, 1, False), ("conv5", 64, 3, 1, 1, True)]
NORMALISED = "conv1"  # local response normalisation follows this one's pool
LRN = dict(size=5, alpha=1e-4, beta=0.75, bias=2.0)
FLAT, HIDDEN, KEEP = 64 * 3 * 3, 256, 0.8


def he(rng, *shape):
    return rng.normal(0, math.sqrt(2 / math.prod(shape[1:])), shape).astype(np.float32)


def initial():
    """Trained parameters, and the running statistics of the batch normalisations."""
    rng = np.random.default_rng(1)
    params, running, inputs = {}, {}, 3
    for name, outputs, kernel, *_ in CONVS:
        params[name] = dict(weight=he(rng, outputs, inputs, kernel, kernel),
                            scale=np.ones(outputs, np.float32), shift=np.zeros(outputs, np.float32))
        running[name] = dict(mean=np.zeros(outputs, np.float32), var=np.ones(outputs, np.float32))
        inputs = outputs
    for name, outputs, inputs in ("fc6", HIDDEN, FLAT), ("fc7", len(CLASSES), HIDDEN):
        params[name] = dict(weight=he(rng, outputs, inputs), bias=np.zeros(outputs, np.float32))
    params["fc7"]["weight"] *= 0.1  # near-uniform predictions at first: confident wrong ones stall
    return params, running


def local_response_norm(x):
    window = (1, LRN["size"], 1, 1)
    squares = jax.lax.reduce_window(x * x, 0.0, jax.lax.add, window, (1, 1, 1, 1), "SAME")
    return x * (LRN["bias"] + LRN["alpha"] / LRN["size"] * squares) ** -LRN["beta"]


def forward(params, running, x, dropout_key):
    """Logits of a training pass, and the updated statistics. Inference is the exported graph's."""
    seen = {}
    for name, _, _, stride, pad, pooled in CONVS:
        p = params[name]
        x = jax.lax.conv_general_dilated(x, p["weight"], (stride, stride), [(pad, pad)] * 2)
        now = dict(mean=x.mean((0, 2, 3)), var=x.var((0, 2, 3)))
        seen[name] = jax.tree.map(lambda old, new: 0.95 * old + 0.05 * new, running[name], now)
        gain = p["scale"] * jax.lax.rsqrt(now["var"] + EPSILON)
        x = x * gain[:, None, None] + (p["shift"] - now["mean"] * gain)[:, None, None]
        x = jax.nn.relu(x)
        if pooled:
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 3, 3), (1, 1, 2, 2), "VALID")
        if name == NORMALISED:
            x = local_response_norm(x)
    x = jax.nn.relu(x.reshape(len(x), -1) @ params["fc6"]["weight"].T + params["fc6"]["bias"])
    x = x * jax.random.bernoulli(dropout_key, KEEP, x.shape) / KEEP
    return x @ params["fc7"]["weight"].T + params["fc7"]["bias"], seen


def planes(images, mean, std):
    return ((images - mean) / std).astype(np.float32).transpose(0, 3, 1, 2)


def train(images, labels, mean, std):
    params, running = initial()
    steps = len(images) // BATCH
    rate = optax.cosine_onecycle_schedule(EPOCHS * steps, PEAK_RATE)
    # Strong decay wears off what is left of the random start: directions that carry nothing
    # shrink, and the layers become low-rank, as those of large trained networks are.
    optimiser = optax.adamw(rate, weight_decay=WEIGHT_DECAY,
                            mask=lambda params: jax.tree.map(lambda p: p.ndim > 1, params))
    state = optimiser.init(params)

    @jax.jit
    def step(params, running, state, x, y, key):
        def loss(params):
            logits, seen = forward(params, running, x, key)
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), seen
        (value, running), slopes = jax.value_and_grad(loss, has_aux=True)(params)
        updates, state = optimiser.update(slopes, state, params)
        return optax.apply_updates(params, updates), running, state, value

    rng, key = np.random.default_rng(2), jax.random.key(3)
    for epoch in range(EPOCHS):
        order, losses = rng.permutation(len(images)), []
        for n in range(steps):
            batch = order[n * BATCH:(n + 1) * BATCH]
            # Colours mean nothing here, so swapping channels gives a new image of the same glyph.
            x = planes(images[batch], mean, std)[:, rng.permutation(3)]
            params, running, state, value = step(params, running, state, x, labels[batch],
                                                 jax.random.fold_in(key, epoch * steps + n))
            losses.append(value)
        print(f"epoch {epoch + 1}/{EPOCHS}: loss {np.mean(losses):.3f}", flush=True)
    return jax.tree.map(np.asarray, (params, running))


def export(params, running, path):
    """The graph as trained: batch normalisations stay nodes of their own."""
    nodes, weights, x = [], [], "image"

    def add(op, name, inputs=(), output=None, **attributes):
        nonlocal x
        for suffix, values in inputs:
            weights.append(helper.make_tensor(f"{name}.{suffix}", TensorProto.FLOAT, values.shape,
                                              values.astype("<f4").tobytes(), raw=True))
        names = [f"{name}.{suffix}" for suffix, _ in inputs]
        nodes.append(helper.make_node(op, [x, *names], [output or name], name, **attributes))
        x = output or name

    for name, _, kernel, stride, pad, pooled in CONVS:
        p, number = params[name], name.removeprefix("conv")
        add("Conv", name, [("weight", p["weight"])],
            kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)
        add("BatchNormalization", "bn" + number, [("scale", p["scale"]), ("bias", p["shift"]),
            ("mean", running[name]["mean"]), ("var", running[name]["var"])], epsilon=EPSILON)
        add("Relu", "relu" + number)
        if pooled:
            add("MaxPool", "pool" + number, kernel_shape=[3, 3], strides=[2, 2])
        if name == NORMALISED:
            add("LRN", "norm" + number, **LRN)
    add("Flatten", "flatten")
    for name in "fc6", "fc7":
        add("Gemm", name, [("weight", params[name]["weight"]), ("bias", params[name]["bias"])],
            transB=1)
        if name == "fc6":
            add("Relu", "relu6")
            add("Dropout", "drop6")
    add("Softmax", "softmax", output="probabilities", axis=1)

    graph = helper.make_graph(
        nodes, "glyphs",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", len(CLASSES)])],
        weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
                              producer_name="glyphs")
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def accuracy(session, images, labels, mean, std):
    return np.mean(session.run(None, {"image": planes(images, mean, std)})[0].argmax(1) == labels)


def main():
    images, labels = image_set(TRAIN, TRAIN_IMAGES)
    mean, std = (f(images, axis=(0, 1, 2)).round(2).tolist() for f in (np.mean, np.std))
    preprocess = dict(size=[SIZE, SIZE], resize="stretch", channels="RGB", mean=mean, std=std)
    (HERE / "preprocess.json").write_text(json.dumps(preprocess) + "\n")
    (HERE / "labels.txt").write_text("".join(name + "\n" for name in CLASSES))
    store("validation", *image_set(VALIDATION, VALIDATION_IMAGES))
    store("calibration", *image_set(CALIBRATION, CALIBRATION_IMAGES))
    store_samples()

    export(*train(images, labels, mean, std), HERE / "glyphs.onnx")
    session = onnxruntime.InferenceSession(HERE / "glyphs.onnx", providers=["CPUExecutionProvider"])
    print(f"training images: {accuracy(session, images[:3200], labels[:3200], mean, std):.4f}")
    held_out = image_set(HELD_OUT, HELD_OUT_IMAGES)
    print(f"{HELD_OUT_IMAGES} held-out images: {accuracy(session, *held_out, mean, std):.4f}")
    for folder in "validation", "calibration":
        lines = (HERE / f"{folder}-labels.txt").read_text().split("\n")[:-1]
        names, classes = zip(*(line.split() for line in lines))
        stored = np.stack([np.asarray(Image.open(HERE / folder / name)) for name in names])
        share = accuracy(session, stored, np.array(classes, int), mean, std)
        print(f"{folder}, stored files: {share:.4f}")


if __name__ == "__main__":
    main()
