package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FeatureChannelTest {
  private static final int WINDOW = 32;

  @Test
  void featuresCrossAsHalfFloats() {
    FeatureChannel channel = new FeatureChannel(Integer.MAX_VALUE);
    float[] rows = {1, 2, 0.1f, -3, 1e6f, -1e6f, 1e-9f, 65504};
    channel.collect(40, rows, 2, new int[] {0, 2, 3}, 3, new int[] {9, 11, 12, 13}, 1);
    AcceptedTokens got = channel.toDraft();
    assertThat(got.position()).isEqualTo(40);
    assertThat(got.count()).isEqualTo(3);
    assertThat(Arrays.copyOf(got.nextTokens(), 3)).containsExactly(11, 12, 13);
    // 1, 2, the largest and its negative, 0, the largest.
    assertThat(Arrays.copyOf(got.features(), 6))
        .containsExactly(0x3c00, 0x4000, 0x7bff, 0xfbff, 0, 0x7bff);
    assertThat(channel.bytesToDraft()).isEqualTo(8 + 3 * 4 + 3 * 2 * 2);
  }

  @Test
  void withoutFeaturesOnlyIdsCross() {
    FeatureChannel channel = new FeatureChannel(Integer.MAX_VALUE);
    channel.collect(0, null, 2, null, 2, new int[] {4, 5}, 0);
    AcceptedTokens got = channel.toDraft();
    assertThat(Arrays.copyOf(got.nextTokens(), 2)).containsExactly(4, 5);
    assertThat(channel.bytesToDraft()).isEqualTo(8 + 2 * 4);
  }

  @Test
  void roundsInWhichNothingIsGuessedCrossTogether() {
    FeatureChannel channel = new FeatureChannel(Integer.MAX_VALUE);
    channel.collect(7, new float[] {0, 0, 1, 2}, 2, new int[] {1}, 1, new int[] {40}, 0);
    channel.collect(8, new float[] {3, 4, 5, 6}, 2, new int[] {0, 1}, 2, new int[] {41, 42}, 0);
    assertThat(channel.collected()).isEqualTo(3);

    AcceptedTokens got = channel.toDraft();

    assertThat(got.position()).isEqualTo(7);
    assertThat(got.count()).isEqualTo(3);
    assertThat(Arrays.copyOf(got.nextTokens(), 3)).containsExactly(40, 41, 42);
    assertThat(Arrays.copyOf(got.features(), 6))
        .containsExactly(0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600);
    assertThat(channel.bytesToDraft()).isEqualTo(8 + 3 * 4 + 3 * 2 * 2);
    assertThat(channel.collected()).isZero();
  }

  @Test
  void ofManyTokensTheLastCross() {
    for (int count : new int[] {31, 32, 33, 63, 64, 65, 200}) {
      FeatureChannel channel = new FeatureChannel(WINDOW);
      for (int i = 0; i < count; i++) {
        channel.collect(i, new float[] {i, i + 1}, 2, new int[] {0}, 1, new int[] {100 + i}, 0);
      }

      assertThat(channel.collected()).isEqualTo(Math.min(count, WINDOW));
      AcceptedTokens got = channel.toDraft();

      int crossed = Math.min(count, WINDOW);
      int first = count - crossed;
      assertThat(got.position()).isEqualTo(first);
      assertThat(got.count()).isEqualTo(crossed);
      for (int i = 0; i < crossed; i++) {
        assertThat(got.nextTokens()[i]).isEqualTo(100 + first + i);
        assertThat(Float.float16ToFloat(got.features()[2 * i])).isEqualTo(first + i);
        assertThat(Float.float16ToFloat(got.features()[2 * i + 1])).isEqualTo(first + i + 1);
      }
      assertThat(channel.bytesToDraft()).isEqualTo(8 + crossed * (4 + 2 * 2));
    }
  }

  /** A prompt's pass has more than cross at once. */
  @Test
  void aLongPassLeavesItsLast() {
    FeatureChannel channel = new FeatureChannel(WINDOW);
    int[] all = IntStream.range(0, 300).toArray();
    float[] rows = new float[300];
    for (int i : all) {
      rows[i] = i;
    }
    channel.collect(50, rows, 1, all, 300, all, 0);

    AcceptedTokens got = channel.toDraft();

    assertThat(got.position()).isEqualTo(50 + 300 - WINDOW);
    assertThat(Float.float16ToFloat(got.features()[0])).isEqualTo(300 - WINDOW);
  }

  @Test
  void treesComeBackWhole() {
    FeatureChannel channel = new FeatureChannel(Integer.MAX_VALUE);
    TokenTree tree =
        new TokenTree(new int[] {7, 8, 9}, new int[] {-1, 0, 0}, new float[] {-1.5f, -2, -3});
    assertThat(channel.fromDraft(tree)).isEqualTo(tree);
    assertThat(channel.bytesFromDraft()).isEqualTo(36);
    assertThat(channel.fromDraft(TokenTree.EMPTY).size()).isZero();
    assertThat(channel.bytesFromDraft()).isEqualTo(36);
  }

  /** A chain of 16 nodes, all of them accepted, and the pending token: no round takes more. */
  @Test
  void aRoundOfSixteenNodesTakesFewBytes() {
    FeatureChannel channel = new FeatureChannel(Integer.MAX_VALUE);
    int d = 4096;
    int[] path = IntStream.range(0, 17).toArray();
    channel.fromDraft(TokenTree.chain(new int[16]));
    channel.collect(0, new float[17 * d], d, path, 17, new int[17], 0);
    channel.toDraft();
    assertThat(channel.bytesToDraft()).isEqualTo(139_340).isLessThan(150_000);
    assertThat(channel.bytesFromDraft()).isEqualTo(192).isLessThan(1_000);
  }
}
