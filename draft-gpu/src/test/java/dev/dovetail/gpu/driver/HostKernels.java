package dev.dovetail.gpu.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.dovetail.gpu.driver.GpuDriver.Grid;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kernels compiled by g++ for the CPU: each {@code .cu} becomes a library in {@code target}, made
 * anew when its sources change.
 */
@SuppressWarnings("restricted") // The tests are given native access.
final class HostKernels {
  private static final Pattern KERNEL =
      Pattern.compile(
          "extern\\s+\"C\"\\s+__global__\\s+(?:void\\s+)?"
              + "(?:__launch_bounds__\\s*\\(([^()]*)\\)\\s*)?(?:void\\s+)?(\\w+)\\s*\\(");
  private static final Pattern DYNAMIC_SHARED =
      Pattern.compile("extern\\s+__shared__\\s[^;\\[]*?(\\w+)\\s*\\[\\s*]");
  private static final int MESSAGE_BYTES = 1024;
  private static final int FAILED = 1;
  private static final int REFUSED = 2;

  private static final Optional<String> WHY_NOT = askForCompiler();
  private static final Map<String, HostKernels> LOADED = new ConcurrentHashMap<>();

  private final SymbolLookup library;

  /** A kernel that can be run. */
  record Kernel(String name, long argumentBytes, MethodHandle launch)
      implements GpuDriver.Function {

    /** Runs it to its end; a hang, a wrong grid, or misused shared memory is an exception. */
    void run(Grid grid, MemorySegment arguments, long seed) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment message = arena.allocate(MESSAGE_BYTES);
        int result =
            (int)
                launch.invokeExact(
                    grid.x(),
                    grid.y(),
                    grid.threads(),
                    grid.sharedBytes(),
                    arguments,
                    seed,
                    message,
                    MESSAGE_BYTES);
        switch (result) {
          case 0 -> {}
          case FAILED -> throw new GpuException(GpuException.Kind.LOST, message.getString(0));
          case REFUSED -> throw new GpuException(GpuException.Kind.REFUSED, message.getString(0));
          default -> throw new IllegalStateException("the host build answered " + result);
        }
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("a native call throws nothing", e);
      }
    }
  }

  private HostKernels(Path library) {
    this.library = SymbolLookup.libraryLookup(library, Arena.global());
  }

  /** Why kernels cannot be compiled here; empty if they can. */
  static Optional<String> whyNot() {
    return WHY_NOT;
  }

  /** The kernels of a file, {@code src/main/cuda/NAME.cu} or {@code src/test/cuda/NAME.cu}. */
  static HostKernels of(String file) {
    return LOADED.computeIfAbsent(file, name -> new HostKernels(compile(name)));
  }

  Kernel kernel(String name) {
    FunctionDescriptor launch =
        FunctionDescriptor.of(
            JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS,
            JAVA_INT);
    try {
      long bytes =
          (long) handle("host_size_" + name, FunctionDescriptor.of(JAVA_LONG)).invokeExact();
      return new Kernel(name, bytes, handle("host_launch_" + name, launch));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a native call throws nothing", e);
    }
  }

  private MethodHandle handle(String symbol, FunctionDescriptor type) {
    MemorySegment address =
        library
            .find(symbol)
            .orElseThrow(() ->
                new GpuException(GpuException.Kind.REFUSED, "the library has no " + symbol + "()"));
    return Linker.nativeLinker().downcallHandle(address, type);
  }

  private static Path compile(String name) {
    Path source = CudaSources.MAIN.resolve(name + ".cu");
    if (!Files.exists(source)) {
      source = CudaSources.TEST.resolve(name + ".cu");
    }
    if (!Files.exists(source)) {
      throw new GpuException(GpuException.Kind.REFUSED, "there is no kernel " + name + ".cu");
    }
    List<Path> sources = CudaSources.withHeaders(source);
    String unit = unit(sources);
    List<String> command = new ArrayList<>(List.of("g++", "-std=c++20", "-O2", "-fPIC", "-shared"));
    // Sums as they are written, so that one machine's results are another's; bytes of any type
    // under any pointer, as on a GPU; and shared arrays without initialisers.
    command.addAll(List.of("-ffp-contract=off", "-fno-strict-aliasing", "-fno-extern-tls-init"));
    command.addAll(
        List.of("-fvisibility=hidden", "-I" + CudaSources.MAIN, "-I" + CudaSources.TEST));
    command.addAll(cpuFlags());
    Path fibers = CudaSources.TEST.resolve("fibers.cpp");
    List<Path> hashed = new ArrayList<>(sources);
    hashed.addAll(List.of(fibers, CudaSources.TEST.resolve("host.hpp")));
    String hash =
        CudaSources.hash(hashed).substring(0, 16)
            + "%08x".formatted(unit.hashCode() * 31 + command.hashCode());
    Path folder = CudaSources.MODULE.resolve("target/host-kernels");
    Path library = folder.resolve(name + "-" + hash + ".so");
    if (Files.exists(library)) {
      return library;
    }
    try {
      Files.createDirectories(folder);
      Path unitFile = Files.createTempFile(folder, name, ".cpp");
      Path made = Files.createTempFile(folder, name, ".tmp");
      Files.writeString(unitFile, unit);
      command.addAll(List.of("-o", made.toString(), unitFile.toString(), fibers.toString()));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int result = process.waitFor();
      Files.delete(unitFile);
      if (result != 0) {
        Files.delete(made);
        throw new IllegalStateException("g++ does not compile " + name + ".cu:\n" + said);
      }
      // Another test run may make the same one now.
      return Files.move(made, library, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while g++ ran", e);
    }
  }

  /** What g++ compiles: the shim, the kernels as they are, and what makes them callable by name. */
  private static String unit(List<Path> sources) {
    StringBuilder unit = new StringBuilder("#include \"host.hpp\"\n");
    unit.append("#include \"").append(sources.getFirst()).append("\"\n");
    Matcher kernel = KERNEL.matcher(CudaSources.text(sources.getFirst()));
    while (kernel.find()) {
      String bound = kernel.group(1) == null ? "1024" : kernel.group(1);
      unit.append("KERNEL(%s, %s)\n".formatted(kernel.group(2), bound));
    }
    Set<String> names = new LinkedHashSet<>();
    for (Path source : sources) {
      Matcher shared = DYNAMIC_SHARED.matcher(CudaSources.text(source));
      while (shared.find()) {
        names.add(shared.group(1));
      }
    }
    for (String name : names) {
      unit.append("asm(\".set %s, host_dynamic_shared\");\n".formatted(name));
    }
    return unit.toString();
  }

  // fmaf is exact either way; without the instruction it is a slow call.
  private static List<String> cpuFlags() {
    try {
      Path about = Path.of("/proc/cpuinfo");
      String flags = Files.exists(about) ? Files.readString(about) : "";
      List<String> found = new ArrayList<>();
      for (String flag : List.of("fma", "avx2")) {
        if (flags.contains(" " + flag + " ")) {
          found.add("-m" + flag);
        }
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> askForCompiler() {
    String system = System.getProperty("os.name");
    if (!system.equals("Linux")) {
      return Optional.of("kernels are compiled for the CPU on Linux only, and this is " + system);
    }
    try {
      Process process = new ProcessBuilder("g++", "--version").redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      int result = process.waitFor();
      return result == 0 ? Optional.empty() : Optional.of("g++ --version failed with " + result);
    } catch (IOException e) {
      return Optional.of("kernels are compiled for the CPU by g++, which is missing: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking for g++", e);
    }
  }
}
