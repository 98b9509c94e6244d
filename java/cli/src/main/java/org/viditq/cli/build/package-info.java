/** {@code viditq build}: TensorRT engines of a pipeline's networks or of an ONNX graph. */
package org.viditq.cli.build;
