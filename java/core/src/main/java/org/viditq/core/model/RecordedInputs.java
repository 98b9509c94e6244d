package org.viditq.core.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Tensor;

/**
 * The inputs of an evaluation as a recording of the model for all extents takes them: all of them,
 * optional ones too, of extents that fit together.
 */
public final class RecordedInputs {
  private static final int FRAMES = 2;

  private RecordedInputs() {}

  /**
   * Adds masks of ones where they are left out.
   *
   * @throws org.viditq.core.error.ShapeException if inputs do not fit together or to the model
   * @throws UsageException if a needed one is missing, or there are fewer frames than {@link
   *     DenoiserModel#fewestRecordedFrames()}
   */
  public static DenoiserInput of(DenoiserModel model, DenoiserInput input) {
    CheckedInputs<Tensor> checked =
        new CheckedInputs<>(model.family(), model.inputs(), valuesOf(input), Tensor::shape);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (InputSpec spec : model.inputs()) {
      Optional<Tensor> given =
          spec.optional() ? checked.find(spec.name()) : Optional.of(checked.get(spec.name()));
      tensors.put(spec.name(), given.orElseGet(() -> ones(spec, checked)));
    }
    requireFrames(model, input);
    return new DenoiserInput(tensors);
  }

  private static DenoiserValues<Tensor> valuesOf(DenoiserInput input) {
    return new DenoiserValues<>() {
      @Override
      public Optional<Tensor> find(String name) {
        return input.find(name);
      }
    };
  }

  /** Every optional input is the mask of a text. */
  private static Tensor ones(InputSpec mask, DenoiserValues<Tensor> values) {
    Tensor text =
        values.get(mask.name().equals(InputNames.MASK_2) ? InputNames.TEXT_2 : InputNames.TEXT);
    return Tensor.full(1, text.dim(0), text.dim(1));
  }

  private static void requireFrames(DenoiserModel model, DenoiserInput input) {
    int fewest = model.fewestRecordedFrames();
    if (model.latents().isVideo() && input.latents().dim(FRAMES) < fewest) {
      throw new UsageException(
          model.family()
              + " is another network for fewer than "
              + fewest
              + " frames, which only backends that compute at once have; choose --backend native.");
    }
  }
}
