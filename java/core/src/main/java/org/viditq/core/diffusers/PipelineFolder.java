package org.viditq.core.diffusers;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeSet;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.error.InvalidModelException;

/**
 * A pipeline as diffusers' {@code save_pretrained} writes it: {@code model_index.json} names the
 * class of the pipeline and of its components, each component lies in a folder beside it.
 *
 * <p>Components may be left out (null in the index, or their folder absent): the text encoder and
 * the tokenizer are not needed where precomputed embeddings are used. Asking for one that is absent
 * throws {@link InvalidModelException}.
 */
public final class PipelineFolder {
  private static final String INDEX = "model_index.json";

  private final Path root;
  private final PipelineKind kind;
  private final Map<Component, Path> folders;

  /**
   * @throws InvalidModelException if it is no pipeline folder, or one of a class that is not
   *     supported
   */
  public static PipelineFolder open(Path root) {
    if (!Files.isDirectory(root)) {
      throw new InvalidModelException("There is no model folder " + root + ".");
    }
    if (!Files.exists(root.resolve(INDEX))) {
      throw new InvalidModelException(
          root
              + " is not a diffusers pipeline folder: it holds no "
              + INDEX
              + (Files.exists(root.resolve(Component.TRANSFORMER.configFile()))
                  ? "; if it is a transformer alone, name it beside a whole pipeline."
                  : "."));
    }
    JsonConfig index = JsonConfig.read(root.resolve(INDEX));
    String className = index.getString("_class_name");
    PipelineKind kind =
        PipelineKind.ofClass(className)
            .orElseThrow(
                () ->
                    new InvalidModelException(
                        "Pipeline class "
                            + className
                            + " of "
                            + root
                            + " is not supported; known are "
                            + PipelineKind.known()
                            + "."));
    Map<Component, Path> folders = new EnumMap<>(Component.class);
    for (Component component : Component.values()) {
      if (isListed(index, component)) {
        folders.put(component, root.resolve(component.folder()));
      }
    }
    return new PipelineFolder(root, kind, folders);
  }

  private PipelineFolder(Path root, PipelineKind kind, Map<Component, Path> folders) {
    this.root = root;
    this.kind = kind;
    this.folders = folders;
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
    checkClass(index, component, entry.get(1));
    return true;
  }

  private static void checkClass(JsonConfig index, Component component, JsonNode className) {
    if (!className.isTextual()) {
      throw index.invalid(component.folder(), "[library, class]");
    }
    if (!component.classes().isEmpty() && !component.classes().contains(className.textValue())) {
      throw index.invalid(
          component.folder(),
          "of class " + String.join(" or ", new TreeSet<>(component.classes())));
    }
  }

  /**
   * The same pipeline with another transformer.
   *
   * @param folder that holds the transformer's {@code config.json}, or that holds it in a folder
   *     {@code transformer}
   */
  public PipelineFolder withTransformer(Path folder) {
    Path inner = folder.resolve(Component.TRANSFORMER.folder());
    boolean direct = Files.exists(folder.resolve(Component.TRANSFORMER.configFile()));
    if (!direct && !Files.exists(inner.resolve(Component.TRANSFORMER.configFile()))) {
      throw new InvalidModelException(
          "There is no transformer in "
              + folder
              + ": neither it nor its folder transformer holds a config.json.");
    }
    Map<Component, Path> changed = new EnumMap<>(folders);
    changed.put(Component.TRANSFORMER, direct ? folder : inner);
    return new PipelineFolder(root, kind, changed);
  }

  /** The pipeline's own folder. */
  public Path root() {
    return root;
  }

  public PipelineKind kind() {
    return kind;
  }

  /** Whether the index lists the component and its folder is there. */
  public boolean has(Component component) {
    return folders.containsKey(component) && Files.isDirectory(folders.get(component));
  }

  /**
   * The folder of a component.
   *
   * @throws InvalidModelException if it is absent
   */
  public Path folder(Component component) {
    if (!folders.containsKey(component)) {
      throw new InvalidModelException(
          root.resolve(INDEX) + " lists no " + component.folder() + ", which is needed here.");
    }
    Path folder = folders.get(component);
    if (!Files.isDirectory(folder)) {
      throw new InvalidModelException(
          "Folder "
              + folder
              + " is missing, though "
              + INDEX
              + " lists it; the pipeline is incomplete.");
    }
    return folder;
  }

  /**
   * The configuration of a component.
   *
   * @throws InvalidModelException if it is absent or not a JSON object
   */
  public JsonConfig config(Component component) {
    return JsonConfig.read(folder(component).resolve(component.configFile()));
  }

  /**
   * Opens the weights of a component; the caller closes them.
   *
   * @throws InvalidModelException if the component is absent
   * @throws org.viditq.core.error.InvalidCheckpointException if the weights are absent or damaged
   */
  public Checkpoint checkpoint(Component component) {
    return Checkpoints.open(folder(component));
  }
}
