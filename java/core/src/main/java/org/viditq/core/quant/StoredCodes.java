package org.viditq.core.quant;

import java.nio.ByteBuffer;

/**
 * Weight codes as they lie on the heap or in a mapped file, for backends that pack them from there.
 *
 * @param layout how a row lies: signed bytes, or nibbles 0 to 15
 * @param offset the code is the stored byte or nibble plus this
 * @param bytes rows one after the other, each {@link CodeLayout#rowBytes} long, from position 0 to
 *     the limit; read-only
 */
public record StoredCodes(CodeLayout layout, int offset, ByteBuffer bytes) {}
