package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.NoDrafter;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.models.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is said when something is used, or changes, in a way that cannot work. */
@Timeout(120)
class MisuseTest {
  private static final int[] PROMPT = TinyGeneration.prompt(10);
  private static final GenerationOptions OPTIONS =
      TinyGeneration.options(SamplingOptions.of(1.1f, 1), 40);

  @TempDir private static Path folder;

  @Test
  void aSessionGeneratesOneTextAtATime() throws Exception {
    try (Engine engine = TinyGeneration.open(model(), Draft.none(), 2);
        Session session = engine.newSession();
        ExecutorService threads = Executors.newSingleThreadExecutor()) {
      List<Throwable> failures = new ArrayList<>();
      Completion text =
          session.generate(
              PROMPT,
              OPTIONS,
              token -> {
                if (failures.isEmpty()) {
                  failures.add(catchThrowable(() -> session.generate(PROMPT, OPTIONS, t -> {})));
                  failures.add(
                      catchThrowable(() ->
                          threads.submit(() -> session.generate(PROMPT, OPTIONS, t -> {})).get()));
                }
              });
      assertThat(failures.getFirst())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("this session is generating already");
      assertThat(failures.getLast())
          .hasRootCauseInstanceOf(IllegalStateException.class)
          .hasStackTraceContaining("this session is generating already");
      assertThat(text.tokenIds())
          .isEqualTo(TinyGeneration.generate(engine, PROMPT, OPTIONS).tokenIds());
      assertThat(session.generate(PROMPT, OPTIONS, t -> {}).text()).isEqualTo(text.text());
    }
  }

  @Test
  void anEngineThatIsClosedEndsItsSessions() throws Exception {
    for (int threads = 1; threads <= 2; threads++) {
      Engine engine = TinyGeneration.open(model(), Draft.none(), threads);
      CountDownLatch started = new CountDownLatch(1);
      GenerationOptions endless = TinyGeneration.options(SamplingOptions.of(1.1f, 1), 900);
      try (ExecutorService other = Executors.newSingleThreadExecutor();
          Session session = engine.newSession()) {
        Future<Completion> text =
            other.submit(() -> session.generate(PROMPT, endless, token -> started.countDown()));
        started.await();
        engine.close();
        assertThatThrownBy(text::get)
            .hasRootCauseInstanceOf(IllegalStateException.class)
            .hasStackTraceContaining("closed");
      }
    }
  }

  /** A file that another program shortens while its weights are packed. */
  @Test
  @DisabledOnOs(
      value = OS.WINDOWS,
      disabledReason = "Windows keeps a mapped file from being shortened")
  void aFileThatIsShortenedWhileItIsOpened() throws IOException {
    Path file = Files.copy(model(), folder.resolve("shortened.gguf"));
    Draft shortening =
        Draft.using(target -> {
          shorten(file);
          return new SilentDraft();
        });
    assertShortened(file, () -> TinyGeneration.open(file, shortening, 2).close());
  }

  @Test
  @DisabledOnOs(
      value = OS.WINDOWS,
      disabledReason = "Windows keeps a mapped file from being shortened")
  void aFileThatIsShortenedWhileItIsUsed() throws IOException {
    Path file = Files.copy(model(), folder.resolve("shortened-later.gguf"));
    try (Engine engine = TinyGeneration.open(file, Draft.none(), 2)) {
      TinyGeneration.generate(engine, PROMPT, OPTIONS);
      shorten(file);
      assertShortened(file, () -> TinyGeneration.generate(engine, PROMPT, OPTIONS));
    }
  }

  private record SilentDraft() implements DraftModel {
    @Override
    public String name() {
      return "silent";
    }

    @Override
    public Drafter newDrafter(int capacity) {
      return new NoDrafter();
    }
  }

  private static void assertShortened(Path file, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining("it was shortened or replaced while in use")
        .hasCauseInstanceOf(InternalError.class);
  }

  private static void shorten(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path model() throws IOException {
    return TinyGeneration.model(folder, "llama");
  }
}
