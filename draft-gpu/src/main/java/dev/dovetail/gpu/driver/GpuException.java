package dev.dovetail.gpu.driver;

import dev.dovetail.engine.device.DeviceFailure;

/** A call of the GPU's driver failed. */
public final class GpuException extends DeviceFailure {
  private static final long serialVersionUID = 1;

  /** What the failure means for the work that follows. */
  public enum Kind {
    /** There is too little memory now; later there may be enough. */
    OUT_OF_MEMORY,
    /** A kernel failed, or the GPU is gone: nothing works in this process any more. */
    LOST,
    /** The GPU did not answer in time; taken as {@link #LOST}. */
    TIMED_OUT,
    /** The call was refused, and others may work. */
    REFUSED
  }

  private final Kind kind;

  public GpuException(Kind kind, String message) {
    super(message, kind == Kind.LOST || kind == Kind.TIMED_OUT);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
