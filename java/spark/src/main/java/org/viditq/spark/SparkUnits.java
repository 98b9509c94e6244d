package org.viditq.spark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.viditq.core.workers.ClusterJob;
import org.viditq.core.workers.WorkerLines;
import org.viditq.core.workers.WorkerLines.Kind;

/**
 * Submits units of work to a cluster: a Spark driver that speaks as a worker does, which computes
 * many units at a time. Its standard input begins with a {@link ClusterJob}; when it ends, so does
 * this process. Each unit is a Spark job of one task, so that results arrive, and are kept, one by
 * one, and Spark's own scheduling gives a unit of a lost executor to another.
 */
public final class SparkUnits {
  /** Units that are with Spark at a time; more wait here. */
  private static final int SUBMITTED = 128;

  private static final int UNUSABLE = 1;

  private final PrintStream answers;
  private final JavaSparkContext spark;
  private final ClusterJob job;
  private final Broadcast<Map<String, byte[]>> shared;
  private final PartFiles parts;
  private final int threads;

  private SparkUnits(PrintStream answers, JavaSparkContext spark, ClusterJob job)
      throws IOException {
    this.answers = answers;
    this.spark = spark;
    this.job = job;
    this.parts = new PartFiles(Path.of(job.folder()));
    this.shared = spark.broadcast(parts.readAll());
    this.threads = spark.getConf().getInt("spark.task.cpus", 1);
  }

  public static void main(String[] arguments) {
    // What Spark prints is no answer.
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try {
      ClusterJob job = ClusterJob.ofLine(requests.readLine());
      try (JavaSparkContext spark = new JavaSparkContext(configuration(job))) {
        new SparkUnits(answers, spark, job).serve(requests);
      }
    } catch (IOException | RuntimeException unusable) {
      System.err.println(unusable);
      System.exit(UNUSABLE);
    }
    System.exit(0);
  }

  private static SparkConf configuration(ClusterJob job) throws IOException {
    SparkConf settings = new SparkConf().setMaster(job.master());
    settings.setIfMissing("spark.app.name", "viditq");
    settings.setIfMissing("spark.ui.enabled", "false");
    if (!job.master().startsWith("local")) {
      settings.setJars(new String[] {TaskJar.write().toUri().toString()});
    }
    return settings;
  }

  private void serve(BufferedReader requests) throws IOException {
    ExecutorService submitting = Executors.newFixedThreadPool(SUBMITTED);
    say(Kind.READY, 0, job.fingerprint());
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      int unit = Integer.parseInt(line.strip());
      submitting.execute(() -> compute(unit));
    }
    submitting.shutdownNow();
  }

  private void compute(int unit) {
    try {
      UnitResult result =
          spark
              .parallelize(List.of(unit), 1)
              .map(new UnitTask(job, shared, threads))
              .collect()
              .get(0);
      if (result.failure().isEmpty()) {
        parts.write(result.name(), result.content());
        say(Kind.DONE, unit, result.name());
      } else {
        say(Kind.FAILED, unit, result.failure());
      }
    } catch (IOException unwritable) {
      say(Kind.FAILED, unit, "Cannot write " + job.folder() + ": " + unwritable.getMessage() + ".");
    } catch (RuntimeException lost) {
      // Spark's own words, of which the first line says what happened.
      say(
          Kind.FAILED,
          unit,
          "Spark gave up unit "
              + unit
              + " of the work ("
              + String.valueOf(lost.getMessage()).lines().findFirst().orElse("")
              + "); what is finished is kept, so give the command again.");
    }
  }

  private synchronized void say(Kind kind, int unit, String text) {
    answers.println(WorkerLines.print(kind, unit, text));
    answers.flush();
  }
}
