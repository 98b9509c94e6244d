/** ONNX Runtime as a peer: runs the graphs that java/tensorrt makes of our models and layers. */
package org.viditq.bench.onnxruntime;
