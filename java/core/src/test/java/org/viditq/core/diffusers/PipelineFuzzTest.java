package org.viditq.core.diffusers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.viditq.core.fuzz.Fuzz;
import org.viditq.core.fuzz.JsonMutations;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.schedule.SchedulerFactory;

/** Whatever a model folder's JSON says, it is understood or refused in one sentence. */
class PipelineFuzzTest {
  private static final Path SAMPLE = Path.of("../../samples/pixart-mini");
  private static final int CASES = 150;

  private static final Map<Component, Consumer<JsonConfig>> READERS =
      Map.of(
          Component.TRANSFORMER, PixArtConfig::fromJson,
          Component.TEXT_ENCODER, T5Config::fromJson,
          Component.VAE, AutoencoderKlConfig::fromJson,
          Component.SCHEDULER, SchedulerFactory::fromConfig);

  @SuppressWarnings("unused") // by FieldSource
  private static final List<Arguments> MUTATIONS =
      List.of(
          Arguments.of(1, (BiFunction<String, Random, String>) JsonMutations::withForeignTokens),
          Arguments.of(2, (BiFunction<String, Random, String>) JsonMutations::withOtherValues));

  @TempDir Path folder;

  @ParameterizedTest
  @FieldSource("MUTATIONS")
  void modelIndex(int seed, BiFunction<String, Random, String> mutate) throws IOException {
    String index = Files.readString(SAMPLE.resolve("model_index.json"));
    Fuzz.run(
        seed,
        CASES,
        random -> {
          Files.writeString(folder.resolve("model_index.json"), mutate.apply(index, random));
          PipelineFolder pipeline = PipelineFolder.open(folder);
          for (Component component : Component.values()) {
            pipeline.has(component);
          }
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"TRANSFORMER", "TEXT_ENCODER", "VAE", "SCHEDULER"})
  void configurations(Component component) throws IOException {
    String json =
        Files.readString(SAMPLE.resolve(component.folder()).resolve(component.configFile()));
    Path file = folder.resolve("config.json");
    List<String> wrongValues = JsonMutations.withEachOtherValue(json);
    Fuzz.run(
        10 + component.ordinal(),
        3 * CASES,
        random -> {
          String mutated =
              random.nextInt(3) == 0
                  ? JsonMutations.withForeignTokens(json, random)
                  : wrongValues.get(random.nextInt(wrongValues.size()));
          Files.writeString(file, mutated);
          READERS.get(component).accept(JsonConfig.read(file));
        });
  }
}
