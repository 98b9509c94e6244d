package org.viditq.core.diffusers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.CheckpointChoice;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.HubCache;
import org.viditq.core.error.InvalidModelException;

/**
 * A pipeline as diffusers' {@code save_pretrained} writes it: {@code model_index.json} names the
 * class of the pipeline and of its components, each component lies in a folder beside it.
 *
 * <p>Components may be left out (null in the index, or their folder absent): the text encoder and
 * the tokenizer are not needed where precomputed embeddings are used. Asking for one that is absent
 * throws {@link InvalidModelException}. Which classes of components can be read is decided by those
 * who read them.
 */
public final class PipelineFolder {
  private static final String INDEX = "model_index.json";
  private static final String CLASS = "_class_name";

  private final Path root;
  private final JsonConfig index;
  private final Map<Component, Path> places;
  private final CheckpointChoice choice;
  private final WeightsView transformerView;

  /**
   * @throws InvalidModelException if it is no pipeline folder
   */
  public static PipelineFolder open(Path root) {
    if (!Files.isDirectory(root)) {
      throw new InvalidModelException(
          "There is no model folder " + root + HubCache.adviceForMissing(root) + ".");
    }
    return openFolder(HubCache.resolve(root));
  }

  private static PipelineFolder openFolder(Path root) {
    if (!Files.exists(root.resolve(INDEX))) {
      throw new InvalidModelException(
          root
              + " is not a diffusers pipeline folder: it holds no "
              + INDEX
              + (Files.exists(root.resolve(Component.TRANSFORMER.configFile()))
                  ? "; if it is a transformer alone, name it with --transformer beside a whole"
                      + " pipeline."
                  : "."));
    }
    JsonConfig index = JsonConfig.read(root.resolve(INDEX));
    index.getString("_class_name");
    Map<Component, Path> places = new EnumMap<>(Component.class);
    for (Component component : Component.values()) {
      if (isListed(index, component)) {
        places.put(component, root.resolve(component.folder()));
      }
    }
    return new PipelineFolder(root, index, places, CheckpointChoice.ANY, WeightsView.AS_STORED);
  }

  private PipelineFolder(
      Path root,
      JsonConfig index,
      Map<Component, Path> places,
      CheckpointChoice choice,
      WeightsView transformerView) {
    this.root = root;
    this.index = index;
    this.places = places;
    this.choice = choice;
    this.transformerView = transformerView;
  }

  /** Entries are {@code [library, class]}; {@code null} and {@code [null, null]} mean absent. */
  private static boolean isListed(JsonConfig index, Component component) {
    if (!index.has(component.folder())) {
      return false;
    }
    JsonNode entry = index.node().get(component.folder());
    if (!entry.isArray() || entry.size() != 2) {
      throw index.invalid(component.folder(), "[library, class]");
    }
    if (entry.get(1).isNull()) {
      return false;
    }
    if (!entry.get(1).isTextual()) {
      throw index.invalid(component.folder(), "[library, class]");
    }
    return true;
  }

  /**
   * The same pipeline with another transformer.
   *
   * @param place a folder that holds the transformer's weights, with its {@code config.json} if
   *     there is one, or that holds such a folder called {@code transformer}; or a file of weights
   */
  public PipelineFolder withTransformer(Path place) {
    if (!Files.exists(place)) {
      throw new InvalidModelException(
          "There is no transformer " + place + HubCache.adviceForMissing(place) + ".");
    }
    Path inner = place.resolve(Component.TRANSFORMER.folder());
    Map<Component, Path> changed = new EnumMap<>(places);
    changed.put(
        Component.TRANSFORMER,
        Files.isDirectory(inner) && !Files.exists(place.resolve(Component.TRANSFORMER.configFile()))
            ? inner
            : place);
    return new PipelineFolder(root, index, changed, choice, transformerView);
  }

  /**
   * The same pipeline, whose transformer's weights are seen in another way whenever they are
   * opened: with adapters merged.
   */
  public PipelineFolder withTransformerSeenAs(WeightsView view) {
    return new PipelineFolder(root, index, places, choice, view);
  }

  /**
   * The same pipeline with a preference among files of weights.
   *
   * @param wanted the variant is for every component that has it, the entry of a pickle for the
   *     transformer
   * @throws InvalidModelException if no component has the variant
   */
  public PipelineFolder choosing(CheckpointChoice wanted) {
    if (wanted.variant().isPresent()) {
      Set<String> known = new TreeSet<>();
      for (Component component : places.keySet()) {
        Path place = places.get(component);
        if (Files.isDirectory(place)) {
          known.addAll(Checkpoints.variants(place));
        }
      }
      if (!known.contains(wanted.variant().get())) {
        throw new InvalidModelException(
            "No part of "
                + root
                + " has weights of the variant "
                + wanted.variant().get()
                + "; "
                + (known.isEmpty()
                    ? "there are no variants: leave --variant out."
                    : "choose --variant " + String.join(" or ", known) + ", or leave it out."));
      }
    }
    return new PipelineFolder(root, index, places, wanted, transformerView);
  }

  /** The pipeline's own folder. */
  public Path root() {
    return root;
  }

  /** Name of the pipeline's Python class. */
  public String className() {
    return index.getString("_class_name");
  }

  /** {@code model_index.json}. */
  public JsonConfig index() {
    return index;
  }

  /**
   * Name of a component's Python class.
   *
   * @throws InvalidModelException if the index does not list it
   */
  public String className(Component component) {
    requireListed(component);
    JsonNode entry = index.node().path(component.folder()).path(1);
    return entry.isTextual() ? entry.textValue() : "";
  }

  /** Whether the index lists the component. */
  public boolean lists(Component component) {
    return places.containsKey(component);
  }

  /** Whether the index lists the component and it is there. */
  public boolean has(Component component) {
    return places.containsKey(component) && Files.exists(places.get(component));
  }

  /**
   * The folder of a component; of a transformer that was named by itself also a file.
   *
   * @throws InvalidModelException if it is absent
   */
  public Path folder(Component component) {
    requireListed(component);
    Path place = places.get(component);
    if (!Files.exists(place)) {
      throw new InvalidModelException(
          "Folder "
              + place
              + " is missing, though "
              + INDEX
              + " lists it; the pipeline is incomplete.");
    }
    return place;
  }

  private void requireListed(Component component) {
    if (!places.containsKey(component)) {
      throw new InvalidModelException(
          root.resolve(INDEX) + " lists no " + component.folder() + ", which is needed here.");
    }
  }

  /**
   * The configuration of a component; empty for a transformer that has none beside its weights, as
   * checkpoints of models' authors come. A scheduler's that names no class is of the one that the
   * index names.
   *
   * @throws InvalidModelException if it is absent or not a JSON object
   */
  public JsonConfig config(Component component) {
    Path place = folder(component);
    if (component == Component.TRANSFORMER) {
      return ComponentConfig.beside(place);
    }
    JsonConfig config = JsonConfig.read(place.resolve(component.configFile()));
    if (component != Component.SCHEDULER || config.has(CLASS) || className(component).isEmpty()) {
      return config;
    }
    ObjectNode named = config.node().deepCopy();
    return JsonConfig.of(named.put(CLASS, className(component)), config.source());
  }

  /**
   * Opens the weights of a component; the caller closes them.
   *
   * @throws InvalidModelException if the component is absent
   * @throws org.viditq.core.error.InvalidCheckpointException if the weights are absent or damaged
   */
  public Checkpoint checkpoint(Component component) {
    if (component != Component.TRANSFORMER) {
      return Checkpoints.open(folder(component), CheckpointChoice.ofVariant(choice.variant()));
    }
    Checkpoint stored = Checkpoints.open(folder(component), choice);
    try {
      return transformerView.of(config(component), stored);
    } catch (RuntimeException | Error unfit) {
      stored.close();
      throw unfit;
    }
  }
}
