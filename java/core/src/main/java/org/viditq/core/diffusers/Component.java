package org.viditq.core.diffusers;

/** The parts of a pipeline, each in a folder of its own. */
public enum Component {
  /** The denoiser, of a family that {@link org.viditq.core.model.DenoiserFamilies} finds. */
  TRANSFORMER("transformer", "config.json"),
  VAE("vae", "config.json"),
  TEXT_ENCODER("text_encoder", "config.json"),
  TOKENIZER("tokenizer", "tokenizer_config.json"),
  /** HunyuanDiT's mT5. */
  TEXT_ENCODER_2("text_encoder_2", "config.json"),
  TOKENIZER_2("tokenizer_2", "tokenizer_config.json"),
  SCHEDULER("scheduler", "scheduler_config.json");

  private final String folder;
  private final String configFile;

  Component(String folder, String configFile) {
    this.folder = folder;
    this.configFile = configFile;
  }

  /** Name of its folder, and its key in {@code model_index.json}. */
  public String folder() {
    return folder;
  }

  /** Name of its configuration within its folder. */
  public String configFile() {
    return configFile;
  }
}
