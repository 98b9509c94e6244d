/**
 * Models as ONNX graphs: a backend of the operator contract that records what it is asked to
 * compute, in operators of opset 20, instead of computing it.
 */
package org.viditq.onnx;
