package org.viditq.core.resume;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.viditq.core.io.Sha256;

/**
 * Independent pieces of a long work, whose results are kept as {@link PartialResults}: in any
 * order, by any process, on any machine that gives the same bits. The work itself finds the results
 * by their keys and computes those that are missing.
 */
public interface Units {
  /** How many there are. */
  int count();

  /** What the result of a unit depends on, and is found by. */
  PartKey key(int unit);

  /** Computes a unit and keeps its result. */
  void compute(int unit);

  /** The units whose results are not there, in order. */
  default List<Integer> missing(PartialResults kept) {
    return IntStream.range(0, count()).filter(unit -> !kept.has(key(unit))).boxed().toList();
  }

  /**
   * Tells these units from others: two processes with the same fingerprint mean the same by each
   * number.
   *
   * @return 64 hexadecimal digits
   */
  default String fingerprint() {
    MessageDigest digest = Sha256.begin();
    for (int unit = 0; unit < count(); unit++) {
      digest.update(key(unit).digest().getBytes(StandardCharsets.US_ASCII));
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
