package org.viditq.core.model;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.tensor.Shape;

/**
 * The inputs of one evaluation, each held to its {@link InputSpec} when it is asked for: its rank,
 * the extents that are known, and those that a caller chooses, which are the same wherever they
 * occur. Inputs that are never asked for are not looked at.
 */
public final class CheckedInputs<V> implements DenoiserValues<V> {
  private final String family;
  private final Map<String, InputSpec> specs = new HashMap<>();
  private final DenoiserValues<V> values;
  private final Function<V, Shape> shapeOf;
  private final Map<String, Integer> chosen = new HashMap<>();

  /**
   * @param family what messages call the model
   * @param specs of all inputs that are asked for
   * @param values as they come from the caller
   * @param shapeOf the extents of a value
   */
  public CheckedInputs(
      String family, List<InputSpec> specs, DenoiserValues<V> values, Function<V, Shape> shapeOf) {
    this.family = family;
    this.values = values;
    this.shapeOf = shapeOf;
    for (InputSpec spec : specs) {
      this.specs.put(spec.name(), spec);
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws ShapeException if its shape is not that of the model's input
   */
  @Override
  public Optional<V> find(String name) {
    Optional<V> value = values.find(name);
    value.ifPresent(given -> require(specs.get(name), shapeOf.apply(given)));
    return value;
  }

  private void require(InputSpec spec, Shape shape) {
    List<Axis> axes = spec.axes();
    boolean fits = shape.rank() == axes.size();
    for (int i = 0; fits && i < axes.size(); i++) {
      Axis axis = axes.get(i);
      Integer known = axis.isFixed() ? Integer.valueOf(axis.fixed()) : chosen.get(axis.name());
      fits = known == null ? shape.dim(i) > 0 : shape.dim(i) == known;
    }
    if (!fits) {
      throw new ShapeException(
          family
              + " takes "
              + spec.name()
              + " ["
              + axes.stream().map(this::describe).collect(Collectors.joining(", "))
              + "] here, but got "
              + shape
              + ".");
    }
    for (int i = 0; i < axes.size(); i++) {
      if (!axes.get(i).isFixed()) {
        chosen.put(axes.get(i).name(), shape.dim(i));
      }
    }
  }

  private String describe(Axis axis) {
    return axis.isFixed()
        ? String.valueOf(axis.fixed())
        : chosen.containsKey(axis.name())
            ? axis.name() + " " + chosen.get(axis.name())
            : axis.name();
  }
}
