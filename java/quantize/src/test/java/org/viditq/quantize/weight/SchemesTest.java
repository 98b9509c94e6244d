package org.viditq.quantize.weight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.SchemeModel;
import org.viditq.quantize.TinyModel;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.CalibrationStatisticsFile;
import org.viditq.quantize.checkpoint.QuantizedCheckpoint;
import org.viditq.quantize.checkpoint.QuantizedCheckpointWriter;
import org.viditq.quantize.checkpoint.WeightError;
import org.viditq.quantize.plan.PlanReader;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.reference.ReferenceOperators;

/** What each key of a plan does to the error of a layer's output, and to files. */
class SchemesTest {
  private static final String W4 = "weight: {bits: 4}\n";
  private static final String W4_BALANCED = W4 + "balance: {alpha: 0.5}\n";
  private static final String RANGES = "ranges: [[0, 500], [501, 1000]]";

  @TempDir Path folder;

  @Test
  void compensatedCodesHaveLessErrorInTheOutputThanThoseOfOtherGrids() throws IOException {
    double ranges = error(W4_BALANCED);
    double searched = error("weight: {bits: 4, grid: mse-search}\nbalance: {alpha: 0.5}\n");
    double compensated = error("weight: {bits: 4, grid: gptq}\nbalance: {alpha: 0.5}\n");
    assertThat(compensated).isLessThan(0.75 * Math.min(searched, ranges));
  }

  /** It need not have less in the output: what clips adds up where inputs have a mean. */
  @Test
  void searchedGridsHaveLessErrorInTheWeights() throws IOException {
    Checkpoint weights = SchemeModel.weights();
    QuantizedLayers ranges = quantize(W4);
    QuantizedLayers searched = quantize("weight: {bits: 4, grid: mse-search}\n");
    for (String layer : ranges.layers().keySet()) {
      assertThat(WeightError.of(searched.layers().get(layer), weights))
          .isLessThan(WeightError.of(ranges.layers().get(layer), weights));
    }
  }

  @Test
  void searchedAlphaIsNoWorseThanAnyGivenOne() throws IOException {
    double searched = error(W4 + "balance: {alpha: search}\n");
    for (String alpha : List.of("0.1", "0.3", "0.5", "0.7", "0.9")) {
      // Found on other rows than the error is measured on.
      assertThat(searched).isLessThan(1.1 * error(W4 + "balance: {alpha: " + alpha + "}\n"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rotation: {}\n",
        "rotation: {block: 16, seed: 5}\n",
        "rotation: {matrix: regular, block: 16}\n",
        "rotation: {matrix: regular}\n"
      })
  void rotationsRemoveOutliersOfActivations(String rotation) throws IOException {
    String plain = "weight: {bits: 8}\nactivation: {bits: 4}\n";
    assertThat(error(plain + rotation)).isLessThan(0.8 * error(plain));
  }

  @Test
  void rotationsChangeNothingThatIsNotRounded() throws IOException {
    String eight = "weight: {bits: 8}\nactivation: {bits: 8}\nbalance: {alpha: 0.5}\n";
    assertThat(error(eight + "rotation: {}\n")).isLessThan(0.02);
  }

  @Test
  void branchesTakeTheirPartOfTheError() throws IOException {
    double four = error(W4_BALANCED);
    double twelve = error(W4_BALANCED + "low_rank: {rank: 4}\n");
    assertThat(twelve).isLessThan(0.9 * four);
  }

  @Test
  void sharedWeightsAreOneWeight() throws IOException {
    String shared = W4 + "balance: {alpha: 0.5, " + RANGES + ", range_weights: shared}\n";
    QuantizedLayers one = quantize(shared);
    QuantizedLayers two = quantize(W4 + "balance: {alpha: 0.5, " + RANGES + "}\n");
    QuantizedLinearParameters layer = one.layers().get(SchemeModel.LAYER);
    assertThat(layer.sets()).hasSize(2);
    assertThat(layer.sets().get(0).weight()).isSameAs(layer.sets().get(1).weight());
    assertThat(layer.sets().get(0).correction().orElseThrow())
        .isNotEqualTo(layer.sets().get(1).correction().orElseThrow());
    assertThat(one.sizeInBytes()).isLessThan(two.sizeInBytes() * 3 / 4);
    // The correction makes the mean right, which is far from zero here.
    double corrected = error(layer, 900);
    double uncorrected = error(withoutCorrections(layer), 900);
    assertThat(corrected).isLessThan(uncorrected);
  }

  @Test
  void alphaIsSearchedPerRange() throws IOException {
    QuantizedLayers layers =
        quantize("weight: {bits: 4, grid: gptq}\nbalance: {alpha: search, " + RANGES + "}\n");
    List<WeightSet> sets = layers.layers().get(SchemeModel.LAYER).sets();
    assertThat(sets).hasSize(2);
    assertThat(sets.get(0).weight()).isNotSameAs(sets.get(1).weight());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "weight: {bits: 4, grid: gptq, damping: 0.05}\nbalance: {alpha: search}\n",
        "weight: {bits: 6, symmetric: true, grid: gptq}\nrotation: {}\n",
        "weight: {bits: 4, grid: mse-search}\nrotation: {matrix: regular, block: 4}\n",
        "weight: {bits: 4}\nbalance: {alpha: 0.5}\nlow_rank: {rank: 3}\nrotation: {seed: 9}\n",
        "weight: {bits: 4}\nbalance: {alpha: search, "
            + RANGES
            + ", range_weights: shared}\nlow_rank: {rank: 2}\n",
      })
  void filesHoldWhatWasQuantizedAndAgainGivesTheSame(String yaml) throws IOException {
    QuantizedLayers written = write(yaml);
    byte[] first = Files.readAllBytes(file());
    write(yaml);
    assertThat(Files.readAllBytes(file())).isEqualTo(first);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      QuantizedLayers read = QuantizedCheckpoint.read(checkpoint).layers();
      assertThat(read.sizeInBytes()).isEqualTo(written.sizeInBytes());
      for (String layer : written.layers().keySet()) {
        for (double timestep : new double[] {200, 800}) {
          assertThat(output(read.layers().get(layer), timestep).data())
              .isEqualTo(output(written.layers().get(layer), timestep).data());
        }
        // 4-bit codes of normal weights are about an eighth off.
        assertThat(WeightError.of(read.layers().get(layer), SchemeModel.weights()))
            .isBetween(1e-4, 0.3);
      }
    }
  }

  @Test
  void onlyFilesThatNeedItHaveTheNewVersion() throws IOException {
    write("weight: {bits: 4, grid: gptq}\nbalance: {alpha: search}\n");
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      assertThat(checkpoint.metadata().get("viditq_format_version")).isEqualTo("1");
    }
    write("weight: {bits: 4}\nrotation: {}\n");
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      assertThat(checkpoint.metadata().get("viditq_format_version")).isEqualTo("2");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"block\":48|\"block\":47",
        "\"block\":48|\"block\":-4",
        "\"block\":48|\"block\":96",
        "\"hadamard\"|\"random\"",
        "\"seed\":0|\"seed\":[]",
        "\"low_rank\":3|\"low_rank\":4",
        "\"low_rank\":3|\"low_rank\":0"
      })
  void filesThatContradictThemselvesAreRefused(String change) throws IOException {
    write("weight: {bits: 4}\nrotation: {}\nlow_rank: {rank: 3}\n");
    Path changed = folder.resolve("changed.safetensors");
    String[] sides = change.split("\\|");
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("out"))) {
      Map<String, String> metadata = new TreeMap<>(checkpoint.metadata());
      String layers = metadata.get("viditq_layers");
      assertThat(layers).contains(sides[0]);
      metadata.put("viditq_layers", layers.replace(sides[0], sides[1]));
      SafetensorsWriter.write(
          changed, checkpoint.names().stream().map(checkpoint::get).toList(), metadata);
    }
    try (Checkpoint checkpoint = Checkpoints.open(changed)) {
      assertThatThrownBy(() -> QuantizedCheckpoint.read(checkpoint))
          .isInstanceOf(InvalidCheckpointException.class);
    }
  }

  @Test
  void whatIsMissingIsSaid() {
    CalibrationStatistics without = TinyModel.statistics(1, "tiny");
    for (String yaml :
        List.of(
            "weight: {bits: 4, grid: gptq}\n",
            W4 + "balance: {alpha: search}\n",
            W4 + "balance: {alpha: 0.3, " + RANGES + ", range_weights: shared}\n")) {
      assertThatThrownBy(
              () ->
                  new Quantizer(plan(yaml))
                      .quantize(
                          SchemeModel.model(),
                          SchemeModel.weights(),
                          Optional.of(without),
                          Quantizer.Progress.NONE))
          .isInstanceOf(InvalidPlanException.class)
          .hasMessageContaining("calibrate with --second-moments");
    }
    assertThatThrownBy(
            () ->
                quantize(
                    "weight: {bits: 4, grid: gptq}\n"
                        + "balance: {alpha: 0.3, ranges: [[0, 299], [300, 1000]]}\n"))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("from timestep 0 to below 300");
    assertThatThrownBy(() -> quantize(W4 + "low_rank: {rank: 20}\n"))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("branch of rank 20");
  }

  @Test
  void statisticsFilesKeepSecondMoments() throws IOException {
    Path file = folder.resolve("stats.safetensors");
    CalibrationStatisticsFile.write(file, SchemeModel.statistics());
    String yaml = "weight: {bits: 4, grid: gptq}\nbalance: {alpha: search, " + RANGES + "}\n";
    QuantizedLayers stored = quantize(yaml, CalibrationStatisticsFile.read(file));
    QuantizedLayers fresh = quantize(yaml, SchemeModel.statistics());
    assertThat(output(stored.layers().get(SchemeModel.OTHER), 900).data())
        .isEqualTo(output(fresh.layers().get(SchemeModel.OTHER), 900).data());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"moment.blocks.0.attn.q.0", "sample.blocks.0.attn.q.1", "sum.blocks.0.attn.q.0"})
  void damagedSecondMomentsAreNamed(String tensor) throws IOException {
    Path file = folder.resolve("stats.safetensors");
    Path damaged = folder.resolve("damaged.safetensors");
    CalibrationStatisticsFile.write(file, SchemeModel.statistics());
    String yaml =
        "weight: {bits: 4, grid: gptq}\nbalance: {alpha: search, "
            + RANGES
            + ", range_weights: shared}\n";
    for (Tensor instead :
        List.of(Tensor.zeros(3, 4), Tensor.full(Float.NaN, 48, 48), Tensor.zeros(5))) {
      try (Checkpoint checkpoint = Checkpoints.open(file)) {
        List<StoredTensor> tensors =
            checkpoint.names().stream()
                .map(
                    name ->
                        name.equals(tensor) ? MemoryTensor.of(name, instead) : checkpoint.get(name))
                .toList();
        SafetensorsWriter.write(damaged, tensors, checkpoint.metadata());
      }
      assertThatThrownBy(() -> quantize(yaml, CalibrationStatisticsFile.read(damaged)))
          .isInstanceOf(ViditqException.class)
          .hasMessageContaining(tensor);
    }
  }

  private Path file() {
    return folder.resolve("out").resolve("diffusion_pytorch_model.safetensors");
  }

  private QuantizationPlan plan(String yaml) throws IOException {
    return new PlanReader().read(Files.writeString(folder.resolve("plan.yaml"), yaml));
  }

  private QuantizedLayers quantize(String yaml) throws IOException {
    return quantize(yaml, SchemeModel.statistics());
  }

  private QuantizedLayers quantize(String yaml, CalibrationStatistics statistics)
      throws IOException {
    return new Quantizer(plan(yaml))
        .quantize(
            SchemeModel.model(),
            SchemeModel.weights(),
            Optional.of(statistics),
            Quantizer.Progress.NONE);
  }

  private QuantizedLayers write(String yaml) throws IOException {
    QuantizedLayers layers = quantize(yaml);
    QuantizedCheckpointWriter.write(
        folder.resolve("out"),
        JsonNodeFactory.instance.objectNode(),
        SchemeModel.model(),
        SchemeModel.weights(),
        plan(yaml),
        layers);
    return layers;
  }

  /** Relative error of a layer's output on rows that calibration did not see. */
  private double error(String yaml) throws IOException {
    return error(quantize(yaml).layers().get(SchemeModel.LAYER), 900);
  }

  private static double error(LinearParameters layer, double timestep) {
    Checkpoint weights = SchemeModel.weights();
    DenseLinearParameters exact =
        new DenseLinearParameters(
            SchemeModel.LAYER,
            weights.get(SchemeModel.LAYER + ".weight"),
            Optional.of(weights.get(SchemeModel.LAYER + ".bias").toTensor()));
    float[] expected = output(exact, timestep).data();
    float[] actual = output(layer, timestep).data();
    double error = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      error += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(error / norm);
  }

  private static Tensor output(LinearParameters layer, double timestep) {
    try (ReferenceOperators operators = new ReferenceOperators(1, 0)) {
      operators.selectTimestep(timestep);
      return operators.linear(SchemeModel.input(99, 64, timestep), operators.prepare(layer));
    }
  }

  private static QuantizedLinearParameters withoutCorrections(QuantizedLinearParameters layer) {
    return new QuantizedLinearParameters(
        layer.name(),
        layer.sets().stream()
            .map(
                s ->
                    new WeightSet(
                        s.range(),
                        s.weight(),
                        s.balance(),
                        s.rotation(),
                        s.activation(),
                        Optional.empty()))
            .toList(),
        layer.bias(),
        layer.branch());
  }
}
