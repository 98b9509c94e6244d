package org.viditq.core.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * The steps of a sampling as weights, for whoever keeps samples where it computes: the sample after
 * step k is
 *
 * <pre>x(k+1) = Σ_j samples[j] x(k-j) + Σ_j outputs[j] e(k-j) + noise n(k),  j = 0 .. depth-1</pre>
 *
 * of earlier samples x, (guided) denoiser outputs e and fresh standard normal noise n. The weights
 * are those of the scheduler itself: a run is taken on vectors that have an axis of their own for
 * each x, e and n, so that what it returns <em>is</em> the weights. Whether its steps are linear is
 * then tried on another run with numbers.
 *
 * @param first index of the first step
 * @param depth how far steps look back, at least 1
 * @param steps from {@code first} on
 */
public record LinearSteps(int first, int depth, List<Step> steps) {
  /** Beyond it, keeping the history costs more than computing elsewhere. */
  private static final int DEEPEST = 64;

  /** Elements of the tensors that steps are tried on. */
  private static final int TRIED = 8;

  /** Standard deviation of these: beyond what samples are bounded to, where they are. */
  private static final double LARGE = 50;

  /**
   * Weights are float32 as samples are, and so is what steps compute in between: a few roundings of
   * each term.
   */
  private static final double TOLERANCE = 1e-4;

  /**
   * One step.
   *
   * @param timestep of its denoiser evaluation
   * @param inputScale what the denoiser is given is x(k) times this
   * @param samples weights of x(k), x(k-1), ..., as many as the depth
   * @param outputs weights of e(k), e(k-1), ..., as many as the depth
   * @param noise weight of n(k)
   * @param draws whether noise is drawn for it, which then is for all schedulers that way
   */
  public record Step(
      double timestep,
      double inputScale,
      double[] samples,
      double[] outputs,
      double noise,
      boolean draws) {}

  /**
   * The weights of a scheduler.
   *
   * @param runs gives new runs, all the same
   * @param first index of the first step
   * @return empty if steps are not linear (clean samples are bounded, variances learned), or look
   *     back too far
   */
  public static Optional<LinearSteps> of(
      Scheduler scheduler, Supplier<SamplingRun> runs, int first) {
    if (scheduler.usesLearnedVariance()) {
      return Optional.empty();
    }
    LinearSteps found = probed(runs.get(), first);
    return found.depth() <= DEEPEST && found.explains(runs.get())
        ? Optional.of(found)
        : Optional.empty();
  }

  private static void begin(SamplingRun run, int first) {
    if (first > 0) {
      run.begin(first);
    }
  }

  private static LinearSteps probed(SamplingRun run, int first) {
    double[] times = run.timesteps();
    int count = times.length - first;
    begin(run, first);
    int depth = 1;
    Tensor[] results = new Tensor[count];
    double[] scales = new double[count];
    boolean[] draws = new boolean[count];
    for (int k = 0; k < count; k++) {
      int step = k;
      // An axis per sample, per output and per noise.
      Tensor sample = unit(count, k);
      scales[k] = run.scaleModelInput(Tensor.full(1, 1, 1, 1, 1), first + k).data()[0];
      results[k] =
          run.step(
              unit(count, count + k),
              first + k,
              sample,
              shape -> {
                draws[step] = true;
                return unit(count, 2 * count + step);
              });
      for (int j = 0; j <= k; j++) {
        float[] weights = results[k].data();
        if (weights[k - j] != 0 || weights[count + k - j] != 0) {
          depth = Math.max(depth, j + 1);
        }
      }
    }
    List<Step> steps = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      double[] samples = new double[depth];
      double[] outputs = new double[depth];
      float[] weights = results[k].data();
      for (int j = 0; j < depth && j <= k; j++) {
        samples[j] = weights[k - j];
        outputs[j] = weights[count + k - j];
      }
      steps.add(
          new Step(
              times[first + k], scales[k], samples, outputs, weights[2 * count + k], draws[k]));
    }
    return new LinearSteps(first, depth, steps);
  }

  private static Tensor unit(int count, int axis) {
    Tensor unit = Tensor.zeros(1, 1, 1, 3 * count);
    unit.data()[axis] = 1;
    return unit;
  }

  /** Whether a run on large numbers does what the weights say. */
  private boolean explains(SamplingRun run) {
    SplittableRandom random = new SplittableRandom(1);
    begin(run, first);
    List<Tensor> samples = new ArrayList<>(List.of(random(random)));
    List<Tensor> outputs = new ArrayList<>();
    for (int k = 0; k < steps.size(); k++) {
      Tensor noise = random(random);
      outputs.add(random(random));
      Tensor next = run.step(outputs.get(k), first + k, samples.get(k), shape -> noise);
      if (!explains(k, samples, outputs, noise, next)) {
        return false;
      }
      // Anything goes: weights are those of whatever the samples are. Those of a run may grow.
      samples.add(random(random));
      if (depth > 1) {
        samples.set(k + 1, next);
      }
    }
    return true;
  }

  private boolean explains(
      int k, List<Tensor> samples, List<Tensor> outputs, Tensor noise, Tensor next) {
    Step step = steps.get(k);
    for (int i = 0; i < TRIED; i++) {
      double sum = step.noise() * noise.data()[i];
      double size = Math.abs(sum);
      for (int j = 0; j < depth && j <= k; j++) {
        double ofSample = step.samples()[j] * samples.get(k - j).data()[i];
        double ofOutput = step.outputs()[j] * outputs.get(k - j).data()[i];
        sum += ofSample + ofOutput;
        size += Math.abs(ofSample) + Math.abs(ofOutput);
      }
      double distance = Math.abs(sum - next.data()[i]);
      if (!(distance <= TOLERANCE * size)) {
        return false;
      }
    }
    return true;
  }

  private static Tensor random(SplittableRandom random) {
    float[] values = new float[TRIED];
    for (int i = 0; i < TRIED; i++) {
      values[i] = (float) (LARGE * random.nextGaussian());
    }
    return Tensor.of(Shape.of(1, 1, 1, TRIED), values);
  }

  /** Which steps draw noise. */
  public boolean draws() {
    return steps.stream().anyMatch(Step::draws);
  }

  @Override
  public String toString() {
    return "LinearSteps["
        + steps.stream()
            .map(step -> Arrays.toString(step.samples()) + Arrays.toString(step.outputs()))
            .toList()
        + "]";
  }
}
