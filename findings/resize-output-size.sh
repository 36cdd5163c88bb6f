#!/usr/bin/env bash
# How large the output of Resize is depends on who is asked: ONNX's shape inference and its reference, or the runtimes.
#
# onnx 1.22.0, onnxruntime 1.32.0, openvino 2026.4.1. The standard says floor(size * scale). The scale 0.7 is a float32
# just below 0.7: in double precision 10 * 0.7 is 6.9999998 and the size is 6, as onnx infers and its reference
# computes; in single precision the product rounds to 7, and both runtimes give 7 columns. ONNX Runtime warns that its
# own graph said otherwise. A value_info from shape inference is thus no proof of a size.
source "$(dirname "$0")/common.sh"

with_packages numpy==2.4.6 onnx==1.22.0 onnxruntime==1.32.0 openvino==2026.4.1 <<'PYTHON'
import numpy as np, onnxruntime, openvino
from onnx import TensorProto, helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

def sizes(scale):
    constants = [numpy_helper.from_array(np.array([1, 1, 1, scale], np.float32), "scales")]
    node = helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="nearest")
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, 10])
    graph = helper.make_graph(
        [node], "resize", [image], [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    x = np.arange(10, dtype=np.float32).reshape(1, 1, 1, 10)
    inferred = shape_inference.infer_shapes(model).graph.output[0].type.tensor_type.shape.dim[3].dim_value
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    runtime, = onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {"x": x})
    core = openvino.Core()
    other, = core.compile_model(core.read_model(model.SerializeToString()), "CPU")({"x": x}).values()
    reference, = ReferenceEvaluator(model).run(None, {"x": x})
    return inferred, reference.shape[3], runtime.shape[3], other.shape[3]

for scale, expected in ((0.7, (6, 6, 7, 7)), (1.3, (12, 12, 13, 13)), (0.5, (5, 5, 5, 5))):
    seen = sizes(scale)
    print(f"10 * {scale}: inferred {seen[0]}, reference {seen[1]}, ONNX Runtime {seen[2]}, OpenVINO {seen[3]}")
    assert seen == expected
PYTHON
