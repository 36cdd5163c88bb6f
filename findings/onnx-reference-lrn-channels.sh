#!/usr/bin/env bash
# The reference implementation of ONNX normalises too few channels in LRN: its loop over channels counts images.
#
# onnx 1.22.0, onnxruntime 1.32.0. LRN divides every channel by a power of the sum of squares of its neighbours.
# ReferenceEvaluator does so for the first N channels only, where N is the batch; for the others the sum is 0. With one
# image of four channels, three stay as they are. Whoever checks an AlexNet or ZFNet against it finds a difference in
# every other runtime.
source "$(dirname "$0")/common.sh"

with_packages numpy==2.4.6 onnx==1.22.0 onnxruntime==1.32.0 <<'PYTHON'
import numpy as np, onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

image = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4, 1, 1])
result = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4, 1, 1])
node = helper.make_node("LRN", ["x"], ["y"], size=3, alpha=1.0, beta=1.0, bias=1.0)
model = helper.make_model(
    helper.make_graph([node], "lrn", [image], [result]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString())

for batch in (1, 2, 4):
    x = np.tile(np.arange(1, 5, dtype=np.float32).reshape(1, 4, 1, 1), (batch, 1, 1, 1))
    padded = np.pad(x ** 2, ((0, 0), (1, 1), (0, 0), (0, 0)))
    formula = x / (1 + (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3)
    reference, = ReferenceEvaluator(model).run(None, {"x": x})
    runtime, = session.run(None, {"x": x})
    print(f"batch {batch}: formula {formula[0].ravel()}, reference {reference[0].ravel()}, "
          f"ONNX Runtime {runtime[0].ravel()}")
    assert np.allclose(runtime, formula, rtol=1e-6)
    assert np.allclose(reference[:, :batch], formula[:, :batch], rtol=1e-6)
    assert np.array_equal(reference[:, batch:], x[:, batch:])
PYTHON
