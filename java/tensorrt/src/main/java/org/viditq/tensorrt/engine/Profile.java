package org.viditq.tensorrt.engine;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;

/**
 * The shapes that an engine is built for: an optimization profile of TensorRT.
 *
 * @param inputs by name, sorted
 */
public record Profile(Map<String, Range> inputs) {
  public Profile {
    inputs = Collections.unmodifiableMap(new TreeMap<>(inputs));
  }

  /**
   * The shapes that one input may have.
   *
   * @param min smallest extents
   * @param opt those that the engine is made fast for
   * @param max largest extents
   */
  public record Range(Shape min, Shape opt, Shape max) {
    public Range {
      boolean fits = min.rank() == opt.rank() && opt.rank() == max.rank();
      for (int axis = 0; fits && axis < opt.rank(); axis++) {
        fits = min.dim(axis) <= opt.dim(axis) && opt.dim(axis) <= max.dim(axis);
      }
      if (!fits) {
        throw new ShapeException(
            "A profile's shapes must rise from minimum to maximum, but are "
                + min
                + ", "
                + opt
                + " and "
                + max
                + ".");
      }
    }

    /** One shape only. */
    public static Range of(Shape shape) {
      return new Range(shape, shape, shape);
    }

    /** Whether a shape lies between the smallest and the largest. */
    public boolean holds(Shape shape) {
      boolean fits = shape.rank() == opt.rank();
      for (int axis = 0; fits && axis < opt.rank(); axis++) {
        fits = min.dim(axis) <= shape.dim(axis) && shape.dim(axis) <= max.dim(axis);
      }
      return fits;
    }
  }

  /**
   * Whether inputs of these shapes can be run; inputs that the profile does not know are left out.
   */
  public boolean holds(Map<String, Shape> shapes) {
    return inputs.entrySet().stream()
        .allMatch(
            input ->
                shapes.containsKey(input.getKey())
                    && input.getValue().holds(shapes.get(input.getKey())));
  }
}
