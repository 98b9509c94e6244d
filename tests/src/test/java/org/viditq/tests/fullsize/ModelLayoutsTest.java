package org.viditq.tests.fullsize;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.bench.model.ModelLayouts;
import org.viditq.bench.model.PixArtXl;
import org.viditq.bench.model.RandomTensor;
import org.viditq.bench.model.RandomWeights;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.tensor.Shape;

/** The layouts that the full-size model is written in are those that diffusers writes. */
class ModelLayoutsTest {
  private static final PipelineFolder SAMPLE =
      PipelineFolder.open(Path.of("..", "samples", "pixart-mini"));

  private static final Map<Component, Function<JsonConfig, List<RandomTensor>>> LAYOUTS =
      Map.of(
          Component.TRANSFORMER, ModelLayouts::pixArt,
          Component.TEXT_ENCODER, ModelLayouts::t5Encoder,
          Component.VAE, ModelLayouts::autoencoder);

  @ParameterizedTest
  @EnumSource(names = {"TRANSFORMER", "TEXT_ENCODER", "VAE"})
  void layoutOfTheSampleIsThatOfItsFile(Component component) {
    Map<String, Shape> layout =
        LAYOUTS.get(component).apply(SAMPLE.config(component)).stream()
            .collect(Collectors.toMap(RandomTensor::name, RandomTensor::shape));
    try (Checkpoint checkpoint = SAMPLE.checkpoint(component)) {
      Map<String, Shape> file =
          checkpoint.names().stream()
              .map(checkpoint::get)
              .collect(Collectors.toMap(StoredTensor::name, StoredTensor::shape));
      assertThat(layout).isEqualTo(file);
    }
  }

  @Test
  void fullSizeTransformerHasThePublishedNumberOfParameters() {
    long parameters =
        ModelLayouts.pixArt(PixArtXl.config()).stream()
            .mapToLong(tensor -> tensor.shape().size())
            .sum();
    assertThat(parameters).isEqualTo(610_856_096L);
  }

  @Test
  void whatADefinitionAsksForIsTheLayoutOfItsModel() {
    DenoiserModel model =
        DenoiserFamilies.model(PixArtXl.config(), new MemoryCheckpoint("no weights", List.of()));
    assertThat(RandomWeights.tensorsOf(model))
        .containsExactlyInAnyOrderElementsOf(ModelLayouts.pixArt(PixArtXl.config()));
  }

  @Test
  void partsOfRandomTensorsAreThoseOfTheWhole() {
    StoredTensor tensor = ModelLayouts.pixArt(PixArtXl.config()).get(0);
    float[] whole = new float[tensor.shape().size()];
    tensor.copyTo(0, whole, 0, whole.length);
    assertThat(
            MemoryTensor.ofBuffer("copy", tensor.dtype(), tensor.shape(), tensor.bytes())
                .toTensor()
                .data())
        .isEqualTo(whole);
    float[] part = new float[1 + 50];
    tensor.copyTo(123, part, 1, 50);
    assertThat(Arrays.copyOfRange(part, 1, 51)).isEqualTo(Arrays.copyOfRange(whole, 123, 173));
  }
}
