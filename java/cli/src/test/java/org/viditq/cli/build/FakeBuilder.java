package org.viditq.cli.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.onnx.GraphFile;
import org.viditq.tensorrt.build.BuildListener;
import org.viditq.tensorrt.build.BuildOptions;
import org.viditq.tensorrt.build.EngineBuilder;
import org.viditq.tensorrt.engine.EngineTarget;
import org.viditq.tensorrt.engine.Profile;

/** Makes files in place of engines, which say what they were made from. */
class FakeBuilder implements EngineBuilder {
  final List<String> calls = new ArrayList<>();
  List<Profile> profiles = List.of();
  BuildOptions options = BuildOptions.DEFAULT;

  @Override
  public EngineTarget target() {
    return new EngineTarget("11.2.1.2", "NVIDIA H200", "9.0", "580.65.06");
  }

  @Override
  public Optional<String> plugins() {
    return Optional.of("b".repeat(64));
  }

  @Override
  public void build(
      GraphFile graph, List<Profile> all, BuildOptions how, Path target, BuildListener listener) {
    calls.add("build");
    profiles = all;
    options = how;
    listener.note("The build is expected to take nothing");
    listener.progress(0, "");
    write(target, how.stripped() ? "stripped" : graph.fingerprint().contents());
    listener.progress(100, "");
  }

  @Override
  public void refit(Path stripped, GraphFile graph, Path target) {
    calls.add("refit");
    write(target, graph.fingerprint().contents());
  }

  static void write(Path target, String text) {
    try {
      Files.writeString(target, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    calls.add("close");
  }
}
