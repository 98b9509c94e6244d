package org.viditq.tensorrt.build;

/** Is told about a build, and may end it. Called from the thread that builds and from another. */
public interface BuildListener {
  /** Hears nothing. */
  BuildListener NONE = (percent, phase) -> {};

  /**
   * How far the build is.
   *
   * @param percent 0 to 100, never less than before
   * @param phase what TensorRT calls what it does now
   */
  void progress(int percent, String phase);

  /** Something that the user should know: a line. */
  default void note(String line) {}

  /** Whether the build is to be ended; asked several times a second. */
  default boolean isCancelled() {
    return false;
  }
}
