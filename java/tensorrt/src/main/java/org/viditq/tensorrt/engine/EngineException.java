package org.viditq.tensorrt.engine;

import org.viditq.core.error.ViditqException;

/** An engine that must not or cannot be used here. */
public final class EngineException extends ViditqException {
  private final Reason reason;

  /** Why not. */
  public enum Reason {
    /** There is no such file, or it cannot be read. */
    UNREADABLE,
    /** It has no description beside it, or one that makes no sense. */
    NOT_AN_ENGINE,
    /** It is shorter than its description says. */
    TRUNCATED,
    /** Its bytes are others than those that were written. */
    TAMPERED,
    /** It lies where others could have put it. */
    NOT_PRIVATE,
    /** It was built for another GPU. */
    OTHER_GPU,
    /** It was built by another version of TensorRT. */
    OTHER_VERSION,
    /** It was built from another graph, or from other weights. */
    OTHER_MODEL,
    /** It was built from a checkpoint that another plan had quantized, or none. */
    OTHER_PLAN,
    /** It was built with another plugin library. */
    OTHER_PLUGINS,
    /** It has no weights and was not refitted. */
    STRIPPED,
    /** It was built for other extents. */
    PROFILE_EXCEEDED
  }

  /**
   * @param message one sentence: what is wrong, where, what to do
   */
  public EngineException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public EngineException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
