"""One module a runtime, each with the same face:

    NAME
    BATCHES                              False where a run takes one image: a batch is then that many runs
    VERSION(tools)
    convert(onnx, stem, tools) -> path   once, before anything is timed; `stem` has no suffix
    open(path, threads, tools) -> run    where run(array) -> array takes and gives contiguous float32

Imports of the runtimes themselves stay inside the functions, so that a process loads the one that it times.
"""
import importlib

NAMES = {"ort": "onnxruntime", "openvino": "openvino", "mnn": "mnn", "ncnn": "ncnn", "prefactor": "prefactor",
         "prefactor-opencl": "prefactor_opencl", "mnn-opencl": "mnn_opencl"}


def load(key):
    return importlib.import_module(f"runtimes.{NAMES[key]}")
