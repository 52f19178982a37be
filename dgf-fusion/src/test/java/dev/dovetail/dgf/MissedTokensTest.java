package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.dgf.testing.TinyDraft;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.device.TreeGrowth;
import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A drafter that was not asked for long is told the last tokens only. */
class MissedTokensTest {
  private static final int TOLD = 20;
  private static final int[] TEXT = new Random(2).ints(200, 0, TinyModels.VOCABULARY).toArray();

  @TempDir private Path folder;

  @Test
  void itGuessesAsOneThatBeganWithThem() throws IOException {
    withDraft(draft -> {
      TokenTree fresh;
      try (Drafter drafter = draft.newDrafter(TEXT.length)) {
        drafter.extend(told(0, 90));
        fresh = guess(drafter, 90);
      }
      try (Drafter drafter = draft.newDrafter(TEXT.length)) {
        drafter.extend(told(0, 5));
        guess(drafter, 5);
        drafter.extend(told(90 - TOLD, 90));
        TokenTree behindGap = guess(drafter, 90);
        try (Drafter began = draft.newDrafter(TEXT.length)) {
          began.extend(told(90 - TOLD, 90));
          assertSame(guess(began, 90), behindGap);
        }
        // The tokens before them would have made a difference.
        assertThat(behindGap.logProbabilities()).isNotEqualTo(fresh.logProbabilities());
      }
    });
  }

  @Test
  void itGoesOnBehindThemAndForgetsBackIntoThem() throws IOException {
    withDraft(draft -> {
      try (Drafter drafter = draft.newDrafter(TEXT.length);
          Drafter other = draft.newDrafter(TEXT.length)) {
        drafter.extend(told(70, 90));
        drafter.extend(told(90, 100));
        drafter.truncate(96);
        drafter.extend(told(95, 110));
        other.extend(told(70, 110));
        assertSame(guess(other, 110), guess(drafter, 110));

        // Forgets what it never knew, and begins again.
        drafter.truncate(40);
        drafter.extend(told(39, 60));
        try (Drafter again = draft.newDrafter(TEXT.length)) {
          again.extend(told(39, 60));
          assertSame(guess(again, 60), guess(drafter, 60));
        }
      }
    });
  }

  @Test
  void tokensThatItKnowsAreRefused() throws IOException {
    withDraft(draft -> {
      try (Drafter drafter = draft.newDrafter(TEXT.length)) {
        drafter.extend(told(70, 90));
        assertThatThrownBy(() -> drafter.extend(told(89, 95)))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("the draft expects position 90 next; found 89");
      }
    });
  }

  private void withDraft(Consumer<DraftModel> use) throws IOException {
    Path checkpoint = TinyDraft.standard().write(folder);
    Draft trying =
        Draft.using(target -> {
          DraftModel draft = new DgfProvider().open(checkpoint, target).orElseThrow();
          use.accept(draft);
          return draft;
        });
    TinyGeneration.open(TinyGeneration.model(folder, "llama"), trying, 1).close();
  }

  /** Positions {@code from} to {@code to} of the text, with features of each position's own. */
  private static AcceptedTokens told(int from, int to) {
    short[] features = new short[(to - from) * TinyModels.HIDDEN];
    for (int position = from; position < to; position++) {
      Random random = new Random(position);
      for (int i = 0; i < TinyModels.HIDDEN; i++) {
        features[(position - from) * TinyModels.HIDDEN + i] =
            Float.floatToFloat16((float) random.nextGaussian());
      }
    }
    return new AcceptedTokens(
        from, to - from, features, Arrays.copyOfRange(TEXT, from + 1, to + 1));
  }

  /** What follows so many tokens and the pending one. */
  private static TokenTree guess(Drafter drafter, int told) {
    Sampler greedy = new Sampler(SamplingOptions.GREEDY, TinyModels.VOCABULARY);
    return drafter.draft(new TreeShape(3, 2), TreeGrowth.NO_FLOOR, TEXT.clone(), told + 1, greedy);
  }

  private static void assertSame(TokenTree expected, TokenTree actual) {
    assertThat(actual.tokens()).isEqualTo(expected.tokens());
    assertThat(actual.parents()).isEqualTo(expected.parents());
    assertThat(actual.logProbabilities()).isEqualTo(expected.logProbabilities());
  }
}
