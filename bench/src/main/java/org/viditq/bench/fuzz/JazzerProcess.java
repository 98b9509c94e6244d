package org.viditq.bench.fuzz;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.bench.report.Checkout;

/** A process of Jazzer that feeds one reader, watched through what it says. */
final class JazzerProcess {
  /** Every reader has to do with so much heap. */
  static final List<String> JVM_OPTIONS = List.of("-Xmx256m", "-XX:+UseSerialGC", "-Xss1m");

  /** What decides how an input is read; the JDK is never instrumented. */
  private static final String READERS =
      "org.viditq.**:net.razorvine.**:com.fasterxml.**:org.yaml.**:com.google.protobuf.**"
          + ":com.twelvemonkeys.**";

  /** A line of libFuzzer's about how far it is. */
  private static final Pattern STATE =
      Pattern.compile("#(\\d+)\\s+\\w+\\s+cov: (\\d+) ft: (\\d+) corp: (\\d+)/.* rss: (\\d+)Mb.*");

  private static final Pattern FINDING =
      Pattern.compile(
          "== Java Exception: (.*)|==\\d+==\\s*ERROR: (.*)|(# A fatal error has been.*)");

  private static final Pattern ARTIFACT = Pattern.compile(".*Test unit written to (\\S+)");

  /** Codes of a process that was told to end: libFuzzer's own, of SIGINT and of SIGTERM. */
  private static final Set<Integer> INTERRUPTED = Set.of(72, 130, 143);

  private static final long NANOS = 1_000_000_000L;

  /** How often progress is told, seconds. */
  private static final long EVERY = 5;

  private final FuzzTarget target;
  private final long start = System.nanoTime();
  private final Optional<String> commit = Checkout.commit();
  private final long[] state = new long[5];
  private Optional<String> finding = Optional.empty();
  private Optional<Path> artifact = Optional.empty();
  private volatile boolean stopped;

  private JazzerProcess(FuzzTarget target) {
    this.target = target;
  }

  /**
   * Runs a process to its end.
   *
   * @param classPath of the readers and of Jazzer
   * @param inputs at most
   * @param mostSeconds after which it ends though it has not read them all; empty for no limit
   * @param folder has the inputs to start from in {@code corpus}, where new ones are added; gets
   *     what the process says, behind what earlier ones said, and the input of a finding
   * @param progress is told what was reached every few seconds
   */
  static JazzerRun run(
      FuzzTarget target,
      String classPath,
      long inputs,
      long seed,
      OptionalLong mostSeconds,
      Path folder,
      Consumer<JazzerRun> progress)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM_OPTIONS);
    command.addAll(
        List.of(
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + target.entry().getName(),
            "--instrumentation_includes=" + READERS,
            // Logging and the like are watched for nothing, and half of the start goes there.
            "--custom_hook_includes=" + READERS,
            "-runs=" + inputs,
            "-seed=" + seed,
            "-max_len=16384",
            "-len_control=20",
            // Far more than any input takes, also where the machine does much other work.
            "-timeout=900",
            "-rss_limit_mb=2048",
            "-artifact_prefix=" + folder + "/"));
    mostSeconds.ifPresent(seconds -> command.add("-max_total_time=" + Math.max(1, seconds)));
    command.add(folder.resolve("corpus").toString());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // Not on the command line: ONNX Runtime does not bear long ones, and logs are easier to read.
    builder.environment().put("CLASSPATH", classPath);
    builder.directory(folder.toFile());
    return new JazzerProcess(target).watch(builder.start(), folder.resolve("log"), progress);
  }

  private JazzerRun watch(Process process, Path log, Consumer<JazzerRun> progress)
      throws IOException {
    Thread end =
        new Thread(
            () -> {
              stopped = true;
              process.destroy();
            });
    Runtime.getRuntime().addShutdownHook(end);
    try (BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        var copy =
            Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      process.getOutputStream().close();
      long told = System.nanoTime();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        copy.write(line);
        copy.newLine();
        copy.flush();
        read(line);
        if (System.nanoTime() - told > EVERY * NANOS) {
          told = System.nanoTime();
          progress.accept(figures());
        }
      }
      int code = process.waitFor();
      if (code != 0 && finding.isEmpty() && !stopped && !INTERRUPTED.contains(code)) {
        finding = Optional.of("The process ended with " + code + ".");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted.", interrupted);
    } finally {
      process.destroy();
      forget(end);
    }
    return figures();
  }

  private static void forget(Thread end) {
    try {
      Runtime.getRuntime().removeShutdownHook(end);
    } catch (IllegalStateException ending) {
      // It is about to run, or has.
    }
  }

  private void read(String line) {
    Matcher known = STATE.matcher(line);
    if (known.matches()) {
      for (int i = 0; i < state.length; i++) {
        state[i] = Math.max(state[i], Long.parseLong(known.group(i + 1)));
      }
    }
    Matcher found = FINDING.matcher(line);
    if (finding.isEmpty() && found.find()) {
      finding = Optional.of(found.group().strip());
    }
    Matcher kept = ARTIFACT.matcher(line);
    if (kept.matches()) {
      artifact = Optional.of(Path.of(kept.group(1)));
    }
  }

  private JazzerRun figures() {
    return new JazzerRun(
        target,
        state[0],
        (System.nanoTime() - start) / (double) NANOS,
        state[1],
        state[2],
        state[3],
        state[4],
        commit,
        finding,
        artifact);
  }
}
