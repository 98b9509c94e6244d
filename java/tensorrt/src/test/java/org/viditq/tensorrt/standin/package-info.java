/**
 * TensorRT and CUDA at run time on plain memory: engines are graphs that ONNX Runtime executes with
 * our operators, and what is asked for is checked as no device does it: addresses, sizes, types,
 * profiles, the order of what streams do, and who closes what when.
 */
package org.viditq.tensorrt.standin;
