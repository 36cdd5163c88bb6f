NAME, BATCHES = "MNN", True


def VERSION(tools):
    import MNN
    return MNN.version()


def convert(onnx, stem, tools):
    # Not the command `mnnconvert`, which installs packages and reports its use to a server.
    import _tools
    _tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", onnx, "--MNNModel", f"{stem}.mnn", "--bizCode", "bench"])
    return f"{stem}.mnn"


def open(path, threads, tools):
    import MNN
    import numpy
    interpreter = MNN.Interpreter(path)
    session = interpreter.createSession({"backend": "CPU", "numThread": threads, "precision": "high", "memory": "normal"})
    source, target = interpreter.getSessionInput(session), interpreter.getSessionOutput(session)
    shape = target.getShape()
    output = MNN.Tensor(shape, MNN.Halide_Type_Float, numpy.zeros(shape, numpy.float32), MNN.Tensor_DimensionType_Caffe)

    def run(array, kept=interpreter):
        source.copyFrom(MNN.Tensor(array.shape, MNN.Halide_Type_Float, array, MNN.Tensor_DimensionType_Caffe))
        interpreter.runSession(session)
        target.copyToHostTensor(output)
        return output.getNumpyData()
    return run
