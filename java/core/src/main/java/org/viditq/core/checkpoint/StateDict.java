package org.viditq.core.checkpoint;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.Printable;

/**
 * Finds the weights in what a pickle holds: a dict of tensors, or one within the dicts that
 * training programs put around it.
 *
 * <p>Averaged (EMA) weights come before the trained ones, as in the sampling programs of DiT and
 * Latte and in PixArt's and Open-Sora's releases. The prefixes that {@code DataParallel} and {@code
 * torch.compile} put before all names are taken off.
 */
final class StateDict {
  private static final Logger LOG = LoggerFactory.getLogger(StateDict.class);

  /** In the order of preference. */
  private static final List<String> WRAPPERS =
      List.of(
          "state_dict_ema",
          "ema_state_dict",
          "model_ema",
          "ema_model",
          "ema",
          "params_ema",
          "state_dict",
          "model_state_dict",
          "model",
          "module",
          "net",
          "network",
          "params",
          "shadow_params");

  private static final int MAX_DEPTH = 4;

  private final String source;
  private final Map<Map<?, ?>, Boolean> holdsTensors = new IdentityHashMap<>();

  private StateDict(String source) {
    this.source = source;
  }

  /**
   * The tensors by name, in the order of the dict.
   *
   * @param key where they are, with dots for dicts within dicts; empty to look for them
   * @throws InvalidCheckpointException if there are none, or no telling which
   */
  static Map<String, TorchTensor> find(Object content, String source, Optional<String> key) {
    StateDict search = new StateDict(source);
    if (content instanceof TorchTensor) {
      throw search.invalid("holds a single tensor and no dict of named ones");
    }
    if (!(content instanceof Map)) {
      throw search.invalid("holds no dict of tensors; save a state dict with torch.save");
    }
    Map<?, ?> top = (Map<?, ?>) content;
    Map<?, ?> found = key.isPresent() ? search.at(top, key.get()) : search.below(top, "", 0);
    return withoutPrefixes(tensors(found));
  }

  /** By name; the whole key first, since names may have dots. */
  private Map<?, ?> at(Map<?, ?> top, String key) {
    Object found = top.get(key);
    if (!(found instanceof Map)) {
      found = top;
      for (String part : key.split("\\.")) {
        found = found instanceof Map ? ((Map<?, ?>) found).get(part) : null;
      }
    }
    if (!(found instanceof Map) || !hasTensors((Map<?, ?>) found)) {
      throw invalid(
          "has no tensors under the key "
              + Printable.name(key)
              + "; its keys are "
              + shown(names(top)));
    }
    return (Map<?, ?>) found;
  }

  private Map<?, ?> below(Map<?, ?> dict, String path, int depth) {
    if (depth > MAX_DEPTH) {
      throw invalid("holds dicts within dicts without end");
    }
    List<String> wrappers =
        WRAPPERS.stream().filter(name -> leadsToTensors(dict.get(name), MAX_DEPTH)).toList();
    if (!wrappers.isEmpty()) {
      String chosen = path + wrappers.get(0);
      LOG.info(
          "{}: the weights under {} are used{}.",
          source,
          chosen,
          wrappers.size() == 1
              ? ""
              : ", not those under "
                  + shown(wrappers.subList(1, wrappers.size()))
                  + ", which "
                  + CheckpointChoice.KEY_OPTION
                  + " would choose");
      return below((Map<?, ?>) dict.get(wrappers.get(0)), chosen + ".", depth + 1);
    }
    if (hasTensors(dict)) {
      return dict;
    }
    List<String> others = new ArrayList<>();
    dict.forEach(
        (name, value) -> {
          if (name instanceof String && value instanceof Map && hasTensors((Map<?, ?>) value)) {
            others.add((String) name);
          }
        });
    if (others.size() == 1) {
      return (Map<?, ?>) dict.get(others.get(0));
    }
    throw others.isEmpty()
        ? invalid("holds no dict of tensors; its keys are " + shown(names(dict)))
        : invalid(
            "holds tensors under several keys, "
                + shown(others)
                + "; choose one with "
                + CheckpointChoice.KEY_OPTION);
  }

  private boolean leadsToTensors(Object value, int depth) {
    if (!(value instanceof Map) || depth == 0) {
      return false;
    }
    Map<?, ?> dict = (Map<?, ?>) value;
    return hasTensors(dict)
        || WRAPPERS.stream().anyMatch(name -> leadsToTensors(dict.get(name), depth - 1));
  }

  /** Looked through once, however often a hostile pickle refers to it. */
  private boolean hasTensors(Map<?, ?> dict) {
    return holdsTensors.computeIfAbsent(
        dict,
        d ->
            d.entrySet().stream()
                .anyMatch(
                    e -> e.getKey() instanceof String && e.getValue() instanceof TorchTensor));
  }

  private static Map<String, TorchTensor> tensors(Map<?, ?> dict) {
    Map<String, TorchTensor> tensors = new LinkedHashMap<>();
    dict.forEach(
        (name, value) -> {
          if (name instanceof String && value instanceof TorchTensor) {
            tensors.put((String) name, (TorchTensor) value);
          }
        });
    return tensors;
  }

  private static Map<String, TorchTensor> withoutPrefixes(Map<String, TorchTensor> tensors) {
    Map<String, TorchTensor> stripped = tensors;
    // Both programs may have wrapped the model, in either order.
    for (String prefix : List.of("module.", "_orig_mod.", "module.")) {
      if (stripped.keySet().stream().allMatch(name -> name.startsWith(prefix))) {
        Map<String, TorchTensor> shorter = new LinkedHashMap<>();
        stripped.forEach((name, tensor) -> shorter.put(name.substring(prefix.length()), tensor));
        stripped = shorter;
      }
    }
    return stripped;
  }

  private static List<String> names(Map<?, ?> dict) {
    return dict.keySet().stream().limit(20).map(String::valueOf).toList();
  }

  private static String shown(List<String> names) {
    return names.isEmpty() ? "none" : Printable.name(String.join(", ", names));
  }

  private InvalidCheckpointException invalid(String what) {
    return new InvalidCheckpointException(source + " " + what + ".");
  }
}
