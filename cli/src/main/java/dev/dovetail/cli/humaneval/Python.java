package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The user's python3, without packages installed beside its standard library: what passes on one
 * machine shall pass on another.
 *
 * @param executable the interpreter itself, no link and no wrapper
 * @param version such as {@code 3.12.4}
 * @param files folders and files that it needs to run, none inside another
 */
record Python(Path executable, String version, List<Path> files) {
  private static final String QUESTION =
      """
      import json, os, sys, sysconfig
      executable = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
      libraries = [os.path.dirname(sysconfig.get_path(p)) for p in ("stdlib", "platstdlib")]
      libraries.append(sysconfig.get_config_var("LIBDIR"))
      print(json.dumps({"executable": executable, "version": sys.version_info[:3], "libraries": libraries}))
      """;

  /** Where systems keep programs and libraries; of what follows a link, the link is enough. */
  private static final List<String> SYSTEM =
      List.of(
          "/usr",
          "/lib",
          "/lib32",
          "/lib64",
          "/bin",
          "/sbin",
          "/nix/store",
          "/gnu/store",
          "/etc/ld.so.cache");

  Python {
    files = List.copyOf(files);
  }

  /**
   * Asks the python3 on the path.
   *
   * @throws IllegalStateException if there is none, or it is too old or does not run
   */
  static Python find(Map<String, String> env) {
    List<String> command = List.of("python3", "-I", "-S", "-c", QUESTION);
    try {
      Process process = ChildProcess.start(command, env);
      process.getOutputStream().close();
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String complaint = ChildProcess.lastLine(process.getErrorStream());
      if (process.waitFor() != 0) {
        throw new IllegalStateException(
            "programs are scored by running them with python3 (3.9 or newer), which does not start: "
                + complaint);
      }
      return of(new ObjectMapper().readTree(answer));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while python3 was asked for its version", e);
    }
  }

  private static Python of(JsonNode answer) {
    JsonNode numbers = answer.path("version");
    int major = numbers.path(0).asInt();
    int minor = numbers.path(1).asInt();
    String version = "%d.%d.%d".formatted(major, minor, numbers.path(2).asInt());
    if (major < 3 || (major == 3 && minor < 9)) {
      throw new IllegalStateException(
          "programs are scored with Python 3.9 or newer; python3 on the PATH is " + version);
    }
    Path executable = Path.of(answer.path("executable").asText());
    List<String> wanted = new ArrayList<>(SYSTEM);
    for (JsonNode library : answer.path("libraries")) {
      if (library.isTextual()) {
        wanted.add(library.asText());
      }
    }
    wanted.add(executable.toString());
    List<Path> files = new ArrayList<>();
    for (String name : wanted) {
      Path path = Path.of(name);
      if (Files.exists(path) && files.stream().noneMatch(path::startsWith)) {
        files.add(path);
      }
    }
    return new Python(executable, version, outsideOfHome(files));
  }

  private static List<Path> outsideOfHome(List<Path> files) {
    Path home = Path.of(System.getProperty("user.home"));
    for (Path path : files) {
      if (home.startsWith(path)) {
        throw new IllegalStateException(
            "python3 keeps its libraries in %s, which programs would then read, the home folder with it: put another python3 on the PATH"
                .formatted(path));
      }
    }
    return files;
  }

  /** The command that runs a script. */
  List<String> running(String script) {
    return List.of(executable.toString(), "-S", "-s", "-B", "-c", script);
  }

  /** The text of a resource beside this class. */
  static String resource(String name) {
    try (var in = Python.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
