"""A model of dilated convolutions, and the processes that run it: one for each runtime, since idle threads of some
spin for a while, which would take a processor from whoever runs next."""
import time

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def write(path, images, size, channels, filters, groups, dilation, count):
    """So many 3×3 convolutions, one after the other, with as much padding as dilation. Returns an input for them."""
    random = np.random.default_rng(5)
    weights = (0.02 * random.standard_normal((filters, channels // groups, 3, 3))).astype(np.float32)
    values = ["x", *(f"y{i}" for i in range(1, count)), "y"]
    nodes = [
        helper.make_node("Conv", [source, "w"], [target], pads=[dilation] * 4, dilations=[dilation] * 2, group=groups)
        for source, target in zip(values, values[1:])]
    graph = helper.make_graph(
        nodes, "layer", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [images, channels, size, size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [images, filters, size, size])],
        [numpy_helper.from_array(weights, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return random.standard_normal((images, channels, size, size), dtype=np.float32)


def prefactor(threads, library, path, input):
    import prefactor_c
    session = prefactor_c.Session(library, path, threads)
    return session.run(input), session.compute


def onnxruntime(threads, sleeps, path, input):
    import onnxruntime
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0" if sleeps else "1")
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_cpu_input("x", input)
    binding.bind_output("y")
    run = lambda: session.run_with_iobinding(binding)
    run()
    return binding.copy_outputs_to_cpu()[0], run


def serve(connection, opening, threads, *arguments):
    """Sends the output; then, for each message, runs twice and sends the seconds of the second. Those of one thread are
    the thread's own, so that other programs' turns do not count."""
    clock = time.thread_time if threads == 1 else time.perf_counter
    output, run = opening(threads, *arguments)
    connection.send(output)
    while connection.recv():
        run()
        start = clock()
        run()
        connection.send(clock() - start)
