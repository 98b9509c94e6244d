package org.viditq.bench.fuzz;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process of Jazzer reported of one reader.
 *
 * @param inputs that were read
 * @param seconds that took
 * @param coverage edges of instrumented classes that some input went along
 * @param features edges with how often they were gone along, and compared values
 * @param corpus inputs that were kept because each of them added something
 * @param residentMebibytes peak of the process
 * @param finding first line of what stopped it; empty where all inputs were read or refused
 * @param artifact the input that did
 */
record JazzerRun(
    FuzzTarget target,
    long inputs,
    double seconds,
    long coverage,
    long features,
    long corpus,
    long residentMebibytes,
    Optional<String> finding,
    Optional<Path> artifact) {

  /** A line of libFuzzer's about how far it is. */
  private static final Pattern STATE =
      Pattern.compile("#(\\d+)\\s+\\w+\\s+cov: (\\d+) ft: (\\d+) corp: (\\d+)/.* rss: (\\d+)Mb.*");

  private static final Pattern FINDING =
      Pattern.compile(
          "== Java Exception: (.*)|==\\d+==\\s*ERROR: (.*)|(# A fatal error has been.*)");

  private static final Pattern ARTIFACT = Pattern.compile(".*Test unit written to (\\S+)");

  /** Every reader has to do with so much heap. */
  static final List<String> JVM_OPTIONS = List.of("-Xmx256m", "-XX:+UseSerialGC", "-Xss1m");

  /**
   * Runs a process to its end.
   *
   * @param classPath of the readers and of Jazzer
   * @param corpus folder with the inputs to start from; new ones are added
   * @param artifacts folder for the input of a finding
   * @param log receives all that the process says
   */
  static JazzerRun of(
      FuzzTarget target,
      String classPath,
      long inputs,
      long seed,
      Path corpus,
      Path artifacts,
      Path log)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM_OPTIONS);
    command.addAll(
        List.of(
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + target.entry().getName(),
            // What decides how an input is read; the JDK is never instrumented.
            "--instrumentation_includes=org.viditq.**:net.razorvine.**:com.fasterxml.**"
                + ":org.yaml.**:com.google.protobuf.**",
            "-runs=" + inputs,
            "-seed=" + seed,
            "-max_len=16384",
            "-len_control=20",
            // Far more than any input takes, also where the machine does other work.
            "-timeout=120",
            "-rss_limit_mb=2048",
            "-use_value_profile=1",
            "-artifact_prefix=" + artifacts + "/",
            corpus.toString()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // Not on the command line: ONNX Runtime does not bear long ones, and logs are easier to read.
    builder.environment().put("CLASSPATH", classPath);
    builder.directory(artifacts.toFile());
    long start = System.nanoTime();
    Process process = builder.start();
    process.getOutputStream().close();
    long[] state = new long[5];
    Optional<String> finding = Optional.empty();
    Optional<Path> artifact = Optional.empty();
    try (BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        var copy = Files.newBufferedWriter(log)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        copy.write(line);
        copy.newLine();
        copy.flush();
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
      int code = process.waitFor();
      if (code != 0 && finding.isEmpty()) {
        finding = Optional.of("The process ended with " + code + ".");
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted.", interrupted);
    } finally {
      process.destroy();
    }
    return new JazzerRun(
        target,
        state[0],
        (System.nanoTime() - start) * 1e-9,
        state[1],
        state[2],
        state[3],
        state[4],
        finding,
        artifact);
  }

  void putInto(ObjectNode node) {
    node.put("reader", target.toString());
    node.put("class", target.entry().getName());
    node.put("inputs", inputs);
    node.put("seconds", Math.round(seconds * 10) / 10.0);
    node.put("coverageEdges", coverage);
    node.put("features", features);
    node.put("corpus", corpus);
    node.put("peakResidentMebibytes", residentMebibytes);
    node.put("findings", finding.isPresent() ? 1 : 0);
    finding.ifPresent(what -> node.put("finding", what));
  }
}
