package dev.dovetail.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What {@code library.md} quotes is what the sample compiles, and the sample is built as all else
 * is.
 */
class LibraryPageTest {
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```(java|xml)\\n(.*?)^```$");
  private static final Pattern PLUGIN =
      Pattern.compile("<artifactId>maven-(\\w+)-plugin</artifactId>\\s*<version>([^<]*)</version>");
  private static final Pattern PROPERTY =
      Pattern.compile("<plugin\\.(\\w+)\\.version>([^<]*)</plugin");

  @Test
  void everySnippetIsPartOfTheSample() throws IOException {
    String sample;
    try (Stream<Path> files = Files.walk(Path.of("sample"))) {
      sample =
          files
              .filter(file -> file.toString().matches(".*\\.(java|xml)"))
              .map(LibraryPageTest::withoutIndentation)
              .collect(Collectors.joining("\n"));
    }
    List<String> snippets =
        BLOCK
            .matcher(Files.readString(Path.of("library.md")))
            .results()
            .map(block -> withoutIndentation(block.group(2)))
            .toList();
    assertThat(snippets).hasSizeGreaterThan(8);
    assertThat(snippets).allSatisfy(snippet -> assertThat(sample).contains(snippet));
  }

  /**
   * The sample stands alone, so it repeats versions; others than the build's would be downloaded by
   * nobody else.
   */
  @Test
  void theSampleUsesTheBuildsPlugins() throws IOException {
    var build = new TreeMap<String, String>();
    PROPERTY
        .matcher(Files.readString(Path.of("..", "pom.xml")))
        .results()
        .forEach(property -> build.put(property.group(1), property.group(2)));
    var sample = new TreeMap<String, String>();
    PLUGIN
        .matcher(Files.readString(Path.of("sample", "pom.xml")))
        .results()
        .forEach(plugin -> sample.put(plugin.group(1), plugin.group(2)));
    assertThat(sample)
        .containsOnlyKeys("compiler", "dependency", "jar", "resources", "surefire")
        .allSatisfy((plugin, version) -> assertThat(build).containsEntry(plugin, version));
  }

  private static String withoutIndentation(Path file) {
    try {
      return withoutIndentation(Files.readString(file));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String withoutIndentation(String text) {
    return text.lines().map(String::strip).collect(Collectors.joining("\n"));
  }
}
