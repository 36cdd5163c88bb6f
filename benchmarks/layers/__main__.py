"""Times factored layers against dense ones, ours and ONNX Runtime's, in turn within one run on one thread, and prints tables.

    python benchmarks/layers [--layers conv1,…] [--batch 1,128] [--rounds 15]

Needs benchmarks/peers/requirements.txt, the command line and the library. Weights are He-normal from a fixed seed. `errors` are those of trained weights in the
Frobenius, data and Mahalanobis metrics, for conv1: of ../shared/models/squeezenet1.0.onnx, whose first layer has its shape; benchmarks/accuracy has those
of other layers. `gain` is the dense layer's time over the factored one's, and `of the multiplies'` what share that is of the dense layer's multiplies over
the factored one's. Transposes at the ends are not counted for Prefactor.
"""
import argparse
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
    yield {"method": "bicluster-outer", "inputClusters": 48, "outputClusters": 2, "terms": 6} if channels % 48 == 0 else {
        "method": "bicluster-outer", "inputClusters": 32, "outputClusters": 2, "terms": 6}
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
# A trained layer of the same shape.
TRAINED = {"conv1": ("squeezenet1.0", "conv1", "photos")}


def errors(options, folder, name, plan):
    if name not in TRAINED or not SHARED.exists():
        return "–"
    network, layer, images = TRAINED[name]
    found = []
    for metric in ("frobenius", "data", "mahalanobis"):
        (folder / "trained.json").write_text(json.dumps({layer: {**plan, "metric": metric}}))
        error = prefactor(
            options, "compress", SHARED / f"models/{network}.onnx", "-o", folder / "trained.pfmodel", "--plan", folder / "trained.json",
            "--preprocess", SHARED / f"models/{network}.json", "--calibration", SHARED / f"images/{images}/calibration")
        if error:
            return error
        report = subprocess.run([options.prefactor, "inspect", folder / "trained.pfmodel", "--json"], capture_output=True, text=True).stdout
        found.append(next(f"{entry['relative_error']:.3f}" for entry in json.loads(report)["layers"] if entry["name"] == layer))
    return ", ".join(found)


def layer_table(options, folder, name, batch):
    shape = LAYERS[name]
    source = folder / "layer.onnx"
    input = write_layer(source, batch, *shape)
    dense = folder / "dense.pfmodel"
    if error := prefactor(options, "convert", source, "-o", dense):
        sys.exit(error)
    ours, peer = Ours(options.library, dense, input), Peer(source, input)
    variants, refused = [], []
    for plan in plans(*shape[:3]):
        target = folder / f"{len(variants)}.pfmodel"
        (folder / "plan.json").write_text(json.dumps({"layer": plan}))
        print(f"{name}, batch {batch}: {plan}", file=sys.stderr)
        if error := prefactor(options, "compress", source, "-o", target, "--plan", folder / "plan.json"):
            refused.append((plan, error))
        else:
            variants.append((plan, Ours(options.library, target, input)))
    runners = [ours, peer] + [variant for _, variant in variants]
    times = [[] for _ in runners]
    for _ in range(options.rounds):
        for runner, list in zip(runners, times):
            runner.seconds()
            list.append(runner.seconds())
    medians = [statistics.median(list) * 1e3 for list in times]
    filters, channels, kernel, stride, pad, size = shape
    print(f"\n{name}: {kernel}×{kernel}/{stride}, {channels}→{filters}, {size}², batch {batch}: dense {medians[0]:.3f} ms ({ours.kernels()}), "
          f"ONNX Runtime {medians[1]:.3f} ms\n")
    print("| method | fewer multiplies | ms | gain | of the multiplies' | gain on ONNX Runtime | errors |\n|---|---|---|---|---|---|---|")
    for (plan, variant), time in zip(variants, medians[2:]):
        words = " ".join(str(value) for value in plan.values())
        fewer, gain = ours.macs() / variant.macs(), medians[0] / time
        print(f"| {words} | {fewer:.2f} | {time:.3f} | {gain:.2f} | {100 * gain / fewer:.0f} % | {medians[1] / time:.2f} | "
              f"{errors(options, folder, name, plan)} |", flush=True)
    for plan, error in refused:
        print(f"\nrefused: {' '.join(str(value) for value in plan.values())}: {error}")


def main():
    words = lambda text: [word.strip() for word in text.split(",") if word.strip()]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=words, default=list(LAYERS))
    parser.add_argument("--batch", type=lambda text: [int(word) for word in words(text)], default=[1])
    parser.add_argument("--rounds", type=int, default=15)
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
