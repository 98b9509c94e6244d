package org.viditq.cli.console;

/** Shows how far a long task is. Closing it ends the display, finished or not. */
public interface Progress extends AutoCloseable {
  /** Shows nothing. */
  Progress NONE = () -> {};

  /** One more unit is done. */
  void step();

  /** Tells what is worked on now, in a few words. */
  default void label(String label) {}

  @Override
  default void close() {}
}
