package org.viditq.bench.fuzz;

/** A spiece.model in a folder without other files. */
public final class SentencePieceFuzzer {
  private SentencePieceFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(() -> TokenizerFolder.read("spiece.model", input));
  }
}
