"""Convolutions with dilation in Prefactor and in ONNX Runtime, in turn within one run, from channels-first input to
channels-first output.

    python benchmarks/dilated [--threads 1] [--rounds 40] [--only TEXT]

Needs benchmarks/peers/requirements.txt, the command line and the library. `ratio` is the median over pairs of runs. On
one thread, time is the thread's own, so that other programs' turns do not count.

`floor` is the longer of two times: that of the multiplies whose taps lie inside the image, at the rate of a 1×1 layer
that stays in the caches; and that of reading the input and the weights of the taps that are used, and writing the
output, once from and to memory.
"""
import argparse
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks/layers"), str(ROOT / "benchmarks/peers")]
import prefactor_c
from ours import Ours as Steps
from single import prefactor

# Images, size, channels, filters, groups, dilation; all of 3×3 with as much padding as dilation.
LAYERS = [
    (1, 65, 256, 256, 1, 2), (1, 65, 512, 512, 1, 4),
    (1, 14, 160, 256, 1, 12), (1, 14, 160, 256, 1, 24), (1, 14, 160, 256, 1, 36), (1, 14, 512, 512, 1, 12),
    (1, 28, 160, 256, 1, 24), (1, 28, 512, 512, 1, 24), (1, 33, 320, 256, 1, 18),
    *((1, 33, 2048, 256, 1, dilation) for dilation in (6, 12, 18, 24, 36)),
    (1, 33, 512, 512, 4, 12), (1, 33, 512, 512, 32, 12), (1, 33, 256, 256, 64, 18),
    (1, 14, 960, 960, 960, 12), (1, 33, 320, 320, 320, 12), (1, 33, 960, 960, 960, 18), (1, 65, 256, 256, 256, 36),
    (4, 14, 160, 256, 1, 12), (4, 33, 320, 256, 1, 18), (4, 33, 512, 512, 32, 12), (4, 33, 320, 320, 320, 18),
]


def write_layer(path, images, size, channels, filters, groups, dilation, kernel=3):
    """Returns an input for it."""
    random = np.random.default_rng(5)
    weights = (0.02 * random.standard_normal((filters, channels // groups, kernel, kernel))).astype(np.float32)
    node = helper.make_node(
        "Conv", ["x", "w"], ["y"], pads=[dilation * (kernel - 1) // 2] * 4, dilations=[dilation] * 2, group=groups)
    graph = helper.make_graph(
        [node], "layer", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [images, channels, size, size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [images, filters, size, size])],
        [numpy_helper.from_array(weights, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return random.standard_normal((images, channels, size, size), dtype=np.float32)


def multiplies_inside(images, size, channels, filters, groups, dilation):
    return images * filters * (channels // groups) * (size + 2 * max(0, size - dilation)) ** 2


def convert(options, source, target):
    if error := prefactor(options.prefactor, "convert", source, "-o", target):
        sys.exit(error)


class Ours:
    def __init__(self, options, folder, shape):
        source, target = folder / "layer.onnx", folder / "layer.pfmodel"
        self.input = write_layer(source, *shape)
        convert(options, source, target)
        self.session = prefactor_c.Session(options.library, target, options.threads)
        self.output = self.session.run(self.input)
        self.run = self.session.compute


class Peer:
    def __init__(self, options, folder, input):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads
        session = onnxruntime.InferenceSession(str(folder / "layer.onnx"), settings, providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        binding.bind_cpu_input("x", input)
        binding.bind_output("y")
        self.run = lambda: session.run_with_iobinding(binding)
        self.run()
        self.output = binding.copy_outputs_to_cpu()[0]


def times(clock, jobs, rounds):
    """Seconds of each, in turn, each after a run that is not counted."""
    taken = [[] for _ in jobs]
    for _ in range(rounds):
        for job, list in zip(jobs, taken):
            job()
            start = clock()
            job()
            list.append(clock() - start)
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", default="", help="layers whose names hold this")
    parser.add_argument("--prefactor", default=str(ROOT / ".build/release/prefactor"))
    parser.add_argument("--library", default=str(ROOT / "build/libprefactor.so"))
    options = parser.parse_args()
    clock = time.thread_time if options.threads == 1 else time.perf_counter

    with tempfile.TemporaryDirectory() as folder:
        source, pointwise = pathlib.Path(folder, "layer.onnx"), pathlib.Path(folder, "layer.pfmodel")
        input = write_layer(source, 1, 14, 256, 256, 1, 1, kernel=1)
        convert(options, source, pointwise)
        steps = Steps(options.library, pointwise, input, options.threads)
        rate = steps.macs() / min(steps.seconds() for _ in range(500))
        memory = np.ones(1 << 25, np.float32)
        bandwidth = memory.nbytes / min(times(clock, [memory.max], 10)[0])
        print(f"{2e-9 * rate:.0f} GFLOP/s, {1e-9 * bandwidth:.1f} GB/s, {options.threads} threads\n")
        print("| layer | taps inside | ms | ONNX Runtime, ms | ratio | floor, ms | of the floor |\n"
              "|---|---|---|---|---|---|---|")
        for shape in LAYERS:
            images, size, channels, filters, groups, dilation = shape
            name = (f"{images} × {size}² {channels}→{filters}" + (f" in {groups}" if groups > 1 else "")
                    + f", dilation {dilation}")
            if options.only not in name:
                continue
            ours = Ours(options, pathlib.Path(folder), shape)
            peer = Peer(options, pathlib.Path(folder), ours.input)
            if np.abs(ours.output - peer.output).max() > 1e-4 * np.abs(peer.output).max():
                sys.exit(f"{name}: outputs differ")
            mine, theirs = times(clock, [ours.run, peer.run], options.rounds)
            ratio = statistics.median(a / b for a, b in zip(mine, theirs))
            inside = multiplies_inside(*shape)
            taps = 9 if dilation < size else 1
            floats = images * size * size * (channels + filters) + taps * filters * channels // groups
            floor = max(inside / rate, 4 * floats / bandwidth)
            share = inside / (9 * images * size * size * filters * channels // groups)
            print(f"| {name} | {100 * share:.0f} % | {1e3 * min(mine):.3f} | {1e3 * min(theirs):.3f} | {ratio:.2f} | "
                  f"{1e3 * floor:.3f} | {min(mine) / floor:.2f} |", flush=True)
            ours.session.close()


main()
