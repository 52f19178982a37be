package dev.dovetail.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class Version implements IVersionProvider {
  /** As the jar's manifest has it; {@code development} where classes run without one. */
  static String number() {
    return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  /**
   * The commit that the program was built from, {@code -dirty} behind it if sources had changed
   * since; empty if they were in no repository.
   */
  static Optional<String> commit() {
    Properties built = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("commit.properties")) {
      if (in != null) {
        built.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String dirty = built.getProperty("git.dirty", "").equals("true") ? "-dirty" : "";
    return Optional.ofNullable(built.getProperty("git.commit.id.abbrev"))
        .filter(commit -> !commit.isEmpty())
        .map(commit -> commit + dirty);
  }

  @Override
  public String[] getVersion() {
    return new String[] {
      "dovetail " + number() + commit().map(commit -> " (" + commit + ")").orElse(""),
      "Java %s, %s %s"
          .formatted(
              Runtime.version(), System.getProperty("os.name"), System.getProperty("os.arch")),
    };
  }
}
