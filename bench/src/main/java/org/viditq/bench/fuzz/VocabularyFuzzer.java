package org.viditq.bench.fuzz;

/** A vocab.txt in a folder without other files. */
public final class VocabularyFuzzer {
  private VocabularyFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(() -> TokenizerFolder.read("vocab.txt", input));
  }
}
