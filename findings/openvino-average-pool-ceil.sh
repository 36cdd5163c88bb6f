#!/usr/bin/env bash
# OpenVINO's AveragePool counts pixels that are neither in the image nor in its padding.
#
# openvino 2026.4.1, onnx 1.22.0, onnxruntime 1.32.0. With ceil_mode the last window may reach past the padding. With
# count_include_pad its padding counts, and what lies beyond does not: over 1 ... 6 with pads of 1, a window of 3 and a
# stride of 2, the fourth window holds 6 and one padded zero, so that its mean is 3. OpenVINO divides by the window's
# three places and gives 2.
source "$(dirname "$0")/common.sh"

with_packages numpy==2.4.6 onnx==1.22.0 onnxruntime==1.32.0 openvino==2026.4.1 <<'PYTHON'
import numpy as np, onnxruntime, openvino
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

node = helper.make_node(
    "AveragePool", ["x"], ["y"], kernel_shape=[1, 3], strides=[1, 2], pads=[0, 1, 0, 1], ceil_mode=1,
    count_include_pad=1)
image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, 6])
result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 4])
model = helper.make_model(
    helper.make_graph([node], "pool", [image], [result]), opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
x = np.arange(1, 7, dtype=np.float32).reshape(1, 1, 1, 6)

runtime, = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})
reference, = ReferenceEvaluator(model).run(None, {"x": x})
core = openvino.Core()
other, = core.compile_model(core.read_model(model.SerializeToString()), "CPU")({"x": x}).values()
print("ONNX Runtime", runtime.ravel(), "reference", reference.ravel(), "OpenVINO", other.ravel())
assert runtime.ravel().tolist() == reference.ravel().tolist() == [1, 3, 5, 3]
assert other.ravel().tolist() == [1, 3, 5, 2]
PYTHON
