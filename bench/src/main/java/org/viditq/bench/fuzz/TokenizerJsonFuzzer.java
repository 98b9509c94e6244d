package org.viditq.bench.fuzz;

/** A tokenizer.json, of T5 or of BERT, in a folder without other files. */
public final class TokenizerJsonFuzzer {
  private TokenizerJsonFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(() -> TokenizerFolder.read("tokenizer.json", input));
  }
}
