package dev.dovetail.models.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.dovetail.models.torch.TorchFile;

class TorchFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void reads(byte[] bytes) {
    Contract.checkFile(bytes, TorchFile::open);
  }
}
