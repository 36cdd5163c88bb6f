"""pf_session_load_image beside Pillow's resize(BILINEAR), alone and with NumPy's normalization to planes, in turn."""
import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))
import prefactor_c

SIZES = {"224²": (224, 224), "640×480": (640, 480), "1080p": (1920, 1080), "12 MP": (4000, 3000)}
MEAN, DEVIATION = np.float32([123.675, 116.28, 103.53]), np.float32([58.395, 57.12, 57.375])


def write_model(prefactor, folder, side, channels):
    planes = 1 if channels == "gray" else 3
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, planes, side, side])
    mean = helper.make_tensor_value_info("mean", TensorProto.FLOAT, [1, planes, 1, 1])
    graph = helper.make_graph([helper.make_node("GlobalAveragePool", ["image"], ["mean"])], "mean", [image], [mean])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "mean.onnx")
    described = {
        "size": [side, side], "resize": "stretch", "channels": channels, "mean": MEAN[:planes].tolist(),
        "std": DEVIATION[:planes].tolist()}
    (folder / "pre.json").write_text(json.dumps(described))
    command = [
        prefactor, "convert", folder / "mean.onnx", "--preprocess", folder / "pre.json", "-o", folder / "mean.pfmodel"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "mean.pfmodel"


def resize(image, side, channels):
    if channels == "gray":
        image = image.convert("L")
    return image.resize((side, side), Image.BILINEAR)


def normalize(image, planes):
    pixels = np.asarray(image, np.float32).reshape(image.height, image.width, planes)
    return np.ascontiguousarray(((pixels - MEAN[:planes]) / DEVIATION[:planes]).transpose(2, 0, 1))


def best_times(jobs, rounds):
    """Milliseconds of each, the least of `rounds` in which all take turns."""
    times = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: min(all[1:]) for name, all in times.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--prefactor", default=".build/release/prefactor")
    parser.add_argument("--library", default="build/libprefactor.so")
    parser.add_argument("--side", type=int, default=224, help="pixels of the network's input")
    parser.add_argument("--channels", default="RGB", choices=["RGB", "BGR", "gray"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    many = f"{options.threads} threads"
    print(f"{options.channels} to {options.side}², milliseconds; "
          "the ratio is of one thread to Pillow and NumPy together")
    print(f"{'image':8} {'1 thread':>9} {many:>10} {'resize':>8} {'+ NumPy':>8} {'ratio':>6} {many:>10} "
          f"{'bare copy':>10}")
    with tempfile.TemporaryDirectory() as folder:
        model = write_model(options.prefactor, Path(folder), options.side, options.channels)
        single, threaded = (prefactor_c.Session(options.library, model, threads) for threads in (1, options.threads))
        planes = 1 if options.channels == "gray" else 3
        for name, (width, height) in SIZES.items():
            pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
            image, copy = Image.fromarray(pixels), np.empty_like(pixels)
            times = best_times({
                "1": lambda: single.load_image(pixels),
                "n": lambda: threaded.load_image(pixels),
                "resize": lambda: resize(image, options.side, options.channels),
                "all": lambda: normalize(resize(image, options.side, options.channels), planes),
                # The floor: what reading the image from memory takes, and a little more.
                "copy": lambda: np.copyto(copy, pixels),
            }, options.rounds)
            print(f"{name:8} {times['1']:9.3f} {times['n']:10.3f} {times['resize']:8.3f} {times['all']:8.3f} "
                  f"{times['1'] / times['all']:6.2f} {times['n'] / times['all']:10.2f} {times['copy']:10.3f}")
        single.close()
        threaded.close()


main()
