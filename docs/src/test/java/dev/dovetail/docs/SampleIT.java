package dev.dovetail.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyModels;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Builds a copy of the sample with Maven, against what the build has installed, and runs its
 * programs.
 */
class SampleIT {
  private static final List<String> FLAGS =
      List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");
  private static final Path SAMPLE = Path.of("sample");

  @TempDir private static Path folder;

  private static Path model;

  /** What a finished process has printed. */
  private record Output(List<String> out, List<String> err) {}

  @BeforeAll
  static void build() throws IOException, InterruptedException {
    copySample();
    Path settings = folder.resolve("settings.xml");
    Files.writeString(settings, settings());
    String script = File.separatorChar == '\\' ? "mvn.cmd" : "mvn";
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("maven.home"), "bin", script).toString());
    // As global settings, so that a user's own (mirrors, proxies) still count.
    command.addAll(List.of("-gs", settings.toString(), "-B", "-ntp", "-Dstyle.color=never"));
    command.add("-Dmaven.repo.local=" + System.getProperty("sample.repository"));
    if (System.getProperty("maven.mode").equals("offline: true")) {
      command.addAll(List.of("-o", "-Daether.offline.protocols=file"));
    }
    command.add("package");
    run(command);
    model = TinyModels.write(folder.resolve("tiny.gguf"), "llama", TensorType.Q4_1, 1);
  }

  private static void copySample() throws IOException {
    try (Stream<Path> files = Files.walk(SAMPLE)) {
      for (Path file : files.filter(file -> !file.startsWith(SAMPLE.resolve("target"))).toList()) {
        Path copy = folder.resolve(SAMPLE.relativize(file));
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }

  /**
   * What this build has resolved already is taken from its own local repository; the rest comes
   * from where it does.
   */
  private static String settings() {
    String url = Path.of(System.getProperty("maven.repository")).toUri().toString();
    String repository =
        """
        <id>resolved</id>
        <url>%s</url>
        <snapshots><enabled>false</enabled></snapshots>
        """
            .formatted(url);
    return """
    <settings>
      <profiles>
        <profile>
          <id>resolved</id>
          <repositories><repository>%s</repository></repositories>
          <pluginRepositories><pluginRepository>%s</pluginRepository></pluginRepositories>
        </profile>
      </profiles>
      <activeProfiles><activeProfile>resolved</activeProfile></activeProfiles>
    </settings>
    """
        .formatted(repository, repository);
  }

  /** Every jar costs a user something; a new one is seen here first. */
  @Test
  void aUserGetsNoMoreThanIsNeeded() throws IOException {
    try (Stream<Path> jars = Files.list(folder.resolve("target/lib"))) {
      assertThat(jars.map(jar -> jar.getFileName().toString().replaceFirst("-\\d.*", "")))
          .containsExactlyInAnyOrder(
              // Dovetail.
              "dgf-fusion",
              "engine-core",
              "models",
              "verify-cpu",
              // Checkpoints' configurations.
              "jackson-annotations",
              "jackson-core",
              "jackson-databind",
              // Chat templates.
              "algebra",
              "big-math",
              "commons-lang3",
              "commons-net",
              "failureaccess",
              "guava",
              "immutables-exceptions",
              "jackson-dataformat-yaml",
              "jackson-datatype-jdk8",
              "java-ipv6",
              "javassist",
              "jinjava",
              "re2j",
              "slf4j-api",
              "snakeyaml");
    }
  }

  @Test
  void helloGivesTheSameTextWithoutTheVectorModuleAndOneWarning()
      throws IOException, InterruptedException {
    Output fast = sample(FLAGS, "Hello", model.toString(), "the sun");
    Output slow = sample(List.of(), "Hello", model.toString(), "the sun");
    int last = slow.out().size() - 1;
    assertThat(fast.out().getLast())
        .matches(
            "\\d+ tokens, [\\d.]+ a second, [\\d.]+ a round; draft: lookup; kernels: panama-\\d+");
    assertThat(slow.out().getLast()).endsWith("kernels: scalar");
    assertThat(slow.out().subList(0, last)).isEqualTo(fast.out().subList(0, last)).isNotEmpty();

    // The JVM's own warning of its incubating module, and nothing of ours.
    assertThat(fast.err()).singleElement().asString().contains("incubator");
    // System.Logger's own way to print is a line that says when and where, then the message.
    assertThat(slow.err()).hasSize(2);
    assertThat(slow.err().getLast())
        .startsWith("WARNING: ")
        .contains("--add-modules jdk.incubator.vector");
  }

  @Test
  void scalarKernelsRunWhereTheJvmRefusesNativeAccess() throws IOException, InterruptedException {
    Output refused =
        sample(
            List.of(FLAGS.getFirst(), "--illegal-native-access=deny"),
            "Hello",
            model.toString(),
            "the sun");
    assertThat(refused.out().getLast()).endsWith("kernels: scalar");
    assertThat(refused.err().getLast()).contains("--enable-native-access=ALL-UNNAMED");
  }

  @Test
  void draftsChangeNoText() throws IOException, InterruptedException {
    Output identity = sample(FLAGS, "Identity", model.toString(), "the quick brown fox");
    assertThat(identity.out()).hasSize(4).allMatch(line -> line.endsWith("the same text"));
    assertThat(identity.out())
        .filteredOn(line -> line.contains("draft habits"))
        .hasSize(2)
        .noneMatch(line -> line.contains(": 0 of"));
  }

  @Test
  void theTourGoesWhereThePageSays() throws IOException, InterruptedException {
    Output tour = sample(FLAGS, "Tour", model.toString());
    assertThat(String.join("\n", tour.out()))
        .matches(
            """
            sampled: true
            options: (STOP|LENGTH|STOP_SEQUENCE)
            cancelled: CANCELLED
            conversation: 4
            reused: true
            threads: \\[8, 8, 8]
            batch: 2\
            """);
  }

  private static Output sample(List<String> flags, String program, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    // The texts of a random model are any bytes; they are compared as UTF-8 whatever the machine's
    // locale.
    command.add("-Dstdout.encoding=UTF-8");
    command.add("-cp");
    command.add(
        folder.resolve("target/classes") + File.pathSeparator + folder.resolve("target/lib/*"));
    command.add("sample." + program);
    command.addAll(List.of(arguments));
    return run(command);
  }

  private static Output run(List<String> command) throws IOException, InterruptedException {
    Path out = Files.createTempFile(folder, "run", ".out");
    Path err = Files.createTempFile(folder, "run", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    // The JDK of this test, whatever runs the outer Maven; for something so short its first
    // compiler
    // is enough. And no flags that print.
    var environment = builder.environment();
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    environment.keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
    int status = builder.start().waitFor();
    assertThat(status).as(() -> "%s%n%s%n%s".formatted(command, read(out), read(err))).isZero();
    return new Output(Files.readAllLines(out), Files.readAllLines(err));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
