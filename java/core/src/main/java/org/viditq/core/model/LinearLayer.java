package org.viditq.core.model;

import java.util.List;

/**
 * A linear layer of a model that can be quantized.
 *
 * @param name qualified name in the checkpoint, without {@code .weight}
 * @param type what it does: the metric that its errors show in depends on it
 * @param inFeatures input channels
 * @param outFeatures output channels
 * @param publishedNames what the published ViDiT-Q code calls it where that is another name: its
 *     plans and mixed-precision maps address layers so
 * @param quantizedByDefault whether plans that name no layers quantize it; the published code keeps
 *     embeddings, modulation and the output layer in full precision
 */
public record LinearLayer(
    String name,
    Type type,
    int inFeatures,
    int outFeatures,
    List<String> publishedNames,
    boolean quantizedByDefault) {
  public LinearLayer {
    publishedNames = List.copyOf(publishedNames);
  }

  /** What a layer does. */
  public enum Type {
    /** Self attention within a picture or a frame. */
    SELF_ATTENTION("self attention"),
    /** Attention of a place to itself in other frames. */
    TEMPORAL_ATTENTION("temporal attention"),
    /** Attention to the text. */
    CROSS_ATTENTION("cross attention"),
    /** The blocks' MLP. */
    FEED_FORWARD("feed forward"),
    /** Projection of a skip connection beside its addend. */
    SKIP("skip connection"),
    /** Timestep, size and label embeddings. */
    EMBEDDING("embedding"),
    /** Projection of the encoded text. */
    TEXT_PROJECTION("text projection"),
    /** Shifts, scales and gates from the embedded condition. */
    MODULATION("modulation"),
    /** The last layer. */
    OUTPUT("output");

    private final String label;

    Type(String label) {
      this.label = label;
    }

    /** For tables and messages. */
    public String label() {
      return label;
    }
  }

  /** A layer of a block, quantized by default. */
  public static LinearLayer inBlock(
      String name, Type type, int inFeatures, int outFeatures, String... publishedNames) {
    return new LinearLayer(name, type, inFeatures, outFeatures, List.of(publishedNames), true);
  }

  /** A layer outside the blocks, in full precision by default. */
  public static LinearLayer outsideBlocks(
      String name, Type type, int inFeatures, int outFeatures, String... publishedNames) {
    return new LinearLayer(name, type, inFeatures, outFeatures, List.of(publishedNames), false);
  }

  /**
   * Whether the published names are those of several layers that this one holds together, as a
   * fused projection does; otherwise they are names of this layer.
   */
  public boolean holdsPublishedLayers() {
    return publishedNames.size() > 1 && name.endsWith(".qkv");
  }

  /** Weights of the layer, bias aside. */
  public long weights() {
    return (long) inFeatures * outFeatures;
  }
}
