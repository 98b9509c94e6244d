package org.viditq.core.model.embedding;

import org.viditq.core.error.ShapeException;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;

/**
 * The condition of class-conditional models: the embedded timestep plus a learned vector per class.
 * The table's last row is that of the null class, for classifier-free guidance.
 */
public final class ClassConditionEmbedder<V> {
  /** The table's name in diffusers' layout and in that of DiT's and Latte's authors. */
  public static final String TABLE = "embedding_table.weight";

  private final Operators<V> operators;
  private final TimestepEmbedder<V> timestep;
  private final V table;

  private ClassConditionEmbedder(Operators<V> operators, TimestepEmbedder<V> timestep, V table) {
    this.operators = operators;
    this.timestep = timestep;
    this.table = table;
  }

  /**
   * diffusers' {@code CombinedTimestepLabelEmbeddings}: {@code timestep_embedder}, {@code
   * class_embedder}. Its timestep frequencies have downscale_freq_shift 1.
   *
   * @param classes the null class aside
   */
  public static <V> ClassConditionEmbedder<V> diffusers(
      LayerLoader<V> loader, int classes, int channels) {
    return new ClassConditionEmbedder<>(
        loader.operators(),
        TimestepEmbedder.diffusers(loader.under("timestep_embedder."), channels, 1),
        loader.constant("class_embedder." + TABLE, classes + 1, channels));
  }

  /** The authors' layout of DiT and Latte: {@code t_embedder}, {@code y_embedder}. */
  public static <V> ClassConditionEmbedder<V> original(
      LayerLoader<V> loader, int classes, int channels) {
    return new ClassConditionEmbedder<>(
        loader.operators(),
        TimestepEmbedder.original(loader.under("t_embedder."), channels),
        loader.constant("y_embedder." + TABLE, classes + 1, channels));
  }

  /**
   * @param timesteps [B]
   * @param labels [B], class indices
   * @param batch B
   * @return [B, C]
   * @throws ShapeException if they are not one per sample, or a label that is known is no class
   */
  public V forward(V timesteps, V labels, int batch) {
    Shape perSample = Shape.of(batch);
    if (!operators.shape(timesteps).equals(perSample)
        || !operators.shape(labels).equals(perSample)) {
      throw new ShapeException(
          "A class-conditional model takes a timestep and a label for each of "
              + batch
              + " samples, not timesteps "
              + operators.shape(timesteps)
              + " and labels "
              + operators.shape(labels)
              + ".");
    }
    try (Scope<V> scope = operators.scope()) {
      return scope.keep(
          operators.add(timestep.forward(timesteps), operators.embeddingOf(table, labels)));
    }
  }
}
