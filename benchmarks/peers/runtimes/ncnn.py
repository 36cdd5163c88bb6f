NAME, BATCHES = "ncnn", False


def VERSION(tools):
    import ncnn
    return ncnn.__version__


def convert(onnx, stem, tools):
    import importlib.util
    import pathlib
    import subprocess
    # Importing pnnx would load the whole of torch.
    program = pathlib.Path(importlib.util.find_spec("pnnx").origin).with_name("pnnx")
    command = [program, onnx, "fp16=0", *(f"{key}={stem}.{suffix}" for key, suffix in (
        ("pnnxparam", "pnnx.param"), ("pnnxbin", "pnnx.bin"), ("pnnxpy", "pnnx.py"), ("pnnxonnx", "pnnx.onnx"),
        ("ncnnparam", "ncnn.param"), ("ncnnbin", "ncnn.bin"), ("ncnnpy", "ncnn.py")))]
    subprocess.run(command, check=True, capture_output=True)
    return f"{stem}.ncnn.param"


def open(path, threads, tools):
    import ncnn
    import numpy
    net = ncnn.Net()
    net.opt.num_threads = threads
    for name in dir(net.opt):
        if name.startswith(("use_fp16", "use_bf16", "use_int8", "use_vulkan")):
            setattr(net.opt, name, False)
    if net.load_param(path) or net.load_model(path.removesuffix("param") + "bin"):
        raise RuntimeError("the converted network does not load")
    source, target = net.input_names()[0], net.output_names()[0]

    def image(array):
        extractor = net.create_extractor()
        extractor.input(source, ncnn.Mat(array))
        status, output = extractor.extract(target)
        if status:
            raise RuntimeError(f"a run fails with {status}")
        return numpy.array(output)
    return lambda batch: numpy.stack([image(array) for array in batch])
