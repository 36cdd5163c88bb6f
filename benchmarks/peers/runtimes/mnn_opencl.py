from runtimes import mnn
from runtimes.mnn import VERSION, convert

NAME, BATCHES = "MNN OpenCL", True


def open(path, threads, tools):
    return mnn.open(path, threads, tools, "OPENCL")
