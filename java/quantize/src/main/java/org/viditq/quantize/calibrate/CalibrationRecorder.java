package org.viditq.quantize.calibrate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.tensor.Tensor;

/**
 * Collects {@link CalibrationStatistics} while a model samples. Give it to {@link
 * ObservingOperators} on which the denoiser computes, and as listener to the sampling.
 *
 * <p>A calibration batch is one denoiser evaluation as the model sees it: all prompts of the
 * sampling batch, and with guidance both halves, the negative one first; or each half, if they are
 * kept apart.
 */
public final class CalibrationRecorder implements SamplingListener, LinearObserver {
  private final IntPredicate keep;
  private final boolean apart;
  private final List<Double> timesteps = new ArrayList<>();
  private final List<DenoiserInput> inputs = new ArrayList<>();
  private final List<Integer> branches = new ArrayList<>();
  private final Map<String, List<CalibrationStatistics.Observation>> layers = new LinkedHashMap<>();
  private boolean recording;

  /**
   * @param keep which sampling steps (0 first) become calibration batches
   */
  public CalibrationRecorder(IntPredicate keep) {
    this(keep, false);
  }

  /**
   * @param apart whether the guidance branches of an evaluation are batches of their own, the
   *     negative one first; all evaluations must then be guided
   */
  public CalibrationRecorder(IntPredicate keep, boolean apart) {
    this.keep = keep;
    this.apart = apart;
  }

  /** Keeps {@code kept} of {@code steps} sampling steps, evenly spread from the first on. */
  public static CalibrationRecorder keeping(int kept, int steps) {
    int n = Math.min(kept, steps);
    // Step i is kept where the running share i*n/steps passes a whole number.
    return new CalibrationRecorder(
        i -> i == 0 || (long) i * n / steps != (long) (i - 1) * n / steps);
  }

  /** Keeps every second sampling step, the first included. */
  public static CalibrationRecorder everySecondStep() {
    return new CalibrationRecorder(step -> step % 2 == 0);
  }

  @Override
  public void beforeDenoising(int step, DenoiserInput input) {
    recording = keep.test(step);
    if (recording && apart) {
      List<DenoiserInput> halves = InputHalves.of(input);
      for (int branch = 0; branch < halves.size(); branch++) {
        timesteps.add(input.timestep());
        inputs.add(halves.get(branch));
        branches.add(branch);
      }
    } else if (recording) {
      timesteps.add(input.timestep());
      inputs.add(input);
    }
  }

  /** Starts a batch whose input is not kept: for models that are run without a pipeline. */
  public void begin(double timestep) {
    if (!inputs.isEmpty()) {
      throw new IllegalStateException("Either all batches come from a sampling or none.");
    }
    recording = true;
    timesteps.add(timestep);
  }

  @Override
  public void observe(List<String> names, Tensor x, int sequences) {
    if (recording) {
      record(names, statistics(names, x, sequences));
    }
  }

  /**
   * What {@link #record} wants to know of an input: of all samples, or of each branch. What is no
   * batch of both branches, as they have it in common, is that of each.
   */
  public List<InputStatistics> statistics(List<String> names, Tensor x, int sequences) {
    int batch = apart ? 2 * inputs.get(inputs.size() - 1).latents().dim(0) : 0;
    return InputHalves.of(x, batch, apart).stream()
        .map(part -> InputStatistics.of(names.get(0), part, sequences))
        .toList();
  }

  /** Whether the evaluation that is going on is a calibration batch. */
  public boolean isRecording() {
    return recording;
  }

  /** What {@link #statistics} found in the input of layers, in a calibration batch. */
  public void record(List<String> names, List<InputStatistics> parts) {
    int own = apart ? 2 : 1;
    for (int i = 0; i < own; i++) {
      record(names, parts.get(Math.min(i, parts.size() - 1)), timesteps.size() - own + i);
    }
  }

  private void record(List<String> names, InputStatistics input, int batch) {
    for (String name : names) {
      List<CalibrationStatistics.Observation> seen =
          layers.computeIfAbsent(name, n -> new ArrayList<>());
      if (!seen.isEmpty() && seen.get(0).input().channels() != input.channels()) {
        throw new InvalidModelException(
            "Layer "
                + name
                + " got inputs of "
                + seen.get(0).input().channels()
                + " and of "
                + input.channels()
                + " channels.");
      }
      seen.add(new CalibrationStatistics.Observation(batch, input));
    }
  }

  /** Number of batches so far. */
  public int batches() {
    return timesteps.size();
  }

  /**
   * @param model {@link ModelIdentity} of the calibrated model
   */
  public CalibrationStatistics statistics(String model) {
    return new CalibrationStatistics(model, timesteps, inputs, branches, layers, Optional.empty());
  }
}
