"""Models of one convolution."""
import subprocess
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Name: filters, channels, kernel, stride, pad, size of the input.
LAYERS = {
    "conv1": (96, 3, 7, 2, 3, 224),
    "conv2": (256, 96, 5, 1, 0, 55),
    "zf-conv2": (256, 96, 5, 2, 0, 55),
    "zf-conv3": (512, 256, 3, 1, 1, 13),
    "vgg-conv2_1": (128, 64, 3, 1, 1, 112),
    "vgg-conv3_2": (256, 256, 3, 1, 1, 56),
    "vgg-conv4_2": (512, 512, 3, 1, 1, 28),
    "vgg-conv5_1": (512, 512, 3, 1, 1, 14),
}


def write_layer(path, batch, filters, channels, kernel, stride, pad, size):
    random = np.random.default_rng(2014)
    weights = (random.standard_normal((filters, channels, kernel, kernel), dtype=np.float32)
               * np.sqrt(2 / (channels * kernel * kernel)))
    bias = random.standard_normal(filters, dtype=np.float32)
    node = helper.make_node(
        "Conv", ["x", "w", "b"], ["y"], name="layer", kernel_shape=[kernel, kernel], strides=[stride, stride],
        pads=[pad] * 4)
    out = (size + 2 * pad - kernel) // stride + 1
    graph = helper.make_graph(
        [node], "layer", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, channels, size, size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, filters, out, out])],
        [numpy_helper.from_array(weights.astype(np.float32), "w"), numpy_helper.from_array(bias, "b")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return random.standard_normal((batch, channels, size, size), dtype=np.float32)


def prefactor(binary, *arguments):
    """What the command line says where it fails."""
    result = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True)
    return result.stderr.strip().splitlines()[-1] if result.returncode else None
