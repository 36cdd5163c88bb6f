#!/usr/bin/env bash
# DynamicQuantizeLinear of an image of zeros: three implementations, three scales.
#
# onnx 1.22.0, onnxruntime 1.32.0, openvino 2026.4.1. The standard's (max - min) / 255 is 0 there. ONNX Runtime gives
# the scale 1, the reference 1/255, OpenVINO 0. Results are zeros all the same until a graph divides by the scale.
source "$(dirname "$0")/common.sh"

with_packages numpy==2.4.6 onnx==1.22.0 onnxruntime==1.32.0 openvino==2026.4.1 <<'PYTHON'
import numpy as np, onnxruntime, openvino
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

outputs = [
    helper.make_tensor_value_info("y", TensorProto.UINT8, [4]),
    helper.make_tensor_value_info("scale", TensorProto.FLOAT, []),
    helper.make_tensor_value_info("zero", TensorProto.UINT8, []),
]
node = helper.make_node("DynamicQuantizeLinear", ["x"], ["y", "scale", "zero"])
graph = helper.make_graph([node], "quantize", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])], outputs)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
x = np.zeros(4, np.float32)

runtime = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[1]
reference = ReferenceEvaluator(model).run(None, {"x": x})[1]
core = openvino.Core()
other = list(core.compile_model(core.read_model(model.SerializeToString()), "CPU")({"x": x}).values())[1]
print("ONNX Runtime", runtime, "reference", reference, "OpenVINO", other)
assert float(runtime) == 1 and np.float32(reference) == np.float32(1 / 255) and float(other) == 0
PYTHON
