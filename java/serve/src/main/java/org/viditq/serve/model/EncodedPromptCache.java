package org.viditq.serve.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.io.Sha256;
import org.viditq.core.pipeline.Conditions;
import org.viditq.core.pipeline.EncodedPrompts;

/**
 * Encoded prompts by the hash of their texts, up to a number of bytes; those that were not used for
 * longest go. For one thread.
 */
public final class EncodedPromptCache {
  private final long limit;
  private final Map<String, EncodedPrompts> entries = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /**
   * @param limit bytes of all entries together
   */
  public EncodedPromptCache(long limit) {
    this.limit = limit;
  }

  /** What belongs to a prompt and its negative one. */
  public Optional<EncodedPrompts> find(String model, String prompt, String negative) {
    return Optional.ofNullable(entries.get(key(model, prompt, negative)));
  }

  /**
   * Keeps a prompt.
   *
   * @param encoded one prompt with its negative one
   */
  public void put(String model, String prompt, String negative, EncodedPrompts encoded) {
    EncodedPrompts before = entries.put(key(model, prompt, negative), encoded);
    bytes += bytes(encoded) - (before == null ? 0 : bytes(before));
    for (Iterator<EncodedPrompts> oldest = entries.values().iterator();
        bytes > limit && oldest.hasNext(); ) {
      bytes -= bytes(oldest.next());
      oldest.remove();
    }
  }

  /** How many there are. */
  public int size() {
    return entries.size();
  }

  private static long bytes(EncodedPrompts encoded) {
    return bytes(encoded.positive())
        + encoded.negative().map(EncodedPromptCache::bytes).orElse(0L)
        + 2L * encoded.prompts().get(0).length();
  }

  private static long bytes(Conditions conditions) {
    return conditions.tensors().values().stream()
        .mapToLong(tensor -> (long) Float.BYTES * tensor.size())
        .sum();
  }

  /** With lengths, so that no two triples of texts are the same bytes. */
  private static String key(String... texts) {
    MessageDigest digest = Sha256.begin();
    for (String text : texts) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      digest.update((utf8.length + ":").getBytes(StandardCharsets.US_ASCII));
      digest.update(utf8);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
