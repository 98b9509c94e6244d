package org.viditq.quantize.plan;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;

/** The plans that come with the product, by the names that {@code --plan} takes. */
public final class BuiltInPlans {
  private static final List<String> NAMES =
      List.of(
          "w8a8-naive",
          "w8a8-static-token",
          "w8a8-qdiffusion",
          "w8a8",
          "w8a8-balanced",
          "w8a8-timestep-aware",
          "w8a8-gptq",
          "convrot",
          "w6a6-naive",
          "w6a6-static-token",
          "w6a6-qdiffusion",
          "w6a6-dynamic",
          "w6a6",
          "w6a6-timestep-aware",
          "w6a6-gptq",
          "w4a8-naive",
          "w4a8-static-token",
          "w4a8-qdiffusion",
          "w4a8-dynamic",
          "w4a8-balanced",
          "w4a8-opensora",
          "w4a8",
          "viditq-rotate",
          "w4a8-gptq");

  private BuiltInPlans() {}

  /** Coarsest damage last: 8 bits before 6 before 4, naive before balanced. */
  public static List<String> names() {
    return NAMES;
  }

  /**
   * @throws UsageException if there is no plan of that name, with a suggestion
   */
  public static QuantizationPlan get(String name) {
    if (!NAMES.contains(name)) {
      throw new UsageException(
          "There is no built-in plan "
              + Printable.name(name)
              + Suggestion.closest(name, NAMES)
              + "; choose one of "
              + String.join(", ", NAMES)
              + ", or give the path of a YAML file.");
    }
    String resource = name + ".yaml";
    try (InputStream yaml = BuiltInPlans.class.getResourceAsStream(resource)) {
      return new PlanReader().parse(yaml.readAllBytes(), name, "built-in plan " + name);
    } catch (IOException e) {
      throw new IllegalStateException("Resource " + resource + " cannot be read.", e);
    }
  }

  /** What {@code --plan} means: a file if there is one of that path, otherwise a built-in name. */
  public static QuantizationPlan find(String nameOrPath) {
    return NAMES.contains(nameOrPath) || !looksLikeFile(nameOrPath)
        ? get(nameOrPath)
        : new PlanReader().read(Path.of(nameOrPath));
  }

  private static boolean looksLikeFile(String text) {
    return text.endsWith(".yaml") || text.endsWith(".yml") || Files.isRegularFile(Path.of(text));
  }
}
