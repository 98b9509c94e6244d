package org.viditq.serve;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jline.utils.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.cli.console.Console;
import org.viditq.core.error.BackendException;
import org.viditq.serve.http.ApiServer;
import org.viditq.serve.metrics.ServerMetrics;
import org.viditq.serve.model.EncodedPromptCache;
import org.viditq.serve.model.ResidentModels;
import org.viditq.serve.model.ServedModel;
import org.viditq.serve.work.WorkQueue;
import org.viditq.serve.work.Worker;

/**
 * A server: its models, its queue, the thread that computes, and its face. {@link #run} is its life
 * as a process; {@link #start}, {@link #drain} and {@link #close} are for programs that hold one.
 */
public final class ViditqServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ViditqServer.class);

  /** After which answers that are done must have been written. */
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(10);

  private final ApiServer server;
  private final WorkQueue queue;
  private final Worker worker;
  private final List<ServedModel> preloaded;
  private final ServerMetrics metrics = new ServerMetrics();
  private final Duration patience;
  private final Console console;
  private final CountDownLatch ended = new CountDownLatch(1);

  ViditqServer(ServerParts parts, Console console) {
    this.patience = parts.drain();
    this.console = console;
    this.queue = new WorkQueue(parts.work());
    ResidentModels models = new ResidentModels(parts.memoryBudget(), console, metrics);
    this.worker = new Worker(queue, models, new EncodedPromptCache(parts.promptCache()), metrics);
    this.preloaded = parts.preload() ? parts.catalog().models() : List.of();
    metrics.gauge("viditq.queue.length", "Pictures that wait.", queue::length);
    metrics.gauge("viditq.resident.models", "Models that are loaded.", models::count);
    metrics.nativeMemory(parts.backend()::allocatedBytes);
    this.server =
        new ApiServer(
            parts.settings(), parts.requests(), parts.keys(), parts.catalog(), queue, metrics);
  }

  /**
   * Listens, and works on what comes.
   *
   * @throws BackendException if the address is taken or not this machine's
   * @throws org.viditq.core.error.ViditqException if a model cannot be loaded that must be first
   */
  public void start() {
    worker.preload(preloaded);
    worker.start();
    try {
      server.start();
    } catch (RuntimeException notListening) {
      throw new BackendException(
          "The server cannot listen: " + cause(notListening) + "; give another --host or --port.",
          notListening);
    }
  }

  /** Where it listens, HOST:PORT. */
  public String address() {
    return server.address();
  }

  /** What it counts, as {@code /metrics} tells it. */
  public String metrics() {
    return metrics.scrape();
  }

  /**
   * Takes nothing more, and waits until what was accepted is done and answered.
   *
   * @return whether that came to pass within the time that {@code --drain} gives
   */
  public boolean drain() throws InterruptedException {
    queue.drain();
    boolean done = queue.awaitEmpty(patience);
    server.awaitAnswers(LAST_ANSWERS);
    return done;
  }

  /**
   * Serves until SIGTERM or SIGINT; then does what was accepted. A second signal ends the process
   * at once.
   *
   * @return the exit code
   */
  int run() {
    // Instead of the virtual machine's own end, whose first act would be to stop the kernels.
    Signals.register("TERM", this::end);
    Signals.register("INT", this::end);
    try {
      start();
      console.result("Listening on http://" + server.address());
      ended.await();
      console.note("Ends; what was accepted is still done.");
      if (drain()) {
        return 0;
      }
      LOG.warn("What was accepted was not done within {} seconds.", patience.toSeconds());
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
    return 1;
  }

  private static String cause(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  private void end() {
    if (queue.isDraining()) {
      Runtime.getRuntime().halt(1);
    }
    queue.drain();
    ended.countDown();
  }

  /** Ends at once: what waits is answered 503. */
  @Override
  public void close() {
    worker.close();
    server.close();
    metrics.close();
  }
}
