package org.viditq.cli.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.Units;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.QuantizationListener;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * The denoising of an evaluation, prompt by prompt in full precision and with every plan, as units
 * for other processes. One that computes several units of a plan quantizes once.
 */
final class PictureUnits implements Units, AutoCloseable {
  /**
   * Some prompts with some weights.
   *
   * @param plan empty for full precision
   * @param caching what steps take from earlier ones
   * @param batch indices of the prompts
   */
  private record Unit(Optional<QuantizationPlan> plan, StepCaching caching, List<Integer> batch) {}

  private final DiffusionPipeline pipeline;
  private final Supplier<Operators<?>> backend;
  private final PictureMaker maker;
  private final Optional<CalibrationStatistics> statistics;
  private final String statisticsStamp;
  private final List<Unit> units = new ArrayList<>();

  private Optional<QuantizationPlan> plan = Optional.empty();
  private Checkpoint weights;
  private Denoiser denoiser;

  /**
   * @param cachings of full precision and of every plan
   * @param statisticsStamp tells the file of the statistics from others
   */
  PictureUnits(
      DiffusionPipeline pipeline,
      Supplier<Operators<?>> backend,
      PictureMaker maker,
      List<QuantizationPlan> plans,
      List<StepCaching> cachings,
      Optional<CalibrationStatistics> statistics,
      String statisticsStamp) {
    this.pipeline = pipeline;
    this.backend = backend;
    this.maker = maker;
    this.statistics = statistics;
    this.statisticsStamp = statisticsStamp;
    add(Optional.empty(), cachings, maker.batches(false));
    for (QuantizationPlan one : plans) {
      add(Optional.of(one), cachings, maker.batches(PlanComparison.sharesGrids(one)));
    }
  }

  private void add(
      Optional<QuantizationPlan> one, List<StepCaching> cachings, List<List<Integer>> batches) {
    for (StepCaching caching : cachings) {
      batches.forEach(batch -> units.add(new Unit(one, caching, batch)));
    }
  }

  @Override
  public int count() {
    return units.size();
  }

  @Override
  public PartKey key(int unit) {
    return maker.key(units.get(unit).batch(), weights(units.get(unit)), units.get(unit).caching());
  }

  private String weights(Unit unit) {
    return unit.plan()
        .map(one -> PlanComparison.weights(one, statisticsStamp))
        .orElse(PlanComparison.FULL_PRECISION);
  }

  @Override
  public void compute(int unit) {
    Unit wanted = units.get(unit);
    if (denoiser == null || !plan.equals(wanted.plan())) {
      close();
      open(wanted.plan());
    }
    maker.keep(wanted.batch(), denoiser, weights(wanted), wanted.caching());
  }

  private void open(Optional<QuantizationPlan> wanted) {
    plan = wanted;
    if (plan.isEmpty()) {
      denoiser = pipeline.openDenoiser(UnaryOperator.identity());
      return;
    }
    weights = pipeline.folder().checkpoint(Component.TRANSFORMER);
    denoiser =
        pipeline.openDenoiser(
            new PlanApplication(pipeline.folder(), backend, QuantizationListener.NONE)
                    .apply(
                        plan.get(),
                        weights,
                        plan.get().needsCalibration() ? statistics : Optional.empty())
                ::over);
  }

  @Override
  public void close() {
    if (denoiser != null) {
      denoiser.close();
      denoiser = null;
    }
    if (weights != null) {
      weights.close();
      weights = null;
    }
  }
}
