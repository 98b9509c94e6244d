/**
 * TensorRT engines from Java: built from graphs, kept in a cache, run as the backend {@code
 * tensorrt}.
 */
package org.viditq.tensorrt;
