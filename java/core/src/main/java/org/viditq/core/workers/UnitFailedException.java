package org.viditq.core.workers;

/** A unit that its worker could not compute, and would not on another try. */
public final class UnitFailedException extends Exception {
  private static final long serialVersionUID = 1;

  /**
   * @param sentence what the worker said
   */
  public UnitFailedException(String sentence) {
    super(sentence);
  }
}
