#!/usr/bin/env python3
"""Compiles each kernel, NAME.cu beside this script, ahead of time to PTX, which is shipped as a resource:
../resources/dev/dovetail/gpu/NAME.ptx. No GPU and no CUDA toolkit are needed, only two Python packages:

    pip install 'nvidia-cuda-nvrtc-cu12==12.0.*' 'nvidia-cuda-nvcc-cu12==12.0.*'

    compile.py            compiles what is stale
    compile.py --check    says what is stale, and fails if anything is
    compile.py --ptxas    prints what each kernel takes of each kind of GPU, and fails if registers are spilled

NVRTC 12.0 writes PTX ISA 8.0, which every driver from 525 on reads; compute_50 runs on Maxwell and later. A newer NVRTC
would write a newer ISA.

The first line of a .ptx is "// sources sha256 HEX": the SHA-256 of the bytes of the .cu, followed by those of each header
that it includes in quotation marks, directly or through another header, in the order in which they are first mentioned
(the .cu's own first, then the first header's, then the second's). A file is stale if that differs.
"""
import argparse
import ctypes
import hashlib
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
RESOURCES = SOURCES.parent / "resources" / "dev" / "dovetail" / "gpu"
VERSION = (12, 0)
OPTIONS = ["--gpu-architecture=compute_50", "--std=c++17"]
ARCHITECTURES = (52, 61, 70, 75, 80, 86, 89, 90)


def sources(cu):
    """The file and its headers, in the order of the hash."""
    files = [cu]
    for file in files:
        for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', file.read_text(), re.M):
            header = SOURCES / name
            if header not in files:
                files.append(header)
    return files


def first_line(cu):
    digest = hashlib.sha256()
    for file in sources(cu):
        digest.update(file.read_bytes())
    return "// sources sha256 " + digest.hexdigest()


def ptx_of(cu):
    return RESOURCES / (cu.stem + ".ptx")


def is_stale(cu):
    ptx = ptx_of(cu)
    return not ptx.exists() or ptx.read_text().split("\n", 1)[0] != first_line(cu)


def in_package(module, package, path):
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        spec = None
    for folder in spec.submodule_search_locations if spec else ():
        if (Path(folder) / path).exists():
            return Path(folder) / path
    sys.exit(f"{path} is not installed: pip install '{package}=={VERSION[0]}.{VERSION[1]}.*'")


class Nvrtc:
    def __init__(self):
        self.library = ctypes.CDLL(str(in_package("nvidia.cuda_nvrtc", "nvidia-cuda-nvrtc-cu12", "lib/libnvrtc.so.12")))
        self.library.nvrtcGetErrorString.restype = ctypes.c_char_p
        major, minor = ctypes.c_int(), ctypes.c_int()
        self.call("nvrtcVersion", ctypes.byref(major), ctypes.byref(minor))
        if (major.value, minor.value) != VERSION:
            sys.exit(f"NVRTC is {major.value}.{minor.value}, and {VERSION[0]}.{VERSION[1]} is needed: "
                     "a newer one writes PTX that older drivers cannot read")

    def call(self, name, *arguments):
        result = getattr(self.library, name)(*arguments)
        if result:
            sys.exit(f"{name}: {self.library.nvrtcGetErrorString(result).decode()}")

    def text(self, size_of, get, program):
        size = ctypes.c_size_t()
        self.call(size_of, program, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        self.call(get, program, buffer)
        return buffer.value.decode()

    def compile(self, cu):
        # Headers are handed over by name, so that no path can find its way into the PTX.
        headers = sources(cu)[1:]
        strings = ctypes.c_char_p * len(headers)
        program = ctypes.c_void_p()
        self.call("nvrtcCreateProgram", ctypes.byref(program), cu.read_bytes(), cu.name.encode(), len(headers),
                  strings(*(h.read_bytes() for h in headers)), strings(*(h.name.encode() for h in headers)))
        options = [o.encode() for o in OPTIONS]
        failed = self.library.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
        log = self.text("nvrtcGetProgramLogSize", "nvrtcGetProgramLog", program)
        if log.strip():
            print(log, file=sys.stderr)
        if failed:
            sys.exit(f"{cu.name} does not compile")
        ptx = self.text("nvrtcGetPTXSize", "nvrtcGetPTX", program)
        self.call("nvrtcDestroyProgram", ctypes.byref(program))
        return ptx


def compile_stale(stale):
    if stale:
        nvrtc = Nvrtc()
        RESOURCES.mkdir(parents=True, exist_ok=True)
        for cu in stale:
            ptx_of(cu).write_text(first_line(cu) + "\n" + nvrtc.compile(cu).strip() + "\n", newline="\n")
            print("compiled", cu.name)


def figures(ptxas, ptx, architecture):
    """Of each kernel of a file: (registers, shared bytes, stack bytes, spilled bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([ptxas, "-v", f"-arch=sm_{architecture}", "-o", Path(folder) / "cubin", ptx],
                              capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{ptx.name} for sm_{architecture}:\n{done.stderr}")
    kernels = {}
    for part in done.stderr.split("Compiling entry function '")[1:]:
        def number(pattern):
            found = re.search(r"(\d+) " + pattern, part)
            return int(found[1]) if found else 0
        kernels[part.split("'")[0]] = (number("registers"), number("bytes smem"), number("bytes stack frame"),
                                       number("bytes spill stores") + number("bytes spill loads"))
    return kernels


def print_figures(ptx_files):
    ptxas = in_package("nvidia.cuda_nvcc", "nvidia-cuda-nvcc-cu12", "bin/ptxas")
    print("Registers of a thread, by architecture; bytes of declared shared memory, and of stack and spills (the most).\n")
    print("| kernel |", " | ".join(f"sm_{a}" for a in ARCHITECTURES), "| shared | stack | spilled |")
    print("|---|" + "---:|" * (len(ARCHITECTURES) + 3))
    spilled = False
    for ptx in ptx_files:
        by_architecture = [figures(ptxas, ptx, a) for a in ARCHITECTURES]
        for kernel in sorted(by_architecture[0]):
            of = [kernels[kernel] for kernels in by_architecture]
            most = [max(f[i] for f in of) for i in (1, 2, 3)]
            spilled |= most[2] > 0
            print(f"| {kernel} |", " | ".join(str(f[0]) for f in of), "|", " | ".join(map(str, most)), "|")
    if spilled:
        sys.exit("registers are spilled")


def main():
    parser = argparse.ArgumentParser(description="Compiles the kernels to PTX; see the head of this file.")
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--check", action="store_true", help="only say what is stale")
    task.add_argument("--ptxas", action="store_true", help="print registers, shared memory and spills of each kernel")
    task = parser.parse_args()
    cu_files = sorted(SOURCES.glob("*.cu"))
    stale = [cu for cu in cu_files if is_stale(cu)]
    orphans = sorted(set(RESOURCES.glob("*.ptx")) - {ptx_of(cu) for cu in cu_files})
    if task.check:
        for cu in stale:
            print("stale:", ptx_of(cu).name)
        for ptx in orphans:
            print("without a source:", ptx.name)
        sys.exit(1 if stale or orphans else 0)
    compile_stale(stale)
    for ptx in orphans:
        ptx.unlink()
        print("deleted", ptx.name, "which has no source")
    if task.ptxas:
        print_figures([ptx_of(cu) for cu in cu_files])


main()
