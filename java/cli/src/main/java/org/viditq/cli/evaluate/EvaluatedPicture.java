package org.viditq.cli.evaluate;

import java.util.Optional;

/**
 * A picture or clip of an evaluation, as it lies in the folder.
 *
 * @param file name relative to the folder, with slashes
 * @param difference from full precision; empty for full precision itself
 */
record EvaluatedPicture(String file, Optional<Difference> difference) {
  /**
   * A map of differences.
   *
   * @param file name relative to the folder, with slashes
   * @param scale that differences are multiplied by
   * @param largest difference, 0 to 1
   */
  record Difference(String file, int scale, double largest) {}
}
