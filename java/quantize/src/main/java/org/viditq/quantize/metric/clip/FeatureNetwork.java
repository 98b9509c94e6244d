package org.viditq.quantize.metric.clip;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.clip.NetworkDescription.Source;

/**
 * Features of pictures or clips, which a network in an ONNX file computes, for Fréchet distances of
 * sets: those of single frames by an image network (Inception's pool for FID), or of whole clips by
 * a video network (I3D for FVD).
 */
public final class FeatureNetwork implements AutoCloseable {
  /** Covariances are square; those of more features would fill the heap. */
  private static final int MOST_FEATURES = 4096;

  private final DescribedNetwork network;
  private int features;

  private FeatureNetwork(DescribedNetwork network) {
    this.network = network;
  }

  /**
   * @param descriptor a YAML or JSON file whose output is {@code {features: NAME}}, see
   *     docs/evaluate.md
   * @throws InvalidModelException in one sentence, if descriptor or network cannot be used, or do
   *     not go together
   */
  public static FeatureNetwork open(Path descriptor) {
    return new FeatureNetwork(DescribedNetwork.open(descriptor, true));
  }

  /** What tables call it. */
  public String id() {
    return network.description().name();
  }

  /** Tells it from others of the same name. */
  public String stamp() {
    return network.stamp();
  }

  /** Whether it sees whole clips, one vector each; otherwise every frame gives a vector. */
  public boolean isOfClips() {
    return network.description().inputs().values().stream()
        .anyMatch(input -> input.source() == Source.CLIP);
  }

  /** How many vectors a clip of so many frames gives. */
  public int vectors(int frames) {
    return network.runs(frames);
  }

  /**
   * The features of a clip.
   *
   * @param pixels [T, H, W, 3] from 0 to 1
   * @return [vectors, D], the same D for all clips
   * @throws InvalidModelException if the network cannot be run on such frames, gives other numbers
   *     of features than before, more than 4096, or some that are not finite
   */
  public Tensor of(Tensor pixels) {
    JudgedClip clip = new JudgedClip(pixels, Optional.empty(), Optional.empty());
    int vectors = vectors(pixels.dim(0));
    float[] all = new float[0];
    for (int i = 0; i < vectors; i++) {
      float[] vector = network.run(clip, i).get(0);
      require(vector);
      if (i == 0) {
        all = new float[vectors * features];
      }
      System.arraycopy(vector, 0, all, i * features, features);
    }
    return Tensor.of(all, vectors, features);
  }

  private void require(float[] vector) {
    if (vector.length > MOST_FEATURES) {
      throw DescribedNetwork.unfit(
          network.description(),
          "it gives "
              + vector.length
              + " features, and Fréchet distances are of at most "
              + MOST_FEATURES);
    }
    if (features == 0) {
      features = vector.length;
    }
    if (vector.length != features) {
      throw DescribedNetwork.unfit(
          network.description(),
          "it gives " + vector.length + " features of one picture and " + features + " of another");
    }
    for (float value : vector) {
      if (!Float.isFinite(value)) {
        throw new InvalidModelException(
            "The network of the features " + id() + " gave " + value + " for a picture.");
      }
    }
  }

  @Override
  public void close() {
    network.close();
  }
}
