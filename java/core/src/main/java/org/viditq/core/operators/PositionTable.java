package org.viditq.core.operators;

import org.viditq.core.tensor.Tensor;

/**
 * A constant that depends on the extents of what is evaluated: where tokens lie, or how far they
 * are from each other. Backends take its values; one that records a graph for all extents makes the
 * nodes that compute it, for the kinds that it knows.
 */
public interface PositionTable {
  /** Its values for the extents at hand, which are the definition. */
  Tensor tensor();
}
