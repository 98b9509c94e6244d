package org.viditq.core.model;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.Printable;

/**
 * Tensors of a checkpoint that its model has no use for: the configuration and the weights are not
 * of one model, and what is made from them would look like a picture all the same.
 *
 * <p>What a model computes by itself it leaves out ({@link Parameters#leaveOut}). Beside that, in
 * any model: counters and tables that modules keep as buffers ({@code num_batches_tracked}, {@code
 * position_ids}, {@code inv_freq}), and copies that training keeps under {@code ema.}, {@code
 * model_ema.} or {@code ema_model.}
 */
public final class UnusedTensors {
  private static final Pattern BUFFER =
      Pattern.compile("(.*\\.)?(num_batches_tracked|position_ids|inv_freq)");

  private static final Pattern AVERAGE = Pattern.compile("(ema|model_ema|ema_model)\\..*");

  private static final Pattern BLOCK =
      Pattern.compile("(?:.*\\.)?(?:block|layer|[a-z_]*blocks)\\.(\\d{1,9})\\..*");

  /** What configurations call the number of blocks. */
  private static final List<String> LAYER_KEYS =
      List.of("num_layers", "depth", "num_hidden_layers");

  private UnusedTensors() {}

  /**
   * @param unused names that nobody has asked for or left out
   * @param source where they are, for messages
   * @param config what the model was built from
   * @throws InvalidModelException if there is one that no model may leave, naming the first, and of
   *     a block too many the key that says how many there are
   */
  public static void require(List<String> unused, String source, JsonConfig config) {
    List<String> foreign =
        unused.stream()
            .filter(name -> !BUFFER.matcher(name).matches() && !AVERAGE.matcher(name).matches())
            .toList();
    if (foreign.isEmpty()) {
      return;
    }
    String first = foreign.get(0);
    throw new InvalidModelException(
        source
            + " holds "
            + Printable.name(first)
            + (foreign.size() == 1 ? "" : " and " + (foreign.size() - 1) + " more tensors")
            + ", which the model of "
            + config.source()
            + " does not have"
            + reason(first, config)
            + "; take the configuration that belongs to these weights.");
  }

  private static String reason(String tensor, JsonConfig config) {
    Matcher block = BLOCK.matcher(tensor);
    if (!block.matches()) {
      return "";
    }
    int index = Integer.parseInt(block.group(1));
    for (String key : LAYER_KEYS) {
      if (config.has(key) && config.node().get(key).isInt()) {
        int layers = config.node().get(key).intValue();
        return index < layers ? "" : ", because its " + key + " is " + layers;
      }
    }
    return "";
  }
}
