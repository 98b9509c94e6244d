package org.viditq.cli.build;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.tensorrt.build.ProfileExtents;
import picocli.CommandLine.Option;

/** Which extents an engine is built for. */
final class ExtentOptions {
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,5})(?:[xX]([0-9]{1,5}))?");
  private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,7}");
  private static final String PICTURE = "size";

  @Option(
      names = "--opt",
      paramLabel = "NAME=N",
      split = ",",
      description =
          "The extents that the engine is made fast for, such as"
              + " batch=2,size=512x512,tokens=120,frames=16: extents of the graph by their names,"
              + " or size, the width and height of pictures in pixels, with --model. Default with"
              + " --model: those that it was trained for, a batch of 2 for guidance.")
  private Map<String, String> opt = new LinkedHashMap<>();

  @Option(
      names = "--min",
      paramLabel = "NAME=N",
      split = ",",
      description =
          "The least extents; as --opt where not given. Engines of one size are the fastest.")
  private Map<String, String> min = new LinkedHashMap<>();

  @Option(
      names = "--max",
      paramLabel = "NAME=N",
      split = ",",
      description = "The largest extents; as --opt where not given.")
  private Map<String, String> max = new LinkedHashMap<>();

  /**
   * @param defaults of what --opt does not say, by name
   * @param pixelsPerLatent what size is divided by; empty if pictures are not known
   * @throws UsageException if a word is no extent
   */
  ProfileExtents extents(Map<String, Integer> defaults, OptionalInt pixelsPerLatent) {
    Map<String, Integer> middle = new TreeMap<>(defaults);
    middle.putAll(parse("--opt", opt, pixelsPerLatent));
    return new ProfileExtents(
        parse("--min", min, pixelsPerLatent), middle, parse("--max", max, pixelsPerLatent));
  }

  private static Map<String, Integer> parse(
      String option, Map<String, String> words, OptionalInt pixelsPerLatent) {
    Map<String, Integer> extents = new TreeMap<>();
    words.forEach(
        (name, value) -> {
          if (name.equals(PICTURE)) {
            putSize(option, value, pixelsPerLatent, extents);
          } else if (NUMBER.matcher(value).matches()) {
            extents.put(name, Integer.parseInt(value));
          } else {
            throw new UsageException(
                option
                    + " "
                    + Printable.name(name + "=" + value)
                    + " is no extent; give a number from 1 up.");
          }
        });
    return extents;
  }

  private static void putSize(
      String option, String value, OptionalInt pixelsPerLatent, Map<String, Integer> extents) {
    Matcher size = SIZE.matcher(value);
    if (!size.matches()) {
      throw new UsageException(
          option
              + " size="
              + Printable.name(value)
              + " is no size; give width and height in pixels, such as 512x512.");
    }
    if (pixelsPerLatent.isEmpty()) {
      throw new UsageException(
          option
              + " size goes with the transformer or vae of --model, which knows its pictures; give"
              + " the extents height and width of the graph.");
    }
    int width = Integer.parseInt(size.group(1));
    int height = size.group(2) == null ? width : Integer.parseInt(size.group(2));
    int factor = pixelsPerLatent.getAsInt();
    if (width < 1 || height < 1 || width % factor != 0 || height % factor != 0) {
      throw new UsageException(
          option
              + " size="
              + Printable.name(value)
              + " cannot be made; width and height must be multiples of "
              + factor
              + ".");
    }
    extents.put("width", width / factor);
    extents.put("height", height / factor);
  }
}
