package org.viditq.core.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;

/**
 * Checks {@code precompiled_charsmap} of a SentencePiece model, which the native library follows
 * without bounds: a damaged one makes it read anywhere in memory.
 *
 * <p>The map is a 32-bit size in bytes of a double array, the array, and normalized texts, each
 * ended by a zero byte; all little endian. A unit of the array has the layout of <a
 * href="https://github.com/s-yata/darts-clone">Darts-clone</a>: bits 0 to 7 a label, bit 8 whether
 * a key ends there, bits 10 to 30 an offset that counts 256 times as much where bit 9 is set; bit
 * 31 marks a value, the place of a text.
 */
final class NormalizationMap {
  private static final int VALUE = 1 << 31;
  private static final int LABELS = 256;

  private final int[] units;
  private final int texts;

  private NormalizationMap(int[] units, int texts) {
    this.units = units;
    this.texts = texts;
  }

  /**
   * @param map of any length; an empty one stands for none
   * @throws IOException if it does not hold what it says, or a key leads out of it
   */
  static void check(ByteBuffer map) throws IOException {
    if (!map.hasRemaining()) {
      return;
    }
    ByteBuffer bytes = map.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() < Integer.BYTES) {
      throw new IOException("The normalization map ends in its size.");
    }
    long arrayBytes = Integer.toUnsignedLong(bytes.getInt());
    if (arrayBytes == 0 || arrayBytes % Integer.BYTES != 0 || arrayBytes >= bytes.remaining()) {
      throw new IOException("The normalization map has no array of " + arrayBytes + " bytes.");
    }
    int[] units = new int[(int) arrayBytes / Integer.BYTES];
    bytes.asIntBuffer().get(units);
    if (bytes.get(bytes.limit() - 1) != 0) {
      throw new IOException("The last text of the normalization map does not end.");
    }
    new NormalizationMap(units, bytes.remaining() - (int) arrayBytes).follow();
  }

  /** Follows every key from its first byte, as a search does. */
  private void follow() throws IOException {
    BitSet seen = new BitSet(units.length);
    Deque<Integer> nodes = new ArrayDeque<>();
    nodes.add(offset(units[0]));
    while (!nodes.isEmpty()) {
      int node = nodes.remove();
      for (int label = 0; label < LABELS; label++) {
        int child = node ^ label;
        int unit = unit(child);
        if ((unit & (VALUE | LABELS - 1)) == label && !seen.get(child)) {
          seen.set(child);
          int next = child ^ offset(unit);
          if ((unit >>> 8 & 1) == 1 && (unit(next) & ~VALUE) >= texts) {
            throw new IOException("A key of the normalization map has no text.");
          }
          nodes.add(next);
        }
      }
    }
  }

  private int unit(int place) throws IOException {
    if (place < 0 || place >= units.length) {
      throw new IOException("A key leads out of the normalization map.");
    }
    return units[place];
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }
}
