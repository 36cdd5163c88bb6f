NAME, BATCHES = "MNN", True
# MNN's numbers of what a session is asked about, and of the backend that it may answer.
BACKENDS, OPENCL = 2, 3


def VERSION(tools):
    import MNN
    return MNN.version()


def convert(onnx, stem, tools):
    # Not the command `mnnconvert`, which installs packages and reports its use to a server.
    import _tools
    _tools.mnnconvert(
        ["mnnconvert", "-f", "ONNX", "--modelFile", onnx, "--MNNModel", f"{stem}.mnn", "--bizCode", "bench"])
    return f"{stem}.mnn"


def open(path, threads, tools, backend="CPU"):
    import MNN
    import numpy
    interpreter = MNN.Interpreter(path)
    session = interpreter.createSession(
        {"backend": backend, "numThread": threads, "precision": "high", "memory": "normal"})
    if backend == "OPENCL" and interpreter.getSessionInfo(session, BACKENDS) != OPENCL:
        raise RuntimeError("this wheel has no OpenCL backend: it takes the CPU instead")
    source, target = interpreter.getSessionInput(session), interpreter.getSessionOutput(session)
    shape = target.getShape()
    output = MNN.Tensor(shape, MNN.Halide_Type_Float, numpy.zeros(shape, numpy.float32), MNN.Tensor_DimensionType_Caffe)

    def run(array, kept=interpreter):
        source.copyFrom(MNN.Tensor(array.shape, MNN.Halide_Type_Float, array, MNN.Tensor_DimensionType_Caffe))
        interpreter.runSession(session)
        target.copyToHostTensor(output)
        return output.getNumpyData()
    return run
