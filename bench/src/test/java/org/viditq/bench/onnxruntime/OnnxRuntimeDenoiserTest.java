package org.viditq.bench.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxOptions.LinearForm;
import org.viditq.reference.ReferenceBackend;

/** The peer computes the sample model as the reference does. */
class OnnxRuntimeDenoiserTest {
  private static final Path SAMPLE = Path.of("..", "samples", "pixart-mini");

  /** As backends are allowed per operator, relative to the largest value, for each block. */
  private static final double PER_BLOCK = 2e-5;

  /**
   * A layer's input has one scale for all tokens: an eighth of the prediction may go, as with naive
   * plans.
   */
  private static final double DYNAMIC_INT8 = 0.125;

  @TempDir Path folder;

  @Test
  void inFullPrecision() {
    try (Sample sample = new Sample()) {
      Tensor expected = sample.reference();
      Tensor got = sample.peer(LinearForm.FLOAT32, folder.resolve("graph"));
      assertThat(distance(got, expected))
          .isLessThan(PER_BLOCK * sample.config.layers() * Math.sqrt(expected.size()));
    }
  }

  @Test
  void inDynamicInt8() {
    try (Sample sample = new Sample()) {
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
    final PipelineFolder pipeline = PipelineFolder.open(SAMPLE);
    final Checkpoint checkpoint = pipeline.checkpoint(Component.TRANSFORMER);
    final PixArtConfig config = PixArtConfig.fromJson(pipeline.config(Component.TRANSFORMER));
    final DenoiserModel model = DiffusionPipeline.readModel(pipeline);
    final DenoiserInput input = input(config);

    /** Two samples, the second with half of its text masked. */
    private static DenoiserInput input(PixArtConfig config) {
      Random random = new Random(7);
      int tokens = 12;
      Tensor mask = Tensor.full(1, 2, tokens);
      for (int i = tokens + tokens / 2; i < 2 * tokens; i++) {
        mask.data()[i] = 0;
      }
      int textChannels = config.captionChannels().orElseThrow();
      return DenoiserInput.of(
          normal(random, 2, config.inChannels(), 8, 8),
          521,
          Map.of(InputNames.TEXT, normal(random, 2, tokens, textChannels), InputNames.MASK, mask));
    }

    private static Tensor normal(Random random, int... dims) {
      Tensor tensor = Tensor.zeros(dims);
      for (int i = 0; i < tensor.size(); i++) {
        tensor.data()[i] = (float) random.nextGaussian();
      }
      return tensor;
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
