package org.viditq.core.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.StrictJson;

/**
 * Several safetensors files seen as one, as {@code *.safetensors.index.json} lists them: {@code
 * {"weight_map": {tensor: file}}}.
 */
final class ShardedCheckpoint implements Checkpoint {
  private final String source;
  private final Map<String, SafetensorsFile> shards = new LinkedHashMap<>();
  private final Map<String, SafetensorsFile> shardOf = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  /**
   * @throws InvalidCheckpointException if the index or a shard is missing or damaged, or if they
   *     disagree about where a tensor is
   */
  static ShardedCheckpoint open(Path index) {
    ShardedCheckpoint checkpoint = new ShardedCheckpoint(index.toString());
    try {
      checkpoint.openShards(index);
      return checkpoint;
    } catch (RuntimeException e) {
      checkpoint.close();
      throw e;
    }
  }

  private ShardedCheckpoint(String source) {
    this.source = source;
  }

  private void openShards(Path index) {
    Map<String, String> weightMap = readWeightMap(index);
    for (String file : new TreeSet<>(weightMap.values())) {
      Path path = index.resolveSibling(file);
      if (!Files.isRegularFile(path)) {
        throw new InvalidCheckpointException(
            "Shard " + file + " named by " + source + " is missing.");
      }
      SafetensorsFile shard = SafetensorsFile.open(path);
      shards.put(file, shard);
      for (String name : shard.names()) {
        SafetensorsFile other = shardOf.put(name, shard);
        if (other != null) {
          throw new InvalidCheckpointException(
              "Tensor " + name + " is in two shards: " + other.source() + " and " + path + ".");
        }
      }
      shard.metadata().forEach(metadata::putIfAbsent);
    }
    weightMap.forEach(
        (name, file) -> {
          if (shardOf.get(name) != shards.get(file)) {
            throw new InvalidCheckpointException(
                "Tensor " + name + " is not in shard " + file + ", where " + source + " puts it.");
          }
        });
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
              // Only siblings: an index must not reach elsewhere on the disk.
              if (file == null
                  || !file.endsWith(".safetensors")
                  || file.chars().anyMatch(c -> c == '/' || c == '\\' || c < ' ')) {
                throw new InvalidCheckpointException(
                    source
                        + " puts tensor "
                        + entry.getKey()
                        + " into "
                        + entry.getValue()
                        + ", which is not the name of a safetensors file beside it.");
              }
              weightMap.put(entry.getKey(), file);
            });
    return weightMap;
  }

  private JsonNode readJson(Path index) {
    try {
      if (Files.size(index) > SafetensorsHeader.MAX_LENGTH) {
        throw new InvalidCheckpointException(source + " is too large for an index of shards.");
      }
      return StrictJson.parse(Files.readAllBytes(index));
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
    SafetensorsFile shard = shardOf.get(name);
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
    shards.values().forEach(SafetensorsFile::close);
  }
}
