package org.viditq.bench.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LatentGeometry.Patch;

/**
 * The largest published model of a family, and the extents of a small input for it.
 *
 * @param name of its configuration among this module's resources
 * @param config the published configuration
 * @param extents of the input by axis; frames or sides of it are what grows
 */
public record FullSizeModel(
    String name, JsonConfig config, DenoiserModel model, Map<String, Integer> extents) {
  /** All there are, a family each. */
  public static final List<String> NAMES =
      List.of("dit-xl-2", "hunyuan-dit-1.2", "latte-1", "pixart-sigma-xl", "stdit-xl-2");

  private static final String FOLDER = "/org/viditq/bench/fullsize/";

  /**
   * @throws UsageException if there is none of that name
   */
  public static FullSizeModel named(String name) {
    if (!NAMES.contains(name)) {
      throw new UsageException(
          "There is no model " + name + "; choose among " + String.join(", ", NAMES) + ".");
    }
    String resource = FOLDER + name + ".json";
    try (InputStream stream = FullSizeModel.class.getResourceAsStream(resource)) {
      JsonNode json = new ObjectMapper().readTree(stream);
      Map<String, Integer> extents = new TreeMap<>();
      json.get("extents")
          .fields()
          .forEachRemaining(entry -> extents.put(entry.getKey(), entry.getValue().intValue()));
      JsonConfig config = JsonConfig.of(json.get("config"), resource);
      return new FullSizeModel(name, config, define(config), extents);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DenoiserModel define(JsonConfig config) {
    return DenoiserFamilies.model(config, new MemoryCheckpoint("no weights yet", List.of()));
  }

  public FullSizeModel {
    extents = Collections.unmodifiableMap(new TreeMap<>(extents));
  }

  /** Transformer blocks. */
  public int blocks() {
    return config.getInt(depthKey());
  }

  /**
   * The same with its first blocks only, everything else as published: what a block takes is
   * measured on fewer of them in less time.
   *
   * @throws UsageException if there are fewer, or none is left
   */
  public FullSizeModel withBlocks(int blocks) {
    if (blocks < 1 || blocks > blocks()) {
      throw new UsageException(
          name
              + " has "
              + blocks()
              + " blocks, of which 1 at least may be left, not "
              + blocks
              + ".");
    }
    ObjectNode node = config.node().deepCopy();
    node.put(depthKey(), blocks);
    JsonConfig shallow = JsonConfig.of(node, config.source());
    return new FullSizeModel(name, shallow, define(shallow), extents);
  }

  /** Authors' configurations say depth, those of diffusers num_layers. */
  private String depthKey() {
    return config.has("depth") ? "depth" : "num_layers";
  }

  /**
   * With {@code times} as many frames; pictures, which some models want square, grow on both sides.
   */
  public FullSizeModel larger(int times) {
    Map<String, Integer> larger = new TreeMap<>(extents);
    for (String axis : model.latents().isVideo() ? List.of("frames") : List.of("height", "width")) {
      larger.computeIfPresent(axis, (key, extent) -> extent * times);
    }
    return new FullSizeModel(name, config, model, larger);
  }

  /** Tokens of an input, of all samples and frames. */
  public long tokens() {
    Patch patch = model.latents().patch();
    return (long) extents.get("batch")
        * (extents.getOrDefault("frames", 1) / patch.frames())
        * (extents.get("height") / patch.height())
        * (extents.get("width") / patch.width());
  }

  /** Noise, in the middle of the timesteps. */
  public DenoiserInput input() {
    return RandomInputs.of(model, extents, 500, 1);
  }
}
