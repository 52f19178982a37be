package dev.dovetail.engine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TreeBatchTest {
  @Test
  void aTreeKnowsPositionsAndPaths() {
    TreeBatch batch = new TreeBatch(8);
    batch.reset(100);
    int root = batch.add(1, TreeBatch.PREFIX);
    int left = batch.add(2, root);
    int right = batch.add(3, root);
    int leaf = batch.add(4, right);
    assertThat(batch.position(leaf)).isEqualTo(102);
    assertThat(batch.position(left)).isEqualTo(101);
    assertThat(batch.isChain()).isFalse();
    int[] path = new int[8];
    assertThat(batch.path(leaf, path)).isEqualTo(3);
    assertThat(Arrays.copyOf(path, 3)).containsExactly(root, right, leaf);
  }

  @Test
  void grownLevelByLevel() {
    TreeBatch batch = new TreeBatch(8);
    batch.reset(5);
    batch.add(1, TreeBatch.PREFIX);
    batch.add(2, TreeBatch.PREFIX);
    batch.advance();
    batch.add(3, 1);
    assertThat(batch.first()).isEqualTo(2);
    assertThat(batch.size()).isEqualTo(1);
    assertThat(batch.position(2)).isEqualTo(6);
    assertThat(batch.token(2)).isEqualTo(3);
  }

  @Test
  void chainsAreSeen() {
    TreeBatch batch = new TreeBatch(4);
    batch.reset(0);
    batch.add(1, TreeBatch.PREFIX);
    batch.add(2, 0);
    assertThat(batch.isChain()).isTrue();
    batch.add(2, 0);
    assertThat(batch.isChain()).isFalse();
    batch.reset(3);
    batch.add(1, TreeBatch.PREFIX);
    assertThat(batch.isChain()).isTrue();
  }

  @Test
  void wrongParentsAndTooManyNodesAreRefused() {
    TreeBatch batch = new TreeBatch(1);
    batch.reset(0);
    assertThatThrownBy(() -> batch.add(1, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> batch.add(1, -2)).isInstanceOf(IllegalArgumentException.class);
    batch.add(1, TreeBatch.PREFIX);
    assertThatThrownBy(() -> batch.add(1, 0)).isInstanceOf(IllegalStateException.class);
  }
}
