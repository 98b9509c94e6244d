package org.viditq.core.resume;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.viditq.core.io.Sha256;

/**
 * What the result of a part of the work depends on. Two parts with equal keys have the same result
 * to the bit, so everything that could change it must be in: model, program version, settings.
 *
 * @param facts values by name
 */
public record PartKey(Map<String, String> facts) {
  public PartKey {
    facts = Collections.unmodifiableMap(new TreeMap<>(facts));
  }

  /** The same with one more fact, or another value of it. */
  public PartKey with(String name, Object value) {
    Map<String, String> more = new TreeMap<>(facts);
    more.put(name, value.toString());
    return new PartKey(more);
  }

  /** SHA-256 of the facts, 64 hexadecimal digits. */
  public String digest() {
    MessageDigest digest = Sha256.begin();
    facts.forEach(
        (name, value) -> {
          add(digest, name);
          add(digest, value);
        });
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Lengths before the texts, so that no two lists of texts look alike. */
  private static void add(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
    digest.update(bytes);
  }
}
