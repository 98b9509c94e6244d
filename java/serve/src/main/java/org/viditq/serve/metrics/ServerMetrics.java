package org.viditq.serve.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/** What the server counts and times, in the form that Prometheus reads. */
public final class ServerMetrics implements AutoCloseable {
  /** The parts of the work on a batch. */
  public enum Phase {
    /** From being accepted to the beginning of the batch. */
    WAIT,
    /** Prompts that are not in the cache are encoded. */
    ENCODE,
    /** A model that is not resident is loaded. */
    LOAD,
    SAMPLE,
    DECODE
  }

  /** The content type of {@link #scrape()}. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /** The upper ends of the buckets of times. A page takes milliseconds, a clip minutes. */
  private static final Duration[] BUCKETS =
      LongStream.of(
              5, 25, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final DistributionSummary batches =
      DistributionSummary.builder("viditq.batch.size")
          .description("Pictures that were sampled together.")
          .serviceLevelObjectives(1, 2, 4, 8, 16)
          .register(registry);
  private final Counter pictures =
      Counter.builder("viditq.pictures")
          .description("Pictures and clips that were made.")
          .register(registry);

  public ServerMetrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
  }

  /** A number that is asked for whenever somebody reads the metrics. */
  public void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder(name, value).description(description).register(registry);
  }

  /** Bytes that a backend holds outside of the Java heap; no gauge where it does not count them. */
  public void nativeMemory(Supplier<OptionalLong> bytes) {
    if (bytes.get().isPresent()) {
      gauge(
          "viditq.native.memory.bytes",
          "Bytes outside of the Java heap: weights and values.",
          () -> bytes.get().orElse(0));
    }
  }

  /** Counts a batch as it begins. */
  public void batch(int size) {
    batches.record(size);
  }

  /** Counts pictures that are done. */
  public void pictures(int count) {
    pictures.increment(count);
  }

  /** Adds the time of one phase of a batch. */
  public void time(Phase phase, long nanoseconds) {
    Timer.builder("viditq.phase")
        .description("Seconds per phase of the work.")
        .tag("phase", phase.name().toLowerCase(Locale.ROOT))
        .serviceLevelObjectives(BUCKETS)
        .register(registry)
        .record(nanoseconds, TimeUnit.NANOSECONDS);
  }

  /**
   * Counts and times a request whose answer is written to its end, or was given up.
   *
   * @param method as in the request; {@code OTHER} where HTTP has no such method, so that clients
   *     cannot make up labels
   * @param route the path with names in place of what varies, {@code none} where there is no such
   *     route
   * @param status of the answer
   */
  public void request(String method, String route, int status, long nanoseconds) {
    Timer.builder("http.server.requests")
        .description("Seconds from the head of a request to the end of its answer.")
        .tag("method", METHODS.contains(method) ? method : "OTHER")
        .tag("uri", route)
        .tag("status", Integer.toString(status))
        .serviceLevelObjectives(BUCKETS)
        .register(registry)
        .record(nanoseconds, TimeUnit.NANOSECONDS);
  }

  /** Counts an answer that is an error. */
  public void error(String kind) {
    Counter.builder("viditq.errors")
        .description("Errors by kind: the code of the error body.")
        .tag("kind", kind)
        .register(registry)
        .increment();
  }

  /**
   * Counts a part of a model that is loaded: {@code encoders}, {@code denoiser}, {@code decoder}.
   */
  public void load(String part) {
    Counter.builder("viditq.part.loads")
        .description("Parts of models that were loaded.")
        .tag("part", part)
        .register(registry)
        .increment();
  }

  /** Counts something that is found in a cache, or not. */
  public void cache(String name, boolean hit) {
    Counter.builder("viditq.cache.requests")
        .description("Look-ups in caches.")
        .tag("cache", name)
        .tag("result", hit ? "hit" : "miss")
        .register(registry)
        .increment();
  }

  /** All of it as text. */
  public String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    registry.close();
  }
}
