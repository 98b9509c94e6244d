package org.viditq.core.model.pixart;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/**
 * Self attention of the authors' PixArt-Σ with compressed keys and values: {@code qkv}, {@code
 * proj}, and for learned compression {@code sr} [C, 1, r, r] and {@code norm}.
 */
public final class CompressedAttention<V> {
  private static final float NORM_EPS = 1e-5f;

  private final Operators<V> operators;
  private final KeyValueCompression compression;
  private final Linear qkv;
  private final Linear output;
  private final int channels;
  private final int heads;
  private final AttentionPrecision precision;

  /** One [1, 1, C] per place of a square, row by row; empty where nothing is learned. */
  private final List<V> weights;

  private final Optional<V> bias;
  private final Optional<V> gamma;
  private final Optional<V> beta;

  public CompressedAttention(
      LayerLoader<V> loader, int channels, int heads, KeyValueCompression compression) {
    this.operators = loader.operators();
    this.compression = compression;
    this.channels = channels;
    this.heads = heads;
    this.precision = loader.parameters().attention().self();
    this.qkv = loader.linear("qkv", channels, 3 * channels);
    this.output = loader.linear("proj", channels, channels);
    if (compression.sampling() == KeyValueCompression.Sampling.CONVOLUTION) {
      int side = compression.ratio();
      Tensor kernel = loader.parameters().tensor("sr.weight", channels, 1, side, side);
      this.weights = places(kernel, side * side);
      this.bias = Optional.of(loader.constant("sr.bias", channels));
      this.gamma = Optional.of(loader.constant("norm.weight", channels));
      this.beta = Optional.of(loader.constant("norm.bias", channels));
    } else {
      this.weights = List.of();
      this.bias = Optional.empty();
      this.gamma = Optional.empty();
      this.beta = Optional.empty();
    }
  }

  private List<V> places(Tensor kernel, int count) {
    Tensor[] perPlace = new Tensor[count];
    Arrays.setAll(perPlace, place -> Tensor.zeros(1, 1, channels));
    for (int c = 0; c < channels; c++) {
      for (int place = 0; place < count; place++) {
        perPlace[place].data()[c] = kernel.data()[c * count + place];
      }
    }
    return Arrays.stream(perPlace).map(operators::constant).toList();
  }

  /**
   * @param x [B, N, C]
   * @param grid whose tokens x holds, N = height * width
   */
  public V forward(LinearInput<V> x, PositionGrid grid, Epilogue<V> epilogue) {
    V attended;
    try (Scope<V> scope = operators.scope()) {
      V projected = operators.linears(x, List.of(qkv)).get(0);
      V q = operators.slice(projected, 2, 0, channels);
      V k = compress(operators.slice(projected, 2, channels, 2 * channels), grid);
      V v = compress(operators.slice(projected, 2, 2 * channels, 3 * channels), grid);
      float scale = (float) (1 / Math.sqrt((double) channels / heads));
      attended =
          scope.keep(operators.attention(q, k, v, heads, scale, Optional.empty(), precision));
    }
    return operators.linear(attended, output, epilogue);
  }

  /** x [B, N, C]; result [B, N / ratio², C], for UNIFORM_EVERY [B, N / ratio, C]. */
  private V compress(V x, PositionGrid grid) {
    int batch = operators.shape(x).dim(0);
    int side = compression.ratio();
    if (compression.sampling() == KeyValueCompression.Sampling.UNIFORM_EVERY) {
      int kept = grid.height() * grid.width() / side;
      V groups =
          operators.reshape(operators.slice(x, 1, 0, kept * side), batch, kept, side, channels);
      return operators.reshape(operators.slice(groups, 2, 0, 1), batch, kept, channels);
    }
    int rows = grid.height() / side;
    int columns = grid.width() / side;
    V image = operators.reshape(x, batch, grid.height(), grid.width(), channels);
    V whole =
        operators.slice(
            operators.slice(image, 1, 0, rows * side), 2, 0, columns * side); // as a stride does
    V squares = operators.reshape(whole, batch, rows, side, columns, side, channels);
    if (weights.isEmpty()) {
      return place(squares, 0, 0);
    }
    V sum = operators.reshape(bias.orElseThrow(), 1, 1, channels);
    for (int row = 0; row < side; row++) {
      for (int column = 0; column < side; column++) {
        V weight = weights.get(row * side + column);
        sum = operators.add(operators.multiply(place(squares, row, column), weight), sum);
      }
    }
    return operators.layerNorm(sum, gamma, beta, NORM_EPS);
  }

  /** The tokens at one place of every square of [B, rows, r, columns, r, C]. */
  private V place(V squares, int row, int column) {
    int[] dims = operators.shape(squares).toArray();
    V inRow = operators.slice(squares, 2, row, row + 1);
    V there = operators.slice(inRow, 4, column, column + 1);
    return operators.reshape(there, dims[0], dims[1] * dims[3], dims[5]);
  }
}
