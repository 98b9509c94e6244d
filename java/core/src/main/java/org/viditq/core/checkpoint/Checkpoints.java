package org.viditq.core.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;

/** Opens checkpoints. */
public final class Checkpoints {
  private Checkpoints() {}

  /** As {@link #open(Path, CheckpointChoice)}, without a preference. */
  public static Checkpoint open(Path path) {
    return open(path, CheckpointChoice.ANY);
  }

  /** As {@link #open(Path, CheckpointChoice)}, with a preference for a variant, if it is given. */
  public static Checkpoint open(Path path, Optional<String> variant) {
    return open(path, CheckpointChoice.ofVariant(variant));
  }

  /**
   * Opens a safetensors file, a PyTorch pickle ({@code .bin}, {@code .pt}, {@code .pth}, {@code
   * .ckpt}), an index of shards of either ({@code *.json}), or what a folder holds: that of a
   * diffusers or transformers component, one with a single file of weights, or a model's folder in
   * the cache of the Hugging Face hub ({@link HubCache#resolve}). In a folder, safetensors come
   * before pickles, and files without a variant's word before those with one.
   *
   * @throws InvalidCheckpointException if there is none, no telling which of several, or if it is
   *     damaged; what is commonly found in place of weights is called by its name
   */
  public static Checkpoint open(Path path, CheckpointChoice choice) {
    if (Files.isDirectory(path)) {
      return openFile(new WeightFiles(HubCache.resolve(path)).choose(choice.variant()), choice);
    }
    return openFile(path, choice);
  }

  /**
   * The words of the variants that a component's folder holds, in alphabetical order; those of a
   * pipeline tell whether a variant that was asked for exists at all.
   *
   * @throws InvalidCheckpointException if the folder cannot be read
   */
  public static Set<String> variants(Path folder) {
    return new WeightFiles(HubCache.resolve(folder)).variants();
  }

  private static Checkpoint openFile(Path file, CheckpointChoice choice) {
    String shown = Printable.line(file.toString());
    if (!Files.exists(file)) {
      throw new InvalidCheckpointException(
          Files.isSymbolicLink(file)
              ? shown + " is a link to nothing; the download is incomplete: download it again."
              : "There is no checkpoint " + shown + HubCache.adviceForMissing(file) + ".");
    }
    if (!Files.isRegularFile(file)) {
      // Opening a pipe would wait for its writer, and devices cannot be mapped.
      throw new InvalidCheckpointException(
          shown + " is no regular file; checkpoints are mapped into memory.");
    }
    if (WeightFiles.isUnfinished(file)) {
      throw new InvalidCheckpointException(
          shown + " is an unfinished download; finish it or download it again.");
    }
    if (file.getFileName().toString().endsWith(".json")) {
      return ShardedCheckpoint.open(file, choice);
    }
    return openSingle(file, choice);
  }

  /** By its name's ending; by its content where that says nothing, as in the hub's blobs. */
  static Checkpoint openSingle(Path file, CheckpointChoice choice) {
    if (TorchFile.hasExtension(file)) {
      return TorchFile.open(file, choice.key());
    }
    if (!WeightFiles.isSafetensors(file)) {
      FileKind kind = CheckpointFile.open(file, FileKind::closing);
      if (kind == FileKind.TORCH_ZIP || kind == FileKind.PICKLE) {
        return TorchFile.open(file, choice.key());
      }
    }
    return SafetensorsFile.open(file);
  }

  /** The failure of {@link Checkpoint#get} for a name that is not there. */
  static InvalidCheckpointException missing(String name, Checkpoint checkpoint) {
    return new InvalidCheckpointException(
        "There is no tensor " + Printable.name(name) + " in " + checkpoint.source() + ".");
  }
}
