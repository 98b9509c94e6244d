package org.viditq.bench.fuzz;

import org.viditq.core.pipeline.EncodedPromptsFile;

/** Encoded prompts. */
public final class EmbeddingsFuzzer {
  private EmbeddingsFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(() -> EncodedPromptsFile.load(Scratch.write("prompts.safetensors", input)));
  }
}
