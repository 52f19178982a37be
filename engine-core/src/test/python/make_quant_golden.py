"""Makes the golden data of DequantizeTest: blocks of every quantised type, and their weights as the
gguf package dequantises them.

    pip install gguf
    python make_quant_golden.py ../resources/dev/dovetail/engine/weights

writes one file a type: an int32 with the number of blocks, the blocks, and their weights as f32, all
little-endian. Blocks are random bytes; the f16 fields take every kind of finite value (zeros,
subnormals, the largest) in turn; the first two and the last two blocks have all other bits 0, or 1.
An optional second argument multiplies the number of blocks.
"""

import sys
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from gguf import quants

# Where the f16 fields of a block lie, in bytes.
HALVES = {
    Type.Q4_0: [0],
    Type.Q4_1: [0, 2],
    Type.Q5_0: [0],
    Type.Q5_1: [0, 2],
    Type.Q8_0: [0],
    Type.Q2_K: [80, 82],
    Type.Q3_K: [108],
    Type.Q4_K: [0, 2],
    Type.Q5_K: [0, 2],
    Type.Q6_K: [208],
    Type.IQ4_NL: [0],
    Type.IQ4_XS: [0],
}
# 0, the smallest and largest subnormal, the smallest normal, 1, 1 + 1/1024, the largest; then the
# same below zero.
EXTREMES = [0x0000, 0x0001, 0x03FF, 0x0400, 0x3C00, 0x3C01, 0x7BFF]
EXTREMES += [0x8000 | half for half in EXTREMES]


def halves(random, count, stride):
    """Extremes for the first blocks, then finite f16 numbers of every magnitude."""
    out = random.integers(0, 0x7C00, count, dtype=np.uint16)
    out |= random.integers(0, 2, count, dtype=np.uint16) << np.uint16(15)
    for i in range(min(count, len(EXTREMES))):
        out[i] = EXTREMES[i * stride % len(EXTREMES)]
    return out


def blocks(random, kind, count):
    _, size = GGML_QUANT_SIZES[kind]
    out = random.integers(0, 256, (count, size), dtype=np.uint8)
    out[0] = 0x00
    out[1] = 0xFF
    for i, at in enumerate(HALVES[kind]):
        # Strides 1 and 3 meet different pairs of scale and min.
        out[:, at : at + 2] = halves(random, count, 1 + 2 * i).view(np.uint8).reshape(count, 2)
    # Every pattern of bits also under a scale that shows it.
    ones = np.array([0x3C00], dtype=np.uint16).view(np.uint8)
    for i in (0, 1):
        extra = out[i].copy()
        for at in HALVES[kind]:
            extra[at : at + 2] = ones
        out[count - 1 - i] = extra
    return out


def main():
    folder = Path(sys.argv[1])
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    folder.mkdir(parents=True, exist_ok=True)
    for kind in HALVES:
        weights, _ = GGML_QUANT_SIZES[kind]
        count = (20 if weights == 256 else 48) * times
        data = blocks(np.random.default_rng([int(kind), 2026]), kind, count)
        expected = quants.dequantize(data, kind).astype("<f4")
        assert np.isfinite(expected).all()
        with open(folder / f"{kind.name}.bin", "wb") as file:
            file.write(np.array([count], dtype="<i4").tobytes())
            file.write(data.tobytes())
            file.write(expected.tobytes())


main()
