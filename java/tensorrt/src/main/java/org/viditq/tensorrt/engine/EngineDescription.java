package org.viditq.tensorrt.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.viditq.core.error.Printable;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Sha256;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphFingerprint;
import org.viditq.tensorrt.engine.EngineException.Reason;
import org.viditq.tensorrt.engine.EngineTarget.Hardware;

/**
 * What an engine was made from and for, in a file {@code ENGINE.json} beside it: JSON. The engine
 * itself is as TensorRT has made it, so that trtexec and Triton take it too.
 *
 * @param name of the network: transformer, vae, ...
 * @param bytes of the engine
 * @param sha256 of the engine
 * @param graph that it was built from
 * @param plugins SHA-256 of the plugin library that it was built with; empty if it needs none
 * @param stripped whether its weights were left out
 * @param target what it was built for
 * @param hardware on which other devices it may run
 * @param versionCompatible whether it holds what later versions of TensorRT run it with
 * @param origin fingerprints of what the graph was recorded from, such as {@code model} and {@code
 *     plan}, as far as they are known
 * @param profiles at least one
 */
public record EngineDescription(
    String name,
    long bytes,
    String sha256,
    GraphFingerprint graph,
    Optional<String> plugins,
    boolean stripped,
    EngineTarget target,
    Hardware hardware,
    boolean versionCompatible,
    Map<String, String> origin,
    List<Profile> profiles) {
  /** What the file is called behind the engine's name. */
  public static final String SUFFIX = ".json";

  /** What {@link #origin} calls the weights' and the plan's fingerprint. */
  public static final String MODEL = "model";

  public static final String PLAN = "plan";

  private static final int MOST_BYTES = 1 << 20;
  private static final int BLOCK = 1 << 20;

  public EngineDescription {
    origin = Collections.unmodifiableMap(new TreeMap<>(origin));
    profiles = List.copyOf(profiles);
  }

  /** The same of other bytes. */
  public EngineDescription ofBytes(long size, String hash) {
    return new EngineDescription(
        name,
        size,
        hash,
        graph,
        plugins,
        stripped,
        target,
        hardware,
        versionCompatible,
        origin,
        profiles);
  }

  /**
   * What this becomes when it is filled with weights.
   *
   * @param weights describes the graph with them
   */
  public EngineDescription refitted(EngineDescription weights) {
    return new EngineDescription(
        weights.name,
        0,
        "",
        weights.graph,
        plugins,
        false,
        target,
        hardware,
        versionCompatible,
        weights.origin,
        profiles);
  }

  /** What this is without weights. */
  public EngineDescription withoutWeights() {
    return new EngineDescription(
        name, 0, "", graph, plugins, true, target, hardware, versionCompatible, origin, profiles);
  }

  /** Where the description of an engine lies. */
  public static Path besides(Path engine) {
    return engine.resolveSibling(engine.getFileName() + SUFFIX);
  }

  /** SHA-256 of a file, in hexadecimal. */
  public static String hash(Path file) throws IOException {
    MessageDigest digest = Sha256.begin();
    try (InputStream stream = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      byte[] block = new byte[BLOCK];
      for (int count = stream.read(block); count >= 0; count = stream.read(block)) {
        digest.update(block, 0, count);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Reads the description of an engine.
   *
   * @throws EngineException if there is none, or it makes no sense
   */
  public static EngineDescription read(Path engine) {
    Path file = besides(engine);
    try {
      if (!Files.isRegularFile(file)) {
        throw new EngineException(
            Reason.NOT_AN_ENGINE,
            "There is no "
                + file
                + ", which says what the engine was built from; build it with 'viditq build'.");
      }
      if (Files.size(file) > MOST_BYTES) {
        throw EngineDescriptionJson.wrong(file.toString(), "it exceeds 1 MiB");
      }
      return EngineDescriptionJson.parse(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new EngineException(
          Reason.UNREADABLE, "Cannot read " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** Writes it beside an engine. */
  public void write(Path engine) throws IOException {
    Files.write(besides(engine), EngineDescriptionJson.of(this));
  }

  /**
   * Holds the bytes of an engine against this.
   *
   * @throws EngineException if they are others
   */
  public void requireBytes(Path engine) {
    try {
      long size = Files.size(engine);
      if (size < bytes) {
        throw new EngineException(
            Reason.TRUNCATED,
            engine
                + " has "
                + size
                + " bytes of "
                + bytes
                + ": it was cut; copy it again or build it anew.");
      }
      if (size != bytes || !hash(engine).equals(sha256)) {
        throw new EngineException(
            Reason.TAMPERED,
            engine
                + " is not the engine that was built, as its hash shows; delete it and build it"
                + " anew.");
      }
    } catch (IOException e) {
      throw new EngineException(
          Reason.UNREADABLE, "Cannot read the engine " + engine + ": " + IoReason.of(e) + ".", e);
    }
  }

  /**
   * Holds the device and library that are there against those that it was built for.
   *
   * @throws EngineException if it cannot run there
   */
  public void requireTarget(EngineTarget here, Path engine) {
    target.require(here, hardware, versionCompatible, engine.toString());
  }

  /**
   * Holds the graph that is asked for against the one that it was built from.
   *
   * @param asked fingerprints of what the graph was recorded from, as {@link #origin}
   * @throws EngineException if it is another model, or quantized by another plan
   */
  public void requireGraph(GraphFingerprint wanted, Map<String, String> asked, Path engine) {
    if (stripped ? graph.structure().equals(wanted.structure()) : graph.equals(wanted)) {
      return;
    }
    boolean otherPlan =
        asked.containsKey(MODEL)
            && asked.get(MODEL).equals(origin.get(MODEL))
            && !Optional.ofNullable(asked.get(PLAN)).equals(Optional.ofNullable(origin.get(PLAN)));
    throw new EngineException(
        otherPlan ? Reason.OTHER_PLAN : Reason.OTHER_MODEL,
        engine
            + (otherPlan
                ? " was built of this model by another quantization plan"
                : " was built from another model or other weights")
            + "; build one with 'viditq build', or leave it out.");
  }

  /**
   * @param here SHA-256 of the plugin library that is there; empty if there is none
   * @throws EngineException if it needs another one
   */
  public void requirePlugins(Optional<String> here, Path engine) {
    if (plugins.isPresent() && !plugins.equals(here)) {
      throw new EngineException(
          Reason.OTHER_PLUGINS,
          engine
              + (here.isEmpty()
                  ? " needs viditq's plugin library, which is not there; use natives that were"
                      + " built with nvcc, or name the library with --plugins."
                  : " was built with another version of viditq's plugin library; build it anew."));
    }
  }

  /**
   * @param shapes of the inputs as they will be run
   * @throws EngineException naming the first extent that no profile takes
   */
  public void requireShapes(Map<String, Shape> shapes, Path engine) {
    if (profiles.stream().anyMatch(profile -> profile.holds(shapes))) {
      return;
    }
    profiles
        .get(0)
        .inputs()
        .forEach(
            (input, range) -> {
              Shape shape = shapes.get(input);
              if (shape == null || !range.holds(shape)) {
                throw exceeded(engine, input, shape, range);
              }
            });
  }

  private static EngineException exceeded(
      Path engine, String input, Shape shape, Profile.Range range) {
    return new EngineException(
        Reason.PROFILE_EXCEEDED,
        engine
            + " takes "
            + Printable.name(input)
            + " from "
            + range.min()
            + " to "
            + range.max()
            + ", but is to be given "
            + (shape == null ? "none" : shape.toString())
            + "; build one with larger --max or smaller --min.");
  }

  /**
   * @throws EngineException if its weights were left out
   */
  public void requireWeights(Path engine) {
    if (stripped) {
      throw new EngineException(
          Reason.STRIPPED,
          engine
              + " holds no weights; make one that does with 'viditq build --refit "
              + engine
              + "'.");
    }
  }
}
