package org.viditq.bench.fuzz;

import java.util.Arrays;
import java.util.List;
import org.viditq.cli.option.PromptFile;

/** Prompt files; the first byte of an input says which ending the file has. */
public final class PromptFileFuzzer {
  /** In the order of the first byte. */
  static final List<String> ENDINGS = List.of("txt", "json", "jsonl");

  private PromptFileFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    if (input.length == 0) {
      return;
    }
    Refusal.allowed(
        () -> {
          String name = "prompts." + ENDINGS.get(Math.floorMod(input[0], ENDINGS.size()));
          byte[] content = Arrays.copyOfRange(input, 1, input.length);
          if (PromptFile.read(Scratch.write(name, content)).isEmpty()) {
            throw new AssertionError("There are no prompts, and no refusal.");
          }
        });
  }
}
