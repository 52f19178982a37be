package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenTreeTest {
  private static final TokenTree TREE =
      new TokenTree(
          new int[] {5, 6, 7, 5, 7}, new int[] {-1, -1, 0, 1, 1}, new float[] {-1, -2, -1, -1, -2});

  @Test
  void findsChildrenByToken() {
    assertThat(TREE.child(TokenTree.ROOT, 6)).isEqualTo(1);
    assertThat(TREE.child(TokenTree.ROOT, 7)).isEqualTo(-1);
    assertThat(TREE.child(0, 7)).isEqualTo(2);
    assertThat(TREE.child(1, 7)).isEqualTo(4);
    assertThat(TREE.child(2, 5)).isEqualTo(-1);
    assertThat(TokenTree.EMPTY.child(TokenTree.ROOT, 0)).isEqualTo(-1);
  }

  @Test
  void theLikeliestPathEndsInALeaf() {
    float[] logs = {-1, -0.1f, -2, -0.5f, -3};
    TokenTree tree = new TokenTree(new int[] {7, 8, 9, 7, 5}, new int[] {-1, -1, 0, 1, 1}, logs);
    assertThat(tree.likeliestPath()).containsExactly(8, 7);
    assertThat(tree.depth()).isEqualTo(2);
    logs[3] = -4;
    assertThat(tree.likeliestPath()).containsExactly(7, 9);
    assertThat(TokenTree.chain(3, 4, 5).likeliestPath()).containsExactly(3, 4, 5);
    assertThat(TokenTree.EMPTY.likeliestPath()).isEmpty();
    assertThat(TokenTree.EMPTY.depth()).isZero();
  }

  @Test
  void aPartKeepsWhatHangsTogether() {
    TokenTree part = TREE.part(new boolean[] {false, true, false, false, true});
    assertThat(part.tokens()).containsExactly(6, 7);
    assertThat(part.parents()).containsExactly(TokenTree.ROOT, 0);
    assertThat(part.logProbabilities()).containsExactly(-2, -2);
    assertThat(TREE.part(new boolean[5]).size()).isZero();
    assertThat(TREE.part(new boolean[] {true, true, true, true, true})).isSameAs(TREE);
    assertThatThrownBy(() -> TREE.part(new boolean[] {false, true, true, false, false}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("node 2 stays without its parent");
  }

  @Test
  void refusesChildrenBeforeParents() {
    assertThatThrownBy(() -> new TokenTree(new int[] {1, 2}, new int[] {1, -1}, new float[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("node 0 of a tree has parent 1; parents come before children");
    assertThatThrownBy(() -> new TokenTree(new int[] {1}, new int[] {-2}, new float[1]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TokenTree(new int[] {1}, new int[] {-1}, new float[2]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shapesAreReadAndWritten() {
    assertThat(TreeShape.parse("4")).isEqualTo(new TreeShape(4, 1)).hasToString("4");
    assertThat(TreeShape.parse("4x2")).isEqualTo(new TreeShape(4, 2)).hasToString("4x2");
    assertThat(TreeShape.parse("0")).isEqualTo(TreeShape.NONE);
    assertThat(TreeShape.parse("16x4").nodes()).isEqualTo(TreeShape.MAX_NODES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "4x", "x2", "-1", "4x0", "65", "33x2", "99999x99999", "4 x 2"})
  void otherShapesAreRefused(String text) {
    assertThatThrownBy(() -> TreeShape.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
