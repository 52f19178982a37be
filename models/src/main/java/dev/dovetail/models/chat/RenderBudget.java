package dev.dovetail.models.chat;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * What one rendering may cost. A template comes with a model file and is therefore as hostile as
 * the file: its loops, its text and its lists are counted, and a clock stops what no count sees.
 *
 * <p>For one rendering, by one thread.
 */
final class RenderBudget {
  /** Longest text that a template may make, in UTF-16 units, besides what the messages bring. */
  static final int MAX_TEXT = 1 << 20;

  /** Longest list that a template may make. */
  static final int MAX_LIST = 100_000;

  /**
   * A conversation of a thousand messages takes about thirty thousand steps; two hundred thousand
   * take some tenths of a second.
   */
  private static final long BASE_STEPS = 200_000;

  private static final long STEPS_PER_MESSAGE = 500;

  /** Copying this many characters costs about as much as one step. */
  private static final int CHARACTERS_PER_STEP = 4096;

  static final Duration TIME_LIMIT = Duration.ofMillis(900);

  private static final ThreadLocal<RenderBudget> CURRENT = new ThreadLocal<>();

  private final long maxText;
  private final Duration timeLimit;
  private final long deadline;
  private long steps;
  private volatile String stopped;

  RenderBudget(int messages, long contentLength, Duration timeLimit) {
    this.timeLimit = timeLimit;
    // A template may name each content a few times, and a JSON spelling of it is longer than
    // itself.
    maxText = MAX_TEXT + 4 * contentLength;
    steps = BASE_STEPS + STEPS_PER_MESSAGE * messages;
    deadline = System.nanoTime() + timeLimit.toNanos();
  }

  /** The budget of the rendering that this thread is in. */
  static RenderBudget current() {
    return CURRENT.get();
  }

  /** Makes this the budget of the thread, which renders nothing else. */
  void enter() {
    CURRENT.set(this);
  }

  Duration timeLimit() {
    return timeLimit;
  }

  long maxText() {
    return maxText;
  }

  /** Why the rendering was stopped, or null. */
  String stopped() {
    return stopped;
  }

  /** One step of the template: a node, an operator, a look-up. */
  void step() {
    spend(1);
  }

  /** Called before a text of this length is made. */
  void text(long length) {
    if (length > maxText) {
      throw stop("makes a text of " + length + " characters, the limit is " + maxText);
    }
    spend(1 + length / CHARACTERS_PER_STEP);
  }

  /** Called before a list of this length is made. */
  void list(long length) {
    if (length > MAX_LIST) {
      throw stop("makes a list of " + length + " elements, the limit is " + MAX_LIST);
    }
    spend(1 + length / 16);
  }

  /**
   * Called on every list or dictionary that a template makes: its elements count with those of the
   * lists inside it, as often as they stand there. A list of lists of the same list would otherwise
   * take for ever to print or compare.
   */
  void weigh(Object value) {
    list(MAX_LIST + 1L - weigh(value, MAX_LIST + 1L));
  }

  /** What is left of a limit after an element and all inside it; 0 once it is reached. */
  private static long weigh(Object value, long left) {
    long rest = left - 1;
    Iterable<?> inside =
        switch (value) {
          case Map<?, ?> map -> map.values();
          case Collection<?> list -> list;
          case null, default -> List.of();
        };
    for (Object element : inside) {
      if (rest <= 0) {
        return 0;
      }
      rest = weigh(element, rest);
    }
    return Math.max(0, rest);
  }

  private void spend(long cost) {
    if (stopped != null) {
      throw new TemplateStopped(stopped);
    }
    steps -= cost;
    if (steps < 0) {
      throw stop("takes too many steps: an endless or a very large loop");
    }
    if ((steps & 63) < cost && System.nanoTime() - deadline > 0) {
      throw stop("takes longer than " + timeLimit.toMillis() + " ms");
    }
  }

  /**
   * Ends the rendering at the next step even if the error returned here is swallowed on its way.
   */
  TemplateStopped stop(String reason) {
    stopped = reason;
    return new TemplateStopped(reason);
  }

  /** An Error, because the template engine records an Exception and carries on. */
  static final class TemplateStopped extends Error {
    private static final long serialVersionUID = 1L;

    TemplateStopped(String reason) {
      super(reason, null, false, false);
    }
  }
}
