"""The networks that are timed: light models of the `onnx` package with weights, and those of ../shared/models."""
import pathlib
import numpy as np
import onnx
from onnx import helper, numpy_helper

LIGHT = {
    "AlexNet": "bvlc_alexnet", "ZFNet-512": "zfnet512", "VGG-19": "vgg19", "ResNet-50": "resnet50",
    "SqueezeNet": "squeezenet", "Inception v1": "inception_v1", "DenseNet-121": "densenet121",
    "ShuffleNet": "shufflenet",
}
REAL = pathlib.Path(__file__).resolve().parents[3] / "shared/models"
SEED = 2014
OPEN_SIDE = 256


def names():
    return list(LIGHT) + sorted(path.stem for path in REAL.glob("*.onnx"))


def make(name, batch, target):
    """Writes the network with its batch fixed; returns the shape of its input."""
    if name in LIGHT:
        model = onnx.load(pathlib.Path(onnx.__file__).parent / "backend/test/data/light" / f"light_{LIGHT[name]}.onnx")
        give_weights(model.graph)
    else:
        model = onnx.load(REAL / f"{name}.onnx")
    # From version 4 on, initializers need not be inputs too.
    model.ir_version = max(model.ir_version, 8)
    say_axes(model.graph)
    shape = fix_batch(model.graph, batch)
    onnx.save(model, target)
    return shape


def give_weights(graph):
    """The light models compute their weights by ConstantOfShape; these become He-normal initializers."""
    random = np.random.default_rng(SEED)
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    kept, shapes = [], set()
    for node in graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        shapes.add(node.input[0])
        shape = [int(size) for size in known[node.input[0]]]
        if len(shape) > 1:
            values = random.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / np.prod(shape[1:])))
        else:
            values = np.full(shape, 0.5, np.float32)
        graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
    replace(graph.node, kept)
    replace(graph.initializer, [tensor for tensor in graph.initializer if tensor.name not in shapes])


def say_axes(graph):
    """Some converters take today's default of the axis, the last, for that of old operator sets, which was the
    channels."""
    for node in graph.node:
        if node.op_type == "Softmax" and not any(attribute.name == "axis" for attribute in node.attribute):
            node.attribute.append(helper.make_attribute("axis", 1))


def fix_batch(graph, batch):
    constants = {tensor.name for tensor in graph.initializer}
    used = {name for node in graph.node for name in node.input}
    replace(graph.input, [value for value in graph.input if value.name in used - constants])
    for value in graph.input:
        dims = value.type.tensor_type.shape.dim
        dims[0].dim_value = batch
        for dim in dims[2:]:
            dim.dim_value = dim.dim_value or OPEN_SIDE
    # The declared shapes of what follows would contradict the new batch.
    del graph.value_info[:]
    for value in graph.output:
        value.type.tensor_type.ClearField("shape")
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[0] not in constants:
            reshape(graph, node, batch)
    return [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim]


def reshape(graph, node, batch):
    for index, tensor in enumerate(graph.initializer):
        if tensor.name == node.input[1]:
            target = numpy_helper.to_array(tensor).copy()
            if target[0] == 1:
                target[0] = batch
            # A name of its own: a shape may serve several nodes.
            node.input[1] = f"{node.output[0]}/shape"
            graph.initializer.append(numpy_helper.from_array(target, node.input[1]))
            return


def replace(field, values):
    del field[:]
    field.extend(values)
