/** ONNX Runtime as a peer: runs the graphs that java/onnx makes of our models and layers. */
package org.viditq.bench.onnxruntime;
