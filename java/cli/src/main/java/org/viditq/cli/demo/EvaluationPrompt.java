package org.viditq.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;

/**
 * A prompt of the sample with the seed that the published figures were measured with.
 *
 * @param seed of the initial noise
 */
record EvaluationPrompt(String prompt, long seed) {
  /** The published figures average so many lines. */
  private static final int MEASURED_LINES = 24;

  private static final long FIRST_SEED = 1000;
  private static final Pattern TWO_OBJECTS = Pattern.compile(" (above|below|to the) ");

  /**
   * Prompts with a single object, which the sample model does well, among those that were measured:
   * {@code count} of them, one per background in turn so that a few already differ. Line i has seed
   * 1000 + i.
   *
   * @throws UsageException if there are not that many
   */
  static List<EvaluationPrompt> singleObjects(Path file, int count) {
    List<String> lines = lines(file);
    Map<String, Deque<EvaluationPrompt>> byBackground = new LinkedHashMap<>();
    int available = 0;
    for (int i = 0; i < Math.min(lines.size(), MEASURED_LINES); i++) {
      String line = lines.get(i);
      if (!TWO_OBJECTS.matcher(line).find()) {
        byBackground
            .computeIfAbsent(line.substring(line.lastIndexOf(" on ") + 1), b -> new ArrayDeque<>())
            .add(new EvaluationPrompt(line, FIRST_SEED + i));
        available++;
      }
    }
    if (count < 1 || count > available) {
      throw new UsageException(
          "--pictures is " + count + ", but must lie between 1 and " + available + ".");
    }
    List<EvaluationPrompt> chosen = new ArrayList<>();
    while (chosen.size() < count) {
      byBackground.values().stream()
          .filter(prompts -> !prompts.isEmpty())
          .forEach(prompts -> chosen.add(prompts.remove()));
    }
    return List.copyOf(chosen.subList(0, count));
  }

  /** The lines of a prompt file of the sample. */
  static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException unreadable) {
      throw new InvalidModelException(
          "Cannot read " + file + ": " + IoReason.of(unreadable) + "; the sample is incomplete.",
          unreadable);
    }
  }
}
