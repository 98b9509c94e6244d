/**
 * Models as ONNX graphs: a backend of the operator contract that records what it is asked to
 * compute, in operators of opset 20 or, in the plugin dialect, of opset 23 and our TensorRT
 * plugins, instead of computing it.
 */
package org.viditq.onnx;
