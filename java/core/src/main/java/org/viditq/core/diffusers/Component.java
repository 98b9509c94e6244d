package org.viditq.core.diffusers;

import java.util.Set;

/** The parts of a text-to-image pipeline, each in a folder of its own. */
public enum Component {
  /** The denoiser. PixArt-α was published under the older of the two names. */
  TRANSFORMER(
      "transformer", "config.json", Set.of("PixArtTransformer2DModel", "Transformer2DModel")),
  VAE("vae", "config.json", Set.of("AutoencoderKL")),
  TEXT_ENCODER("text_encoder", "config.json", Set.of("T5EncoderModel")),
  TOKENIZER("tokenizer", "tokenizer_config.json", Set.of("T5Tokenizer", "T5TokenizerFast")),
  /** Of any class here: {@link org.viditq.core.schedule.SchedulerFactory} knows which it can do. */
  SCHEDULER("scheduler", "scheduler_config.json", Set.of());

  private final String folder;
  private final String configFile;
  private final Set<String> classes;

  Component(String folder, String configFile, Set<String> classes) {
    this.folder = folder;
    this.configFile = configFile;
    this.classes = classes;
  }

  /** Name of its folder, and its key in {@code model_index.json}. */
  public String folder() {
    return folder;
  }

  /** Name of its configuration within its folder. */
  public String configFile() {
    return configFile;
  }

  /** Names of the Python classes that can be read; empty if that is decided elsewhere. */
  Set<String> classes() {
    return classes;
  }
}
