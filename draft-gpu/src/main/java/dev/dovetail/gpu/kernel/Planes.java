package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.Arguments;
import java.util.List;

/**
 * Where weights of one type lie in the GPU's memory, see {@code weights.cuh}.
 *
 * @param type its name in the kernels' names, such as {@code q4_k}
 * @param addresses of its planes, at most four
 */
public record Planes(String type, List<Long> addresses) {
  private static final int MOST = 4;

  public Planes {
    addresses = List.copyOf(addresses);
  }

  Arguments write(Arguments arguments) {
    for (int i = 0; i < MOST; i++) {
      arguments.pointer(i < addresses.size() ? addresses.get(i) : 0);
    }
    return arguments;
  }
}
