package dev.dovetail.models.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.dovetail.models.gguf.GgufFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

class GgufFuzzTest {
  private static final int ALIGNMENT = 64;

  @FuzzTest(maxDuration = "2m")
  void reads(byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      // At an address such as a mapped file has.
      MemorySegment copy = arena.allocate(bytes.length, ALIGNMENT);
      copy.copyFrom(MemorySegment.ofArray(bytes));
      Contract.check(() -> {
        try (GgufFile file = GgufFile.of(Path.of("fuzz.gguf"), copy)) {
          Contract.touch(file);
          file.modelConfig();
        }
      });
    }
  }
}
