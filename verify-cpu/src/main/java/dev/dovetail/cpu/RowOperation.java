package dev.dovetail.cpu;

/**
 * An operation that treats each row by itself. Small ones run on the caller; large ones go over the
 * pool, in runs of rows. An instance is reused by all calls of its operation, so that a call
 * allocates nothing; for one pass at a time.
 */
abstract class RowOperation implements WorkerPool.Task {
  /** Elements below which waking the workers costs more than it saves. */
  private static final int MIN_SHARED_ELEMENTS = 1 << 14;

  private final WorkerPool pool;
  private int rows;
  private int rowsPerPart;

  RowOperation(WorkerPool pool) {
    this.pool = pool;
  }

  /** Treats one row. */
  abstract void row(int row, int worker);

  /** Treats {@code n} rows of {@code width} elements. */
  final void apply(int n, int width) {
    rows = n;
    int parts = (long) n * width < MIN_SHARED_ELEMENTS ? 1 : Math.min(n, 4 * pool.threads());
    rowsPerPart = parts == 1 ? n : (n + parts - 1) / parts;
    if (parts == 1) {
      run(0, 0);
    } else {
      pool.run((n + rowsPerPart - 1) / rowsPerPart, this);
    }
  }

  @Override
  public final void run(int part, int worker) {
    int end = Math.min((part + 1) * rowsPerPart, rows);
    for (int row = part * rowsPerPart; row < end; row++) {
      row(row, worker);
    }
  }
}
