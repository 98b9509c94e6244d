package org.viditq.spark;

import java.io.Serializable;

/**
 * What became of a unit.
 *
 * @param name of the file of its result
 * @param content of that file
 * @param failure a sentence, where it cannot be computed; then the rest is empty
 */
record UnitResult(String name, byte[] content, String failure) implements Serializable {
  private static final long serialVersionUID = 1;
}
