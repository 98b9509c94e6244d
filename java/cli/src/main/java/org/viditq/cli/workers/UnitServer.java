package org.viditq.cli.workers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.viditq.core.error.ViditqException;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.resume.Units;
import org.viditq.core.workers.WorkerCommand;
import org.viditq.core.workers.WorkerLines;
import org.viditq.core.workers.WorkerLines.Kind;

/**
 * A worker process from its own side: computes the units that it is told on standard input and says
 * so on standard output ({@link WorkerLines}). It ends when its input does, in the middle of a unit
 * as well: then nobody waits for the result.
 */
public final class UnitServer {
  private static final int END = -1;
  private static final int STOPPED = 143;

  private UnitServer() {}

  /** Where this process keeps results, if it is a worker. */
  public static Optional<Path> folder() {
    return Optional.ofNullable(System.getProperty(WorkerCommand.FOLDER)).map(Path::of);
  }

  /** Whether this process is a worker. */
  public static boolean isWorker() {
    return folder().isPresent();
  }

  /** Which of the lists of units of its command a worker computes, 1 first. */
  static int round() {
    return Integer.getInteger(WorkerCommand.ROUND, 1);
  }

  /** Computes what it is told until there is nobody to tell. */
  static void serve(Units units, PartialResults kept) {
    BlockingQueue<Integer> wanted = new LinkedBlockingQueue<>();
    boolean[] busy = new boolean[1];
    Thread reader = new Thread(() -> read(wanted, busy), "requests");
    reader.setDaemon(true);
    reader.start();
    say(Kind.READY, 0, units.fingerprint());
    try {
      for (int unit = wanted.take(); unit != END; unit = wanted.take()) {
        synchronized (busy) {
          busy[0] = true;
        }
        compute(units, unit, kept);
        synchronized (busy) {
          busy[0] = false;
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private static void compute(Units units, int unit, PartialResults kept) {
    try {
      if (unit >= units.count()) {
        say(Kind.FAILED, unit, "There is no unit " + unit + ".");
        return;
      }
      units.compute(unit);
      if (kept.has(units.key(unit))) {
        say(Kind.DONE, unit, PartialResults.fileName(units.key(unit)));
      } else {
        say(
            Kind.FAILED,
            unit,
            "The result of a unit cannot be kept in "
                + kept.folder().map(Path::toString).orElse("any folder")
                + "; make room there, or make it writable.");
      }
    } catch (ViditqException refused) {
      say(Kind.FAILED, unit, refused.getMessage());
    }
  }

  private static void read(BlockingQueue<Integer> wanted, boolean[] busy) {
    try {
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        wanted.add(Integer.parseInt(line.strip()));
      }
    } catch (IOException | NumberFormatException broken) {
      // As good as the end.
    }
    wanted.add(END);
    synchronized (busy) {
      if (!busy[0]) {
        return;
      }
    }
    System.exit(STOPPED);
  }

  private static void say(Kind kind, int unit, String text) {
    System.out.println(WorkerLines.print(kind, unit, text));
    System.out.flush();
  }
}
