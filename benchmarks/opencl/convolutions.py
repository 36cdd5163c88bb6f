"""Every distinct convolution of the networks: on the device, on the CPU, and CLBlast's product of its size."""
import json
import subprocess
import onnx
import networks
from backends import convert
from clblast import CLBlast, Product
from measure import Ratio, digits, in_turn
from onnx import shape_inference
from single import write_layer
from tables import progress, table

USUAL = ["ZFNet-512", "ResNet-50"]
PEAK_EVERY = 8
HEADER = ["network", "layer", "floor ms", "OpenCL ms", "by", "GFLOP/s", "CPU ms", "GFLOP/s", "CLBlast ms", "GFLOP/s",
          "CLBlast ÷ OpenCL", "OpenCL ÷ CPU"]


def name(shape):
    filters, channels, kernel, stride, _, size = shape
    return f"{kernel}×{kernel}/{stride}, {channels}→{filters}, {size}²"


def distinct(path):
    """The shapes that `write_layer` takes of a network's convolutions, but those in groups or with uneven windows."""
    model = shape_inference.infer_shapes(onnx.load(path))
    sizes = {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
             for value in [*model.graph.value_info, *model.graph.input]}
    weights = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    found = {}
    for node in model.graph.node:
        if node.op_type == "Conv" and len(sizes.get(node.input[0], [])) == 4:
            attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
            filters, channels, height, width = weights[node.input[1]]
            _, inputs, rows, columns = sizes[node.input[0]]
            pads, strides = set(attributes.get("pads", [0])), set(attributes.get("strides", [1]))
            is_even = inputs == channels and height == width and rows == columns and len(pads) == len(strides) == 1
            if (is_even and set(attributes.get("dilations", [1])) == {1}
                    and attributes.get("auto_pad", b"NOTSET") == b"NOTSET"):
                found[filters, channels, height, strides.pop(), pads.pop(), rows] = True
    return list(found)


def operations(shape):
    """Of the product that a convolution is: its size, and two for each multiply-add."""
    filters, channels, kernel, stride, pad, size = shape
    side = (size + 2 * pad - kernel) // stride + 1
    product = filters, side * side, channels * kernel * kernel
    return product, 2 * product[0] * product[1] * product[2]


def peak(options, model):
    """Multiply-adds in registers on all threads, in operations a second."""
    command = [options.prefactor, "bench", model, "--layers", "--json", "--threads", str(options.threads)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["peak_gflops"] * 1e9


def measure(options, folder, device, blas, shape):
    input = write_layer(folder / "layer.onnx", 1, *shape)
    path = convert(options, folder / "layer.onnx", folder / "layer.pfmodel")
    pair = device.pair(path, input)
    product = blas and Product(blas, *operations(shape)[0])
    times = in_turn([runner.seconds for runner in (*pair, product) if runner], options.rounds)
    by = pair[0].kernels()
    for runner in (*pair, product):
        if runner:
            runner.close()
    return path, by, times


def report(options, folder, device):
    try:
        blas = CLBlast(device.name)
    except OSError as error:
        blas = None
        print(f"\nWithout CLBlast: {error}")
    found, fastest = [], 0
    for network in options.networks or USUAL:
        source = folder / "network.onnx"
        networks.make(network, 1, source)
        for shape in distinct(source):
            label = name(shape)
            if options.layers and not any(text in label for text in options.layers):
                continue
            progress(f"{network}: {label}")
            path, by, times = measure(options, folder, device, blas, shape)
            # Others on the machine only take from it, so that one look may find too little.
            if len(found) % PEAK_EVERY == 0:
                fastest = max(fastest, peak(options, path))
            found.append((network, label, operations(shape)[1], by, *times))
    if found:
        print(f"\n## Convolutions, one image; the floor is at {fastest * 1e-9:.0f} GFLOP/s, "
              "which Winograd's algorithms may stay below\n")
        table(HEADER, rows(found, fastest))


def rows(found, fastest):
    gains, costs = [], []
    for network, label, floating, by, ours, cpu, *product in found:
        costs.append(ours / cpu)
        gains += [other / ours for other in product]
        yield [network, label, digits(floating / fastest * 1e3), ours, by, ours.rate(floating), cpu, cpu.rate(floating),
               *(product and [product[0], product[0].rate(floating), gains[-1]] or ["–"] * 3), costs[-1]]
    yield ["geometric mean", *[""] * 9, Ratio.mean(gains) if gains else "–", Ratio.mean(costs)]
