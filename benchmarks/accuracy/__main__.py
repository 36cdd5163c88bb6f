"""What each method loses on a trained network, as the paper's tables have it: one layer at a time, in each metric,
without fine-tuning.

    python benchmarks/accuracy [--shared ../shared] [--layers conv1,…] [--metrics frobenius,…] [--rounds 9]

Needs benchmarks/peers/requirements.txt, the command line and the library, and ../shared with tinyimagenet-zf.onnx and
its images. `gain` is the time of the dense layer over that of what takes its place, one thread, measured in turn; top-1
is of the 2000 validation images, whose sampling error is about one point. `error` is that of the layer's weights in the
metric that they were fitted in. benchmarks/accuracy/figure.py draws the table.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "benchmarks/layers"))
from ours import Ours

NETWORK = "tinyimagenet-zf"
CLUSTERS = {"inputClusters": 2, "outputClusters": 2}
PLANS = {
    "conv1": [{"method": "monochromatic", "colors": colors} for colors in (6, 12, 16, 24)]
    + [{"method": "spatial", "rank": 12}, {"method": "separable-basis", "terms": 6}],
    "conv2": [
        {"method": "bicluster-svd", **CLUSTERS, "k1": 19, "k2": 24},
        {"method": "bicluster-svd", **CLUSTERS, "k1": 24, "k2": 32},
        {"method": "bicluster-outer", **CLUSTERS, "terms": 40},
        {"method": "cp", "rank": 128}, {"method": "cp", "rank": 192},
        {"method": "tucker2", "inputRank": 40, "outputRank": 64},
        {"method": "spatial", "rank": 48}, {"method": "spatial", "rank": 64}, {"method": "channel", "rank": 42},
        {"method": "channel", "rank": 64}, {"method": "separable-basis", "terms": 4}],
    "fc6": [{"method": "svd", "rank": 153}, {"method": "svd", "rank": 256}],
    "fc7": [{"method": "svd", "rank": 76}, {"method": "svd", "rank": 128}],
}


def prefactor(options, *arguments):
    result = subprocess.run([options.prefactor, *map(str, arguments)], capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stderr)
    return result.stdout


def top1(options, model):
    images = options.shared / "images/tinyimagenet"
    report = prefactor(
        options, "eval", model, "--images", images / "validation", "--labels", images / "validation-labels.txt",
        "--json")
    return 100 * json.loads(report)["top1"]


def gain(options, dense, model, layer):
    """The median of the ratios of single runs, which follow each other."""
    ratios = []
    for _ in range(options.rounds):
        for network in (dense, model):
            network.seconds()
        ratios.append(dense.seconds(layer) / model.seconds(layer))
    return statistics.median(ratios)


def main():
    words = lambda text: [word.strip() for word in text.split(",") if word.strip()]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT / "../shared")
    parser.add_argument("--layers", type=words, default=list(PLANS))
    parser.add_argument("--metrics", type=words, default=["frobenius", "data", "mahalanobis"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--prefactor", default=str(ROOT / ".build/release/prefactor"))
    parser.add_argument("--library", default=str(ROOT / "build/libprefactor.so"))
    options = parser.parse_args()
    if not options.shared.exists():
        sys.exit(f"{options.shared} is not there, which has the trained network")
    source = options.shared / f"models/{NETWORK}.onnx"
    describe = ["--preprocess", options.shared / f"models/{NETWORK}.json"]
    images = options.shared / "images/tinyimagenet"
    calibration = ["--calibration", images / "calibration", "--labels", images / "calibration-labels.txt"]
    input = np.random.default_rng(1).standard_normal((1, 3, 64, 64), dtype=np.float32)

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        prefactor(options, "convert", source, "-o", folder / "dense.pfmodel", *describe)
        dense, dense_top1 = (
            Ours(options.library, folder / "dense.pfmodel", input), top1(options, folder / "dense.pfmodel"))
        print(f"{NETWORK}, dense: top-1 {dense_top1:.2f} %\n")
        print("| layer | method | fewer multiplies | fewer weights | gain |"
              + "".join(f" {metric}: error, points lost |" for metric in options.metrics))
        print("|---" * (5 + len(options.metrics)) + "|")
        for name in options.layers:
            for plan in PLANS[name]:
                lost, errors = {}, {}
                for metric in options.metrics:
                    target = folder / "factored.pfmodel"
                    (folder / "plan.json").write_text(json.dumps({name: {**plan, "metric": metric}}))
                    prefactor(options, "compress", source, "-o", target, "--plan", folder / "plan.json",
                              *describe, *calibration)
                    layers = json.loads(prefactor(options, "inspect", target, "--json"))["layers"]
                    index, layer = next((index, layer) for index, layer in enumerate(layers) if layer["name"] == name)
                    if not lost:
                        faster = gain(options, dense, Ours(options.library, target, input), index)
                        fewer = [layer[f"{what}_before"] / layer[what] for what in ("macs", "bytes")]
                    errors[metric], lost[metric] = layer["relative_error"], dense_top1 - top1(options, target)
                parameters = " ".join(str(value) for value in plan.values())
                cells = " | ".join(f"{errors[metric]:.3f}, {lost[metric]:+.2f}" for metric in options.metrics)
                print(f"| {name} | {parameters} | {fewer[0]:.2f} | {fewer[1]:.2f} | {faster:.2f} | {cells} |",
                      flush=True)


main()
