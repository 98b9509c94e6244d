/** {@code viditq export}: networks as ONNX graphs. */
package org.viditq.cli.export;
