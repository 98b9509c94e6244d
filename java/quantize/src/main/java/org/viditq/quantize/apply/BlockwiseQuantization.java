package org.viditq.quantize.apply;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.QuantizedParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.quant.TimestepRange;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.FoundRanges;
import org.viditq.quantize.calibrate.LinearObserver;
import org.viditq.quantize.calibrate.ObservingOperators;
import org.viditq.quantize.calibrate.SecondMomentRecorder;
import org.viditq.quantize.plan.Balancing;
import org.viditq.quantize.plan.PlanResolver;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;

/**
 * Quantizes the blocks of a transformer one after the other. Before each, the calibration batches
 * go through the model with all blocks before it quantized, so that the second moments by which its
 * weights are rounded are those of the inputs that it will get. This takes as many passes over the
 * calibration as there are blocks. Activations have dynamic grids meanwhile.
 *
 * <p>It is what can be afforded of the block reconstruction of Q-Diffusion (Li et al., ICCV 2023;
 * BRECQ before it), which trains the rounding of a block by gradients of the block's output; here
 * each layer's output is made up for, see {@code CompensatedRounding}.
 */
final class BlockwiseQuantization {
  /** The name up to the first number among its parts. */
  private static final Pattern BLOCK = Pattern.compile("(.*?\\.\\d+)\\..*");

  private final QuantizationPlan plan;
  private final DenoiserModel model;
  private final Checkpoint weights;
  private final CalibrationStatistics statistics;
  private final Supplier<? extends Operators<?>> backend;

  BlockwiseQuantization(
      QuantizationPlan plan,
      DenoiserModel model,
      Checkpoint weights,
      CalibrationStatistics statistics,
      Supplier<? extends Operators<?>> backend) {
    this.plan = plan;
    this.model = model;
    this.weights = weights;
    this.statistics = statistics;
    this.backend = backend;
  }

  /**
   * @throws InvalidPlanException if the statistics hold no inputs
   */
  QuantizedLayers run(QuantizationListener listener) {
    if (statistics.inputs().isEmpty()) {
      throw new InvalidPlanException(
          "Plan "
              + plan.name()
              + " goes by the inputs that quantized blocks give, which needs calibration inputs;"
              + " calibrate first.");
    }
    Set<String> names = new PlanResolver(plan).resolve(model, warning -> {}).keySet();
    Map<String, QuantizedLinearParameters> done = new LinkedHashMap<>();
    Quantizer quantizer = new Quantizer(plan);
    for (Set<String> block : blocks(names)) {
      CalibrationStatistics seen = statistics.with(moments(block, done, backend.get()).moments());
      int before = done.size();
      QuantizedLayers own =
          quantizer.quantize(
              model,
              weights,
              Optional.of(seen),
              block::contains,
              (i, total, layer) -> listener.quantizing(plan.name(), before + i, names.size()));
      done.putAll(own.layers());
      // Warnings are the same for every block.
      quantizer = new Quantizer(plan, SmallScaleRule.PER_GROUP, warning -> {});
    }
    return new QuantizedLayers(done, plan.attention());
  }

  /** By the names, in the model's order; layers outside of blocks are a block each. */
  static List<Set<String>> blocks(Set<String> names) {
    Map<String, Set<String>> blocks = new LinkedHashMap<>();
    for (String name : names) {
      Matcher numbered = BLOCK.matcher(name);
      blocks
          .computeIfAbsent(
              numbered.matches() ? numbered.group(1) : name, b -> new LinkedHashSet<>())
          .add(name);
    }
    return new ArrayList<>(blocks.values());
  }

  private <V> SecondMomentRecorder moments(
      Set<String> block, Map<String, QuantizedLinearParameters> before, Operators<V> operators) {
    List<TimestepRange> ranges =
        plan.balancing().map(this::ranges).orElse(List.of(TimestepRange.ALL));
    SecondMomentRecorder recorder = new SecondMomentRecorder(ranges);
    LinearObserver own =
        (layers, x, sequences) -> {
          if (layers.stream().anyMatch(block::contains)) {
            recorder.observe(layers, x, sequences);
          }
        };
    try (Denoiser denoiser =
        new ModelDenoiser<>(
            model,
            new QuantizedParameters(new CheckpointParameters(weights), before),
            new ObservingOperators<>(operators, own),
            operators::close)) {
      for (int i = 0; i < statistics.inputs().size(); i++) {
        recorder.begin(statistics.timesteps().get(i));
        denoiser.predict(statistics.inputs().get(i));
      }
    }
    return recorder;
  }

  private List<TimestepRange> ranges(Balancing balancing) {
    return balancing.findsRanges()
        ? FoundRanges.of(statistics, model, balancing.ranges().size())
        : balancing.ranges().stream().map(Balancing.Range::timesteps).toList();
  }
}
