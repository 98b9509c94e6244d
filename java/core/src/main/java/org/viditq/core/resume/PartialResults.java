package org.viditq.core.resume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.tensor.Tensor;

/**
 * Results of finished parts of a long work, in a folder {@code .NAME.partial} beside its output. A
 * part is a safetensors file named by the digest of its {@link PartKey}, written whole or not at
 * all; the key and a checksum are in it, and a file that does not hold what its name says is
 * ignored with a warning. Once the output is there, {@link #remove()} deletes the folder.
 *
 * <p>Partial results are an economy, not a result: where they cannot be written the work goes on
 * without them, with one warning.
 */
public final class PartialResults {
  private static final Logger LOG = LoggerFactory.getLogger(PartialResults.class);

  private static final String ENDING = ".safetensors";
  private static final String CHECKSUM = "checksum";
  private static final String ORDER = "order";
  private static final String KEY = "key.";
  private static final String FACT = "fact.";

  /** Files of this class, whole ones and those that a killed process was writing. */
  private static final Pattern OURS =
      Pattern.compile("[0-9a-f]{64}\\.safetensors|\\.[0-9a-f]{64}\\.safetensors\\..*\\.tmp");

  private final Optional<Path> folder;
  private boolean writable = true;

  private PartialResults(Optional<Path> folder) {
    this.folder = folder;
  }

  /** Keeps nothing and finds nothing. */
  public static PartialResults none() {
    return new PartialResults(Optional.empty());
  }

  /** Those of the work whose output will be {@code output}, a file or folder. */
  public static PartialResults beside(Path output) {
    Path place = output.toAbsolutePath().normalize();
    return place.getFileName() == null
        ? none()
        : new PartialResults(
            Optional.of(place.resolveSibling("." + place.getFileName() + ".partial")));
  }

  /** Those that lie in a folder of that purpose. */
  public static PartialResults in(Path folder) {
    return new PartialResults(Optional.of(folder.toAbsolutePath().normalize()));
  }

  /** Where they lie; empty if nothing is kept. */
  public Optional<Path> folder() {
    return folder;
  }

  /** How many parts lie there, whatever they belong to. */
  public int count() {
    return (int) files().stream().filter(file -> !isTemporary(file)).count();
  }

  /** Whether there is a file for a part; what is in it is seen when it is read. */
  public boolean has(PartKey key) {
    return file(key).filter(Files::isRegularFile).isPresent();
  }

  /** The name of a part's file. */
  public static String fileName(PartKey key) {
    return key.digest() + ENDING;
  }

  /** The result of a part; empty if it has to be computed. */
  public Optional<Part> find(PartKey key) {
    Optional<Path> file = file(key).filter(Files::exists);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try (Checkpoint stored = Checkpoints.open(file.get())) {
      Optional<Part> part = read(stored, key);
      if (part.isEmpty()) {
        LOG.warn("The partial result {} is damaged; it is computed anew.", file.get());
      }
      return part;
    } catch (ViditqException damaged) {
      LOG.warn(
          "The partial result {} cannot be read; it is computed anew: {}",
          file.get(),
          damaged.getMessage());
      return Optional.empty();
    }
  }

  /** Keeps the result of a part, for a later run. */
  public void keep(PartKey key, Part part) {
    if (folder.isEmpty() || !writable) {
      return;
    }
    List<StoredTensor> tensors = new ArrayList<>();
    part.tensors().forEach((name, tensor) -> tensors.add(MemoryTensor.of(name, tensor)));
    Map<String, String> metadata = new LinkedHashMap<>();
    key.facts().forEach((name, value) -> metadata.put(KEY + name, value));
    part.facts().forEach((name, value) -> metadata.put(FACT + name, value));
    metadata.put(ORDER, String.join("\n", part.tensors().keySet()));
    metadata.put(CHECKSUM, checksum(part));
    try {
      SafetensorsWriter.write(file(key).orElseThrow(), tensors, metadata);
    } catch (OutputException full) {
      writable = false;
      LOG.warn(
          "Partial results cannot be kept, so that a run that is killed would begin anew: {}",
          full.getMessage());
    }
  }

  /** Deletes all of them, and the folder if nothing else is in it. */
  public void remove() {
    try {
      for (Path file : files()) {
        Files.deleteIfExists(file);
      }
      if (folder.isPresent()) {
        Files.deleteIfExists(folder.get());
      }
    } catch (IOException inUse) {
      LOG.warn("Partial results are left in {}; delete them by hand.", folder.orElseThrow());
    }
  }

  private Optional<Path> file(PartKey key) {
    return folder.map(place -> place.resolve(fileName(key)));
  }

  private static boolean isTemporary(Path file) {
    return file.getFileName().toString().startsWith(".");
  }

  private List<Path> files() {
    if (folder.isEmpty() || !Files.isDirectory(folder.get())) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder.get())) {
      return all.filter(file -> OURS.matcher(file.getFileName().toString()).matches()).toList();
    } catch (IOException unreadable) {
      return List.of();
    }
  }

  private static Optional<Part> read(Checkpoint stored, PartKey key) {
    Map<String, String> metadata = stored.metadata();
    for (Map.Entry<String, String> fact : key.facts().entrySet()) {
      if (!fact.getValue().equals(metadata.get(KEY + fact.getKey()))) {
        return Optional.empty();
      }
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : metadata.getOrDefault(ORDER, "").lines().toList()) {
      if (!stored.contains(name)) {
        return Optional.empty();
      }
      tensors.put(name, stored.get(name).toTensor());
    }
    Map<String, String> facts = new LinkedHashMap<>();
    metadata.forEach(
        (name, value) -> {
          if (name.startsWith(FACT)) {
            facts.put(name.substring(FACT.length()), value);
          }
        });
    Part part = new Part(tensors, facts);
    return checksum(part).equals(metadata.get(CHECKSUM)) ? Optional.of(part) : Optional.empty();
  }

  /** Of names, shapes and values; a flipped bit changes it. */
  private static String checksum(Part part) {
    CRC32C sum = new CRC32C();
    part.tensors()
        .forEach(
            (name, tensor) -> {
              byte[] title = (name + tensor.shape()).getBytes(StandardCharsets.UTF_8);
              sum.update(title, 0, title.length);
              ByteBuffer values =
                  ByteBuffer.allocate(Math.multiplyExact(tensor.size(), Float.BYTES));
              values.asFloatBuffer().put(tensor.data(), 0, tensor.size());
              sum.update(values);
            });
    part.facts().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            fact -> {
              byte[] text = fact.toString().getBytes(StandardCharsets.UTF_8);
              sum.update(text, 0, text.length);
            });
    return Long.toHexString(sum.getValue());
  }
}
