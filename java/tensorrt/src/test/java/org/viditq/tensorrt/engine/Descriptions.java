package org.viditq.tensorrt.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphFingerprint;
import org.viditq.tensorrt.engine.EngineTarget.Hardware;

/** Descriptions of engines that were never built. */
public final class Descriptions {
  public static final EngineTarget H200 =
      new EngineTarget("11.2.1.2", "NVIDIA H200", "9.0", "580.65.06");
  public static final String PLUGINS = "b".repeat(64);

  private Descriptions() {}

  public static GraphFingerprint graph(String structure, String contents) {
    return new GraphFingerprint(structure.repeat(64), contents.repeat(64));
  }

  public static Profile profile(int least, int tokens, int largest) {
    return new Profile(
        Map.of(
            "text",
            new Profile.Range(
                Shape.of(1, least, 8), Shape.of(2, tokens, 8), Shape.of(2, largest, 8)),
            "timesteps",
            Profile.Range.of(Shape.of(2))));
  }

  public static EngineDescription engine() {
    return new EngineDescription(
        "transformer",
        1234,
        "a".repeat(64),
        graph("1", "2"),
        Optional.of(PLUGINS),
        false,
        H200,
        Hardware.SAME,
        false,
        Map.of("model", "m", "plan", "w8a8"),
        List.of(profile(10, 20, 30)));
  }

  /** The same engine for other hardware and versions. */
  public static EngineDescription engine(Hardware hardware, boolean versionCompatible) {
    EngineDescription engine = engine();
    return new EngineDescription(
        engine.name(),
        engine.bytes(),
        engine.sha256(),
        engine.graph(),
        engine.plugins(),
        engine.stripped(),
        engine.target(),
        hardware,
        versionCompatible,
        engine.origin(),
        engine.profiles());
  }

  /** The same engine of another graph and profile. */
  public static EngineDescription engine(GraphFingerprint graph, Profile profile) {
    EngineDescription engine = engine();
    return new EngineDescription(
        engine.name(),
        engine.bytes(),
        engine.sha256(),
        graph,
        engine.plugins(),
        engine.stripped(),
        engine.target(),
        engine.hardware(),
        engine.versionCompatible(),
        engine.origin(),
        List.of(profile));
  }
}
