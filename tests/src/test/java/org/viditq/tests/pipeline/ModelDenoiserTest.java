package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.model.pixart.PixArtModel;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceBackend;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;
import org.viditq.verify.fixture.Values;

class ModelDenoiserTest {
  /**
   * Models with size conditions are told height, width and their ratio. The golden cases hold one
   * picture of 1024 x 1024 and one of height 512 and width 768 (ratio rounded to 0.6667).
   */
  @ParameterizedTest
  @CsvSource({
    "model.pixart_alpha__cond, 0, 1024, 1024, 1e-4",
    "model.pixart_alpha__cond, 1, 512, 768, 1e-3",
    "model.pixart_alpha__cond_nonsquare, 0, 1024, 1024, 1e-4",
    "model.pixart_alpha__cond_nonsquare, 1, 512, 768, 1e-3",
  })
  void pictureSizesReachTheModel(String name, int row, int height, int width, float tolerance) {
    Path file = Path.of("fixtures", name + ".safetensors");
    try (FixtureCase fixture = FixtureReader.open(file);
        Operators<?> operators = new ReferenceBackend().open(2);
        Denoiser denoiser = denoiser(fixture, operators)) {
      Map<String, Tensor> conditions = text(fixture, row);
      conditions.putAll(denoiser.model().sizeInputs(1, height, width));
      Tensor output =
          denoiser.predict(
              DenoiserInput.of(
                  row(fixture.input("hidden_states"), row),
                  fixture.integers("timestep")[row],
                  conditions));
      Values.Floats expected = (Values.Floats) fixture.expected().get("output");
      Tensor wanted = row(Tensor.of(expected.shape(), expected.data()), row);
      assertThat(output.data()).containsExactly(wanted.data(), within(tolerance));
    }
  }

  /** Sums of the largest numbers overflow. */
  @ParameterizedTest
  @ValueSource(strings = {"reference", "native"})
  void overflowNamesTheOperatorThatItCameFrom(String backend) {
    Path file = Path.of("fixtures", "model.pixart_alpha__cond.safetensors");
    try (FixtureCase fixture = FixtureReader.open(file);
        Operators<?> operators = Backends.find(backend).open(2);
        Denoiser denoiser = denoiser(fixture, operators)) {
      Tensor latents = row(fixture.input("hidden_states"), 0);
      Map<String, Tensor> conditions = text(fixture, 0);
      conditions.putAll(denoiser.model().sizeInputs(1, 64, 64));
      DenoiserInput input =
          DenoiserInput.of(
              Tensor.full(Float.MAX_VALUE, latents.shape().toArray()), 500, conditions);
      assertThatThrownBy(() -> denoiser.predict(input))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageMatching(
              "In the denoiser at timestep 500.0, the operator patchEmbedding of layer \\S+ is the"
                  + " first to give NaN or infinity; .*");
    }
  }

  private static <V> Denoiser denoiser(FixtureCase fixture, Operators<V> operators) {
    return new ModelDenoiser<>(
        new PixArtModel(PixArtConfig.fromJson(fixture.config())),
        fixture.parameters(),
        operators,
        () -> {});
  }

  private static Map<String, Tensor> text(FixtureCase fixture, int row) {
    Map<String, Tensor> text = new LinkedHashMap<>();
    text.put(InputNames.TEXT, row(fixture.input("encoder_hidden_states"), row));
    text.put(InputNames.MASK, row(fixture.input("encoder_attention_mask"), row));
    return text;
  }

  private static Tensor row(Tensor batch, int row) {
    int[] dims = batch.shape().toArray();
    int size = batch.size() / dims[0];
    dims[0] = 1;
    return Tensor.of(Arrays.copyOfRange(batch.data(), row * size, (row + 1) * size), size)
        .reshape(dims);
  }
}
