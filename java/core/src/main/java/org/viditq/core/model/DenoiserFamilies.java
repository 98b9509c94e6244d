package org.viditq.core.model;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;

/**
 * The families on the class path, found with {@link ServiceLoader}: the file {@code
 * META-INF/services/org.viditq.core.model.DenoiserFamily} has a line for each.
 */
public final class DenoiserFamilies {
  private static final String CLASS_NAME = "_class_name";

  private DenoiserFamilies() {}

  /** All of them, by name. */
  public static List<DenoiserFamily> all() {
    return ServiceLoader.load(DenoiserFamily.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparing(DenoiserFamily::name))
        .toList();
  }

  /** Their names, for messages. */
  public static String names() {
    return all().stream().map(DenoiserFamily::name).collect(Collectors.joining(", "));
  }

  /**
   * The family of a checkpoint: by the class that its configuration names, else by the names of its
   * tensors.
   */
  public static Optional<DenoiserFamily> find(JsonConfig config, Checkpoint weights) {
    Optional<DenoiserFamily> byClass =
        all().stream().filter(family -> family.accepts(config)).findFirst();
    return byClass.isPresent() || config.has(CLASS_NAME)
        ? byClass
        : all().stream().filter(family -> family.recognizes(weights)).findFirst();
  }

  /**
   * The model of a checkpoint.
   *
   * @param config may be empty
   * @throws InvalidModelException if it is of no family that is known here
   */
  public static DenoiserModel model(JsonConfig config, Checkpoint weights) {
    return find(config, weights).orElseThrow(() -> unknown(config, weights)).model(config, weights);
  }

  private static InvalidModelException unknown(JsonConfig config, Checkpoint weights) {
    return new InvalidModelException(
        config.has(CLASS_NAME)
            ? "The model class "
                + config.getString(CLASS_NAME)
                + " of "
                + config.source()
                + " is of no family that is known here; known are "
                + names()
                + "."
            : weights.source()
                + " names its tensors like no family that is known here ("
                + names()
                + "), and no configuration says what it is.");
  }
}
