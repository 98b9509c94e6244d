package org.viditq.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;

/**
 * A prompt of the sample with its seed, that of the published figures.
 *
 * @param seed of the initial noise
 */
record EvaluationPrompt(String prompt, long seed) {
  /** The published figures average so many lines. */
  private static final int MEASURED_LINES = 24;

  private static final long FIRST_SEED = 1000;
  private static final Pattern TWO_OBJECTS = Pattern.compile(" (above|below|to the) ");

  /**
   * The first {@code count} prompts with a single object, which the sample model does well, among
   * those that were measured. Line i has seed 1000 + i.
   *
   * @throws UsageException if there are not that many
   */
  static List<EvaluationPrompt> singleObjects(Path file, int count) {
    List<String> lines = lines(file);
    List<EvaluationPrompt> single = new ArrayList<>();
    for (int i = 0; i < Math.min(lines.size(), MEASURED_LINES); i++) {
      if (!TWO_OBJECTS.matcher(lines.get(i)).find()) {
        single.add(new EvaluationPrompt(lines.get(i), FIRST_SEED + i));
      }
    }
    return first(single, count);
  }

  /**
   * The first {@code count} prompts. Line i has seed 1000 + i.
   *
   * @throws UsageException if there are not that many
   */
  static List<EvaluationPrompt> first(Path file, int count) {
    List<EvaluationPrompt> prompts = new ArrayList<>();
    for (String line : lines(file)) {
      prompts.add(new EvaluationPrompt(line, FIRST_SEED + prompts.size()));
    }
    return first(prompts, count);
  }

  private static List<EvaluationPrompt> first(List<EvaluationPrompt> prompts, int count) {
    if (count < 1 || count > prompts.size()) {
      throw new UsageException(
          "--pictures is " + count + ", but must lie between 1 and " + prompts.size() + ".");
    }
    return List.copyOf(prompts.subList(0, count));
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
