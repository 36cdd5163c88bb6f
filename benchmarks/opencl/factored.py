"""Factored layers against the dense one on the device, as it is chosen and computed directly, and the same on the
CPU."""
import contextlib
import json
import os
from backends import convert
from measure import in_turn
from single import LAYERS, write_layer
from tables import progress, table

BICLUSTER = {"method": "bicluster-svd", "inputClusters": 2, "outputClusters": 2, "k1": 19, "k2": 64}
CASES = {
    "conv1": [{"method": "monochromatic", "colors": 6}, {"method": "monochromatic", "colors": 16}],
    "conv2": [BICLUSTER],
    "zf-conv2": [BICLUSTER],
}
TARGET = 2
HEADER = ["layer", "method", "fewer multiplies", "dense ms", "by", "direct ms", "factored ms", "by",
          f"gain (target {TARGET})", "gain on direct", "gain on the CPU"]


@contextlib.contextmanager
def forced(algorithm):
    os.environ["PREFACTOR_ALGORITHM"] = algorithm
    try:
        yield
    finally:
        del os.environ["PREFACTOR_ALGORITHM"]


def report(options, folder, device):
    rows = []
    for name, plans in CASES.items():
        if options.layers and not any(text in name for text in options.layers):
            continue
        input = write_layer(folder / "layer.onnx", 1, *LAYERS[name])
        paths = [convert(options, folder / "layer.onnx", folder / "dense.pfmodel")]
        for index, plan in enumerate(plans):
            (folder / "plan.json").write_text(json.dumps({"layer": plan}))
            paths.append(convert(
                options, folder / "layer.onnx", folder / f"factored{index}.pfmodel", "--plan", folder / "plan.json"))
        progress(f"{name}: {len(plans)} factored")
        runners = [runner for path in paths for runner in device.pair(path, input)]
        with forced("direct"):
            direct = device.on_device(paths[0], input)
        runners.append(direct)
        times = in_turn([runner.seconds for runner in runners], options.rounds)
        filters, channels, kernel, stride, _, size = LAYERS[name]
        for index, plan in enumerate(plans, 1):
            dense, factored = runners[0], runners[2 * index]
            rows.append([
                f"{name}: {kernel}×{kernel}/{stride}, {channels}→{filters}, {size}²",
                " ".join(map(str, plan.values())), f"{dense.macs() / factored.macs():.2f}",
                times[0], dense.kernels(), times[-1], times[2 * index], factored.kernels(),
                times[0] / times[2 * index], times[-1] / times[2 * index], times[1] / times[2 * index + 1]])
        for runner in runners:
            runner.close()
    if rows:
        print("\n## Factored layers, one image, against the dense layer on the same device\n")
        table(HEADER, rows)
