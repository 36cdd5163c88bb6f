"""Convolutions with dilation in Prefactor and in ONNX Runtime, in turn within one run, from channels-first input to
channels-first output.

    python benchmarks/dilated [--threads 1] [--rounds 40] [--only TEXT] [--count 1]
                                  [--peer-sleeps]

With `--count`, each network is the same layer so many times, if that has as many filters as channels. Networks are
converted from and to channels-first order once, whatever their number of layers.

After a run our threads stay awake for .2 ms, and those of ONNX Runtime keep their processors busy for longer. With
`--peer-sleeps` they sleep at once.

Needs scripts/requirements-test.txt, the command line and the library. Each runtime has its own process; it rests, runs
once unmeasured and once measured. `ratio` is the median over pairs of runs. On one thread, time is the thread's own, so
that other programs' turns do not count.

`floor` is the longer of two times: that of the multiplies whose taps lie inside the image, at the processor's best
rate; and that of reading the input and the weights of the taps that are used, and writing the output, once from and to
memory.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks/layers"), str(ROOT / "benchmarks/peers")]
import layer
from single import prefactor
from worker import running

PAUSE = 0.05
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


def multiplies_inside(images, size, channels, filters, groups, dilation):
    return images * filters * (channels // groups) * (size + 2 * max(0, size - dilation)) ** 2


def convert(options, source, target):
    if error := prefactor(options.prefactor, "convert", source, "-o", target):
        sys.exit(error)


def machine(options, model):
    """Multiply-adds and bytes a second, as the command line measures them."""
    command = [options.prefactor, "bench", model, "--threads", str(options.threads), "--layers", "--json"]
    bench = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return bench["peak_gflops"] * 1e9 / 2, bench["bandwidth_gb_per_s"] * 1e9


def row(options, folder, shape):
    images, size, channels, filters, groups, dilation = shape
    count = options.count if channels == filters else 1
    source, target = folder / "layer.onnx", folder / "layer.pfmodel"
    input = layer.write(source, *shape, count)
    convert(options, source, target)
    with (running(layer.serve, layer.prefactor, options.threads, options.library, target, input) as ours,
          running(layer.serve, layer.onnxruntime, options.threads, options.peer_sleeps, source, input) as peer):
        output, expected = ours.receive(), peer.receive()
        if np.abs(output - expected).max() > 1e-4 * np.abs(expected).max():
            sys.exit(f"{name(shape)}: outputs differ")
        mine, theirs = [], []
        for _ in range(options.rounds):
            for worker, seconds in (ours, mine), (peer, theirs):
                time.sleep(PAUSE)
                seconds.append(worker.time())
    ratio = statistics.median(a / b for a, b in zip(mine, theirs))
    rate, bandwidth = machine(options, target)
    inside = count * multiplies_inside(*shape)
    taps = 9 if dilation < size else 1
    floats = images * size * size * (channels + filters) + count * taps * filters * channels // groups
    floor = max(inside / rate, 4 * floats / bandwidth)
    share = inside / (9 * count * images * size * size * filters * channels // groups)
    times = f"{count} times " if count > 1 else ""
    return (f"| {times}{name(shape)} | {100 * share:.0f} % | {1e3 * min(mine):.3f} | {1e3 * min(theirs):.3f} | "
            f"{ratio:.2f} | {1e3 * floor:.3f} | {min(mine) / floor:.2f} |")


def name(shape):
    images, size, channels, filters, groups, dilation = shape
    in_groups = f" in {groups}" if groups > 1 else ""
    return f"{images} × {size}² {channels}→{filters}{in_groups}, dilation {dilation}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--count", type=int, default=1, help="layers of a network")
    parser.add_argument("--peer-sleeps", action="store_true", help="threads of ONNX Runtime sleep between runs")
    parser.add_argument("--only", default="", help="layers whose names hold this")
    parser.add_argument("--prefactor", default=str(ROOT / ".build/release/prefactor"))
    parser.add_argument("--library", default=str(ROOT / "build/libprefactor.so"))
    options = parser.parse_args()
    print("| layer | taps inside | ms | ONNX Runtime, ms | ratio | floor, ms | of the floor |\n"
          "|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for shape in LAYERS:
            if options.only in name(shape):
                print(row(options, pathlib.Path(folder), shape), flush=True)


if __name__ == "__main__":
    main()
