"""Makes the golden data of QuantizeTest: weights, and the bytes to which the gguf package rounds them.

    pip install gguf
    python make_quantize_golden.py ../resources/dev/dovetail/engine/weights/quantize

writes one file a type: an int32 with the number of blocks of 32 weights, the weights as f32, and
their bytes, all little-endian. Among the blocks are zeros of both signs, subnormals, ties between
integers, largest magnitudes that occur twice with either sign, and the largest weights that fit.
"""

import sys
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants

# The largest f16, and the largest integer that its scale multiplies.
LARGEST = {Type.F16: 65504, Type.Q8_0: 65504 * 127, Type.Q4_0: 65504 * 8}
BLOCK = 32


def blocks(kind):
    random = np.random.default_rng([int(kind), 2026])
    normal = lambda deviation: random.normal(0, deviation, BLOCK)
    out = [normal(10.0**exponent) for exponent in range(-9, 4) for _ in range(4)]
    # Scales that are f16 subnormals, or vanish; quotients stay finite.
    out += [normal(2.0**exponent) for exponent in range(-28, -10)]
    out += [np.zeros(BLOCK), -np.zeros(BLOCK), normal(1) * (np.arange(BLOCK) == 7)]
    # Scale 1: exact integers and halves.
    whole = random.integers(-254, 255, (4, BLOCK)) / 2
    whole[:, 3] = (127, -127, 127, -127)
    out += list(whole)
    fine = random.integers(-16, 17, (4, BLOCK)) / 2
    fine[:, (5, 9)] = ((8, -8), (-8, 8), (8, 8), (-8, -8))
    out += list(fine)
    # Just below and just above a half.
    half = np.float32(0.5)
    near = np.resize([np.nextafter(half, np.float32(0)), half, np.nextafter(half, np.float32(1))], BLOCK)
    near[0] = 127
    out += [near, -near]
    # Halfway between neighbours of f16, and f16 subnormals.
    out += [(1 + (2 * np.arange(BLOCK) + 1) / 2**11), (np.arange(BLOCK) - 16) * 2.0**-25]
    most = LARGEST[kind]
    out += [random.uniform(-most, most, BLOCK), np.resize([most, -most], BLOCK)]
    return np.array(out, dtype="<f4")


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for kind in LARGEST:
        weights = blocks(kind)
        encoded = quants.quantize(weights, kind)
        assert np.isfinite(quants.dequantize(encoded, kind)).all()
        with open(folder / f"{kind.name}.bin", "wb") as file:
            file.write(np.array([len(weights)], dtype="<i4").tobytes())
            file.write(weights.tobytes())
            file.write(encoded.tobytes())


main()
