package org.viditq.core.workers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A worker process from the side of who it works for. For one thread at a time; {@link #close()}
 * may come from any and ends whatever is going on.
 */
public final class WorkerProcess implements AutoCloseable {
  /** What is kept of its standard error, for the sentence about its end. */
  private static final int LAST_LINES = 5;

  private static final long SECONDS_TO_END = 5;

  private final Process process;
  private final BufferedReader answers;
  private final Writer requests;
  private final Deque<String> lastErrors = new ArrayDeque<>();
  private final Thread errors;

  private WorkerProcess(Process process) {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.errors = new Thread(() -> readErrors(process.getErrorStream()), "errors of a worker");
    errors.setDaemon(true);
    errors.start();
  }

  /**
   * Starts a worker and waits until it is ready.
   *
   * @param folder of partial results
   * @param threads that it computes with
   * @param fingerprint of the units that are meant
   * @throws WorkerLostException if it ends before
   * @throws UnitFailedException if it means other units
   */
  public static WorkerProcess start(
      WorkerCommand command, Path folder, int threads, String fingerprint)
      throws IOException, UnitFailedException {
    return of(command.start(folder, threads), fingerprint);
  }

  /** As {@link #start}, of a process that was started as a worker. */
  public static WorkerProcess of(Process process, String fingerprint)
      throws IOException, UnitFailedException {
    WorkerProcess worker = new WorkerProcess(process);
    try {
      WorkerLines.Line ready = worker.next();
      if (ready.kind() != WorkerLines.Kind.READY || !ready.text().equals(fingerprint)) {
        throw new UnitFailedException(
            "A worker finds other units of work than the command that started it: the model, a"
                + " file, the version of viditq or the processor differs; give it the same.");
      }
      return worker;
    } catch (IOException | UnitFailedException | RuntimeException unusable) {
      worker.close();
      throw unusable;
    }
  }

  /**
   * Has a unit computed.
   *
   * @return the name of its key
   * @throws WorkerLostException if the process ends before
   * @throws UnitFailedException if it says that the unit cannot be computed
   */
  public String compute(int unit) throws IOException, UnitFailedException {
    request(unit);
    while (true) {
      WorkerLines.Line answer = next();
      if (answer.unit() == unit && answer.kind() == WorkerLines.Kind.DONE) {
        return answer.text();
      }
      if (answer.unit() == unit && answer.kind() == WorkerLines.Kind.FAILED) {
        throw new UnitFailedException(answer.text());
      }
    }
  }

  /** Asks for a unit, of a process that computes several at a time. */
  public void request(int unit) throws IOException {
    try {
      requests.write(unit + "\n");
      requests.flush();
    } catch (IOException ended) {
      throw lost();
    }
  }

  /**
   * Waits for what it says next.
   *
   * @throws WorkerLostException if it ends before
   */
  public WorkerLines.Line next() throws IOException {
    while (true) {
      String line;
      try {
        line = answers.readLine();
      } catch (IOException closed) {
        throw lost();
      }
      if (line == null) {
        throw lost();
      }
      Optional<WorkerLines.Line> said = WorkerLines.parse(line);
      if (said.isPresent()) {
        return said.get();
      }
    }
  }

  private WorkerLostException lost() {
    String end = "it does not end";
    try {
      if (process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
        errors.join(TimeUnit.SECONDS.toMillis(1));
        end = "exit code " + process.exitValue();
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    synchronized (lastErrors) {
      return new WorkerLostException(
          lastErrors.isEmpty() ? end : end + ": " + String.join(" ", lastErrors));
    }
  }

  private void readErrors(InputStream stream) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        synchronized (lastErrors) {
          lastErrors.add(line.strip());
          if (lastErrors.size() > LAST_LINES) {
            lastErrors.remove();
          }
        }
      }
    } catch (IOException closed) {
      // With the process; what was read is kept.
    }
  }

  /** Tells it that nothing more is wanted, upon which it ends. */
  public void release() {
    try {
      requests.close();
    } catch (IOException ended) {
      // Then it has ended before.
    }
  }

  /** Ends the process, whatever it does, after some seconds to do so by itself. */
  @Override
  public void close() {
    release();
    try {
      if (!process.waitFor(2 * SECONDS_TO_END, TimeUnit.SECONDS)) {
        process.destroy();
        if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      }
    } catch (InterruptedException stopped) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
