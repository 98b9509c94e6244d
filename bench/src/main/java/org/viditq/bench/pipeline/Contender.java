package org.viditq.bench.pipeline;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.viditq.bench.roofline.RooflineProfile;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.OperatorProfile;

/** A denoiser in a process of its own, told what to do line by line. */
final class Contender implements AutoCloseable {
  /** A small heap: what counts lies outside. The first compiler's code is fast enough for calls. */
  static final List<String> JVM_OPTIONS =
      List.of("-Xms8m", "-Xmx64m", "-Xmn1m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private final String name;
  private final Path errors;
  private final Process process;
  private final BufferedReader answers;
  private final long weightBytes;
  private final List<OperatorProfile.Entry> operators = new ArrayList<>();
  private final List<RooflineProfile.Entry> work = new ArrayList<>();

  /**
   * Starts the process and waits until it has evaluated the denoiser once.
   *
   * @param transformer its folder
   * @param observation of its operators
   * @param errors file that takes what the process prints to standard error
   * @throws BackendException if it fails, with its reason
   */
  Contender(
      Variant variant,
      Path transformer,
      EvaluationSize size,
      int threads,
      Observation observation,
      Path errors) {
    this.name = variant.toString();
    this.errors = errors;
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM_OPTIONS);
    command.add(DenoiserProcess.class.getName());
    command.addAll(DenoiserProcess.arguments(transformer, size, threads, variant, observation));
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
      // Not an argument: ONNX Runtime bears no long command line.
      builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
      process = builder.start();
    } catch (IOException e) {
      throw new BackendException("Cannot start a process to measure " + name + ".", e);
    }
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    try {
      weightBytes = answer("ready");
    } catch (RuntimeException | Error unprepared) {
      close();
      throw unprepared;
    }
  }

  String name() {
    return name;
  }

  /** Bytes of native memory that the denoiser took when it was made. */
  long weightBytes() {
    return weightBytes;
  }

  /** Evaluates the denoiser; how long that took, nanoseconds. */
  long run() {
    try {
      OutputStream commands = process.getOutputStream();
      commands.write("run\n".getBytes(StandardCharsets.UTF_8));
      commands.flush();
    } catch (IOException ended) {
      throw failure(ended);
    }
    return answer("took");
  }

  /** Ends the process; the most bytes that it had resident. */
  long finish() {
    try {
      process.getOutputStream().close();
      long peak = answer("peak");
      answers.lines().forEach(this::addOperator);
      if (process.waitFor() != 0) {
        throw failure(null);
      }
      return peak;
    } catch (IOException e) {
      throw failure(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(e);
    }
  }

  /** What was said of an operator. */
  private void addOperator(String line) {
    if (line.matches(DenoiserProcess.OPERATOR + "\\d{1,18} \\d{1,18} .+")) {
      String[] parts = line.substring(DenoiserProcess.OPERATOR.length()).split(" ", 3);
      operators.add(
          new OperatorProfile.Entry(parts[2], Long.parseLong(parts[0]), Long.parseLong(parts[1])));
    } else if (line.startsWith(DenoiserProcess.WORK)) {
      work.add(RooflineProfile.Entry.parse(line.substring(DenoiserProcess.WORK.length())));
    }
  }

  /** After {@link #finish}, where operators are timed: all of them, that of most time first. */
  List<OperatorProfile.Entry> operators() {
    return operators;
  }

  /** After {@link #finish}, where their work is counted: likewise. */
  List<RooflineProfile.Entry> work() {
    return work;
  }

  private long answer(String kind) {
    try {
      String line = answers.readLine();
      if (line != null && line.matches(kind + " \\d{1,18}")) {
        return Long.parseLong(line.substring(kind.length() + 1));
      }
    } catch (IOException e) {
      throw failure(e);
    }
    throw failure(null);
  }

  private BackendException failure(Exception cause) {
    process.destroyForcibly();
    return new BackendException(
        "The process that measures " + name + " has failed: " + reason() + ".", cause);
  }

  /** Its first words on standard error. */
  private String reason() {
    try {
      process.waitFor();
      return Files.readAllLines(errors).stream()
          .filter(line -> !line.isBlank())
          .findFirst()
          .map(line -> line.strip().replaceAll("\\.$", ""))
          .orElse("it ended with code " + process.exitValue());
    } catch (IOException unreadable) {
      return "it ended with code " + process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "the measurement was interrupted";
    }
  }

  /** Ends the process if it still runs; idempotent. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
