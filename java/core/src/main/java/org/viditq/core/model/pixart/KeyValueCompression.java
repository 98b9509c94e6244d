package org.viditq.core.model.pixart;

/**
 * How a block's self attention takes fewer keys and values than queries: Chen et al., "PixArt-Σ",
 * section 3.2. The grid of tokens is cut into squares, and each gives one key and one value.
 *
 * @param sampling how a square becomes one token
 * @param ratio side of a square, tokens; at least 2
 */
public record KeyValueCompression(Sampling sampling, int ratio) {
  /** How a square of tokens becomes one. */
  public enum Sampling {
    /** A learned weight per channel and place ({@code sr}), then an affine LayerNorm. */
    CONVOLUTION,
    /** The first token of the square. */
    UNIFORM,
    /** Every {@code ratio}-th token of the sequence, whatever the grid. */
    UNIFORM_EVERY
  }
}
