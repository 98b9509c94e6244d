package org.viditq.cli.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.viditq.cli.console.Quantities;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;
import org.viditq.core.tensor.Tensor;
import org.viditq.media.PictureFile;
import org.viditq.quantize.metric.FeatureStatistics;
import org.viditq.quantize.metric.clip.FeatureNetwork;
import picocli.CommandLine.Option;

/**
 * Which network's features Fréchet distances are of, and what they are to beside full precision.
 */
final class FrechetOptions implements AutoCloseable {
  private static final List<String> PICTURES = List.of(".png", ".jpg", ".jpeg", ".webp");

  @Option(
      names = "--frechet",
      paramLabel = "FILE",
      description =
          "Print the Fréchet distance of each plan's pictures from the full-precision ones, by the"
              + " features of the network that this descriptor of an ONNX file names (see"
              + " docs/evaluate.md).")
  private Path descriptor;

  @Option(
      names = "--frechet-reference",
      paramLabel = "PATH",
      description =
          "The distances from this set, too: a folder of pictures, or a safetensors file with the"
              + " mean and covariance of features.")
  private Path reference;

  private FeatureNetwork network;

  /**
   * Opens the network, if one was asked for; {@link #close} gives it up.
   *
   * @param pictures that a plan will have
   * @param frames of each
   * @throws UsageException if distances of these cannot be had
   */
  Optional<FeatureNetwork> open(int pictures, int frames) {
    if (descriptor == null) {
      if (reference != null) {
        throw new UsageException("--frechet-reference goes with --frechet, the features' network.");
      }
      return Optional.empty();
    }
    network = FeatureNetwork.open(descriptor);
    if ((long) pictures * network.vectors(frames) < 2) {
      throw new UsageException(
          "A Fréchet distance is one of sets, and one prompt gives a single vector of features;"
              + " give more prompts, or leave out --frechet.");
    }
    if (reference != null && !Files.exists(reference)) {
      throw new UsageException(
          "There is no folder or file "
              + Printable.line(reference.toString())
              + ", which --frechet-reference names.");
    }
    if (reference != null && network.isOfClips() && Files.isDirectory(reference)) {
      throw new UsageException(
          "The features "
              + Printable.name(network.id())
              + " are of clips, and a folder has pictures; give --frechet-reference a file of mean"
              + " and covariance.");
    }
    return Optional.of(network);
  }

  /** Whether the reference's features are found anew, from pictures. */
  boolean isFolder() {
    return reference != null && Files.isDirectory(reference);
  }

  /**
   * The features of the reference set, if there is one.
   *
   * @throws UsageException if there are fewer than 2 pictures, or one cannot be read
   * @throws org.viditq.core.error.InvalidCheckpointException if the file cannot be
   */
  Optional<FeatureStatistics> reference() {
    if (reference == null) {
      return Optional.empty();
    }
    if (isFolder()) {
      return Optional.of(ofFolder());
    }
    FeatureStatistics read = FeatureStatistics.read(reference);
    if (!read.network().isEmpty() && !read.network().equals(network.stamp())) {
      throw new UsageException(
          Printable.line(reference.toString())
              + " has features of another network than "
              + Printable.name(network.id())
              + " with this descriptor; make it again from the pictures.");
    }
    return Optional.of(read);
  }

  private FeatureStatistics ofFolder() {
    List<Path> files;
    try (Stream<Path> all = Files.list(reference)) {
      files = all.filter(FrechetOptions::isPicture).sorted().toList();
    } catch (IOException e) {
      throw new UsageException(
          "Cannot read " + Printable.line(reference.toString()) + ": " + IoReason.of(e) + ".", e);
    }
    if (files.size() < 2) {
      throw new UsageException(
          Printable.line(reference.toString())
              + " has "
              + Quantities.of(files.size(), "picture")
              + " (PNG, JPEG, WebP), and a Fréchet distance takes two at least.");
    }
    List<Tensor> vectors = new ArrayList<>();
    for (Path file : files) {
      PictureFile picture = PictureFile.read(file);
      Tensor pixels = picture.fitted(picture.size()).pixels();
      vectors.add(network.of(pixels.reshape(1, pixels.dim(0), pixels.dim(1), pixels.dim(2))));
    }
    int features = vectors.get(0).dim(1);
    float[] rows = new float[Math.multiplyExact(vectors.size(), features)];
    for (int i = 0; i < vectors.size(); i++) {
      System.arraycopy(vectors.get(i).data(), 0, rows, i * features, features);
    }
    return FeatureStatistics.of(Tensor.of(rows, vectors.size(), features), network.stamp());
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file)
        && !name.startsWith(".")
        && PICTURES.stream().anyMatch(name::endsWith);
  }

  /** What was compared with, for people. */
  String describe() {
    return reference == null
        ? ""
        : Printable.line(String.valueOf(reference.toAbsolutePath().normalize().getFileName()));
  }

  @Override
  public void close() {
    if (network != null) {
      network.close();
    }
  }
}
