NAME, BATCHES = "OpenVINO", True


def VERSION(tools):
    import openvino
    return openvino.__version__.split("-")[0]


def convert(onnx, stem, tools):
    import openvino
    # Not convert_model, which reports its use to a server.
    openvino.save_model(openvino.Core().read_model(onnx), f"{stem}.xml", compress_to_fp16=False)
    return f"{stem}.xml"


def open(path, threads, tools):
    import openvino
    settings = {
        "INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY"}
    request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()

    def run(array):
        request.infer([array], share_inputs=True, share_outputs=True)
        return request.get_output_tensor(0).data
    return run
