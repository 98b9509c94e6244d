package org.viditq.core.adapter;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.KeyMapping;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.tensor.Shape;

/**
 * Where the layers that adapters name lie in a checkpoint. A layer may be named as the checkpoint
 * names it, as diffusers does, or as the published code does; with dots or, as kohya's scripts do,
 * with underscores. Where one of them has separate projections and the other a fused one, a layer
 * is a range of rows of a tensor, or several tensors one below the other.
 */
final class LayerDirectory {
  private static final String WEIGHT = ".weight";

  /** What trainers put before a layer's name. */
  private static final List<String> PREFIXES =
      List.of(
          "base_model.model.",
          "transformer.",
          "unet.",
          "diffusion_model.",
          "model.",
          "module.",
          "lora_unet_",
          "lora_transformer_",
          "lycoris_");

  /**
   * Rows of a tensor.
   *
   * @param tensor its name in the checkpoint
   * @param first index of the first row
   * @param count how many
   */
  record Rows(String tensor, int first, int count) {}

  /** By layer: its copies, nearly always one; of each the rows that it consists of, in order. */
  private final Map<String, List<List<Rows>>> layers = new LinkedHashMap<>();

  /** The same by names in which underscores stand for dots; empty lists where that is ambiguous. */
  private final Map<String, List<List<Rows>>> flat = new HashMap<>();

  /**
   * @param weights of the model, in full precision
   * @param config of the model; may be empty
   */
  LayerDirectory(JsonConfig config, Checkpoint weights) {
    for (String name : weights.names()) {
      if (name.endsWith(WEIGHT)) {
        Shape shape = weights.get(name).shape();
        if (shape.rank() >= 2) {
          add(layer(name), List.of(List.of(new Rows(name, 0, shape.dim(0)))));
        }
      }
    }
    Optional<DenoiserFamily> family = DenoiserFamilies.find(config, weights);
    if (family.isPresent()) {
      addNamesOfDiffusers(family.get().diffusersForm(config, weights).names(), weights);
      addPublishedNames(family.get().model(config, weights).linearLayers());
    }
    layers.forEach(
        (name, found) ->
            flat.merge(name.replace('.', '_'), found, (a, b) -> a.equals(b) ? a : List.of()));
  }

  private static String layer(String tensor) {
    return tensor.substring(0, tensor.length() - WEIGHT.length());
  }

  private void add(String name, List<List<Rows>> found) {
    layers.putIfAbsent(name, found);
  }

  private void addNamesOfDiffusers(KeyMapping mapping, Checkpoint weights) {
    for (String name : weights.names()) {
      Shape shape = weights.get(name).shape();
      if (!name.endsWith(WEIGHT) || shape.rank() < 2) {
        continue;
      }
      for (KeyMapping.Part part : mapping.map(name, shape)) {
        if (part.name().endsWith(WEIGHT)) {
          List<Rows> rows = new ArrayList<>();
          part.rows().forEach(range -> rows.add(new Rows(name, range.first(), range.count())));
          if (rows.isEmpty()) {
            rows.add(new Rows(name, 0, shape.dim(0)));
          }
          add(layer(part.name()), List.of(rows));
        }
      }
    }
  }

  /**
   * Layers of one parent that share a published name are its fused projection, one below the other;
   * layers of several parents are copies of it.
   */
  private void addPublishedNames(List<LinearLayer> linears) {
    Map<String, Map<String, List<Rows>>> shared = new LinkedHashMap<>();
    for (LinearLayer linear : linears) {
      List<List<Rows>> own = layers.get(linear.name());
      if (own == null) {
        continue; // The checkpoint lacks it, which is told when the model is built.
      }
      List<String> published = linear.publishedNames();
      boolean takenApart = linear.name().endsWith("qkv") && published.size() == 3;
      for (int i = 0; i < published.size(); i++) {
        int third = linear.outFeatures() / 3;
        List<Rows> rows =
            takenApart
                ? List.of(new Rows(own.get(0).get(0).tensor(), i * third, third))
                : own.get(0);
        shared
            .computeIfAbsent(published.get(i), name -> new LinkedHashMap<>())
            .computeIfAbsent(parent(linear.name()), name -> new ArrayList<>())
            .addAll(rows);
      }
    }
    shared.forEach((name, copies) -> add(name, List.copyOf(copies.values())));
  }

  private static String parent(String layer) {
    int dot = layer.lastIndexOf('.');
    return dot < 0 ? "" : layer.substring(0, dot);
  }

  /**
   * The layer that an adapter names.
   *
   * @return its copies, nearly always one, and of each the rows that it consists of, in order;
   *     empty if there is no such layer
   */
  List<List<Rows>> find(String layer) {
    for (String name : spellings(layer)) {
      if (layers.containsKey(name)) {
        return layers.get(name);
      }
    }
    for (String name : spellings(layer)) {
      if (name.indexOf('.') < 0 && flat.containsKey(name)) {
        return flat.get(name);
      }
    }
    return List.of();
  }

  /** A name as it is, and without one after the other of the prefixes that it has. */
  static List<String> spellings(String layer) {
    List<String> all = new ArrayList<>();
    all.add(layer);
    String rest = layer;
    for (boolean found = true; found; ) {
      found = false;
      for (String prefix : PREFIXES) {
        if (rest.startsWith(prefix)) {
          rest = rest.substring(prefix.length());
          all.add(rest);
          found = true;
        }
      }
    }
    return all;
  }
}
