"""Prints the CRCs in RealWeightsTest: of the first rows of a tensor of each type, as the gguf package
dequantises them.

    pip install gguf
    python crc_of_rows.py MODEL.gguf ...
"""

import sys
import zlib

from gguf import GGUFReader, quants

ROWS = 64

for path in sys.argv[1:]:
    seen = set()
    for tensor in GGUFReader(path).tensors:
        kind = tensor.tensor_type
        if kind not in seen:
            seen.add(kind)
            rows = tensor.data if tensor.data.ndim == 1 else tensor.data[:ROWS]
            weights = quants.dequantize(rows, kind).astype("<f4")
            print(path, tensor.name, kind.name, f"{zlib.crc32(weights.tobytes()):08x}")
