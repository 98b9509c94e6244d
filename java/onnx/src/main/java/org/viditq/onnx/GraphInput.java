package org.viditq.onnx;

import org.viditq.core.model.InputSpec;

/**
 * An input of a graph for all extents.
 *
 * @param spec its name and extents, those that are chosen by name
 */
record GraphInput(InputSpec spec, ElementType type) {
  static GraphInput floats(InputSpec spec) {
    return new GraphInput(spec, ElementType.FLOAT);
  }
}
