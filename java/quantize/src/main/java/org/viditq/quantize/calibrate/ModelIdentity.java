package org.viditq.quantize.calibrate;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.TreeMap;
import java.util.TreeSet;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.io.Sha256;

/**
 * A fingerprint that tells models apart: SHA-256 over the configuration, the name, type and shape
 * of every tensor, and samples of their contents (all of a small tensor; windows spread over a
 * large one, so that gigabytes need not be read).
 */
public final class ModelIdentity {
  private static final int WINDOWS = 16;
  private static final int WINDOW_BYTES = 4096;
  private static final int WINDOW_VALUES = 1024;

  private ModelIdentity() {}

  /**
   * @param config the model's configuration; keys that start with an underscore, which hold
   *     versions and paths, do not count
   * @return 64 hexadecimal digits
   */
  public static String of(JsonNode config, Checkpoint weights) {
    MessageDigest digest = Sha256.begin();
    TreeMap<String, String> settings = new TreeMap<>();
    config
        .fields()
        .forEachRemaining(
            entry -> {
              if (!entry.getKey().startsWith("_")) {
                settings.put(entry.getKey(), entry.getValue().toString());
              }
            });
    add(digest, settings.toString());
    for (String name : new TreeSet<>(weights.names())) {
      StoredTensor tensor = weights.get(name);
      add(digest, name + " " + tensor.dtype() + tensor.shape());
      addSamples(digest, tensor.bytes());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * A fingerprint of weights alone: SHA-256 over name, shape and values of every tensor, of a large
   * one samples. A configuration that another release has written anew with more keys still goes
   * with them, and so does a copy in a wider element type.
   *
   * @return 64 hexadecimal digits
   */
  public static String ofWeights(Checkpoint weights) {
    MessageDigest digest = Sha256.begin();
    for (String name : new TreeSet<>(weights.names())) {
      StoredTensor tensor = weights.get(name);
      add(digest, name + " " + tensor.shape());
      addValues(digest, tensor);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void addValues(MessageDigest digest, StoredTensor tensor) {
    int size = tensor.shape().size();
    int windows = size <= WINDOWS * WINDOW_VALUES ? 1 : WINDOWS;
    int count = windows == 1 ? size : WINDOW_VALUES;
    float[] values = new float[count];
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES);
    for (int i = 0; i < windows; i++) {
      int start = windows == 1 ? 0 : (int) ((long) (size - count) * i / (windows - 1));
      tensor.copyTo(start, values, 0, count);
      bytes.asFloatBuffer().put(values);
      digest.update(bytes.array());
    }
  }

  private static void addSamples(MessageDigest digest, ByteBuffer bytes) {
    int size = bytes.limit();
    if (size <= WINDOWS * WINDOW_BYTES) {
      digest.update(bytes);
      return;
    }
    for (int i = 0; i < WINDOWS; i++) {
      int start = (int) ((long) (size - WINDOW_BYTES) * i / (WINDOWS - 1));
      digest.update(bytes.slice(start, WINDOW_BYTES));
    }
  }

  private static void add(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }
}
