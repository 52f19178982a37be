"""Makes src/main/resources/dev/dovetail/models/tokenizer/unicode-15.1-classes.txt from llama.cpp's own tables.

Needs llama-cpp-python on a system whose C++ compiler names functions as GCC does:

    python unicode_classes.py > unicode-15.1-classes.txt
"""

import ctypes
from pathlib import Path

import llama_cpp

NUMBER, LETTER, PUNCTUATION, WHITE_SPACE = 0x2, 0x4, 0x20, 0x100


def main():
    library = ctypes.CDLL(str(Path(llama_cpp.__file__).parent / "lib" / "libllama.so"))
    flags_of = library._Z26unicode_cpt_flags_from_cptj
    flags_of.argtypes, flags_of.restype = [ctypes.c_uint32], ctypes.c_uint16

    def class_of(code_point):
        flags = flags_of(code_point)
        for name, bit in (("S", WHITE_SPACE), ("L", LETTER), ("N", NUMBER), ("P", PUNCTUATION)):
            if flags & bit:
                return name
        return ""

    print("# What characters are beyond ASCII: \"first last class\", inclusive, hexadecimal; from the Unicode Character Database 15.1.")
    print("# L letter (general category L*), N number (N*), P punctuation (P*), S White_Space; all others are in no line.")
    start, current = 0x80, ""
    for code_point in range(0x80, 0x110001):
        name = class_of(code_point) if code_point < 0x110000 else ""
        if name != current:
            if current:
                print(f"{start:x} {code_point - 1:x} {current}")
            start, current = code_point, name


main()
