package org.viditq.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.cli.Main;

/** {@code viditq serve} in a process of its own, on a port that was free. */
public final class ServerProcess implements AutoCloseable {
  private static final Path SAMPLES = Path.of("../../samples").toAbsolutePath().normalize();
  private static final Pattern ADDRESS = Pattern.compile("Listening on (http://\\S+)");
  private static final long PATIENCE_SECONDS = 120;

  private final Process process;
  private final Path output;
  private final String address;

  private ServerProcess(Process process, Path output) throws Exception {
    this.process = process;
    this.output = output;
    this.address = awaitAddress();
  }

  /**
   * @param folder for what it says
   * @param model a folder of {@code samples}
   * @param options beside the model and the port
   */
  public static ServerProcess start(Path folder, String model, String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                // What runs the tests in the background may have them ignore signals.
                "env",
                "--default-signal=INT,TERM",
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:+UseSerialGC",
                "-Xmx1g",
                Main.class.getName(),
                "serve",
                "--port",
                "0",
                "--model",
                SAMPLES.resolve(model).toString()));
    command.addAll(List.of(options));
    Path output = Files.createTempFile(folder, "serve-", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    Process process = builder.start();
    try {
      return new ServerProcess(process, output);
    } catch (Exception | Error failure) {
      process.destroyForcibly();
      throw failure;
    }
  }

  private String awaitAddress() throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (process.isAlive() && System.nanoTime() < end) {
      Matcher found = ADDRESS.matcher(said());
      if (found.find()) {
        return found.group(1);
      }
      Thread.sleep(50);
    }
    throw new AssertionError("The server does not listen: " + said());
  }

  /** All that it has written. */
  String said() throws IOException {
    return Files.readString(output);
  }

  /** Such as {@code http://127.0.0.1:40001}. */
  public String address() {
    return address;
  }

  /** Asks it to end, as a service manager does. */
  void terminate() {
    process.destroy(); // SIGTERM
  }

  /** Waits until it has ended, which must be a success. */
  void awaitEnd() throws Exception {
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(process.exitValue()).as(said()).isZero();
  }

  /** Asks it to end, and waits until it has. */
  @Override
  public void close() throws Exception {
    try {
      if (process.isAlive()) {
        terminate();
      }
      awaitEnd();
    } finally {
      process.destroyForcibly();
    }
  }
}
