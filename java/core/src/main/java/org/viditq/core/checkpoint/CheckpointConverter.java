package org.viditq.core.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.io.IoReason;
import org.viditq.core.tensor.DType;

/**
 * Rewrites any checkpoint that can be read as safetensors of the layout that diffusers' {@code
 * save_pretrained} writes: one file, or shards and their index. Tensors pass one after the other,
 * piece by piece. Tied tensors are written as often as they have names in the source.
 */
public final class CheckpointConverter {
  /** That of diffusers: 10 GB. */
  public static final long DEFAULT_SHARD_BYTES = 10_000_000_000L;

  private static final Pattern WEIGHTS =
      Pattern.compile(".*\\.(safetensors|bin|pt|pth|ckpt)|.*\\.index(\\..+)?\\.json");
  private static final Pattern VARIANT = Pattern.compile("[0-9A-Za-z_-]+");
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * How the result looks.
   *
   * @param dtype of all floating-point tensors: F32, F16, BF16 or F64; empty for as stored
   * @param shardBytes a file is closed before it gets larger than this, unless a single tensor is
   * @param stem what the file names start with: {@code diffusion_pytorch_model}, or {@code model}
   *     for what transformers reads
   * @param variant a word to put into the file names, such as {@code fp16}
   */
  public record Options(
      Optional<DType> dtype, long shardBytes, String stem, Optional<String> variant) {
    /** As stored, in shards of 10 GB, under diffusers' names without a variant. */
    public static final Options DEFAULT =
        new Options(
            Optional.empty(), DEFAULT_SHARD_BYTES, "diffusion_pytorch_model", Optional.empty());

    public Options {
      if (dtype.isPresent()
          && !List.of(DType.F32, DType.F16, DType.BF16, DType.F64).contains(dtype.get())) {
        throw new IllegalArgumentException(dtype.get() + " is no type to convert to.");
      }
      if (shardBytes < 1) {
        throw new IllegalArgumentException("Shards of " + shardBytes + " bytes hold nothing.");
      }
      if (variant.isPresent() && !VARIANT.matcher(variant.get()).matches()) {
        throw new IllegalArgumentException(
            "The variant " + Printable.name(variant.get()) + " is no word.");
      }
    }
  }

  private CheckpointConverter() {}

  /**
   * Writes the tensors that the mapping makes of {@code source} into {@code folder}, which appears
   * complete or not at all, or receives the files if it exists.
   *
   * @return the files that were written, an index last
   * @throws InvalidCheckpointException if the mapping does not fit: two tensors of one name, rows
   *     that are not there, nothing left
   * @throws org.viditq.core.error.NonFiniteException if a finite value is beyond the range of the
   *     type that was asked for
   * @throws OutputException if the folder holds weights already, or cannot be written
   */
  public static List<Path> write(
      Checkpoint source, Path folder, KeyMapping mapping, Options options) {
    return write(source, folder, mapping, options, Map.of());
  }

  /**
   * As {@link #write(Checkpoint, Path, KeyMapping, Options)}, with further files of the folder.
   *
   * @param beside contents by file name, such as {@code config.json}; they are not in the result
   */
  public static List<Path> write(
      Checkpoint source,
      Path folder,
      KeyMapping mapping,
      Options options,
      Map<String, byte[]> beside) {
    List<ConvertedTensor> tensors = map(source, mapping, options);
    refuseWeights(folder);
    List<List<ConvertedTensor>> shards = shards(tensors, options.shardBytes());
    try (AtomicOutput output = AtomicOutput.folder(folder)) {
      List<String> names = names(shards.size(), options);
      for (int i = 0; i < shards.size(); i++) {
        SafetensorsWriter.write(
            output.path().resolve(names.get(i)), shards.get(i), Map.of("format", "pt"));
      }
      if (shards.size() > 1) {
        names.add(indexName(options));
        Files.write(output.path().resolve(indexName(options)), index(shards, names));
      }
      for (Map.Entry<String, byte[]> file : beside.entrySet()) {
        Files.write(output.path().resolve(file.getKey()), file.getValue());
      }
      output.commit();
      return names.stream().map(folder::resolve).toList();
    } catch (IOException e) {
      throw new OutputException(
          "Cannot write " + Printable.line(folder.toString()) + ": " + IoReason.of(e) + ".", e);
    }
  }

  private static List<ConvertedTensor> map(Checkpoint source, KeyMapping mapping, Options options) {
    List<ConvertedTensor> tensors = new ArrayList<>();
    Map<String, String> origins = new HashMap<>();
    for (String name : source.names()) {
      StoredTensor tensor = source.get(name);
      for (KeyMapping.Part part : mapping.map(name, tensor.shape())) {
        String other = origins.put(part.name(), name);
        if (other != null || part.name().equals(SafetensorsHeader.METADATA)) {
          throw new InvalidCheckpointException(
              "Tensor "
                  + Printable.name(name)
                  + " of "
                  + source.source()
                  + " would become "
                  + Printable.name(part.name())
                  + (other == null
                      ? ", which no tensor may be called."
                      : ", as " + Printable.name(other) + " does."));
        }
        tensors.add(ConvertedTensor.of(tensor, part, options.dtype().orElse(tensor.dtype())));
      }
    }
    if (tensors.isEmpty()) {
      throw new InvalidCheckpointException(
          "Nothing of "
              + source.source()
              + " is left to be written; its names are those of another model.");
    }
    return tensors;
  }

  /** Other weights in the folder would be mixed up with these, or be what is read right now. */
  private static void refuseWeights(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      Optional<Path> weights =
          files
              .sorted()
              .filter(file -> WEIGHTS.matcher(file.getFileName().toString()).matches())
              .findFirst();
      if (weights.isPresent()) {
        throw new OutputException(
            "Folder "
                + Printable.line(folder.toString())
                + " holds weights already, such as "
                + Printable.name(weights.get().getFileName().toString())
                + "; name another folder.");
      }
    } catch (IOException e) {
      throw new OutputException(
          "Cannot write " + Printable.line(folder.toString()) + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** In the order of the source, each as full as it can be. */
  private static List<List<ConvertedTensor>> shards(List<ConvertedTensor> tensors, long most) {
    List<List<ConvertedTensor>> shards = new ArrayList<>();
    long size = 0;
    for (ConvertedTensor tensor : tensors) {
      if (shards.isEmpty() || size + tensor.sizeInBytes() > most) {
        shards.add(new ArrayList<>());
        size = 0;
      }
      shards.get(shards.size() - 1).add(tensor);
      size += tensor.sizeInBytes();
    }
    return shards;
  }

  private static List<String> names(int count, Options options) {
    String start = options.stem() + options.variant().map(word -> "." + word).orElse("");
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      names.add(
          start
              + (count == 1 ? "" : String.format(Locale.ROOT, "-%05d-of-%05d", i, count))
              + ".safetensors");
    }
    return names;
  }

  private static String indexName(Options options) {
    return options.stem()
        + ".safetensors.index"
        + options.variant().map(word -> "." + word).orElse("")
        + ".json";
  }

  private static byte[] index(List<List<ConvertedTensor>> shards, List<String> names)
      throws IOException {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode metadata = root.putObject("metadata");
    ObjectNode map = root.putObject("weight_map");
    long total = 0;
    for (int i = 0; i < shards.size(); i++) {
      for (ConvertedTensor tensor : shards.get(i)) {
        map.put(tensor.name(), names.get(i));
        total += tensor.sizeInBytes();
      }
    }
    metadata.put("total_size", total);
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
  }
}
