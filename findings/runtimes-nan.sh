#!/usr/bin/env bash
# What becomes of a NaN depends on the runtime, and ONNX Runtime's ReduceMax loses more than the NaN.
#
# onnx 1.22.0, onnxruntime 1.32.0, openvino 2026.4.1, float32 on the CPU, x = (1, NaN, -1, infinity):
# - OpenVINO's Relu, Clip and Max make 0 of the NaN, so that a damaged image looks like a dark one; the others hand it
#   on.
# - ONNX Runtime's ReduceMax of x is 1: neither the NaN, as NumPy and ONNX's reference say, nor the infinity behind it.
# - MaxPool over x is infinity everywhere, and ArgMax takes the infinity in both runtimes but the NaN in the reference.
source "$(dirname "$0")/common.sh"

with_packages numpy==2.4.6 onnx==1.22.0 onnxruntime==1.32.0 openvino==2026.4.1 <<'PYTHON'
import numpy as np, onnxruntime, openvino
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

nan, infinity = np.nan, np.inf
x = np.array([1, nan, -1, infinity], np.float32).reshape(1, 1, 1, 4)
core = openvino.Core()

def results(operator, inputs=("x",), element=TensorProto.FLOAT, **attributes):
    values = {"zero": 0, "six": 6}
    constants = [numpy_helper.from_array(np.float32(values[name]), name) for name in inputs if name in values]
    node = helper.make_node(operator, list(inputs), ["y"], **attributes)
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)
    graph = helper.make_graph([node], "nan", [image], [helper.make_tensor_value_info("y", element, None)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    data = model.SerializeToString()
    ours = [
        onnxruntime.InferenceSession(data).run(None, {"x": x})[0],
        next(iter(core.compile_model(
            core.read_model(data), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})({"x": x}).values())),
        ReferenceEvaluator(model).run(None, {"x": x})[0],
    ]
    return [np.asarray(result).ravel().tolist() for result in ours]

def expect(operator, runtime, openvino, reference, *inputs, **attributes):
    seen = results(operator, ("x", *inputs), **attributes)
    print(f"{operator}: ONNX Runtime {seen[0]}, OpenVINO {seen[1]}, reference {seen[2]}")
    assert np.array_equal(seen, [runtime, openvino, reference], equal_nan=True), operator

expect("Relu", [1, nan, 0, infinity], [1, 0, 0, infinity], [1, nan, 0, infinity])
expect("Clip", [1, nan, 0, 6], [1, 0, 0, 6], [1, nan, 0, 6], "zero", "six")
expect("Max", [1, nan, 0, infinity], [1, 0, 0, infinity], [1, nan, 0, infinity], "zero")
expect("ReduceMax", [1], [infinity], [nan])
expect("MaxPool", [infinity], [infinity], [infinity], kernel_shape=[1, 4])
expect("ArgMax", [3], [3], [1], axis=3, element=TensorProto.INT64)
PYTHON
