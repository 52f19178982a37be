package dev.dovetail.engine.device;

/**
 * A device stopped working in the middle of its work, through no fault of the caller's: its memory
 * is full, or a GPU failed. What it held is lost, the program can go on without it.
 */
public class DeviceFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean lasting;

  /**
   * @param lasting whether the device will not work again in this process; otherwise it may, as
   *     soon as it has less to do
   */
  public DeviceFailure(String message, boolean lasting) {
    super(message);
    this.lasting = lasting;
  }

  /** Whether there is no use in trying again. */
  public final boolean lasting() {
    return lasting;
  }
}
