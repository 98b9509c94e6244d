package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.IoReason;

/**
 * The weights in a component's folder, by the names that diffusers' and transformers' loaders look
 * for: a stem, perhaps the word of a variant, the ending of the format, and for an index of shards
 * {@code .index.json}, within which the word may stand at three places, as releases differ.
 */
final class WeightFiles {
  private static final Logger LOG = LoggerFactory.getLogger(WeightFiles.class);

  private static final String STEMS = "(diffusion_pytorch_model|model|pytorch_model)";
  private static final String FORMATS = "\\.(safetensors|bin)";
  private static final Pattern SHARD = Pattern.compile(".*-\\d{5,}-of-\\d{5,}.*");
  private static final Pattern FILE = Pattern.compile(STEMS + "(?:\\.(.+))?" + FORMATS);
  private static final List<Pattern> INDEXES =
      List.of(
          Pattern.compile(STEMS + "(?:\\.(.+))?" + FORMATS + "\\.index\\.json"),
          Pattern.compile(
              STEMS + FORMATS.replace("(", "(?<format>") + "\\.index\\.(?<word>.+)\\.json"),
          Pattern.compile(
              STEMS + FORMATS.replace("(", "(?<format>") + "\\.(?<word>.+)\\.index\\.json"));

  /** Words that name a precision and nothing else, the most precise first. */
  private static final List<String> PRECISIONS =
      List.of("fp32", "float32", "f32", "bf16", "bfloat16", "fp16", "float16", "f16", "fp8");

  private static final Set<String> UNFINISHED =
      Set.of("part", "partial", "incomplete", "crdownload", "download", "aria2", "opdownload");

  /**
   * @param variant the empty string for files without a word
   */
  private record Weights(
      Path path, String stem, String variant, boolean safetensors, boolean index) {}

  private final Path folder;
  private final List<Path> files;
  private final List<Weights> weights;

  WeightFiles(Path folder) {
    this.folder = folder;
    this.files = list(folder);
    this.weights = files.stream().flatMap(file -> parse(file).stream()).sorted(ORDER).toList();
  }

  /** Safetensors before pickles; within a format the order of the loader that owns the stem. */
  private static final Comparator<Weights> ORDER =
      Comparator.comparing((Weights w) -> !w.safetensors())
          .thenComparing(w -> !w.stem().startsWith("diffusion"))
          .thenComparing(w -> w.index() != w.stem().startsWith("diffusion"))
          .thenComparing(Weights::path);

  private static Optional<Weights> parse(Path file) {
    String name = file.getFileName().toString();
    for (int i = 0; i < INDEXES.size(); i++) {
      Matcher index = INDEXES.get(i).matcher(name);
      if (index.matches()) {
        String word = i == 0 ? index.group(2) : index.group("word");
        String format = i == 0 ? index.group(3) : index.group("format");
        return Optional.of(
            new Weights(
                file,
                index.group(1),
                word == null ? "" : word,
                format.equals("safetensors"),
                true));
      }
    }
    Matcher single = FILE.matcher(name);
    if (!single.matches() || SHARD.matcher(name).matches()) {
      return Optional.empty();
    }
    String word = single.group(2) == null ? "" : single.group(2);
    return Optional.of(
        new Weights(file, single.group(1), word, single.group(3).equals("safetensors"), false));
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> !Files.isDirectory(file)).sorted().toList();
    } catch (IOException e) {
      throw new InvalidCheckpointException(
          "Cannot read folder " + Printable.line(folder.toString()) + ": " + IoReason.of(e) + ".",
          e);
    }
  }

  /** The words of the variants that are there, without the empty one. */
  Set<String> variants() {
    Set<String> words = new TreeSet<>();
    weights.stream().map(Weights::variant).filter(word -> !word.isEmpty()).forEach(words::add);
    return words;
  }

  /**
   * The file or index to open.
   *
   * <p>A variant that was asked for must be there, unless the folder has no variants at all: in
   * published pipelines not every component comes in each, and diffusers then takes the files
   * without a word.
   *
   * @throws InvalidCheckpointException if there is none, or no telling which of several
   */
  Path choose(Optional<String> variant) {
    if (weights.isEmpty()) {
      return onlyOther();
    }
    if (variant.isPresent() && !variant.get().isEmpty()) {
      return chooseVariant(variant.get());
    }
    return of("").orElseGet(this::chooseAmongVariants).path();
  }

  private Path chooseVariant(String word) {
    Optional<Weights> asked = of(word);
    if (asked.isPresent()) {
      return asked.get().path();
    }
    Set<String> words = variants();
    if (words.isEmpty()) {
      LOG.info(
          "{} has no variants; its only weights are used instead of {}.",
          shown(folder),
          Printable.name(word));
      return weights.get(0).path();
    }
    throw new InvalidCheckpointException(
        "Folder "
            + shown(folder)
            + " holds no variant "
            + Printable.name(word)
            + "; "
            + CheckpointChoice.VARIANT_OPTION
            + " can be "
            + shown(words)
            + (of("").isPresent() ? ", or be left out." : "."));
  }

  private Weights chooseAmongVariants() {
    Set<String> words = variants();
    if (words.size() == 1) {
      return weights.get(0);
    }
    if (!PRECISIONS.containsAll(words)) {
      throw new InvalidCheckpointException(
          "Folder "
              + shown(folder)
              + " holds the variants "
              + shown(words)
              + "; choose one with "
              + CheckpointChoice.VARIANT_OPTION
              + ".");
    }
    String most = PRECISIONS.stream().filter(words::contains).findFirst().orElseThrow();
    LOG.info(
        "{} holds the variants {}; {} is used, {} chooses another.",
        shown(folder),
        shown(words),
        most,
        CheckpointChoice.VARIANT_OPTION);
    return of(most).orElseThrow();
  }

  private Optional<Weights> of(String variant) {
    return weights.stream().filter(w -> w.variant().equals(variant)).findFirst();
  }

  /** Under no name of a loader's: taken if there is one only. */
  private Path onlyOther() {
    for (boolean safetensors : new boolean[] {true, false}) {
      List<Path> candidates =
          files.stream()
              .filter(f -> safetensors ? isSafetensors(f) : TorchFile.hasExtension(f))
              .toList();
      if (candidates.size() == 1 && !SHARD.matcher(name(candidates.get(0))).matches()) {
        return candidates.get(0);
      }
      if (!candidates.isEmpty()) {
        throw candidates.stream().allMatch(f -> SHARD.matcher(name(f)).matches())
            ? new InvalidCheckpointException(
                "Folder "
                    + shown(folder)
                    + " holds shards such as "
                    + Printable.name(name(candidates.get(0)))
                    + " but not their index (*.index.json); download that too.")
            : new InvalidCheckpointException(
                "Folder "
                    + shown(folder)
                    + " holds several files of weights ("
                    + shown(new TreeSet<>(candidates.stream().map(WeightFiles::name).toList()))
                    + ") and none of them has a name that loaders look for, such as"
                    + " diffusion_pytorch_model.safetensors; give the path of one of them.");
      }
    }
    throw none();
  }

  private InvalidCheckpointException none() {
    String start = "Folder " + shown(folder) + " holds no safetensors file and no PyTorch pickle";
    for (Path file : files) {
      if (isUnfinished(file)) {
        return new InvalidCheckpointException(
            start
                + ", only the unfinished download "
                + Printable.name(name(file))
                + "; finish it or download again.");
      }
    }
    for (Path file : files) {
      if (name(file).matches(".*\\.(msgpack|h5|onnx|onnx_data|gguf|ot)")) {
        return new InvalidCheckpointException(
            start
                + ", only "
                + Printable.name(name(file))
                + " of another framework; download the safetensors of the same model.");
      }
    }
    if (Files.exists(folder.resolve("model_index.json"))) {
      return new InvalidCheckpointException(
          start + "; it is a whole pipeline: name the folder of one of its models.");
    }
    return new InvalidCheckpointException(start + ".");
  }

  static boolean isSafetensors(Path file) {
    return name(file).toLowerCase(Locale.ROOT).endsWith(".safetensors");
  }

  /** By the endings that browsers and download programs give to what they have not finished. */
  static boolean isUnfinished(Path file) {
    String name = name(file).toLowerCase(Locale.ROOT);
    return UNFINISHED.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private static String shown(Path path) {
    return Printable.line(path.toString());
  }

  private static String shown(Set<String> words) {
    return Printable.name(String.join(", ", words));
  }
}
