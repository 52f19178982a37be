package dev.dovetail.gpu.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernels that are shipped are those whose sources lie here, and every GPU can run them. */
class PtxTest {
  private static final Path SHIPPED =
      CudaSources.MODULE.resolve("src/main/resources/dev/dovetail/gpu");
  private static final String REMEDY =
      "run draft-gpu/src/main/cuda/compile.py, whose head says what it needs";

  static Stream<String> kernels() {
    return CudaSources.kernels().stream().map(CudaSources::name);
  }

  static Stream<Arguments> kernelsByArchitecture() {
    return kernels()
        .flatMap(name ->
            IntStream.of(52, 61, 70, 75, 80, 86, 89, 90)
                .mapToObj(architecture -> Arguments.of(name, architecture)));
  }

  @Test
  void everyPtxHasItsSource() throws IOException {
    List<String> shipped = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(SHIPPED, "*.ptx")) {
      files.forEach(file -> shipped.add(CudaSources.name(file)));
    }
    assertThat(shipped).as(REMEDY).containsExactlyInAnyOrderElementsOf(kernels().toList());
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void aPtxIsOfTheSourcesAsTheyAre(String name) {
    List<Path> sources = CudaSources.withHeaders(CudaSources.MAIN.resolve(name + ".cu"));
    assertThat(ptx(name).lines().findFirst())
        .as("%s.ptx is older than its sources %s: %s", name, sources, REMEDY)
        .contains("// sources sha256 " + CudaSources.hash(sources));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void aPtxIsForMaxwellAndTheOldestDriver(String name) {
    assertThat(ptx(name).lines())
        .contains(".version 8.0", ".target sm_50", ".address_size 64")
        .noneMatch(line -> line.startsWith(".file") || line.contains("cuda/"));
  }

  @ParameterizedTest(name = "{0} for sm_{1}")
  @MethodSource("kernelsByArchitecture")
  void aPtxIsAssembled(String name, int architecture) {
    byte[] text = Arrays.copyOf(ptx(name).getBytes(StandardCharsets.UTF_8), ptx(name).length() + 1);
    nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
    try {
      assertThat(JNvPTXCompiler.nvPTXCompilerCreate(compiler, text.length, text))
          .isEqualTo(nvPTXCompileResult.NVPTXCOMPILE_SUCCESS);
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      if (System.getProperty("os.arch").equals("amd64")
          && !System.getProperty("os.name").startsWith("Mac")) {
        throw e;
      }
      abort("there is no PTX compiler for this platform: " + e);
    }
    try {
      String[] options = {"--gpu-name=sm_" + architecture};
      int result = JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
      assertThat(result).as(errors(compiler)).isEqualTo(nvPTXCompileResult.NVPTXCOMPILE_SUCCESS);
      long[] bytes = new long[1];
      JNvPTXCompiler.nvPTXCompilerGetCompiledProgramSize(compiler, bytes);
      assertThat(bytes[0]).isPositive();
    } finally {
      JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
  }

  private static String errors(nvPTXCompilerHandle compiler) {
    long[] bytes = new long[1];
    JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(compiler, bytes);
    byte[] log = new byte[Math.toIntExact(bytes[0]) + 1];
    JNvPTXCompiler.nvPTXCompilerGetErrorLog(compiler, log);
    return new String(log, StandardCharsets.UTF_8);
  }

  private static String ptx(String name) {
    Path file = SHIPPED.resolve(name + ".ptx");
    assertThat(file).as(REMEDY).exists();
    return CudaSources.text(file);
  }
}
