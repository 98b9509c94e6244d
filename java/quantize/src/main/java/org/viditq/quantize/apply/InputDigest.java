package org.viditq.quantize.apply;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.viditq.core.io.Sha256;
import org.viditq.core.model.DenoiserInput;

/** Tells what a denoiser was asked from anything else. */
final class InputDigest {
  private InputDigest() {}

  /** Of all that the model gets. */
  static String of(DenoiserInput input) {
    MessageDigest digest = Sha256.begin();
    input
        .tensors()
        .forEach(
            (name, tensor) -> {
              digest.update((name + tensor.shape()).getBytes(StandardCharsets.UTF_8));
              ByteBuffer values =
                  ByteBuffer.allocate(Math.multiplyExact(tensor.size(), Float.BYTES));
              values.asFloatBuffer().put(tensor.data(), 0, tensor.size());
              digest.update(values);
            });
    return HexFormat.of().formatHex(digest.digest());
  }
}
