package org.viditq.cli.workers;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.viditq.core.error.UsageException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.workers.ClusterJob;
import org.viditq.core.workers.UnitFailedException;
import org.viditq.core.workers.WorkerLines;
import org.viditq.core.workers.WorkerProcess;

/**
 * Units of work on an Apache Spark cluster. Spark and the module that talks to it run in a process
 * of their own, so that neither its libraries nor what it opens of the JDK are in this one.
 */
final class SparkWorkers {
  private static final String MODULE = "org.viditq.spark.SparkUnits";

  /** What Spark needs of JDK 17. */
  private static final List<String> OPENED =
      List.of(
          "java.lang",
          "java.lang.invoke",
          "java.lang.reflect",
          "java.io",
          "java.net",
          "java.nio",
          "java.util",
          "java.util.concurrent",
          "java.util.concurrent.atomic",
          "jdk.internal.ref",
          "sun.nio.ch",
          "sun.nio.cs",
          "sun.security.action",
          "sun.util.calendar");

  private final ClusterJob job;
  private final Map<String, String> settings;
  private final boolean debug;

  /**
   * @param settings of Spark, by key
   * @param debug whether what Spark logs is told
   */
  SparkWorkers(ClusterJob job, Map<String, String> settings, boolean debug) {
    this.job = job;
    this.settings = Map.copyOf(settings);
    this.debug = debug;
  }

  /**
   * Looks for Spark before any work is done.
   *
   * @throws UsageException if it is not there
   */
  static void require() {
    jars();
    module();
  }

  /**
   * Has units computed; their results are in the job's folder then.
   *
   * @param done called after each unit
   * @throws ViditqException if one of them cannot be
   */
  void compute(List<Integer> units, Runnable done) {
    try (WorkerProcess driver = start()) {
      Thread end = new Thread(driver::close, "end of the Spark driver");
      Runtime.getRuntime().addShutdownHook(end);
      try {
        for (int unit : units) {
          driver.request(unit);
        }
        Set<Integer> open = new HashSet<>(units);
        while (!open.isEmpty()) {
          WorkerLines.Line line = driver.next();
          if (line.kind() == WorkerLines.Kind.FAILED) {
            throw new ViditqException(line.text());
          }
          if (line.kind() == WorkerLines.Kind.DONE && open.remove(line.unit())) {
            done.run();
          }
        }
      } finally {
        removeHook(end);
      }
    } catch (UnitFailedException refused) {
      throw new ViditqException(refused.getMessage());
    } catch (IOException ended) {
      throw new ViditqException(
          "The process that submits work to Spark at "
              + job.master()
              + " ended ("
              + ended.getMessage()
              + "); look whether the cluster is there, and run the command again with --debug.",
          ended);
    }
  }

  private static void removeHook(Thread end) {
    try {
      Runtime.getRuntime().removeShutdownHook(end);
    } catch (IllegalStateException ending) {
      // Then it runs.
    }
  }

  private WorkerProcess start() throws IOException, UnitFailedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    OPENED.forEach(name -> command.add("--add-opens=java.base/" + name + "=ALL-UNNAMED"));
    command.add("-Xmx1g");
    command.add("-Dspark.log.level=" + (debug ? "INFO" : "WARN"));
    settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.add("-cp");
    command.add(
        String.join(
            File.pathSeparator,
            module().toString(),
            location(ClusterJob.class).toString(),
            jars().resolve("*").toString()));
    command.add(MODULE);
    Process process = new ProcessBuilder(command).start();
    process.getOutputStream().write((job.toLine() + "\n").getBytes(StandardCharsets.US_ASCII));
    process.getOutputStream().flush();
    return WorkerProcess.of(process, job.fingerprint());
  }

  /** Those of an installation, which fit its cluster, or those that the module was built with. */
  private static Path jars() {
    String installation = System.getenv("SPARK_HOME");
    Path jars =
        installation == null || installation.isBlank()
            ? built().resolve("lib")
            : Path.of(installation, "jars");
    if (!Files.isDirectory(jars)) {
      throw new UsageException(
          "There are no jars of Apache Spark in "
              + jars
              + "; let SPARK_HOME name an installation of Spark, or build the module once with 'mvn"
              + " -pl java/spark -am -DskipTests package'.");
    }
    return jars;
  }

  private static Path module() {
    Optional<Path> known = onClassPath();
    if (known.isPresent()) {
      return known.get();
    }
    try (Stream<Path> files = Files.list(built())) {
      return files
          .filter(file -> file.getFileName().toString().matches("viditq-spark-.*\\.jar"))
          .findFirst()
          .orElseThrow(SparkWorkers::notBuilt);
    } catch (IOException missing) {
      throw notBuilt();
    }
  }

  private static Optional<Path> onClassPath() {
    try {
      return Optional.of(
          location(Class.forName(MODULE, false, SparkWorkers.class.getClassLoader())));
    } catch (ClassNotFoundException | LinkageError absent) {
      return Optional.empty();
    }
  }

  private static UsageException notBuilt() {
    return new UsageException(
        "The module for Apache Spark is not built; build it once with 'mvn -pl java/spark -am"
            + " -DskipTests package'.");
  }

  private static Path built() {
    return Path.of(System.getProperty("viditq.home", "."), "java", "spark", "target");
  }

  /** The jar or folder that a class is from. */
  private static Path location(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    try {
      return Path.of(source.getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
