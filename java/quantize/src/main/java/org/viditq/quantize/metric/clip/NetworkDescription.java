package org.viditq.quantize.metric.clip;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.Printable;
import org.viditq.core.io.IoReason;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * What a descriptor says of a network that is a metric; docs/evaluate.md has the keys.
 *
 * @param name what tables call it
 * @param model the ONNX file
 * @param direction which way is better
 * @param inputs by the network's names
 * @param output what of the network's results is the figure
 */
record NetworkDescription(
    String name,
    Path model,
    ClipMetric.Direction direction,
    Map<String, Input> inputs,
    Output output) {
  /** Far above any real descriptor. */
  private static final int MOST_BYTES = 64 << 10;

  private static final int MOST_INPUTS = 16;
  private static final int LARGEST_SIDE = 2048;
  private static final int MOST_TOKENS = 4096;

  NetworkDescription {
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
  }

  /** What an input is made of. */
  enum Source {
    /** A frame of the clip; the network runs once per frame. */
    FRAME,
    /** The same frame of the full-precision clip. */
    REFERENCE,
    /** The frame behind it, for optical flow; the last frame has none. */
    NEXT_FRAME,
    /** All frames at once. */
    CLIP,
    /** The prompt: token ids, or a string where there is no tokenizer. */
    CAPTION,
    /** 1 for each token of the prompt, 0 for padding. */
    CAPTION_MASK;

    boolean isPicture() {
      return this != CAPTION && this != CAPTION_MASK;
    }
  }

  /** Order of the axes. */
  enum Layout {
    NCHW,
    NHWC,
    /** Clips: colours before frames. */
    NCTHW,
    /** Clips: frames before colours. */
    NTCHW;

    boolean isOfClips() {
      return this == NCTHW || this == NTCHW;
    }
  }

  /**
   * An input.
   *
   * @param size height and width that frames are scaled to, bilinear; empty to leave them
   * @param low what pixel value 0 becomes, before mean and deviation
   * @param high what pixel value 1 becomes
   * @param mean by channel, subtracted
   * @param deviation by channel, divided by
   * @param tokenizer file or folder
   * @param length tokens, padding included
   * @param padding id of the tokens behind the prompt
   */
  record Input(
      Source source,
      Layout layout,
      Optional<int[]> size,
      double low,
      double high,
      double[] mean,
      double[] deviation,
      Optional<Path> tokenizer,
      int length,
      long padding) {}

  /**
   * What of the results counts.
   *
   * @param names one output, whose values are averaged or are features, or two embeddings whose
   *     cosine is the figure
   * @param isFeatures whether the values are features of a picture or clip, for Fréchet distances
   */
  record Output(List<String> names, boolean isFeatures) {
    Output {
      names = List.copyOf(names);
    }

    boolean isCosine() {
      return names.size() == 2;
    }
  }

  /**
   * @throws InvalidModelException in one sentence, if there is something wrong with it
   */
  static NetworkDescription read(Path file) {
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new InvalidModelException(
            file + " is larger than " + (MOST_BYTES >> 10) + " KiB, which no descriptor is.");
      }
      return parse(Files.readAllBytes(file), file);
    } catch (IOException e) {
      throw new InvalidModelException(
          "Cannot read the metric " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  /** As {@link #read}, of what a file holds. */
  static NetworkDescription parse(byte[] yaml, Path file) {
    Object document;
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(java.nio.ByteBuffer.wrap(yaml)).toString();
      LoaderOptions options = new LoaderOptions();
      options.setAllowDuplicateKeys(false);
      options.setMaxAliasesForCollections(0);
      options.setNestingDepthLimit(20);
      document = new Yaml(new SafeConstructor(options)).load(text);
    } catch (CharacterCodingException binary) {
      throw new InvalidModelException(file + " is no UTF-8 text, as a descriptor is.", binary);
    } catch (RuntimeException malformed) {
      // SnakeYAML's constructors let NumberFormatException and the like through.
      String reason = String.valueOf(malformed.getMessage()).lines().findFirst().orElse("");
      throw new InvalidModelException(
          file + " is not valid YAML: " + Printable.name(reason) + ".", malformed);
    }
    return new Reader(file).description(document);
  }

  /** Typed access that says which value is wrong. */
  private static final class Reader {
    private final Path file;

    Reader(Path file) {
      this.file = file;
    }

    NetworkDescription description(Object document) {
      Map<?, ?> root = map(document, "the file");
      allowOnly(root, "", Set.of("name", "model", "direction", "inputs", "output"));
      Map<String, Input> inputs = new LinkedHashMap<>();
      Map<?, ?> listed = map(root.get("inputs"), "inputs");
      if (listed.isEmpty() || listed.size() > MOST_INPUTS) {
        throw invalid("inputs", "a mapping of 1 to " + MOST_INPUTS + " names");
      }
      listed.forEach(
          (name, value) -> {
            String key = "inputs." + name;
            inputs.put(String.valueOf(name), input(map(value, key), key + "."));
          });
      if (inputs.values().stream().noneMatch(i -> i.source().isPicture())) {
        throw invalid("inputs", "such that one of them is made of frames");
      }
      boolean whole = inputs.values().stream().anyMatch(i -> i.source() == Source.CLIP);
      if (whole
          && inputs.values().stream()
              .anyMatch(i -> i.source().isPicture() && i.source() != Source.CLIP)) {
        throw invalid("inputs", "made of single frames or of whole clips, not of both");
      }
      String name = text(root, "", "name");
      Output output = output(root.get("output"));
      // Of features, distances count, and less is better.
      ClipMetric.Direction direction =
          output.isFeatures() && !root.containsKey("direction")
              ? ClipMetric.Direction.LOWER
              : constant(text(root, "", "direction"), "direction", ClipMetric.Direction.class);
      if (output.isFeatures()) {
        requireFeatures(direction, inputs);
      }
      return new NetworkDescription(
          name, besides(text(root, "", "model"), "model"), direction, inputs, output);
    }

    /** Features are of a picture or clip alone: sets of them are compared, not pairs. */
    private void requireFeatures(ClipMetric.Direction direction, Map<String, Input> inputs) {
      if (direction != ClipMetric.Direction.LOWER) {
        throw invalid("direction", "lower, or left out, where the output is features");
      }
      if (inputs.values().stream()
          .anyMatch(i -> i.source() != Source.FRAME && i.source() != Source.CLIP)) {
        throw invalid("inputs", "made of frame or clip where the output is features");
      }
    }

    private Input input(Map<?, ?> node, String where) {
      allowOnly(
          node,
          where,
          Set.of(
              "from", "layout", "size", "range", "mean", "std", "tokenizer", "length", "padding"));
      Source source = constant(text(node, where, "from"), where + "from", Source.class);
      Layout layout =
          node.containsKey("layout")
              ? constant(text(node, where, "layout"), where + "layout", Layout.class)
              : source == Source.CLIP ? Layout.NCTHW : Layout.NCHW;
      if (layout.isOfClips() != (source == Source.CLIP)) {
        throw invalid(where + "layout", "nchw or nhwc of frames, ncthw or ntchw of clips");
      }
      Optional<int[]> size = Optional.empty();
      if (node.containsKey("size")) {
        double[] sides = numbers(node.get("size"), where + "size", 2);
        for (double side : sides) {
          if (!(side >= 1 && side <= LARGEST_SIDE && side == Math.rint(side))) {
            throw invalid(where + "size", "[height, width], each from 1 to " + LARGEST_SIDE);
          }
        }
        size = Optional.of(new int[] {(int) sides[0], (int) sides[1]});
      }
      double[] range =
          node.containsKey("range")
              ? numbers(node.get("range"), where + "range", 2)
              : new double[] {0, 1};
      double[] mean =
          node.containsKey("mean") ? numbers(node.get("mean"), where + "mean", 3) : new double[3];
      double[] deviation =
          node.containsKey("std")
              ? numbers(node.get("std"), where + "std", 3)
              : new double[] {1, 1, 1};
      if (Arrays.stream(deviation).anyMatch(d -> !(d > 0))) {
        throw invalid(where + "std", "three numbers above 0");
      }
      Optional<Path> tokenizer =
          node.containsKey("tokenizer")
              ? Optional.of(besides(text(node, where, "tokenizer"), where + "tokenizer"))
              : Optional.empty();
      if (source == Source.CAPTION_MASK && tokenizer.isEmpty()) {
        throw invalid(where + "tokenizer", "given, as a mask is one of tokens");
      }
      int length = 0;
      if (tokenizer.isPresent()) {
        length = (int) integer(node, where, "length", 1, MOST_TOKENS);
      }
      long padding =
          node.containsKey("padding") ? integer(node, where, "padding", 0, 10_000_000) : 0;
      return new Input(
          source, layout, size, range[0], range[1], mean, deviation, tokenizer, length, padding);
    }

    private Output output(Object node) {
      if (node instanceof String name && !name.isBlank()) {
        return new Output(List.of(name), false);
      }
      Map<?, ?> form = map(node, "output");
      allowOnly(form, "output.", Set.of("cosine", "features"));
      if (form.containsKey("features") && form.size() == 1) {
        return new Output(List.of(text(form, "output.", "features")), true);
      }
      List<String> names = new ArrayList<>();
      if (form.get("cosine") instanceof List<?> list) {
        for (Object name : list) {
          if (name instanceof String text && !text.isBlank()) {
            names.add(text);
          }
        }
        if (list.size() == 2 && names.size() == 2 && form.size() == 1) {
          return new Output(names, false);
        }
      }
      throw invalid(
          "output", "a name, {cosine: [NAME, NAME]} or {features: NAME}, names of outputs");
    }

    private Path besides(String name, String key) {
      try {
        Path folder = file.toAbsolutePath().normalize().getParent();
        Path found = folder == null ? Path.of(name) : folder.resolve(name).normalize();
        if (!Files.exists(found)) {
          throw new InvalidModelException(
              file + ": " + key + " names " + Printable.name(name) + ", which is not there.");
        }
        return found;
      } catch (InvalidPathException e) {
        throw invalid(key, "the path of a file");
      }
    }

    private void allowOnly(Map<?, ?> node, String where, Set<String> known) {
      for (Object key : node.keySet()) {
        if (!known.contains(String.valueOf(key))) {
          throw new InvalidModelException(
              file
                  + ": there is no key "
                  + Printable.name(where + key)
                  + "; known here: "
                  + String.join(", ", known.stream().sorted().toList())
                  + ".");
        }
      }
    }

    private Map<?, ?> map(Object node, String key) {
      if (node instanceof Map<?, ?> map) {
        return map;
      }
      throw invalid(key, "a mapping");
    }

    private String text(Map<?, ?> node, String where, String key) {
      if (node.get(key) instanceof String text && !text.isBlank()) {
        return text;
      }
      throw invalid(where + key, "a text");
    }

    private long integer(Map<?, ?> node, String where, String key, long least, long most) {
      Object value = node.get(key);
      if ((value instanceof Integer || value instanceof Long)
          && ((Number) value).longValue() >= least
          && ((Number) value).longValue() <= most) {
        return ((Number) value).longValue();
      }
      throw invalid(where + key, "an integer from " + least + " to " + most);
    }

    private double[] numbers(Object node, String key, int count) {
      if (node instanceof List<?> list && list.size() == count) {
        double[] numbers = new double[count];
        boolean all = true;
        for (int i = 0; i < count; i++) {
          all &= list.get(i) instanceof Number;
          numbers[i] = list.get(i) instanceof Number n ? n.doubleValue() : Double.NaN;
          all &= Double.isFinite(numbers[i]);
        }
        if (all) {
          return numbers;
        }
      }
      throw invalid(key, "a list of " + count + " finite numbers");
    }

    private <T extends Enum<T>> T constant(String word, String key, Class<T> type) {
      List<String> known = new ArrayList<>();
      for (T constant : type.getEnumConstants()) {
        known.add(constant.name().toLowerCase(Locale.ROOT));
        if (constant.name().equalsIgnoreCase(word)) {
          return constant;
        }
      }
      throw invalid(key, "one of " + String.join(", ", known));
    }

    private InvalidModelException invalid(String key, String expected) {
      return new InvalidModelException(
          file + ": " + Printable.name(key) + " must be " + expected + ".");
    }
  }
}
