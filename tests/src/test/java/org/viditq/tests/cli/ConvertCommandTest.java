package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.diffusers.ComponentConfig;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceBackend;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;
import org.viditq.verify.fixture.Values;
import org.viditq.verify.runner.DenoiserInputs;

/** Checkpoints of authors, rewritten for diffusers, are the same network. */
class ConvertCommandTest {
  private static final Path ORIGINAL =
      Path.of("fixtures", "model.pixart_original__pixartms.safetensors");

  @TempDir Path folder;

  @Test
  void theAuthorsPixArtBecomesThatOfDiffusers() throws IOException {
    try (FixtureCase fixture = FixtureReader.open(ORIGINAL)) {
      Path weights = writeWeights(fixture);
      Path out = folder.resolve("converted");
      CommandRun.of("convert", weights.toString(), "--out", out.toString()).succeeded();
      try (Checkpoint converted = Checkpoints.open(out);
          Operators<?> operators = new ReferenceBackend().open(2);
          Denoiser denoiser = denoiser(out, converted, operators)) {
        assertThat(converted.contains("transformer_blocks.0.attn1.to_v.weight")).isTrue();
        Tensor output = denoiser.predict(DenoiserInputs.of(fixture, UnaryOperator.identity()));
        Values.Floats expected = (Values.Floats) fixture.expected().get("output");
        assertThat(output.data()).containsExactly(expected.data(), within(1e-4f));
      }
    }
  }

  private static <V> Denoiser denoiser(Path folder, Checkpoint weights, Operators<V> operators) {
    return new ModelDenoiser<>(
        DenoiserFamilies.model(ComponentConfig.beside(folder), weights),
        new CheckpointParameters(weights),
        operators,
        () -> {});
  }

  private Path writeWeights(FixtureCase fixture) throws IOException {
    Path source = Files.createDirectory(folder.resolve("authors"));
    List<StoredTensor> tensors = new ArrayList<>();
    for (String name : fixture.weights().names()) {
      tensors.add(MemoryTensor.of(name, fixture.weights().get(name).toTensor()));
    }
    SafetensorsWriter.write(source.resolve("model.safetensors"), tensors, Map.of());
    Files.writeString(source.resolve("config.json"), fixture.config().toString());
    return source.resolve("model.safetensors");
  }

  @Test
  void otherNetworksAreRefused() {
    assertThat(
            CommandRun.of(
                    "convert",
                    "../samples/pixart-mini/vae",
                    "--out",
                    folder.resolve("out").toString())
                .failedWith(1)
                .stderr())
        .contains("no denoiser of a family that is known here", "PixArt");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void weightsThatAreThereAlreadyStay() {
    Path out = folder.resolve("twice");
    String source = "../samples/pixart-mini/transformer";
    CommandRun.of("convert", source, "--out", out.toString(), "--dtype", "fp16").succeeded();
    assertThat(CommandRun.of("convert", source, "--out", out.toString()).failedWith(2).stderr())
        .contains("twice");
    assertThat(
            CommandRun.of("convert", source, "--out", out.toString(), "--dtype", "int8")
                .failedWith(2)
                .stderr())
        .contains("--dtype is int8");
  }

  @Test
  void inspectSaysWhatItIsAndWhatIsMissing() throws IOException {
    assertThat(
            CommandRun.of("inspect", "../samples/pixart-mini/transformer", "--summary")
                .succeeded()
                .stdout())
        .contains("PixArt: 86 linear layers, 80 of them quantized");
    Path part = Files.createDirectory(folder.resolve("part"));
    Files.copy(
        Path.of("../samples/pixart-mini/transformer/config.json"), part.resolve("config.json"));
    SafetensorsWriter.write(
        part.resolve("model.safetensors"),
        List.of(MemoryTensor.of("proj_out.weight", Tensor.zeros(32, 192))),
        Map.of());
    assertThat(CommandRun.of("inspect", part.toString(), "--summary").succeeded().stdout())
        .contains("85 missing: adaln_single.emb.timestep_embedder.linear_1");
  }
}
