package org.viditq.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.viditq.core.io.Sha256;

/**
 * What graphs are told apart by: SHA-256, 64 hexadecimal digits each. They do not depend on where
 * constants lie.
 *
 * @param structure of nodes, names, extents and of those constants that belong to the model's
 *     architecture; the same for all checkpoints of a model, whose weights an engine can be
 *     refitted with
 * @param contents of all that and of all constants
 */
public record GraphFingerprint(String structure, String contents) {
  /** A constant without its elements and where they lie. */
  static TensorProto bare(TensorProto constant) {
    return constant.toBuilder().clearRawData().clearExternalData().clearDataLocation().build();
  }

  /** Takes the constants one after the other, in the order in which the graph has them. */
  static final class Computation {
    private final MessageDigest structure = Sha256.begin();
    private final MessageDigest contents = Sha256.begin();

    /**
     * @param graph the message, its constants bare
     */
    Computation(byte[] graph) {
      structure.update(graph);
      contents.update(graph);
    }

    /** Where the elements of the next constant are written to. */
    WritableByteChannel constant(boolean refittable) {
      return new WritableByteChannel() {
        @Override
        public int write(ByteBuffer bytes) {
          int count = bytes.remaining();
          if (!refittable) {
            structure.update(bytes.duplicate());
          }
          contents.update(bytes);
          return count;
        }

        @Override
        public boolean isOpen() {
          return true;
        }

        @Override
        public void close() {}
      };
    }

    GraphFingerprint result() {
      HexFormat hex = HexFormat.of();
      return new GraphFingerprint(
          hex.formatHex(structure.digest()), hex.formatHex(contents.digest()));
    }
  }
}
