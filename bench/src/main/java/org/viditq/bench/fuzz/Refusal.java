package org.viditq.bench.fuzz;

import java.io.IOException;
import org.viditq.core.error.ViditqException;

/** What a reader may do with bytes from anywhere: read them, or refuse them in one sentence. */
final class Refusal {
  private static final int LONGEST_SENTENCE = 2000;

  /** Reads an input to its end. */
  @FunctionalInterface
  interface Reading {
    void run() throws Exception;
  }

  private Refusal() {}

  /**
   * @throws AssertionError if the reading is refused, but not in one printable sentence
   * @throws Exception whatever else escapes, for the fuzzer to find
   */
  static void allowed(Reading reading) throws Exception {
    try {
      reading.run();
    } catch (ViditqException refused) {
      requireSentence(refused.getMessage(), refused);
    } catch (IOException gone) {
      // What is left of an input while the process ends is no finding.
      if (!Scratch.isEnding()) {
        throw gone;
      }
    }
  }

  private static void requireSentence(String message, ViditqException refused) {
    boolean ends = message.endsWith(".") || message.endsWith("?"); // did you mean …?
    if (!ends
        || message.length() > LONGEST_SENTENCE
        || message.chars().anyMatch(Character::isISOControl)) {
      throw new AssertionError("No printable sentence: " + message, refused);
    }
  }
}
