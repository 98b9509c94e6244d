/**
 * Engines from graphs: TensorRT's parser makes a strongly typed network of an ONNX graph, and its
 * builder an engine for the device that is there. {@link org.viditq.tensorrt.build.CachedEngines}
 * is where those who run engines get them from.
 */
package org.viditq.tensorrt.build;
