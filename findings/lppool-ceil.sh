#!/usr/bin/env bash
# LpPool over a window that ends outside the image: ONNX's reference and OpenVINO give more than the norm of what is
# there.
#
# onnx 1.22.0, onnxruntime 1.32.0, openvino 2026.4.1. The Euclidean norm of the last window, (5, 6), is 7.8102, as ONNX
# Runtime says. The other two take the mean of the two squares times the window's three places, sqrt(3 * (25 + 36) / 2)
# = 9.5656: a pixel is counted that does not exist.
source "$(dirname "$0")/common.sh"

with_packages numpy==2.4.6 onnx==1.22.0 onnxruntime==1.32.0 openvino==2026.4.1 <<'PYTHON'
import numpy as np, onnxruntime, openvino
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

node = helper.make_node("LpPool", ["x"], ["y"], kernel_shape=[1, 3], strides=[1, 2], ceil_mode=1, p=2)
image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, 6])
result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 3])
model = helper.make_model(
    helper.make_graph([node], "pool", [image], [result]), opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
x = np.arange(1, 7, dtype=np.float32).reshape(1, 1, 1, 6)

runtime, = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})
reference, = ReferenceEvaluator(model).run(None, {"x": x})
core = openvino.Core()
other, = core.compile_model(
    core.read_model(model.SerializeToString()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})({"x": x}).values()
print("ONNX Runtime", runtime.ravel(), "reference", reference.ravel(), "OpenVINO", other.ravel())
norm, scaled = np.sqrt(25 + 36), np.sqrt(3 * (25 + 36) / 2)
assert np.isclose(runtime.ravel()[2], norm, rtol=1e-6)
assert np.isclose(reference.ravel()[2], scaled, rtol=1e-6) and np.isclose(other.ravel()[2], scaled, rtol=1e-6)
PYTHON
