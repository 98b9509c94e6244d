package org.viditq.tensorrt.runtime;

/**
 * An input or output of an engine.
 *
 * @param name as in the graph
 * @param input whether it is one
 * @param type of its elements
 * @param rank number of axes
 */
public record EngineTensor(String name, boolean input, Type type, int rank) {
  /** Types of elements, those that bound tensors have. */
  public enum Type {
    FLOAT(4),
    HALF(2),
    BFLOAT16(2),
    INT32(4),
    INT64(8);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    /** Bytes per element. */
    public int bytes() {
      return bytes;
    }
  }
}
