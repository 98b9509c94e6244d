package org.viditq.bench.fuzz;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.schedule.SchedulerFactory;

/** The configuration of every part of a pipeline; the first byte of an input says of which. */
public final class ConfigurationFuzzer {
  private static final int STEPS = 4;

  /** In the order of the first byte. */
  private static final List<Consumer<JsonConfig>> READERS =
      List.of(
          ConfigurationFuzzer::denoiser,
          T5Config::fromJson,
          BertConfig::fromJson,
          AutoencoderKlConfig::fromJson,
          AutoencoderKlConfig::fromTemporalJson,
          config -> SchedulerFactory.fromConfig(config).start(STEPS));

  private ConfigurationFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    if (input.length == 0) {
      return;
    }
    Refusal.allowed(
        () -> {
          byte[] json = Arrays.copyOfRange(input, 1, input.length);
          JsonConfig config = JsonConfig.read(Scratch.write("config.json", json));
          READERS.get(Math.floorMod(input[0], READERS.size())).accept(config);
        });
  }

  /** All that a pipeline asks of a model before it has weights. */
  private static void denoiser(JsonConfig config) {
    DenoiserModel model =
        DenoiserFamilies.model(config, new MemoryCheckpoint("no weights", List.of()));
    model.inputs();
    model.latents();
    model.linearLayers();
    model.samplingDefaults();
  }
}
