package dev.dovetail.gpu;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The files by which Linux gives access to NVIDIA's devices. */
interface DeviceFiles {
  DeviceFiles SYSTEM =
      () ->
          Stream.of("/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm")
              .map(Path::of)
              .filter(file -> Files.exists(file))
              .filter(file -> !Files.isReadable(file) || !Files.isWritable(file))
              .findFirst();

  /**
   * A device file that exists and that this user may not open. The driver tells "no device" and
   * "not allowed" apart badly: it often says the first, or "unknown", for the second.
   */
  Optional<Path> forbidden();
}
