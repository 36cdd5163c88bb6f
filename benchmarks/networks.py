#!/usr/bin/env python3
"""Times whole networks in Prefactor and in ONNX Runtime, in turn within one run, and prints a table.

    networks.py --prefactor .build/release/prefactor --library build/libprefactor.so [--models DIR] [--rounds 15] [NAME...]

The networks are the structures of the `onnx` package's light models with He-normal weights (fixed seed), and those of DIR. Float32, one image.
Medians of --rounds runs, the two runtimes taking turns; `floor` is multiply-adds over the FMA peak of one core, which is given by --peak
in GFLOP/s (measure it: see benchmarks/README.md). Needs benchmarks/requirements.txt.
"""
import argparse, json, pathlib, statistics, subprocess, sys, tempfile, time
import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
import prefactor_c

LIGHT = ["bvlc_alexnet", "zfnet512", "vgg19", "resnet50", "squeezenet", "inception_v1", "inception_v2", "densenet121", "shufflenet"]


# Idle threads of ONNX Runtime spin for a while, which would take a core from whoever runs next.
PAUSE = 0.05


def with_random_weights(name, folder):
    """The light models compute their weights by ConstantOfShape; these become He-normal initialisers."""
    path = pathlib.Path(onnx.__file__).parent / "backend/test/data/light" / f"light_{name}.onnx"
    model = onnx.load(path)
    graph = model.graph
    random = np.random.default_rng(2014)
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    kept = []
    for node in graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        shape = [int(size) for size in known[node.input[0]]]
        fan_in = int(np.prod(shape[1:])) or 1
        if len(shape) > 1:
            values = random.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / fan_in))
        else:
            values = np.full(shape, 0.5, np.float32)
        graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
    del graph.node[:]
    graph.node.extend(kept)
    target = folder / f"{name}.onnx"
    onnx.save(model, target)
    return target


def input_shape(session):
    sizes = {"N": 1, "H": 256, "W": 256}
    return [dim if isinstance(dim, int) else sizes.get(dim, 1) for dim in session.get_inputs()[0].shape]


def measure(prefactor, library, source, folder, threads, rounds):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    reference = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    compiled = folder / (source.stem + ".pfmodel")
    if not compiled.exists():
        subprocess.run([prefactor, "convert", source, "-o", compiled], check=True, stdout=subprocess.DEVNULL)
    shape = input_shape(reference)
    size = {"height": shape[2], "width": shape[3]} if any(not isinstance(d, int) for d in reference.get_inputs()[0].shape[2:]) else {}
    ours = prefactor_c.Session(library, compiled, threads, **size)
    tensor = np.random.default_rng(1).standard_normal(shape, np.float32)
    name = reference.get_inputs()[0].name
    expected, actual = reference.run(None, {name: tensor})[0], ours.run(tensor).copy()
    difference = float(np.abs(actual - expected).max() / np.abs(expected).max())
    times = {"ours": [], "theirs": []}
    runs = {"theirs": lambda: reference.run(None, {name: tensor}), "ours": lambda: ours.run(tensor)}
    for _ in range(rounds):
        for key, run in runs.items():
            time.sleep(PAUSE)
            run()  # wakes the threads
            start = time.perf_counter()
            run()
            times[key].append(time.perf_counter() - start)
    info = ours.info()
    ours.close()
    return {key: statistics.median(value) * 1e3 for key, value in times.items()}, difference, info


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefactor", required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument("--models", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peak", type=float, default=0)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    print("| network | threads | ONNX Runtime ms | Prefactor ms | ratio | of the FMA floor | largest difference | activations MB | live MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        real = sorted(options.models.glob("*.onnx")) if options.models else []
        for name in options.names or LIGHT + [path.stem for path in real]:
            source = next((path for path in real if path.stem == name), None) or with_random_weights(name, folder)
            for threads in (1, 2):
                times, difference, info = measure(options.prefactor, options.library, source, folder, threads, options.rounds)
                floor = "–"
                if options.peak:
                    text = subprocess.run([options.prefactor, "inspect", folder / (source.stem + ".pfmodel"), "--json"], check=True, capture_output=True).stdout
                    floor = f"{times['ours'] * threads * options.peak * 1e6 / (2 * json.loads(text)['macs']):.2f}×"
                print(f"| {name} | {threads} | {times['theirs']:.2f} | {times['ours']:.2f} | {times['ours'] / times['theirs']:.2f} | {floor} "
                      f"| {difference:.0e} | {info.activation_bytes / 1e6:.2f} | {info.live_bytes / 1e6:.2f} |", flush=True)
            for path in folder.glob(f"{name}.*"):
                path.unlink()


main()
