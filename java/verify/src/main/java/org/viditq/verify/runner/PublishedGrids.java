package org.viditq.verify.runner;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.quantize.weight.WeightQuantizer;

/**
 * Reproduces what the released code really does with weight grids, for the {@code official}
 * outputs: the grid of the first timestep range and of the initial bit width is used everywhere,
 * and only the clamp range follows the width. Never deployed.
 */
final class PublishedGrids {
  private PublishedGrids() {}

  /**
   * @param layer the layer in full precision
   * @param quantized the layer as intended
   * @param initial width at initialisation
   */
  static QuantizedLinearParameters stale(
      DenseLinearParameters layer, QuantizedLinearParameters quantized, IntegerFormat initial) {
    WeightQuantizer quantizer = new WeightQuantizer(SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
    AffineGrid first =
        quantizer
            .grids(layer.weight(), quantized.sets().get(0).balance(), List.of(initial))
            .get(initial);
    List<WeightSet> sets = new ArrayList<>();
    for (WeightSet set : quantized.sets()) {
      IntegerFormat format = set.weight().grid().format();
      AffineGrid grid = new AffineGrid(format, first.scale(), first.zeroPoint());
      sets.add(
          new WeightSet(
              set.range(),
              quantizer.encode(layer.weight(), set.balance(), grid),
              set.balance(),
              set.activation()));
    }
    return new QuantizedLinearParameters(quantized.name(), sets, quantized.bias());
  }
}
