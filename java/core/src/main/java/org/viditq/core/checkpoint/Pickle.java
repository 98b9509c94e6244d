package org.viditq.core.checkpoint;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import org.viditq.core.error.InvalidCheckpointException;

/** Recognizes PyTorch's pickle files, which are refused: unpickling runs code. */
final class Pickle {
  private static final Set<String> EXTENSIONS = Set.of("bin", "pt", "pth", "ckpt", "pkl", "pickle");

  private Pickle() {}

  static boolean hasExtension(Path file) {
    String name = file.getFileName().toString();
    return EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }

  /** By its first bytes: a zip archive (torch.save since 1.6) or a bare pickle (before). */
  static boolean looksLike(ByteBuffer prefix) {
    boolean zip = prefix.get(0) == 'P' && prefix.get(1) == 'K' && prefix.get(2) == 3;
    // Protocol 2 to 5 pickling a long, as torch.save writes its magic number.
    boolean pickle =
        (prefix.get(0) & 0xff) == 0x80
            && prefix.get(1) >= 2
            && prefix.get(1) <= 5
            && (prefix.get(2) & 0xff) == 0x8a;
    return zip || pickle;
  }

  static InvalidCheckpointException refuse(String source) {
    return new InvalidCheckpointException(
        source
            + " is a PyTorch pickle, which is not read; convert it to safetensors first, for"
            + " example by save_pretrained(folder, safe_serialization=True) in Python.");
  }
}
