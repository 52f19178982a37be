package dev.dovetail.engine.round;

/** Decides before each round how large a tree pays. For one thread. */
public interface TreePolicy {
  /** The shape to ask the drafter for; {@link TreeShape#NONE} decodes plainly. */
  TreeShape next();

  /** Learns how a round went. */
  void observe(Round round);

  /** The same shape in every round. */
  static TreePolicy fixed(TreeShape shape) {
    return new TreePolicy() {
      @Override
      public TreeShape next() {
        return shape;
      }

      @Override
      public void observe(Round round) {}
    };
  }
}
