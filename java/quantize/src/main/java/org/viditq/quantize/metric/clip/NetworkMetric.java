package org.viditq.quantize.metric.clip;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.viditq.core.error.InvalidModelException;
import org.viditq.quantize.metric.clip.NetworkDescription.Input;

/**
 * A metric that a network in an ONNX file computes. A network of single frames runs once per frame,
 * and the figure is the mean.
 */
public final class NetworkMetric implements ClipMetric {
  private final DescribedNetwork network;

  private NetworkMetric(DescribedNetwork network) {
    this.network = network;
  }

  /**
   * @param descriptor a YAML or JSON file, see docs/evaluate.md
   * @throws InvalidModelException in one sentence, if descriptor or network cannot be used, or do
   *     not go together
   */
  public static NetworkMetric open(Path descriptor) {
    return new NetworkMetric(DescribedNetwork.open(descriptor, false));
  }

  @Override
  public String id() {
    return network.description().name();
  }

  @Override
  public String stamp() {
    return network.stamp();
  }

  @Override
  public Direction direction() {
    return network.description().direction();
  }

  @Override
  public Set<Need> needs() {
    Set<Need> needs = EnumSet.noneOf(Need.class);
    for (Input input : network.description().inputs().values()) {
      switch (input.source()) {
        case REFERENCE -> needs.add(Need.REFERENCE);
        case NEXT_FRAME -> needs.add(Need.SEVERAL_FRAMES);
        case CAPTION, CAPTION_MASK -> needs.add(Need.CAPTION);
        case FRAME, CLIP -> {}
      }
    }
    return needs;
  }

  @Override
  public double of(JudgedClip clip) {
    clip.require(this);
    int runs = network.runs(clip.pixels().dim(0));
    double sum = 0;
    for (int frame = 0; frame < runs; frame++) {
      sum += figure(network.run(clip, frame));
    }
    return sum / runs;
  }

  private double figure(List<float[]> outputs) {
    float[] first = outputs.get(0);
    double figure;
    if (network.description().output().isCosine()) {
      float[] second = outputs.get(1);
      if (first.length != second.length) {
        throw DescribedNetwork.unfit(
            network.description(),
            "its embeddings have " + first.length + " and " + second.length + " values");
      }
      figure = cosine(first, second);
    } else {
      double sum = 0;
      for (float value : first) {
        sum += value;
      }
      figure = sum / first.length;
    }
    if (!Double.isFinite(figure)) {
      throw new InvalidModelException(
          "The network of the metric " + id() + " gave " + figure + " for a clip.");
    }
    return figure;
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double squaredA = 0;
    double squaredB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      squaredA += (double) a[i] * a[i];
      squaredB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(squaredA * squaredB);
  }

  @Override
  public void close() {
    network.close();
  }
}
