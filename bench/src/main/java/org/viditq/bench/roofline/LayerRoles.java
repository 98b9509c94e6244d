package org.viditq.bench.roofline;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.viditq.core.model.LinearLayer;

/** What linear layers are called so that those of all blocks are told together. */
final class LayerRoles {
  /** The list of blocks, the block's index and the module within it, as attn1 or mlp. */
  private static final Pattern IN_BLOCK = Pattern.compile("\\w+\\.\\d+\\.(?:\\w+\\.)?(.+)");

  private LayerRoles() {}

  /**
   * {@code self attention: to_q to_k to_v} of the layers of that name in every block; of layers
   * outside of blocks, the type alone.
   *
   * @param type of the first layer; empty if the model does not list it
   * @param names qualified, of layers on one input
   */
  static String of(Optional<LinearLayer.Type> type, List<String> names) {
    String label = type.map(LinearLayer.Type::label).orElse("linear");
    if (!IN_BLOCK.matcher(names.get(0)).matches()) {
      return label;
    }
    return label + ": " + names.stream().map(LayerRoles::inBlock).collect(Collectors.joining(" "));
  }

  private static String inBlock(String name) {
    Matcher matcher = IN_BLOCK.matcher(name);
    return matcher.matches() ? matcher.group(1) : name;
  }
}
