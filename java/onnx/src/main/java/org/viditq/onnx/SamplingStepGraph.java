package org.viditq.onnx;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.tensor.Shape;

/**
 * What lies between two evaluations of a denoiser as an ONNX graph of ONNX's own operators:
 * classifier-free guidance, the step of a scheduler whose steps are linear ({@link
 * org.viditq.core.schedule.LinearSteps}), and the denoiser's next input. Frames, heights and widths
 * are one axis here, positions.
 *
 * <p>Inputs, float32: {@value #PREDICTION} [copies, batch, output channels, positions], with
 * guidance two copies, the one without the prompt first; {@value #HISTORY} [2 depth - 1, batch,
 * channels, positions], the depth last samples and then the outputs of one step less, the newest
 * first; {@value #WEIGHTS} [2 depth + 3], those of samples, of outputs, of noise, the scale of the
 * denoiser's next input, and of guidance; {@value #NOISE} [1, batch, channels, positions].
 *
 * <p>Outputs: {@value #HISTORY_AFTER}, which the next step has as its history; {@value #LATENTS}
 * [copies, batch, channels, positions], the denoiser's next input; {@value #SAMPLE} [1, batch,
 * channels, positions]; {@value #SIZE} [1, 1, 1, 1], the sum of magnitudes of the guided output,
 * which is finite if that is.
 */
public final class SamplingStepGraph {
  public static final String PREDICTION = "prediction";
  public static final String HISTORY = "history";
  public static final String WEIGHTS = "weights";
  public static final String NOISE = "noise";
  public static final String HISTORY_AFTER = "history_after";
  public static final String LATENTS = "latents";
  public static final String SAMPLE = "sample";
  public static final String SIZE = "size";

  /** Extents that are recorded, and left open. */
  private static final int BATCH = 2;

  private static final int POSITIONS = 3;
  private static final String[] AXES = {"batch", "positions"};

  private SamplingStepGraph() {}

  /**
   * What the graph is for.
   *
   * @param depth how far steps look back, at least 1
   * @param channels of latents
   * @param outputChannels of the denoiser's output, of which the first ones are used
   * @param guided whether there is guidance
   * @param guidedChannels how many of the channels it applies to
   * @param noise whether steps draw noise
   */
  public record Form(
      int depth,
      int channels,
      int outputChannels,
      boolean guided,
      int guidedChannels,
      boolean noise) {
    /** Copies of the batch that the denoiser takes. */
    public int copies() {
      return guided ? 2 : 1;
    }

    /** Tensors in {@link #HISTORY}. */
    public int history() {
      return 2 * depth - 1;
    }

    /** Elements of {@link #WEIGHTS}. */
    public int weights() {
      return 2 * depth + 3;
    }
  }

  /** Records the graph. */
  public static OnnxGraph record(Form form) {
    OnnxOptions options = OnnxOptions.plugin(FloatFormat.FP32, OnnxOptions.AttentionForm.NODE);
    try (OnnxOperators operators = new OnnxOperators(options)) {
      int depth = form.depth();
      int channels = form.channels();
      OnnxValue prediction =
          operators.input(PREDICTION, form.copies(), BATCH, form.outputChannels(), POSITIONS);
      OnnxValue history = operators.input(HISTORY, form.history(), BATCH, channels, POSITIONS);
      OnnxValue weights = operators.input(WEIGHTS, form.weights());
      Map<OnnxValue, List<String>> dimensions = new LinkedHashMap<>();
      dimensions.put(prediction, open(form.copies(), form.outputChannels()));
      dimensions.put(history, open(form.history(), channels));

      OnnxValue output =
          output(form, operators, prediction, scalar(operators, weights, 2 * depth + 2));
      OnnxValue outputs =
          depth == 1
              ? output
              : operators.concat(
                  List.of(output, operators.slice(history, 0, depth, 2 * depth - 1)), 0);
      OnnxValue samples = operators.slice(history, 0, 0, depth);
      OnnxValue terms =
          operators.multiply(
              operators.concat(List.of(samples, outputs), 0),
              operators.reshape(operators.slice(weights, 0, 0, 2 * depth), 2 * depth, 1, 1, 1));
      OnnxValue sum =
          sum(operators, terms, Shape.of(1, BATCH, channels, POSITIONS), "ReduceSum", 0);
      if (form.noise()) {
        OnnxValue noise = operators.input(NOISE, 1, BATCH, channels, POSITIONS);
        dimensions.put(noise, open(1, channels));
        sum = operators.add(sum, operators.multiply(noise, scalar(operators, weights, 2 * depth)));
      }
      OnnxValue older =
          depth == 1
              ? sum
              : operators.concat(List.of(sum, operators.slice(history, 0, 0, depth - 1)), 0);
      OnnxValue after =
          depth == 1
              ? older
              : operators.concat(List.of(older, operators.slice(outputs, 0, 0, depth - 1)), 0);
      OnnxValue scaled = operators.multiply(sum, scalar(operators, weights, 2 * depth + 1));
      OnnxValue latents = form.guided() ? operators.concat(List.of(scaled, scaled), 0) : scaled;
      OnnxValue size = sum(operators, output, Shape.of(1, 1, 1, 1), "ReduceL1", 0, 1, 2, 3);
      dimensions.put(after, open(form.history(), channels));
      dimensions.put(latents, open(form.copies(), channels));
      dimensions.put(sum, open(1, channels));

      Map<String, OnnxValue> results = new LinkedHashMap<>();
      results.put(HISTORY_AFTER, after);
      results.put(LATENTS, latents);
      results.put(SAMPLE, sum);
      results.put(SIZE, size);
      return operators.graph("sampling_step", results, dimensions);
    }
  }

  private static List<String> open(int first, int channels) {
    return List.of(Integer.toString(first), AXES[0], Integer.toString(channels), AXES[1]);
  }

  /** An element of the weights, [1, 1, 1, 1]. */
  private static OnnxValue scalar(OnnxOperators operators, OnnxValue weights, int index) {
    return operators.reshape(operators.slice(weights, 0, index, index + 1), 1, 1, 1, 1);
  }

  /** The guided output [1, batch, channels, positions]. */
  private static OnnxValue output(
      Form form, OnnxOperators operators, OnnxValue prediction, OnnxValue scale) {
    int channels = form.channels();
    OnnxValue used =
        form.outputChannels() == channels
            ? prediction
            : operators.slice(prediction, 2, 0, channels);
    if (!form.guided()) {
      return used;
    }
    OnnxValue without = operators.slice(used, 0, 0, 1);
    OnnxValue with = operators.slice(used, 0, 1, 2);
    int guided = Math.min(form.guidedChannels(), channels);
    Optional<OnnxValue> rest =
        guided == channels
            ? Optional.empty()
            : Optional.of(operators.slice(with, 2, guided, channels));
    if (rest.isPresent()) {
      without = operators.slice(without, 2, 0, guided);
      with = operators.slice(with, 2, 0, guided);
    }
    OnnxValue difference = operators.add(with, operators.scale(without, -1));
    OnnxValue guidedPart = operators.add(without, operators.multiply(difference, scale));
    return rest.isPresent() ? operators.concat(List.of(guidedPart, rest.get()), 2) : guidedPart;
  }

  private static OnnxValue sum(
      OnnxOperators operators, OnnxValue x, Shape shape, String operator, int... axes) {
    GraphRecorder recorder = operators.recorder();
    return recorder
        .node(operator)
        .inputs(x, recorder.indices(axes))
        .attribute("keepdims", 1)
        .result(ElementType.FLOAT, shape);
  }
}
