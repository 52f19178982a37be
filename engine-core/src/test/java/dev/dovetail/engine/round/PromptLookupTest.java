package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
  @Test
  void whatCameBehindTheSameTokensIsGuessed() {
    assertThat(guess(List.of(5, 6, 7, 8, 1, 5, 6), 3)).containsExactly(7, 8, 1);
  }

  @Test
  void thePlaceThatAgreesInMoreTokensWinsOverALaterOne() {
    assertThat(guess(List.of(1, 2, 3, 40, 9, 3, 50, 9, 1, 2, 3), 1)).containsExactly(40);
  }

  @Test
  void ofPlacesThatAgreeAsFarTheLatestWins() {
    assertThat(guess(List.of(2, 3, 40, 9, 2, 3, 50, 8, 2, 3), 1)).containsExactly(50);
  }

  @Test
  void aStretchThatRepeatsGoesOn() {
    assertThat(guess(List.of(9, 1, 2, 3, 1, 2, 3), 7)).containsExactly(1, 2, 3, 1, 2, 3, 1);
  }

  @Test
  void aTokenThatIsNewSuggestsNothing() {
    assertThat(guess(List.of(1, 2, 3), 4)).isEmpty();
    assertThat(guess(List.of(1), 4)).isEmpty();
  }

  @Test
  void whereNothingIsWantedNothingIsGuessed() {
    assertThat(guess(List.of(1, 1, 1), 0)).isEmpty();
  }

  @Test
  void aGuessIsLikelierTheFurtherItsPlaceAgrees() {
    List<Integer> text = List.of(1, 2, 3, 4, 5, 9, 8, 1, 2, 3, 4);
    TokenTree chain = PromptLookup.guess(ints(text), text.size(), 4);

    for (int i = 1; i < chain.size(); i++) {
      assertThat(chain.logProbabilities()[i]).isGreaterThan(chain.logProbabilities()[i - 1]);
    }
    // Four tokens agree.
    assertThat(Math.exp(chain.logProbabilities()[0])).isBetween(0.73, 0.75);
  }

  /** What stands behind the sequence is scratch. */
  @Test
  void tokensBehindTheEndAreNotRead() {
    int[] context = {1, 2, 3, 1, 2, 77, 77};

    assertThat(PromptLookup.guess(context, 5, 3).tokens()).containsExactly(3, 1, 2);
  }

  @Test
  void itFindsWhatASearchOfAllPlacesFinds() {
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      int length = 1 + random.nextInt(60);
      int[] text = random.ints(length, 0, 2 + random.nextInt(4)).toArray();

      assertThat(PromptLookup.guess(text, length, 5).tokens())
          .as("%s", Arrays.toString(text))
          .isEqualTo(searched(text, 5));
    }
  }

  /** All places with each agreement, from 16 tokens on down. */
  private static int[] searched(int[] text, int most) {
    for (int agreeing = Math.min(16, text.length - 1); agreeing > 0; agreeing--) {
      int[] end = Arrays.copyOfRange(text, text.length - agreeing, text.length);
      for (int next = text.length - 1; next >= agreeing; next--) {
        if (Arrays.equals(end, Arrays.copyOfRange(text, next - agreeing, next))) {
          int[] grown = Arrays.copyOf(text, text.length + most);
          for (int j = 0; j < most; j++) {
            grown[text.length + j] = grown[next + j];
          }
          return Arrays.copyOfRange(grown, text.length, grown.length);
        }
      }
    }
    return new int[0];
  }

  private static int[] guess(List<Integer> text, int most) {
    return PromptLookup.guess(ints(text), text.size(), most).tokens();
  }

  private static int[] ints(List<Integer> text) {
    return IntStream.range(0, text.size()).map(text::get).toArray();
  }
}
