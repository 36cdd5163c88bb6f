NAME, BATCHES = "ONNX Runtime", True


def VERSION(tools):
    import onnxruntime
    return onnxruntime.__version__


def convert(onnx, stem, tools):
    return onnx


def open(path, threads, tools):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    output = session.get_outputs()[0].name
    return lambda array: session.run([output], {name: array})[0]
