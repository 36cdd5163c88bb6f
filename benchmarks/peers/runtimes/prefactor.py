NAME, BATCHES = "Prefactor", True


def VERSION(tools):
    import ctypes
    import pathlib
    ctypes.CDLL(tools["library"])
    return (pathlib.Path(__file__).resolve().parents[3] / "VERSION").read_text().strip()


def convert(onnx, stem, tools):
    import subprocess
    command = ["compress", onnx, "--plan", tools["plan"]] if tools["plan"] else ["convert", onnx]
    result = subprocess.run([tools["prefactor"], *command, "-o", f"{stem}.pfmodel"], capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(result.stderr.strip())
    return f"{stem}.pfmodel"


def open(path, threads, tools):
    import prefactor_c
    return prefactor_c.Session(tools["library"], path, threads).run
