/**
 * Our quantized operators for ONNX Runtime: the nodes of the TensorRT plugin library ({@code
 * docs/plugins.md}) as custom operators, so that any program that runs ONNX Runtime runs the same
 * W8A8 and W4A8 graphs on a CPU. Only the libraries are native; {@link
 * org.viditq.onnxruntime.OperatorLibrary} says where they are.
 */
package org.viditq.onnxruntime;
