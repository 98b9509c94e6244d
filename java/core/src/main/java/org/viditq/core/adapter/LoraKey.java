package org.viditq.core.adapter;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a tensor of an adapter file is, by its name.
 *
 * @param layer the file's name of the layer that it changes
 * @param role what it is to that layer
 */
record LoraKey(String layer, Role role) {
  /** The parts of a change W + scale * alpha / rank * up * down. */
  enum Role {
    /** [rank, inputs]. */
    DOWN,
    /** [outputs, rank]. */
    UP,
    /** A number. */
    ALPHA
  }

  /**
   * Names of PEFT, of kohya's scripts, and of diffusers before and after its attention processors.
   */
  private static final List<Pattern> FACTORS =
      List.of(
          Pattern.compile("(?<layer>.+)\\.lora_(?<role>[AB])(?:\\.[^.]+)?\\.weight"),
          Pattern.compile("(?<layer>.+)\\.lora_(?<role>down|up)\\.weight"),
          Pattern.compile("(?<layer>.+)\\.lora(?:_linear_layer)?\\.(?<role>down|up)\\.weight"));

  private static final Pattern PROCESSOR =
      Pattern.compile(
          "(?<attention>.+?)(?:\\.processor)?\\.to_(?<projection>q|k|v|out)_lora"
              + "\\.(?<role>down|up)\\.weight");

  private static final String ALPHA = ".alpha";

  /** Empty for a tensor that is no part of a LoRA adapter. */
  static Optional<LoraKey> parse(String name) {
    Matcher processor = PROCESSOR.matcher(name);
    if (processor.matches()) {
      String projection = processor.group("projection");
      return Optional.of(
          new LoraKey(
              processor.group("attention")
                  + ".to_"
                  + (projection.equals("out") ? "out.0" : projection),
              role(processor.group("role"))));
    }
    for (Pattern factor : FACTORS) {
      Matcher matcher = factor.matcher(name);
      if (matcher.matches()) {
        return Optional.of(new LoraKey(matcher.group("layer"), role(matcher.group("role"))));
      }
    }
    return name.endsWith(ALPHA) && name.length() > ALPHA.length()
        ? Optional.of(new LoraKey(name.substring(0, name.length() - ALPHA.length()), Role.ALPHA))
        : Optional.empty();
  }

  private static Role role(String word) {
    return word.equals("A") || word.equals("down") ? Role.DOWN : Role.UP;
  }
}
