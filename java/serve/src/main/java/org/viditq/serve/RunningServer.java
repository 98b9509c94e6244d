package org.viditq.serve;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.jline.utils.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.cli.console.Console;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Backend;
import org.viditq.serve.http.ApiKeys;
import org.viditq.serve.http.ApiServer;
import org.viditq.serve.http.RequestLimits;
import org.viditq.serve.http.ServerSettings;
import org.viditq.serve.metrics.ServerMetrics;
import org.viditq.serve.model.EncodedPromptCache;
import org.viditq.serve.model.ModelCatalog;
import org.viditq.serve.model.ResidentDenoisers;
import org.viditq.serve.work.WorkLimits;
import org.viditq.serve.work.WorkQueue;
import org.viditq.serve.work.Worker;

/** A server from its start to its end by a signal. */
final class RunningServer {
  private static final Logger LOG = LoggerFactory.getLogger(RunningServer.class);

  /** After which answers that are done must have been written. */
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(10);

  private final ApiServer server;
  private final WorkQueue queue;
  private final Worker worker;
  private final ServerMetrics metrics;
  private final Duration drain;
  private final Console console;
  private final CountDownLatch ended = new CountDownLatch(1);

  RunningServer(
      ServerSettings settings,
      RequestLimits requests,
      WorkLimits work,
      ApiKeys keys,
      ModelCatalog catalog,
      Backend backend,
      long memoryBudget,
      long promptCache,
      Duration drain,
      Console console) {
    this.drain = drain;
    this.console = console;
    this.metrics = new ServerMetrics();
    this.queue = new WorkQueue(work);
    ResidentDenoisers denoisers = new ResidentDenoisers(memoryBudget, console);
    this.worker = new Worker(queue, denoisers, new EncodedPromptCache(promptCache), metrics);
    metrics.gauge("viditq.queue.length", "Pictures that wait.", queue::length);
    metrics.gauge("viditq.resident.models", "Models that are loaded.", denoisers::count);
    metrics.nativeMemory(backend::allocatedBytes);
    this.server = new ApiServer(settings, requests, keys, catalog, queue, metrics);
  }

  /**
   * Serves until SIGTERM or SIGINT; then does what was accepted. A second signal ends the process
   * at once.
   *
   * @return the exit code
   */
  int run() {
    Signals.register("TERM", this::end);
    Signals.register("INT", this::end);
    worker.start();
    try {
      server.start();
    } catch (RuntimeException notListening) {
      throw new BackendException(
          "The server cannot listen: " + cause(notListening) + "; give another --host or --port.",
          notListening);
    }
    console.result("Listening on http://" + server.address());
    try {
      ended.await();
      console.note("Ends; what was accepted is still done.");
      boolean done = queue.awaitEmpty(drain);
      if (!done) {
        LOG.warn("What was accepted was not done within {} seconds.", drain.toSeconds());
      }
      server.awaitAnswers(LAST_ANSWERS);
      return done ? 0 : 1;
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
      return 1;
    } finally {
      server.close();
      worker.close();
      metrics.close();
    }
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
}
