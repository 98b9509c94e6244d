package org.viditq.tensorrt.engine;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Sha256;
import org.viditq.core.machine.UserFolder;
import org.viditq.core.resume.PartKey;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphFingerprint;
import org.viditq.onnx.OnnxGraph;

/**
 * Engines that were built before, in a folder of this user alone:
 *
 * <pre>
 * engines/KEY/PROFILE/engine.plan         as TensorRT has made it
 *                     engine.plan.json    {@link EngineDescription}
 * graphs/SOURCE                           {@link GraphFingerprint} of graphs by what they are made of
 * timing/TARGET.timing                    how long TensorRT's kernels took, behind a SHA-256
 * </pre>
 *
 * <p>KEY is the hash of all that an engine depends on but its profile: see {@link #key}. An entry
 * is written under a temporary name and moved, so that it is complete or not there. It is read only
 * if nobody else could have written it, and its hash is that in its description.
 */
public final class EngineCache {
  private static final Logger LOG = LoggerFactory.getLogger(EngineCache.class);
  private static final String ENGINE = "engine.plan";
  private static final String TIMING = ".timing";
  private static final int HASH_BYTES = 32;

  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private final PrivateFolder engines;
  private final PrivateFolder graphs;
  private final PrivateFolder timing;

  private EngineCache(PrivateFolder root) {
    this.engines = root.folder("engines");
    this.graphs = root.folder("graphs");
    this.timing = root.folder("timing");
  }

  /** That of this user: {@code tensorrt} in {@link UserFolder#cache()}. */
  public static EngineCache ofUser() {
    try {
      return in(UserFolder.cache().resolve("tensorrt"));
    } catch (IOException e) {
      throw new OutputException(
          "There is no folder to keep engines in: "
              + IoReason.of(e)
              + "; name one with --cache-folder.",
          e);
    }
  }

  /**
   * @param folder made if it is not there
   * @throws EngineException if others could change what lies there
   */
  public static EngineCache in(Path folder) {
    return new EngineCache(PrivateFolder.create(folder));
  }

  /** What engines depend on beside their profiles, of the description of one. */
  public static PartKey key(EngineDescription description) {
    Map<String, String> facts = new TreeMap<>();
    facts.put("structure", description.graph().structure());
    // A stripped engine serves all weights of its structure.
    if (!description.stripped()) {
      facts.put("contents", description.graph().contents());
    }
    facts.put("stripped", Boolean.toString(description.stripped()));
    facts.put("plugins", description.plugins().orElse(""));
    facts.put("tensorrt", description.target().tensorRt());
    facts.put("gpu", description.target().gpu());
    facts.put("capability", description.target().capability());
    facts.put("driver", description.target().driver());
    facts.put("hardware", description.hardware().name());
    facts.put("versionCompatible", Boolean.toString(description.versionCompatible()));
    return new PartKey(facts);
  }

  /** An engine that lies in the cache. */
  public record Entry(Path engine, EngineDescription description) {
    /** For those who run it. */
    public EngineFile file() {
      return new EngineFile(engine, description.sha256());
    }
  }

  /**
   * Looks for an engine.
   *
   * @param wanted what it must have been made from and for; its bytes, hash and profiles are not
   *     looked at
   * @param shapes that one of its profiles must hold
   * @return one that is whole; of several, the one with the least extents, which is the fastest
   */
  public Optional<Entry> find(EngineDescription wanted, Map<String, Shape> shapes) {
    return entries(key(wanted)).stream()
        .filter(entry -> entry.description().profiles().stream().anyMatch(one -> one.holds(shapes)))
        .sorted(Comparator.comparingDouble(EngineCache::volume))
        .filter(EngineCache::isWhole)
        .findFirst();
  }

  /** As {@link #find}, of exactly these profiles. */
  public Optional<Entry> find(EngineDescription wanted, List<Profile> profiles) {
    return entries(key(wanted)).stream()
        .filter(entry -> entry.description().profiles().equals(profiles))
        .filter(EngineCache::isWhole)
        .findFirst();
  }

  private List<Entry> entries(PartKey key) {
    Path folder = engines.path().resolve(key.digest());
    List<Entry> entries = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return entries;
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, "[0-9a-f]*")) {
      for (Path place : all) {
        Path engine = place.resolve(ENGINE);
        if (Files.exists(engine)) {
          // Refused aloud and not passed over: whoever has put it there should not go unnoticed.
          engines.require(engine);
          engines.require(EngineDescription.besides(engine));
          read(engine)
              .filter(entry -> key(entry.description()).equals(key))
              .ifPresent(entries::add);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      LOG.debug("Cannot look through {}: {}", folder, e.toString());
    }
    return entries;
  }

  private static Optional<Entry> read(Path engine) {
    try {
      return Optional.of(new Entry(engine, EngineDescription.read(engine)));
    } catch (EngineException damaged) {
      LOG.warn("{} The engine is built anew.", damaged.getMessage());
      return Optional.empty();
    }
  }

  private static boolean isWhole(Entry entry) {
    try {
      entry.description().requireBytes(entry.engine());
      return true;
    } catch (EngineException damaged) {
      LOG.warn("{} It is not used.", damaged.getMessage());
      return false;
    }
  }

  private static double volume(Entry entry) {
    double volume = 0;
    for (Profile profile : entry.description().profiles()) {
      for (Profile.Range range : profile.inputs().values()) {
        double elements = 1;
        for (int dim : range.max().toArray()) {
          elements *= dim;
        }
        volume += elements;
      }
    }
    return volume;
  }

  /** Writes an engine. */
  @FunctionalInterface
  public interface Maker {
    /**
     * @param target a file that is not there yet
     */
    void write(Path target);
  }

  /**
   * Keeps a new engine; if making it fails, or the process is ended, nothing is left.
   *
   * @param made describes it; bytes and hash are filled in
   */
  public Entry store(EngineDescription made, Maker maker) {
    Path place = engines.path().resolve(key(made).digest()).resolve(profileDigest(made.profiles()));
    try (AtomicOutput output = AtomicOutput.folder(place)) {
      PrivateFolder.close(place.getParent());
      PrivateFolder.close(output.path());
      Path engine = output.path().resolve(ENGINE);
      EngineDescription described = write(made, maker, engine);
      PrivateFolder.close(engine);
      PrivateFolder.close(EngineDescription.besides(engine));
      output.commit();
      return new Entry(place.resolve(ENGINE), described);
    } catch (IOException e) {
      throw new OutputException(
          "Cannot write the engine to " + place + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** Writes an engine and its description; where they appear at once is the caller's business. */
  public static EngineDescription write(EngineDescription made, Maker maker, Path engine)
      throws IOException {
    maker.write(engine);
    EngineDescription described = made.ofBytes(Files.size(engine), EngineDescription.hash(engine));
    described.write(engine);
    return described;
  }

  /**
   * The fingerprint of a graph that was written before, so that its weights need not be packed
   * again to look for its engine; empty if it is not known.
   *
   * @param source of {@link OnnxGraph#source()}
   */
  public Optional<GraphFingerprint> fingerprint(String source) {
    Path file = graphFile(source);
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      graphs.require(file);
      List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
      if (lines.size() != 2 || !lines.stream().allMatch(HASH.asMatchPredicate())) {
        LOG.debug("{} is no fingerprint; it is written anew.", file);
        return Optional.empty();
      }
      return Optional.of(new GraphFingerprint(lines.get(0), lines.get(1)));
    } catch (IOException e) {
      LOG.debug("Cannot read {}: {}", file, e.toString());
      return Optional.empty();
    }
  }

  /** Keeps the fingerprint of a graph. */
  public void keepFingerprint(String source, GraphFingerprint graph) {
    try (AtomicOutput output = AtomicOutput.file(graphFile(source))) {
      Files.writeString(output.path(), graph.structure() + "\n" + graph.contents() + "\n");
      PrivateFolder.close(output.path());
      output.commit();
    } catch (IOException e) {
      throw new OutputException(
          "Cannot keep the fingerprint of a graph in "
              + graphs.path()
              + ": "
              + IoReason.of(e)
              + ".",
          e);
    }
  }

  private Path graphFile(String source) {
    return graphs.path().resolve(source);
  }

  private static String profileDigest(List<Profile> profiles) {
    return new PartKey(Map.of("profiles", profiles.toString())).digest();
  }

  /**
   * What TensorRT has measured on a device in earlier builds; empty if there is nothing, it was
   * damaged, or others could have written it.
   */
  public byte[] timing(EngineTarget target) {
    Path file = timingFile(target);
    try {
      if (!Files.exists(file)) {
        return new byte[0];
      }
      timing.require(file);
      byte[] stored = Files.readAllBytes(file);
      if (stored.length < HASH_BYTES) {
        throw new IOException("it was cut");
      }
      byte[] hash = Arrays.copyOf(stored, HASH_BYTES);
      byte[] bytes = Arrays.copyOfRange(stored, HASH_BYTES, stored.length);
      if (!MessageDigest.isEqual(hash, Sha256.begin().digest(bytes))) {
        throw new IOException("it was changed");
      }
      return bytes;
    } catch (IOException | EngineException | OutOfMemoryError unusable) {
      LOG.warn("The timing cache {} is not used: {}", file, unusable.getMessage());
      return new byte[0];
    }
  }

  /** Keeps what TensorRT has measured. */
  public void keepTiming(EngineTarget target, byte[] bytes) {
    try (AtomicOutput output = AtomicOutput.file(timingFile(target))) {
      PrivateFolder.close(output.path());
      try (OutputStream stream = Files.newOutputStream(output.path())) {
        stream.write(Sha256.begin().digest(bytes));
        stream.write(bytes);
      }
      output.commit();
    } catch (IOException e) {
      throw new OutputException(
          "Cannot keep TensorRT's timings in " + timing.path() + ": " + IoReason.of(e) + ".", e);
    }
  }

  private Path timingFile(EngineTarget target) {
    String digest =
        new PartKey(
                Map.of(
                    "tensorrt", target.tensorRt(),
                    "gpu", target.gpu(),
                    "capability", target.capability(),
                    "driver", target.driver()))
            .digest();
    return timing.path().resolve(digest + TIMING);
  }

  /** Where engines lie, for messages. */
  public Path folder() {
    return engines.path();
  }
}
