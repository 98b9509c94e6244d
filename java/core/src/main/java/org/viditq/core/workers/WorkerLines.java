package org.viditq.core.workers;

import java.util.Locale;
import java.util.Optional;

/**
 * The lines between a worker and the process that it works for. The worker says which units it
 * knows; then it is told a number per line and answers each with a line. What a library prints
 * between them is no line of these.
 */
public final class WorkerLines {
  private static final String MARK = "viditq-worker: ";

  private WorkerLines() {}

  /** What a worker says. */
  public enum Kind {
    /** That it is ready; the text is the fingerprint of its units. */
    READY,
    /** That a unit's result is there; the text is the name of its key. */
    DONE,
    /** That a unit could not be computed; the text is a sentence. */
    FAILED
  }

  /**
   * One line.
   *
   * @param unit that it is about; 0 for {@link Kind#READY}
   */
  public record Line(Kind kind, int unit, String text) {}

  /** As it is printed. */
  public static String print(Kind kind, int unit, String text) {
    return MARK
        + kind.name().toLowerCase(Locale.ROOT)
        + " "
        + unit
        + " "
        + text.replace('\n', ' ').replace('\r', ' ');
  }

  /** What a line says; empty for one of somebody else. */
  public static Optional<Line> parse(String line) {
    if (!line.startsWith(MARK)) {
      return Optional.empty();
    }
    String[] words = line.substring(MARK.length()).split(" ", 3);
    if (words.length < 3 || !words[1].matches("[0-9]{1,9}")) {
      return Optional.empty();
    }
    for (Kind kind : Kind.values()) {
      if (kind.name().toLowerCase(Locale.ROOT).equals(words[0])) {
        return Optional.of(new Line(kind, Integer.parseInt(words[1]), words[2]));
      }
    }
    return Optional.empty();
  }
}
