package dev.dovetail.models.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.models.store.FakeHub.Answer;
import dev.dovetail.models.store.FakeHub.Asked;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ModelStoreTest {
  private static final byte[] FILE = new byte[300_000];
  private static final byte[] OTHER = new byte[FILE.length];

  static {
    new Random(7).nextBytes(FILE);
    new Random(8).nextBytes(OTHER);
  }

  @TempDir Path temp;
  private final List<AutoCloseable> servers = new ArrayList<>();
  private final List<String> messages = new ArrayList<>();
  private final PullListener listener =
      new PullListener() {
        @Override
        public void message(String line) {
          messages.add(line);
        }
      };

  @AfterEach
  void stopServers() throws Exception {
    for (AutoCloseable server : servers) {
      server.close();
    }
  }

  @Test
  void pullsThroughARedirectToAnotherServerWithoutGivingItTheToken() throws Exception {
    FakeHub storage = hub(asked -> FakeHub.file(asked, FILE, "\"1\""));
    FakeHub hub =
        hub(asked -> Answer.of(302, Map.of("Location", storage.address("/blob").toString())));
    Path file = store(hub, "secret", List.of(HUB)).pull("tiny", listener);
    assertThat(file).hasBinaryContent(FILE);
    assertThat(hub.asked.getFirst().path()).isEqualTo("/owner/repo/resolve/main/tiny.gguf");
    assertThat(hub.asked.getFirst().headers()).containsEntry("authorization", "Bearer secret");
    assertThat(storage.asked).hasSize(1);
    assertThat(storage.asked.getFirst().headers()).doesNotContainKey("authorization");
    assertThat(names())
        .containsExactlyInAnyOrder("tiny.gguf", "tiny.gguf.sha256", ".tiny.gguf.lock");
    assertThat(Files.readString(folder().resolve("tiny.gguf.sha256")))
        .isEqualTo(sum(FILE) + "  tiny.gguf\n");
  }

  @Test
  void refusesEndlessRedirects() throws Exception {
    FakeHub hub = hub(asked -> Answer.of(302, Map.of("Location", asked.path() + "x")));
    assertFails(hub, null, "redirects more than 10 times");
  }

  @Test
  void refusesRedirectsToOtherSchemes() throws Exception {
    FakeHub hub = hub(asked -> Answer.of(302, Map.of("Location", "file:///etc/passwd")));
    assertFails(hub, null, "neither http nor https");
  }

  @Test
  void resumesAfterACutConnection() throws Exception {
    AtomicInteger count = new AtomicInteger();
    FakeHub hub =
        hub(asked -> {
          Answer whole = FakeHub.file(asked, FILE, "\"1\"");
          return count.incrementAndGet() < 3 ? FakeHub.cut(whole, 100_000) : whole;
        });
    Path file = store(hub, null, List.of(HUB)).pull("tiny", listener);
    assertThat(file).hasBinaryContent(FILE);
    assertThat(hub.asked).extracting(Asked::rangeStart).containsExactly(0L, 100_000L, 200_000L);
    assertThat(hub.asked.getLast().headers()).containsEntry("if-range", "\"1\"");
  }

  @Test
  void resumesWhatAnEarlierPullLeft() throws Exception {
    FakeHub hub = hub(asked -> FakeHub.cut(FakeHub.file(asked, FILE, "\"1\""), 0));
    Files.createDirectories(folder());
    Files.write(folder().resolve("tiny.gguf.part"), java.util.Arrays.copyOf(FILE, 1234));
    Files.writeString(folder().resolve("tiny.gguf.part.etag"), "\"1\"");
    hub.behave(asked -> FakeHub.file(asked, FILE, "\"1\""));
    assertThat(store(hub, null, List.of(HUB)).pull("tiny", listener)).hasBinaryContent(FILE);
    assertThat(hub.asked).extracting(Asked::rangeStart).containsExactly(1234L);
  }

  @Test
  void startsAgainWhenTheFileHasChanged() throws Exception {
    FakeHub hub = hub(asked -> FakeHub.file(asked, FILE, "\"2\""));
    Files.createDirectories(folder());
    Files.write(folder().resolve("tiny.gguf.part"), java.util.Arrays.copyOf(OTHER, 1234));
    Files.writeString(folder().resolve("tiny.gguf.part.etag"), "\"1\"");
    assertThat(store(hub, null, List.of(HUB)).pull("tiny", listener)).hasBinaryContent(FILE);
  }

  @Test
  void startsAgainWhenTheServerKnowsNoRanges() throws Exception {
    AtomicInteger count = new AtomicInteger();
    FakeHub hub =
        hub(asked -> {
          Answer whole = new Answer(200, Map.of("ETag", "\"1\""), FILE, FILE.length, 0);
          return count.incrementAndGet() < 2 ? FakeHub.cut(whole, 100_000) : whole;
        });
    assertThat(store(hub, null, List.of(HUB)).pull("tiny", listener)).hasBinaryContent(FILE);
  }

  @Test
  void givesUpOnAServerThatAlwaysCuts() throws Exception {
    FakeHub hub = hub(asked -> FakeHub.cut(FakeHub.file(asked, FILE, "\"1\""), 0));
    assertFails(hub, null, "after 5 tries");
  }

  @Test
  void leavesAServerThatStandsStill() throws Exception {
    FakeHub hub = hub(asked -> new Answer(200, Map.of("ETag", "\"1\""), FILE, 1000, 20_000));
    long start = System.nanoTime();
    assertFails(hub, null, "stood still");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
  }

  @Test
  void namesTheTokenWhenAccessIsRefused() throws Exception {
    FakeHub hub = hub(asked -> Answer.of(401, Map.of()));
    assertFails(hub, null, "set HF_TOKEN");
    assertFails(hub, "wrong", "the token in HF_TOKEN may not read this model");
    hub.behave(asked -> Answer.of(403, Map.of()));
    assertFails(hub, null, "refuses access (403)");
    hub.behave(asked -> Answer.of(404, Map.of()));
    assertFails(hub, null, "has no such file (404): /owner/repo/resolve/main/tiny.gguf");
  }

  @Test
  void waitsAsLongAsTheServerAsks() throws Exception {
    AtomicInteger count = new AtomicInteger();
    FakeHub hub =
        hub(asked ->
            count.incrementAndGet() < 2
                ? Answer.of(429, Map.of("Retry-After", "1"))
                : FakeHub.file(asked, FILE, "\"1\""));
    long start = System.nanoTime();
    assertThat(store(hub, null, List.of(HUB)).pull("tiny", listener)).hasBinaryContent(FILE);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(990));
    hub.behave(asked -> Answer.of(429, Map.of("Retry-After", "0")));
    Files.delete(folder().resolve("tiny.gguf"));
    assertFails(hub, null, "429 (too many requests) (after 5 tries)");
  }

  @Test
  void deletesAFileWithAWrongSumAndTriesTheNextSource() throws Exception {
    FakeHub hub =
        hub(asked -> FakeHub.file(asked, asked.path().contains("bad") ? OTHER : FILE, "\"1\""));
    ModelSource bad = new ModelSource.Hub("owner/bad", "main", "tiny.gguf");
    assertThat(store(hub, null, List.of(bad, HUB)).pull("tiny", listener)).hasBinaryContent(FILE);
    assertThat(messages).anyMatch(line -> line.contains("wrong SHA-256: found " + sum(OTHER)));
    // The second source was not asked to go on from the first one's bytes.
    assertThat(hub.asked.getLast().rangeStart()).isZero();
  }

  @Test
  void refusesAWrongLength() throws Exception {
    FakeHub hub = hub(asked -> new Answer(200, Map.of(), new byte[10], 10, 0));
    assertFails(hub, null, "the file there has 10 bytes, wanted 300000");
    assertThat(names()).doesNotContain("tiny.gguf", "tiny.gguf.part");
  }

  @Test
  void showsNothingUnderTheFinalNameBeforeItIsChecked() throws Exception {
    List<Boolean> seen = new ArrayList<>();
    FakeHub hub = hub(asked -> FakeHub.file(asked, OTHER, "\"1\""));
    PullListener watcher =
        new PullListener() {
          @Override
          public void progress(long done, long total) {
            seen.add(Files.exists(folder().resolve("tiny.gguf")));
          }
        };
    assertThatThrownBy(() -> store(hub, null, List.of(HUB)).pull("tiny", watcher))
        .isInstanceOf(IOException.class);
    assertThat(seen).isNotEmpty().containsOnly(false);
    assertThat(names()).containsExactly(".tiny.gguf.lock");
  }

  @Test
  void twoPullsAtOnceFetchOnce() throws Exception {
    FakeHub hub =
        hub(asked -> {
          pause(300);
          return FakeHub.file(asked, FILE, "\"1\"");
        });
    ModelStore store = store(hub, null, List.of(HUB));
    List<CompletableFuture<Path>> pulls =
        Stream.generate(() -> CompletableFuture.supplyAsync(() -> pullUnchecked(store)))
            .limit(2)
            .toList();
    for (CompletableFuture<Path> pull : pulls) {
      assertThat(pull.get()).hasBinaryContent(FILE);
    }
    assertThat(hub.asked).hasSize(1);
  }

  @Test
  void failsAtOnceWhereNothingListens() throws Exception {
    FakeHub hub = hub(asked -> Answer.of(500, Map.of()));
    hub.close();
    long start = System.nanoTime();
    assertFails(hub, null, "cannot reach 127.0.0.1");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
  }

  @Test
  void aBundledModelNeedsNoNetwork() throws Exception {
    FakeHub hub = hub(asked -> Answer.of(500, Map.of()));
    hub.close();
    ModelStore store =
        new ModelStore(
            folder(),
            Catalogue.builtIn(),
            settings(hub.address(""), null),
            new Interpreter("no-such-python", Map.of()));

    Path file = store.pull("tiny", listener);

    CatalogueEntry tiny = store.catalogue().find("tiny").orElseThrow();
    assertThat(file).hasSize(tiny.size()).hasFileName("tiny.gguf");
    assertThat(sum(Files.readAllBytes(file))).isEqualTo(tiny.sha256());
    assertThat(store.isOutdated("tiny")).isFalse();
    Files.writeString(file, "an earlier version's");
    assertThat(store.isOutdated("tiny")).isTrue();
    Files.delete(file);
    assertThat(store.isOutdated("tiny")).isFalse();
    Files.writeString(folder().resolve("SmolLM2-135M-Instruct.Q4_1.gguf"), "another one");
    assertThat(store.isOutdated("smollm2-135m-instruct"))
        .as("it is not replaced unasked")
        .isFalse();
  }

  @Test
  void saysThatABuildLacksABundledModel() throws Exception {
    FakeHub hub = hub(asked -> Answer.of(500, Map.of()));
    ModelStore store = store(hub, null, List.of(new ModelSource.Bundled("other.gguf")));
    assertThatThrownBy(() -> store.pull("tiny", listener))
        .hasMessageContaining("this build does not carry other.gguf");
  }

  @Test
  void namesEverySourceThatFailed() throws Exception {
    FakeHub hub = hub(asked -> Answer.of(404, Map.of()));
    ModelStore store =
        store(hub, null, List.of(HUB, new ModelSource.Packages(List.of("tiny-model==1.0"))));
    assertThatThrownBy(() -> store.pull("tiny", listener))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("hub owner/repo/tiny.gguf: 127.0.0.1 has no such file")
        .hasMessageContaining("Python package tiny-model==1.0: no-such-python cannot be started");
    assertThat(names()).containsExactly(".tiny.gguf.lock");
  }

  @Test
  void pullsFromTheHubByPathAndChecksTheSumItNames() throws Exception {
    FakeHub storage = hub(asked -> FakeHub.file(asked, FILE, "\"blob\""));
    FakeHub hub =
        hub(asked ->
            Answer.of(
                302,
                Map.of(
                    "Location",
                    storage.address("/blob").toString(),
                    "X-Linked-ETag",
                    "\"" + sum(FILE) + "\"")));
    ModelStore store = store(hub, null, List.of(HUB));
    assertThat(store.pull("hf:some/one/sub/m.gguf", listener))
        .hasBinaryContent(FILE)
        .hasFileName("m.gguf");
    assertThat(hub.asked.getFirst().path()).isEqualTo("/some/one/resolve/main/sub/m.gguf");
    storage.behave(asked -> FakeHub.file(asked, OTHER, "\"blob\""));
    assertThatThrownBy(() -> store.pull("hf:some/one/n.gguf", listener))
        .hasMessageContaining("wrong SHA-256");
  }

  @Test
  void keepsAFileOfTheSameNameOnlyIfItIsTheSame() throws Exception {
    FakeHub hub =
        hub(asked -> {
          byte[] file = asked.path().contains("/other/") ? OTHER : FILE;
          return new Answer(
              200,
              Map.of("ETag", "\"1\"", "X-Linked-ETag", "\"" + sum(file) + "\""),
              file,
              file.length,
              0);
        });
    ModelStore store = store(hub, null, List.of(HUB));
    Path file = store.pull("hf:some/one/m.gguf", listener);
    assertThat(store.pull("hf:some/one/m.gguf", listener)).isEqualTo(file);
    assertThat(messages.getLast()).isEqualTo("m.gguf is already here");
    assertThatThrownBy(() -> store.pull("hf:some/other/m.gguf", listener))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "m.gguf is already here, and differs from the one at 127.0.0.1:"
                + " 'dovetail rm m.gguf' first if that one is wanted");
    assertThat(file).hasBinaryContent(FILE);
    // The recorded sum does not speak for a file that has been changed since.
    Files.write(file, OTHER);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(10)));
    assertThatThrownBy(() -> store.pull("hf:some/one/m.gguf", listener))
        .hasMessageContaining("differs from the one");
    hub.close();
    assertThatThrownBy(() -> store.pull("hf:some/one/m.gguf", listener))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("m.gguf is already here, but cannot be compared: cannot reach");
  }

  @Test
  void comparesLengthsWhereASourceNamesNoSum() throws Exception {
    FakeHub server = hub(asked -> FakeHub.file(asked, FILE, "\"1\""));
    ModelStore store = store(server, null, List.of(HUB));
    String address = server.address("/x/m.gguf").toString();
    Path file = store.pull(address, listener);
    assertThat(store.pull(address, listener)).isEqualTo(file);
    assertThat(messages.getLast())
        .isEqualTo("m.gguf is already here; no SHA-256 is known to check it by");
    Files.write(file, new byte[10]);
    assertThatThrownBy(() -> store.pull(address, listener))
        .hasMessageContaining("differs from the one");
    assertThat(file).hasSize(10);
  }

  @Test
  void replacesACataloguesFileThatIsWrong() throws Exception {
    ModelStore store = store(hub(asked -> FakeHub.file(asked, FILE, "\"1\"")), null, List.of(HUB));
    Files.createDirectories(folder());
    Files.write(folder().resolve("tiny.gguf"), OTHER);
    assertThat(store.pull("tiny", listener)).hasBinaryContent(FILE);
    assertThat(messages.getFirst())
        .isEqualTo("tiny.gguf is here with a wrong SHA-256; it is replaced");
  }

  @Test
  void saysWhenAnAddressCannotBeChecked() throws Exception {
    FakeHub server = hub(asked -> FakeHub.file(asked, FILE, "\"1\""));
    FakeHub endpoint = hub(asked -> Answer.of(404, Map.of()));
    ModelStore store = store(endpoint, "secret", List.of(HUB));
    assertThat(store.pull(server.address("/x/m.gguf?a=b").toString(), listener))
        .hasBinaryContent(FILE);
    assertThat(server.asked.getFirst().headers()).doesNotContainKey("authorization");
    assertThat(messages)
        .anyMatch(line -> line.contains("no SHA-256 is known") && line.contains(sum(FILE)));
    assertThat(store.list())
        .singleElement()
        .satisfies(m -> assertThat(m.sha256()).hasValue(sum(FILE)));
  }

  @Test
  void refusesNamesThatLeaveTheStore() throws Exception {
    ModelStore store = store(hub(asked -> Answer.of(404, Map.of())), null, List.of(HUB));
    for (String what :
        List.of(
            "hf:a/b",
            "hf:a/b/../c.gguf",
            "hf:a/b/c.exe",
            "http://h/..",
            "http://h/.gguf",
            "http://h",
            "tyni")) {
      assertThatThrownBy(() -> store.pull(what, listener))
          .as(what)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> store.pull("tyni", listener))
        .hasMessageContaining("did you mean tiny?");
    assertThatThrownBy(() -> store.remove("../x.gguf")).hasMessageContaining("is not in the store");
  }

  @Test
  void resolvesPathsAndNames() throws Exception {
    ModelStore store = store(hub(asked -> FakeHub.file(asked, FILE, "\"1\"")), null, List.of(HUB));
    Path own = Files.write(temp.resolve("own.gguf"), new byte[1]);
    assertThat(store.resolve(own.toString())).isEqualTo(own);
    assertThatThrownBy(() -> store.resolve("tiny"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tiny is not in the store yet: 'dovetail pull tiny' fetches it (1 MB)");
    assertThatThrownBy(() -> store.resolve("tinny")).hasMessageContaining("did you mean tiny?");
    Path file = store.pull("tiny", listener);
    assertThat(store.resolve("tiny")).isEqualTo(file);
    assertThat(store.resolve("tiny.gguf")).isEqualTo(file);
    assertThat(store.list()).extracting(ModelStore.StoredModel::name).containsExactly("tiny");
    store.remove("tiny");
    assertThat(store.list()).isEmpty();
    assertThatThrownBy(() -> store.remove("tiny")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void saysThatAFolderCannotBeMade() throws Exception {
    Files.write(temp.resolve("plain"), new byte[1]);
    ModelStore store =
        new ModelStore(
            temp.resolve("plain").resolve("store"),
            catalogue(List.of(HUB)),
            settings(URI.create("http://127.0.0.1:1"), null),
            new Interpreter("no-such-python", Map.of()));
    assertThatThrownBy(() -> store.pull("tiny", listener))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot write to ");
  }

  private static final ModelSource HUB = new ModelSource.Hub("owner/repo", "main", "tiny.gguf");

  private void assertFails(FakeHub hub, String token, String message) {
    assertThatThrownBy(() -> store(hub, token, List.of(HUB)).pull("tiny", listener))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "secret"));
    assertThat(folder().resolve("tiny.gguf")).doesNotExist();
  }

  private FakeHub hub(Function<Asked, Answer> behaviour) throws IOException {
    FakeHub hub = new FakeHub(behaviour);
    servers.add(hub);
    return hub;
  }

  private Path folder() {
    return temp.resolve("store");
  }

  @Test
  void packedWeightsAreKeptByTheSumOfTheirModelAndGoWithIt() throws IOException {
    ModelStore store = ModelStore.open(Map.of("DOVETAIL_MODELS", folder().toString()));
    Files.createDirectories(folder());
    Path model = Files.write(folder().resolve("some.gguf"), FILE);
    Path packed = store.packedFolder(model).orElseThrow();
    assertThat(packed.getParent()).isEqualTo(folder().resolve("packed"));
    assertThat(packed.getFileName().toString()).startsWith(sum(FILE) + "-");
    assertThat(store.packedFolder(model)).contains(packed);
    assertThat(folder().resolve("some.gguf.sha256")).hasContent(sum(FILE) + "  some.gguf\n");
    Files.createDirectories(packed);
    Files.write(packed.resolve("cpu.panels"), new byte[77]);
    assertThat(store.list()).singleElement().extracting("packedSize").isEqualTo(77L);

    Files.write(model, OTHER);
    Files.setLastModifiedTime(model, FileTime.from(Instant.now().plusSeconds(10)));
    Path other = store.packedFolder(model).orElseThrow();
    assertThat(other.getFileName().toString()).startsWith(sum(OTHER) + "-");

    // Replaced by an older file, for which the recorded sum is wrong.
    Files.write(model, FILE);
    Files.setLastModifiedTime(model, FileTime.from(Instant.now().minusSeconds(1000)));
    assertThat(store.packedFolder(model).orElseThrow()).isNotEqualTo(other).isNotEqualTo(packed);
    Files.createDirectories(other);
    store.remove("some.gguf");
    assertThat(folder().resolve("packed")).isEmptyDirectory();
    assertThat(store.packedFolder(Files.write(temp.resolve("elsewhere.gguf"), FILE))).isEmpty();
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private ModelStore store(FakeHub hub, String token, List<ModelSource> sources) {
    return new ModelStore(
        folder(),
        catalogue(sources),
        settings(hub.address(""), token),
        new Interpreter("no-such-python", Map.of()));
  }

  private static HubSettings settings(URI endpoint, String token) {
    return new HubSettings(endpoint, token, Duration.ofSeconds(1), Duration.ofMillis(10));
  }

  static Catalogue catalogue(List<ModelSource> sources) {
    return Catalogue.of(
        List.of(
            new CatalogueEntry(
                "tiny", "tiny.gguf", sum(FILE), FILE.length, "MIT", "a test", sources)));
  }

  private Path pullUnchecked(ModelStore store) {
    try {
      return store.pull("tiny", PullListener.SILENT);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static String sum(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
