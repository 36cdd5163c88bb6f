#!/usr/bin/env bash
# OpenVINO applies QLinearConv's scales of output channels to input channels, and says nothing where the counts agree.
#
# openvino 2026.4.1, onnx 1.22.0, onnxruntime 1.32.0. A 1x1 convolution of two channels with all weights 1 and scales 1
# and 0.5 for its two outputs takes (10, 100) to (110, 55). OpenVINO gives (60, 60), which is 10 * 1 + 100 * 0.5 for
# both. A quantised network should leave a compiler with QuantizeLinear and DequantizeLinear around float convolutions
# instead.
source "$(dirname "$0")/common.sh"

with_packages numpy==2.4.6 onnx==1.22.0 onnxruntime==1.32.0 openvino==2026.4.1 <<'PYTHON'
import numpy as np, onnxruntime, openvino
from onnx import TensorProto, helper, numpy_helper

constants = {
    "x_scale": np.float32(1), "x_zero": np.uint8(0), "w": np.ones((2, 2, 1, 1), np.int8),
    "w_scale": np.array([1, 0.5], np.float32), "w_zero": np.zeros(2, np.int8),
    "y_scale": np.float32(1), "y_zero": np.uint8(0),
}
node = helper.make_node("QLinearConv", ["x", *constants], ["y"])
image = helper.make_tensor_value_info("x", TensorProto.UINT8, [1, 2, 1, 1])
result = helper.make_tensor_value_info("y", TensorProto.UINT8, [1, 2, 1, 1])
weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
model = helper.make_model(
    helper.make_graph([node], "conv", [image], [result], weights), opset_imports=[helper.make_opsetid("", 17)],
    ir_version=8)
x = np.array([10, 100], np.uint8).reshape(1, 2, 1, 1)

runtime, = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})
core = openvino.Core()
other, = core.compile_model(core.read_model(model.SerializeToString()), "CPU")({"x": x}).values()
print("ONNX Runtime", runtime.ravel(), "OpenVINO", other.ravel())
assert runtime.ravel().tolist() == [110, 55]
assert other.ravel().tolist() == [60, 60]
PYTHON
