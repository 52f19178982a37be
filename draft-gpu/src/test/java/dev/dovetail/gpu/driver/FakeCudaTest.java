package dev.dovetail.gpu.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The driver over JCuda's own native code, and under that a libcuda.so.1 and a libcublas.so.12 that
 * are made of {@code src/test/c}: what reaches the driver, and what comes back. It takes a process
 * of its own, since the dynamic linker must find them first.
 */
class FakeCudaTest {
  private static final Path SOURCES = Path.of("src/test/c");

  @TempDir Path folder;

  @Test
  void everyCallReachesTheDriverAsItShould() throws Exception {
    Assumptions.assumeTrue(
        "Linux".equals(System.getProperty("os.name"))
            && "amd64".equals(System.getProperty("os.arch")),
        "the fake driver is for Linux on x86-64");
    Assumptions.assumeTrue(found("gcc"), "gcc, which makes the fake driver, is not installed");
    compile("fake_cuda.c", "libcuda.so.1");
    compile("fake_cublas.c", "libcublas.so.12");
    String said =
        run(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-ea",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                FakeCudaRun.class.getName()));
    assertThat(said).contains("all of it worked");
  }

  private void compile(String source, String library) throws Exception {
    run(
        List.of(
            "gcc",
            "-Wall",
            "-Werror",
            "-O1",
            "-shared",
            "-fPIC",
            "-Wl,-soname," + library,
            "-o",
            folder.resolve(library).toString(),
            SOURCES.resolve(source).toString()));
  }

  private static boolean found(String program) {
    return List.of(System.getenv("PATH").split(":")).stream()
        .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
  }

  private String run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LD_LIBRARY_PATH", folder.toString());
    Path output = folder.resolve("output.txt");
    Process process = builder.redirectOutput(output.toFile()).start();
    boolean ended = process.waitFor(60, TimeUnit.SECONDS);
    process.destroyForcibly();
    String said = Files.readString(output);
    assertThat(ended).as("ended in time; it said: %s", said).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }
}
