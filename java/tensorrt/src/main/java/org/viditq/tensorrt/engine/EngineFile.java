package org.viditq.tensorrt.engine;

import java.nio.file.Path;

/**
 * An engine in a file. Engines are executable code: whoever loads one checks that the bytes that it
 * hands to TensorRT have this hash.
 *
 * @param path of the serialized engine
 * @param sha256 of its bytes, in hexadecimal, as its maker or its cache has recorded it
 */
public record EngineFile(Path path, String sha256) {}
