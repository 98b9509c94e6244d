package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.io.IoReason;

/** Opens checkpoints. */
public final class Checkpoints {
  private static final List<String> STEMS = List.of("diffusion_pytorch_model", "model");

  // The last three are what different releases call the index of an fp16 variant.
  private static final List<String> SUFFIXES =
      List.of(
          ".safetensors",
          ".safetensors.index.json",
          ".fp16.safetensors",
          ".safetensors.index.fp16.json",
          ".fp16.safetensors.index.json",
          ".safetensors.fp16.index.json");

  private Checkpoints() {}

  /**
   * Opens a safetensors file, an index of a sharded one ({@code *.json}), or the one that a
   * diffusers or transformers component folder holds (full precision before the fp16 variant).
   *
   * @throws InvalidCheckpointException if there is none, if it is a pickle, or if it is damaged
   */
  public static Checkpoint open(Path path) {
    if (Files.isDirectory(path)) {
      return openFile(findIn(path));
    }
    if (!Files.exists(path)) {
      throw new InvalidCheckpointException("There is no checkpoint " + path + ".");
    }
    return openFile(path);
  }

  private static Checkpoint openFile(Path file) {
    if (!Files.isRegularFile(file)) {
      // Opening a pipe would wait for its writer, and devices cannot be mapped.
      throw new InvalidCheckpointException(
          file + " is no regular file; checkpoints are mapped into memory.");
    }
    return file.getFileName().toString().endsWith(".json")
        ? ShardedCheckpoint.open(file)
        : SafetensorsFile.open(file);
  }

  private static Path findIn(Path folder) {
    for (String stem : STEMS) {
      for (String suffix : SUFFIXES) {
        Path file = folder.resolve(stem + suffix);
        if (Files.exists(file)) {
          return file;
        }
      }
    }
    List<Path> files = list(folder);
    List<Path> safetensors =
        files.stream().filter(f -> f.getFileName().toString().endsWith(".safetensors")).toList();
    if (safetensors.size() == 1) {
      return safetensors.get(0);
    }
    if (!safetensors.isEmpty()) {
      throw new InvalidCheckpointException(
          "Folder "
              + folder
              + " holds several safetensors files but none is called "
              + String.join(" or ", STEMS.stream().map(s -> s + ".safetensors").toList())
              + "; name one of them.");
    }
    files.stream()
        .filter(Pickle::hasExtension)
        .findFirst()
        .ifPresent(
            pickle -> {
              throw Pickle.refuse(pickle.toString());
            });
    throw new InvalidCheckpointException("Folder " + folder + " holds no safetensors file.");
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new InvalidCheckpointException(
          "Cannot read folder " + folder + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** The failure of {@link Checkpoint#get} for a name that is not there. */
  static InvalidCheckpointException missing(String name, Checkpoint checkpoint) {
    return new InvalidCheckpointException(
        "There is no tensor " + name + " in " + checkpoint.source() + ".");
  }
}
