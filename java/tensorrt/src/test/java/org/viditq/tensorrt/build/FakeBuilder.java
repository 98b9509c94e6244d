package org.viditq.tensorrt.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.BackendException;
import org.viditq.onnx.GraphFile;
import org.viditq.tensorrt.engine.EngineTarget;
import org.viditq.tensorrt.engine.Profile;

/**
 * Makes files that say what they were made from, in place of engines, and fails where it is told
 * to.
 */
final class FakeBuilder implements EngineBuilder {
  final List<String> calls = new ArrayList<>();
  EngineTarget target = new EngineTarget("11.2.1.2", "NVIDIA H200", "9.0", "580.65.06");
  Optional<String> plugins = Optional.of("b".repeat(64));
  boolean fails;

  @Override
  public EngineTarget target() {
    return target;
  }

  @Override
  public Optional<String> plugins() {
    return plugins;
  }

  @Override
  public void build(
      GraphFile graph,
      List<Profile> profiles,
      BuildOptions options,
      Path file,
      BuildListener listener) {
    calls.add("build" + (options.stripped() ? " stripped" : ""));
    listener.note("a note");
    listener.progress(0, "");
    listener.progress(40, "Tactics");
    String weights = options.stripped() ? "no weights" : graph.fingerprint().contents();
    write(file, graph.fingerprint().structure() + " " + weights);
    if (fails) {
      throw new BackendException("TensorRT could not build an engine of the graph: it must not.");
    }
    listener.progress(100, "");
  }

  @Override
  public void refit(Path stripped, GraphFile graph, Path file) {
    calls.add("refit");
    try {
      write(file, Files.readString(stripped).replace("no weights", graph.fingerprint().contents()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    calls.add("close");
  }
}
