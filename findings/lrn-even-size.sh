#!/usr/bin/env bash
# LRN over an even number of channels: ONNX Runtime refuses it, and OpenVINO leaves one of them out.
#
# onnx 1.22.0, onnxruntime 1.32.0, openvino 2026.4.1. The standard sums channels c - floor((size-1)/2) ... c +
# ceil((size-1)/2): with size 2 a channel and the one behind it. OpenVINO sums (size-1)/2 channels on both sides,
# rounded down: with size 2 the channel alone, and still divides by 2.
source "$(dirname "$0")/common.sh"

with_packages numpy==2.4.6 onnx==1.22.0 onnxruntime==1.32.0 openvino==2026.4.1 <<'PYTHON'
import numpy as np, onnxruntime, openvino
from onnx import TensorProto, checker, helper

image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 1, 1])
result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 1, 1])
node = helper.make_node("LRN", ["x"], ["y"], size=2, alpha=1.0, beta=1.0, bias=1.0)
model = helper.make_model(
    helper.make_graph([node], "lrn", [image], [result]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
checker.check_model(model)
x = np.arange(1, 5, dtype=np.float32).reshape(1, 4, 1, 1)

squares = np.pad(x.ravel() ** 2, 1)
behind = x.ravel() / (1 + (squares[1:-1] + squares[2:]) / 2)
alone = x.ravel() / (1 + squares[1:-1] / 2)
core = openvino.Core()
other, = core.compile_model(
    core.read_model(model.SerializeToString()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})({"x": x}).values()
options = onnxruntime.SessionOptions()
options.log_severity_level = 4
try:
    onnxruntime.InferenceSession(model.SerializeToString(), options)
    refusal = None
except Exception as error:
    refusal = str(error)
print("standard", behind, "OpenVINO", other.ravel(), "ONNX Runtime:", refusal)
assert np.allclose(other.ravel(), alone, rtol=1e-5) and not np.allclose(alone, behind)
assert refusal and "size_ % 2 == 1" in refusal
PYTHON
