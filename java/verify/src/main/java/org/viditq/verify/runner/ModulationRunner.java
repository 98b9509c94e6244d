package org.viditq.verify.runner;

import java.util.Optional;
import org.viditq.core.model.layer.AdaLayerNormContinuous;
import org.viditq.core.model.layer.BlockModulation;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code t2i_modulate}: LayerNorm with modulation, and where the modulation comes from. */
final class ModulationRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    if (fixture.hasInput("scale_shift_table")) {
      return table(fixture, operators);
    }
    V x = operators.constant(fixture.input("x"));
    float eps = fixture.setting("eps").floatValue();
    if (fixture.hasInput("conditioning")) {
      V condition = operators.constant(fixture.input("conditioning"));
      int conditionChannels = operators.shape(condition).dim(-1);
      LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
      AdaLayerNormContinuous<V> norm =
          new AdaLayerNormContinuous<>(loader, conditionChannels, operators.shape(x).dim(-1), eps);
      return new Results().put("output", operators.read(norm.forward(x, condition)));
    }
    V shift = operators.constant(fixture.input("shift"));
    V scale = operators.constant(fixture.input("scale"));
    V normalized = operators.layerNorm(x, Optional.empty(), Optional.empty(), eps);
    return new Results()
        .put("normalized", operators.read(normalized))
        .put("output", operators.read(operators.layerNormModulate(x, shift, scale, eps)));
  }

  private static <V> Results table(FixtureCase fixture, Operators<V> operators) {
    BlockModulation<V> modulation =
        BlockModulation.of(
            operators,
            operators.constant(fixture.input("scale_shift_table")),
            operators.constant(fixture.input("t")));
    return new Results()
        .put("shift_msa", operators.read(modulation.shiftAttention()))
        .put("scale_msa", operators.read(modulation.scaleAttention()))
        .put("gate_msa", operators.read(modulation.gateAttention()))
        .put("shift_mlp", operators.read(modulation.shiftMlp()))
        .put("scale_mlp", operators.read(modulation.scaleMlp()))
        .put("gate_mlp", operators.read(modulation.gateMlp()));
  }
}
