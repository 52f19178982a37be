package dev.dovetail.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How many threads pay on this machine: one for each physical core that this process may use, and
 * on hybrid processors the performance cores only, since a pass ends when its slowest thread does.
 * Read from Linux's {@code /proc} and {@code /sys}; elsewhere, and where a file is missing or odd,
 * the fallback is what the JVM reports.
 */
final class CpuTopology {
  /** CPUs beyond this number are taken for damaged input. */
  private static final int MAX_CPUS = 1 << 16;

  private static final Path DEVICES = Path.of("sys/devices");

  private final Path root;

  /**
   * @param root the folder that holds {@code proc} and {@code sys}
   */
  CpuTopology(Path root) {
    this.root = root;
  }

  /** The threads to use on this machine. */
  static int defaultThreads() {
    return new CpuTopology(Path.of("/")).threads(Runtime.getRuntime().availableProcessors());
  }

  /**
   * The threads to use, at least 1.
   *
   * @param available what the JVM reports, which includes the quota of a container; never exceeded
   */
  int threads(int available) {
    BitSet cpus = allowed();
    if (cpus.isEmpty()) {
      return Math.max(1, available);
    }
    keepPerformanceCores(cpus);
    Set<String> cores = new HashSet<>();
    cpus.stream().forEach(cpu -> cores.add(core(cpu)));
    return Math.clamp(cores.size(), 1, Math.max(1, available));
  }

  /** The process's affinity mask. */
  private BitSet allowed() {
    String label = "Cpus_allowed_list:";
    try (Stream<String> lines = Files.lines(root.resolve("proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith(label))
          .findFirst()
          .map(line -> parseList(line.substring(label.length())))
          .orElseGet(BitSet::new);
    } catch (IOException | java.io.UncheckedIOException e) {
      return new BitSet(); // no such file on other systems
    }
  }

  private void keepPerformanceCores(BitSet cpus) {
    BitSet fast =
        read(DEVICES.resolve("cpu_core/cpus"))
            .map(CpuTopology::parseList)
            .orElseGet(() -> highCapacity(cpus));
    if (fast.intersects(cpus)) {
      cpus.and(fast);
    }
  }

  /**
   * The CPUs of at least three quarters of the highest capacity, as ARM systems tell it; none if
   * unknown.
   */
  private BitSet highCapacity(BitSet cpus) {
    int highest = cpus.stream().map(this::capacity).max().orElse(0);
    BitSet fast = new BitSet();
    if (highest > 0) {
      cpus.stream().filter(cpu -> capacity(cpu) * 4L >= highest * 3L).forEach(fast::set);
    }
    return fast;
  }

  private int capacity(int cpu) {
    return read(cpuFolder(cpu).resolve("cpu_capacity"))
        .filter(text -> text.matches("\\d{1,9}"))
        .map(Integer::parseInt)
        .orElse(0);
  }

  /** A name for the physical core of a CPU: the list of the CPUs on it. */
  private String core(int cpu) {
    Path topology = cpuFolder(cpu).resolve("topology");
    BitSet siblings =
        read(topology.resolve("core_cpus_list"))
            .or(() -> read(topology.resolve("thread_siblings_list")))
            .map(CpuTopology::parseList)
            .orElseGet(BitSet::new);
    siblings.set(cpu);
    return siblings.toString();
  }

  private static Path cpuFolder(int cpu) {
    return DEVICES.resolve("system/cpu/cpu" + cpu);
  }

  private Optional<String> read(Path file) {
    try {
      String text = Files.readString(root.resolve(file)).strip();
      return text.isEmpty() ? Optional.empty() : Optional.of(text);
    } catch (IOException e) {
      return Optional.empty(); // the kernel offers it only where it applies
    }
  }

  /** Parses {@code 0-3,8,10-11}; an entry that is no number or range counts for nothing. */
  static BitSet parseList(String list) {
    BitSet cpus = new BitSet();
    for (String entry : list.strip().split(",")) {
      String[] ends = entry.strip().split("-", 2);
      int from = parseCpu(ends[0]);
      int to = parseCpu(ends[ends.length - 1]);
      if (from >= 0 && to >= from) {
        cpus.set(from, to + 1);
      }
    }
    return cpus;
  }

  private static int parseCpu(String text) {
    String number = text.strip();
    if (!number.matches("\\d{1,6}")) {
      return -1;
    }
    int cpu = Integer.parseInt(number);
    return cpu < MAX_CPUS ? cpu : -1;
  }
}
