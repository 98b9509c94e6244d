package org.viditq.verify.runner;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.operators.Operators;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.weight.WeightQuantizer;
import org.viditq.verify.fixture.FixtureCase;

/**
 * {@code quantizer.weight}: one grid per output channel. The plain results follow the published
 * rule for tiny steps, {@code sane_*} the deployed one.
 */
final class WeightQuantizerRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    StoredTensor weight = MemoryTensor.of("weight", fixture.input("weight"));
    if (fixture.config().hasNonNull("mixed_precision")) {
      return candidates(fixture, weight);
    }
    IntegerFormat format = format(fixture, fixture.setting("n_bits").intValue());
    Results results = new Results();
    put(results, "", weight, format, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
    put(results, "sane_", weight, format, SmallScaleRule.PER_GROUP);
    return results;
  }

  private static void put(
      Results results,
      String prefix,
      StoredTensor weight,
      IntegerFormat format,
      SmallScaleRule rule) {
    QuantizedWeight quantized =
        new WeightQuantizer(rule).quantize(weight, Optional.empty(), format);
    int[] groups = weight.shape().toArray();
    for (int axis = 1; axis < groups.length; axis++) {
      groups[axis] = 1;
    }
    results
        .put(prefix + "codes", WeightResults.codes(quantized), weight.shape().toArray())
        .put(prefix + "dequantized", WeightResults.dequantize(quantized, weight.shape()))
        .put(prefix + "delta", Tensor.of(quantized.grid().scale(), groups))
        .put(prefix + "zero_point", quantized.grid().zeroPoint(), groups);
  }

  /**
   * Mixed precision: grids of every candidate width, and what the published code makes of a change
   * of width: only the clamp range changes, the grid of the initial width stays.
   */
  private static Results candidates(FixtureCase fixture, StoredTensor weight) {
    List<IntegerFormat> formats = new ArrayList<>();
    fixture
        .setting("mixed_precision")
        .forEach(bits -> formats.add(format(fixture, bits.intValue())));
    WeightQuantizer quantizer = new WeightQuantizer(SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
    Map<IntegerFormat, AffineGrid> grids = quantizer.grids(weight, Optional.empty(), formats);
    Shape shape = weight.shape();
    int rows = shape.dim(0);
    Results results = new Results();
    float[] scales = new float[formats.size() * rows];
    int[] zeroPoints = new int[scales.length];
    for (int i = 0; i < formats.size(); i++) {
      AffineGrid grid = grids.get(formats.get(i));
      QuantizedWeight quantized = quantizer.encode(weight, Optional.empty(), grid);
      System.arraycopy(grid.scale(), 0, scales, i * rows, rows);
      System.arraycopy(grid.zeroPoint(), 0, zeroPoints, i * rows, rows);
      int bits = formats.get(i).bits();
      results
          .put("codes_" + bits, WeightResults.codes(quantized), shape.toArray())
          .put("dequantized_" + bits, WeightResults.dequantize(quantized, shape));
    }
    AffineGrid initial = grids.get(format(fixture, fixture.setting("n_bits").intValue()));
    IntegerFormat changed = format(fixture, fixture.setting("refactored_bits").intValue());
    AffineGrid stale = new AffineGrid(changed, initial.scale(), initial.zeroPoint());
    return results
        .put("delta_list", Tensor.of(scales, formats.size(), rows, 1))
        .put("zero_point_list", zeroPoints, formats.size(), rows, 1)
        .put("dequantized_initial", dequantize(quantizer, weight, initial))
        .put("official_after_refactor", dequantize(quantizer, weight, stale));
  }

  private static Tensor dequantize(
      WeightQuantizer quantizer, StoredTensor weight, AffineGrid grid) {
    return WeightResults.dequantize(
        quantizer.encode(weight, Optional.empty(), grid), weight.shape());
  }

  private static IntegerFormat format(FixtureCase fixture, int bits) {
    return new IntegerFormat(bits, fixture.setting("symmetric").booleanValue());
  }
}
