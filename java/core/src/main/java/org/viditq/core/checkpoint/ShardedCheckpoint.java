package org.viditq.core.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Placeholder;
import org.viditq.core.io.StrictJson;
import org.viditq.core.io.WholeFile;

/**
 * Several files of weights seen as one, as {@code *.safetensors.index.json} and {@code
 * *.bin.index.json} list them: {@code {"weight_map": {tensor: file}}}.
 */
final class ShardedCheckpoint implements Checkpoint {
  /** A tensor takes about 100 bytes of an index, and several times as much as JSON in memory. */
  private static final int MAX_INDEX = 1 << 25;

  private static final Pattern SHARD = Pattern.compile("-\\d+-of-(\\d+)");

  private final String source;
  private final Map<String, Checkpoint> shards = new LinkedHashMap<>();
  private final Map<String, Checkpoint> shardOf = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  /**
   * @throws InvalidCheckpointException if the index or a shard is missing or damaged, or if they
   *     disagree about where a tensor is
   */
  static ShardedCheckpoint open(Path index, CheckpointChoice choice) {
    ShardedCheckpoint checkpoint = new ShardedCheckpoint(Printable.line(index.toString()));
    try {
      checkpoint.openShards(index, choice);
      return checkpoint;
    } catch (RuntimeException e) {
      checkpoint.close();
      throw e;
    }
  }

  private ShardedCheckpoint(String source) {
    this.source = source;
  }

  private void openShards(Path index, CheckpointChoice choice) {
    Map<String, String> weightMap = readWeightMap(index);
    Set<String> files = new TreeSet<>(weightMap.values());
    checkFamily(files);
    for (String file : files) {
      Path path = index.resolveSibling(file);
      if (!Files.isRegularFile(path)) {
        throw new InvalidCheckpointException(
            "Shard "
                + Printable.name(file)
                + " named by "
                + source
                + " is missing; download it too.");
      }
      Checkpoint shard = Checkpoints.openSingle(path, choice);
      shards.put(file, shard);
      for (String name : shard.names()) {
        Checkpoint other = shardOf.put(name, shard);
        if (other != null) {
          throw new InvalidCheckpointException(
              "Tensor "
                  + Printable.name(name)
                  + " is in two shards: "
                  + other.source()
                  + " and "
                  + shard.source()
                  + ".");
        }
      }
      shard.metadata().forEach(metadata::putIfAbsent);
    }
    weightMap.forEach(
        (name, file) -> {
          Checkpoint shard = shards.get(file);
          if (shardOf.containsKey(name) ? shardOf.get(name) != shard : !shard.contains(name)) {
            throw new InvalidCheckpointException(
                "Tensor "
                    + Printable.name(name)
                    + " is not in shard "
                    + Printable.name(file)
                    + ", where "
                    + source
                    + " puts it; the shards are mixed or of another release.");
          }
          shardOf.putIfAbsent(name, shard);
        });
  }

  /** Shards of one set say how many they are, and are of one format. */
  private void checkFamily(Set<String> files) {
    Map<String, String> kinds = new LinkedHashMap<>();
    for (String file : files) {
      Matcher shard = SHARD.matcher(file);
      if (shard.find()) {
        kinds.putIfAbsent(shard.group(1) + file.substring(file.lastIndexOf('.')), file);
      }
    }
    if (kinds.size() > 1) {
      Iterator<String> two = kinds.values().iterator();
      throw new InvalidCheckpointException(
          source
              + " mixes shards of different sets, such as "
              + Printable.name(two.next())
              + " and "
              + Printable.name(two.next())
              + "; download the model again.");
    }
  }

  private Map<String, String> readWeightMap(Path index) {
    JsonNode map = readJson(index).path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new InvalidCheckpointException(source + " has no weight_map of tensors to files.");
    }
    Map<String, String> weightMap = new LinkedHashMap<>();
    map.properties()
        .forEach(
            entry -> {
              String file = entry.getValue().textValue();
              if (file == null || !isSibling(file)) {
                throw new InvalidCheckpointException(
                    source
                        + " puts tensor "
                        + Printable.name(entry.getKey())
                        + " into "
                        + Printable.name(entry.getValue().toString())
                        + ", which is not the name of a file of weights beside it.");
              }
              weightMap.put(entry.getKey(), file);
            });
    return weightMap;
  }

  /** An index must not reach elsewhere on the disk. */
  private static boolean isSibling(String file) {
    try {
      return file.chars().noneMatch(c -> c == '/' || c == '\\' || c < ' ')
          && !Path.of(file).toString().isEmpty()
          && (file.endsWith(".safetensors") || TorchFile.hasExtension(Path.of(file)));
    } catch (InvalidPathException unknownToTheFileSystem) {
      return false;
    }
  }

  private JsonNode readJson(Path index) {
    try {
      byte[] bytes =
          WholeFile.read(index, MAX_INDEX)
              .orElseThrow(
                  () ->
                      new InvalidCheckpointException(
                          source + " is too large for an index of shards."));
      Optional<Placeholder> placeholder = Placeholder.of(bytes);
      if (placeholder.isPresent()) {
        throw new InvalidCheckpointException(placeholder.get().refusal(source));
      }
      return StrictJson.parse(bytes);
    } catch (JsonProcessingException malformed) {
      throw new InvalidCheckpointException(
          source + " is not valid JSON: " + StrictJson.describe(malformed) + ".", malformed);
    } catch (IOException e) {
      throw new InvalidCheckpointException(
          "Cannot read index " + source + ": " + IoReason.of(e) + ".", e);
    }
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(shardOf.keySet());
  }

  @Override
  public boolean contains(String name) {
    return shardOf.containsKey(name);
  }

  @Override
  public StoredTensor get(String name) {
    Checkpoint shard = shardOf.get(name);
    if (shard == null) {
      throw Checkpoints.missing(name, this);
    }
    return shard.get(name);
  }

  /** Of all shards; of an equal key the first shard's. */
  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  @Override
  public void close() {
    shards.values().forEach(Checkpoint::close);
  }
}
