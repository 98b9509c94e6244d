package org.viditq.bench.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.bench.model.RandomInputs;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxOptions.LinearForm;
import org.viditq.reference.ReferenceBackend;

/** The peer computes the sample models as the reference does, pictures and clips. */
class OnnxRuntimeDenoiserTest {
  private static final String PICTURES = "pixart-mini";
  private static final String CLIPS = "stdit-mini";

  /** As backends are allowed per operator, relative to the largest value, for each block. */
  private static final double PER_BLOCK = 2e-5;

  private static final int BLOCKS = 8; // of both samples

  /**
   * A layer's input has one scale for all tokens: an eighth of the prediction may go, as with naive
   * plans.
   */
  private static final double DYNAMIC_INT8 = 0.125;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {PICTURES, CLIPS})
  void inFullPrecision(String name) {
    try (Sample sample = new Sample(name)) {
      Tensor expected = sample.reference();
      Tensor got = sample.peer(LinearForm.FLOAT32, folder.resolve("graph"));
      assertThat(distance(got, expected))
          .isLessThan(PER_BLOCK * BLOCKS * Math.sqrt(expected.size()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {PICTURES, CLIPS})
  void inDynamicInt8(String name) {
    try (Sample sample = new Sample(name)) {
      Tensor expected = sample.reference();
      Tensor got = sample.peer(LinearForm.DYNAMIC_INT8, folder.resolve("graph"));
      assertThat(distance(got, expected)).isBetween(1e-4, DYNAMIC_INT8);
    }
  }

  /** Relative to the norm of what is expected. */
  private static double distance(Tensor got, Tensor expected) {
    assertThat(got.shape()).isEqualTo(expected.shape());
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < got.size(); i++) {
      difference += Math.pow(got.data()[i] - (double) expected.data()[i], 2);
      norm += Math.pow(expected.data()[i], 2);
    }
    return Math.sqrt(difference / norm);
  }

  private static final class Sample implements AutoCloseable {
    private static final int TEXT_TOKENS = 12;

    final Checkpoint checkpoint;
    final DenoiserModel model;
    final DenoiserInput input;

    Sample(String name) {
      PipelineFolder pipeline = PipelineFolder.open(Path.of("..", "samples", name));
      checkpoint = pipeline.checkpoint(Component.TRANSFORMER);
      model = DiffusionPipeline.readModel(pipeline);
      input = input(model);
    }

    /** Two samples, the second with half of its text masked. */
    private static DenoiserInput input(DenoiserModel model) {
      Map<String, Integer> extents =
          Map.of("batch", 2, "frames", 3, "height", 8, "width", 8, "tokens", TEXT_TOKENS);
      DenoiserInput input = RandomInputs.of(model, extents, 521, 7);
      float[] mask = input.tensors().get(InputNames.MASK).data();
      for (int i = TEXT_TOKENS + TEXT_TOKENS / 2; i < 2 * TEXT_TOKENS; i++) {
        mask[i] = 0;
      }
      return input;
    }

    Tensor reference() {
      return reference(new ReferenceBackend().open(2));
    }

    private <V> Tensor reference(Operators<V> operators) {
      try (Denoiser denoiser =
          new ModelDenoiser<>(
              model, new CheckpointParameters(checkpoint), operators, operators::close)) {
        return denoiser.predict(input);
      }
    }

    Tensor peer(LinearForm form, Path graph) {
      OnnxRuntimeDenoiser.write(model, new CheckpointParameters(checkpoint), form, input, graph);
      try (Denoiser denoiser = OnnxRuntimeDenoiser.open(model, graph, 2)) {
        return denoiser.predict(input);
      }
    }

    @Override
    public void close() {
      checkpoint.close();
    }
  }
}
