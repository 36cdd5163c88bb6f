"""Times factored layers against dense ones, ours and ONNX Runtime's, in turn within one run on one thread, and prints
tables.

    python benchmarks/layers [--layers conv1,…] [--batch 1,128] [--rounds 15] [--no-errors]

Needs benchmarks/peers/requirements.txt, the command line and the library. Weights are He-normal from a fixed seed.
`gain` is the dense layer's time over the factored one's, and `of the multiplies'` what share that is of the dense
layer's multiplies over the factored one's. Transposes at the ends are not counted for Prefactor.

`errors` are those in the Frobenius, data and Mahalanobis metrics of a trained layer of ../shared/models, the one whose
shape is nearest, by the same methods with ranks that are the same shares of its channels and filters. --no-errors
leaves them out: fitting takes minutes a layer.
"""
import argparse
import functools
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parents[2]
from ours import Ours
from single import LAYERS, prefactor, write_layer


def plans(filters, channels, kernel):
    """Methods with hyper-parameters; whatever a layer does not take is left out."""
    yield from ({"method": "monochromatic", "colors": colors} for colors in (3, 6, 8, 12, 16, 24) if channels == 3)
    if channels == 3:
        return
    yield {"method": "bicluster-svd", "inputClusters": 2, "outputClusters": 2, "k1": 19, "k2": 64}
    yield {"method": "bicluster-svd", "inputClusters": 2, "outputClusters": 2, "k1": 24, "k2": 24}
    yield (
        {"method": "bicluster-outer", "inputClusters": 48, "outputClusters": 2, "terms": 6} if channels % 48 == 0
        else {"method": "bicluster-outer", "inputClusters": 32, "outputClusters": 2, "terms": 6})
    for share in (2, 4):
        yield {"method": "cp", "rank": filters // share}
        yield {"method": "spatial", "rank": filters // share}
        yield {"method": "channel", "rank": filters // share}
        yield {"method": "tucker2", "inputRank": channels // share, "outputRank": filters // share}


class Peer:
    def __init__(self, path, input):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_profiling = False
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        binding = self.session.io_binding()
        binding.bind_cpu_input("x", input)
        binding.bind_output("y")
        self.binding = binding

    def seconds(self):
        import time
        start = time.perf_counter()
        self.session.run_with_iobinding(self.binding)
        return time.perf_counter() - start


SHARED = ROOT / "../shared"
# The trained layer that stands in for one of random weights: network, layer, images, and filters, channels and kernel.
CONV1 = ("squeezenet1.0", "conv1", "photos", (96, 3, 7))
CONV2 = ("tinyimagenet-zf", "conv2", "tinyimagenet", (128, 96, 5))
CONV3 = ("tinyimagenet-zf", "conv3", "tinyimagenet", (256, 128, 3))
CONV4 = ("tinyimagenet-zf", "conv4", "tinyimagenet", (256, 256, 3))
TRAINED = {
    "conv1": CONV1, "conv2": CONV2, "zf-conv2": CONV2, "zf-conv3": CONV3,
    "vgg-conv2_1": CONV3, "vgg-conv3_2": CONV4, "vgg-conv4_2": CONV4, "vgg-conv5_1": CONV4}


@functools.cache
def errors(binary, trained, index):
    """Of the index-th plan for a trained layer."""
    network, layer, images, shape = trained
    plan, found = list(plans(*shape))[index], []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for metric in ("frobenius", "data", "mahalanobis"):
            (folder / "plan.json").write_text(json.dumps({layer: {**plan, "metric": metric}}))
            error = prefactor(
                binary, "compress", SHARED / f"models/{network}.onnx", "-o", folder / "trained.pfmodel",
                "--plan", folder / "plan.json", "--preprocess", SHARED / f"models/{network}.json",
                "--calibration", SHARED / f"images/{images}/calibration")
            if error:
                return error
            report = subprocess.run(
                [binary, "inspect", folder / "trained.pfmodel", "--json"], capture_output=True, text=True).stdout
            found.append(next(
                f"{entry['relative_error']:.3f}" for entry in json.loads(report)["layers"] if entry["name"] == layer))
    return ", ".join(found)


def in_turn(dense, other, rounds):
    """The medians of both, in milliseconds."""
    times = ([], [])
    for _ in range(rounds):
        for runner, list in zip((dense, other), times):
            runner.seconds()
            list.append(runner.seconds())
    return [statistics.median(list) * 1e3 for list in times]


def layer_table(options, folder, name, batch):
    shape = LAYERS[name]
    source = folder / "layer.onnx"
    input = write_layer(source, batch, *shape)
    dense = folder / "dense.pfmodel"
    if error := prefactor(options.prefactor, "convert", source, "-o", dense):
        sys.exit(error)
    ours = Ours(options.library, dense, input)
    dense_time, peer_time = in_turn(ours, Peer(source, input), options.rounds)
    on_peer = peer_time / dense_time
    filters, channels, kernel, stride, pad, size = shape
    print(f"\n{name}: {kernel}×{kernel}/{stride}, {channels}→{filters}, {size}², batch {batch}: "
          f"dense {dense_time:.3f} ms ({ours.kernels()}), ONNX Runtime {peer_time:.3f} ms\n")
    print("| method | fewer multiplies | ms | gain | of the multiplies' | gain on ONNX Runtime | errors |\n"
          "|---|---|---|---|---|---|---|")
    target = folder / "factored.pfmodel"
    for index, plan in enumerate(plans(filters, channels, kernel)):
        words = " ".join(str(value) for value in plan.values())
        (folder / "plan.json").write_text(json.dumps({"layer": plan}))
        if error := prefactor(options.prefactor, "compress", source, "-o", target, "--plan", folder / "plan.json"):
            print(f"| {words} | refused: {error} | | | | | |")
            continue
        # A session at a time: of a large batch each has gigabytes.
        variant = Ours(options.library, target, input)
        dense_time, time = in_turn(ours, variant, options.rounds)
        fewer, gain = ours.macs() / variant.macs(), dense_time / time
        variant.close()
        found = errors(options.prefactor, TRAINED[name], index) if options.errors and SHARED.exists() else "–"
        print(f"| {words} | {fewer:.2f} | {time:.3f} | {gain:.2f} | {100 * gain / fewer:.0f} % | "
              f"{gain * on_peer:.2f} | {found} |", flush=True)


def main():
    words = lambda text: [word.strip() for word in text.split(",") if word.strip()]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=words, default=list(LAYERS))
    parser.add_argument("--batch", type=lambda text: [int(word) for word in words(text)], default=[1])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--no-errors", dest="errors", action="store_false")
    parser.add_argument("--prefactor", default=str(ROOT / ".build/release/prefactor"))
    parser.add_argument("--library", default=str(ROOT / "build/libprefactor.so"))
    options = parser.parse_args()
    if unknown := set(options.layers) - set(LAYERS):
        parser.error(f"there is no layer {', '.join(sorted(unknown))}")
    for name in options.layers:
        for batch in options.batch:
            with tempfile.TemporaryDirectory() as folder:
                layer_table(options, pathlib.Path(folder), name, batch)


main()
