"""Times a network of four convolutions whose weights or activations are subnormal numbers, and the same one with normal
numbers, in turn.

    python3 benchmarks/subnormals --prefactor PATH [--rounds N]

One thread, one image of 112 x 112. Where the first layer's weights are tiny, so are all activations behind it. ONNX
Runtime, which computes with subnormal numbers unless it is told not to, shows what they cost this processor. Needs
scripts/requirements-test.txt.
"""
import argparse, json, os, pathlib, statistics, subprocess, tempfile, time
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

SIZE, CHANNELS, LAYERS = 112, 32, 4
# The factor of the first layer's weights, and of the others'.
NETWORKS = {"normal": (1, 1), "subnormal activations": (1e-39, 1), "subnormal weights": (1e-40, 1e-40)}
SETS = ["baseline", "avx2", "avx512", "neon"]


def save_network(path, first, others):
    numbers = np.random.default_rng(0)
    nodes, weights, value = [], [], "x"
    for index in range(LAYERS):
        channels = CHANNELS if index else 3
        kernel = (numbers.standard_normal((CHANNELS, channels, 3, 3)) / np.sqrt(9 * channels)
                  * (others if index else first))
        weights.append(numpy_helper.from_array(kernel.astype(np.float32), f"weights{index}"))
        nodes += [helper.make_node("Conv", [value, f"weights{index}"], [f"sum{index}"], pads=[1] * 4),
                  helper.make_node("Relu", [f"sum{index}"], [f"layer{index}"])]
        value = f"layer{index}"
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, SIZE, SIZE])
            for name, channels in (("x", 3), (value, CHANNELS))]
    graph = helper.make_graph(nodes, "subnormals", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def prefactor_milliseconds(prefactor, isa, path):
    result = subprocess.run([prefactor, "bench", path, "--threads", "1", "--json"], capture_output=True, text=True,
                            env={**os.environ, "PREFACTOR_ISA": isa})
    return json.loads(result.stdout)["median_ms"] if result.returncode == 0 else None


def reference_milliseconds(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(1).random((1, 3, SIZE, SIZE), dtype=np.float32)
    times = []
    for _ in range(8):
        start = time.perf_counter()
        session.run(None, {"x": image})
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefactor", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: pathlib.Path(folder) / f"{name}.onnx" for name in NETWORKS}
        for name, scales in NETWORKS.items():
            save_network(paths[name], *scales)
        programs = {
            f"Prefactor, {isa}": lambda path, isa=isa: prefactor_milliseconds(options.prefactor, isa, path)
            for isa in SETS}
        programs["ONNX Runtime"] = reference_milliseconds
        print(f"{'ms, and the ratio to normal':28}" + "".join(f"{name:>28}" for name in NETWORKS))
        for program, milliseconds in programs.items():
            if milliseconds(paths["normal"]) is None:
                continue
            rounds = [[milliseconds(path) for path in paths.values()] for _ in range(options.rounds)]
            columns = [(statistics.median(times), statistics.median(t / r[0] for t, r in zip(times, rounds)))
                       for times in zip(*rounds)]
            print(f"{program:28}" + "".join(f"{median:20.2f} ({ratio:5.2f})" for median, ratio in columns), flush=True)


main()
